"""Uploads: streamed into the data folder as they come, in little memory, within their time.

A file that is whole lies in ``<data>/incoming/``, synced, before the daemon is asked to take it;
what is cut off leaves nothing. Reading is asynchronous, so that a slow sender keeps no thread.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from weakref import WeakValueDictionary

import httpx
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from printd.core.config import Config
from printd.core.errors import DiskFull
from printd.core.files import disk_problem, free_bytes, make_folder, sync_file, sync_folder
from printd.core.given import MESH_FILE_BYTES, Given
from printd.core.prompts import PROMPT_FILE_BYTES
from printd.gcode.lines import LARGEST_FILE_BYTES
from printd.web.bounds import Bounds
from printd.web.forms import FIELD_BYTES, MOST_PARTS, Filled, FormReader, Sent, Shape, too_large
from printd.web.problems import BodyInvalid, BodyTooSlow, SourceFailed, TooManyAtOnce
from printd.web.sources import Sources, file_name_of

INCOMING: Final = "incoming"
AT_ONCE: Final = 24  # under way; each may keep a thread while it waits for the daemon
OF_ONE: Final = 6  # of a key that only hands in, or of all visitors: the rest is for others
TURN_WITHIN_S: Final = 30.0
SLOWEST_BYTES_S: Final = 1e6  # a large file has more time, by this
BATCH_BYTES: Final = 256 * 1024  # written at once; so much of each upload is in memory
AROUND_BYTES: Final = FIELD_BYTES * MOST_PARTS  # beside the file


@dataclass(frozen=True, slots=True)
class Kept:
    """One file in ``incoming``, synced."""

    path: Path
    sha256: str  # in hex


@dataclass(frozen=True, slots=True)
class Upload:
    """A form whose files are kept."""

    file: Kept
    beside: Mapping[str, Kept]  # by their fields
    name: str  # as the client calls the file
    fields: Mapping[str, str]

    def discard(self) -> None:
        """Throw the files away: the daemon was not asked to take them."""
        for kept in (self.file, *self.beside.values()):
            kept.path.unlink(missing_ok=True)


def most_bytes(config: Config, name: str) -> int:
    """Return how large a file of this name may be."""
    given = Given.named(name)
    if given is Given.WORDS:
        return PROMPT_FILE_BYTES
    if given is Given.MESH:
        return MESH_FILE_BYTES
    return LARGEST_FILE_BYTES if given.is_gcode else int(config.limits.photo_max_mb * 1e6)


class Uploads:
    """The uploads under way."""

    def __init__(self, config: Callable[[], Config], bounds: Bounds) -> None:
        self._config = config
        self._bounds = bounds
        self.sources = Sources(lambda: config().web)
        self._turns = asyncio.Semaphore(AT_ONCE)
        # While somebody of them uploads; on the loop alone.
        self._of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def received(
        self,
        request: Request,
        shape: Shape,
        check: Callable[[str], None],
        *,
        of: str | None = None,
    ) -> AsyncIterator[Upload]:
        """Receive one form; it counts as under way until the block ends.

        Args:
            request: whose body it is.
            shape: what it may hold.
            check: may refuse the file, by its name, before its first byte is read.
            of: who may have few under way; None: as many as there is room for.

        Raises:
            WrongType, UploadInvalid, BodyTooLarge, BodyTooSlow, BodyInvalid: nothing is kept.
            TooManyAtOnce: others are under way.
            DiskFull, DiskFailed: nothing is kept.
        """
        async with self._turn(of):
            yield await self._receive(request, shape, check)

    @asynccontextmanager
    async def fetched(
        self, url: httpx.URL, shape: Shape, fields: Mapping[str, str], *, of: str | None = None
    ) -> AsyncIterator[Upload]:
        """Fetch a file from an address that ``sources`` has checked, as if it had been sent.

        Raises:
            SourceRefused, SourceFailed, BodyTooLarge: nothing is kept.
            TooManyAtOnce, DiskFull, DiskFailed: likewise.
        """
        async with self._turn(of):
            yield await self._fetch(url, shape, fields)

    @asynccontextmanager
    async def _turn(self, of: str | None) -> AsyncIterator[None]:
        """Wait for a turn, first among those of the same one, then among all."""
        turns = [self._turns]
        if of is not None:
            turns.insert(0, self._of.setdefault(of, asyncio.Semaphore(OF_ONE)))
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(TURN_WITHIN_S):
                    for turn in turns:
                        await held.enter_async_context(turn)
            except TimeoutError as error:
                raise TooManyAtOnce("Too many uploads are under way.") from error
            yield

    async def _fetch(self, url: httpx.URL, shape: Shape, fields: Mapping[str, str]) -> Upload:
        name = file_name_of(url)
        most = shape.most_bytes(name)
        async with self.sources.opened(url) as answer:
            incoming = _Incoming(self._config(), _announced(answer.headers), shape)
            try:
                sink = await run_in_threadpool(incoming.begin, shape.file, name)
                sent = Sent(name, most, sink)
                await self._pour(answer.aiter_raw(), sent.write)
                if not sent.taken_bytes:
                    raise SourceFailed("There is an empty file at the address.")
                await run_in_threadpool(incoming.keep)
            except BaseException:
                incoming.discard()
                raise
        return incoming.upload(Filled(dict(fields), {shape.file: sent}))

    async def _receive(
        self, request: Request, shape: Shape, check: Callable[[str], None]
    ) -> Upload:
        announced = _announced(request.headers)
        incoming = _Incoming(self._config(), announced, shape, check)
        await run_in_threadpool(incoming.check_room)  # before who waits for 100 Continue sends it
        reader = FormReader(request.headers.get("content-type", ""), shape, incoming.begin)
        stream = request.stream()
        try:
            most = announced if announced is not None else LARGEST_FILE_BYTES
            async with asyncio.timeout(self._bounds.upload_base_s + most / SLOWEST_BYTES_S):
                await self._pour(stream, reader.feed)
            filled = reader.close()
            await run_in_threadpool(incoming.keep)
        except TimeoutError as error:
            incoming.discard()
            raise BodyTooSlow("The upload did not come in time.") from error
        except ClientDisconnect as error:
            incoming.discard()
            raise BodyInvalid("The upload was cut off.") from error
        except BaseException:
            incoming.discard()
            raise
        return incoming.upload(filled)

    async def _pour(self, stream: AsyncIterator[bytes], feed: Callable[[bytes], None]) -> None:
        """Read the body to its end, in batches that a thread writes."""
        batch = bytearray()
        while True:
            async with asyncio.timeout(self._bounds.upload_idle_s):
                chunk = await anext(stream, None)
            if chunk is not None:
                batch += chunk
            if len(batch) >= BATCH_BYTES or (chunk is None and batch):
                await run_in_threadpool(feed, bytes(batch))
                batch.clear()
            if chunk is None:
                return


def _announced(headers: Mapping[str, str]) -> int | None:
    """Return the length that the headers announce."""
    said = headers.get("content-length", "")
    return int(said[:18]) if said.isdecimal() else None


class _Incoming:
    """The files of one upload, in the folder that the daemon takes from."""

    def __init__(
        self,
        config: Config,
        announced: int | None,
        shape: Shape,
        check: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._config = config
        self._announced = announced
        self._shape = shape
        self._check = check
        self._folder = config.data_dir / INCOMING
        self._files: dict[str, tuple[Path, BinaryIO]] = {}
        self._refuse_more_than(LARGEST_FILE_BYTES)

    def begin(self, field: str, name: str) -> BinaryIO:
        """Make a file, when its name is known."""
        if field == self._shape.file:
            self._check(name)
            self._refuse_more_than(self._shape.most_bytes(name))
        self.check_room()
        make_folder(self._folder)
        place = self._folder / uuid.uuid4().hex
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            stream = os.fdopen(os.open(place, flags, 0o600), "wb")
        except OSError as error:
            raise disk_problem(error, place) from error
        self._files[field] = place, stream
        return stream

    def keep(self) -> None:
        """Put the files and their names on the disk.

        Raises:
            DiskFull, DiskFailed: they could not be.
        """
        for place, stream in self._files.values():
            try:
                with stream:
                    stream.flush()
                    sync_file(stream.fileno(), place)
            except OSError as error:
                raise disk_problem(error, place) from error
        sync_folder(self._folder)

    def upload(self, filled: Filled) -> Upload:
        """Return the upload, when its files are kept."""
        kept = {
            field: Kept(place, filled.files[field].hash.hexdigest())
            for field, (place, _) in self._files.items()
        }
        name = filled.files[self._shape.file].name
        return Upload(kept.pop(self._shape.file), kept, name, filled.fields)

    def discard(self) -> None:
        """Leave nothing."""
        for place, stream in self._files.values():
            with suppress(OSError):  # what was not written yet need not be
                stream.close()
            place.unlink(missing_ok=True)

    def _refuse_more_than(self, most: int) -> None:
        """Refuse at once what its headers announce to be more than all files may have together."""
        if self._announced is None:
            return
        if self._announced > most + sum(self._shape.beside.values()) + AROUND_BYTES:
            raise too_large(most)

    def check_room(self) -> None:
        """Refuse what would fill the disk.

        Raises:
            DiskFull: there is no room for what is announced.
        """
        free, share = free_bytes(self._config.data_dir)
        limits = self._config.limits
        if free - (self._announced or 0) < limits.free_mb * 1e6 or share < limits.free_pct / 100:
            raise DiskFull("There is not enough room on the disk for this upload.")
