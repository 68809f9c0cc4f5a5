"""Photos that are looked at and are no job yet: those of the page *Make*, and of visits at a kiosk.

A draft has a folder of its own, ``<data>/drafts/<random>/``, with the photo and what was made of it
for a screen. Which drafts there are is known in memory alone: nothing of them outlives a start, a
draft that nobody uses is forgotten, and what is forgotten is erased. Strangers' photos are decoded
in limited children, like everything that is made of them.
"""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from printd.core.compute import Compute, Limits
from printd.core.config import Config
from printd.core.files import disk_problem, make_folder
from printd.core.given import Given
from printd.meshers.preview.draft import DRAFTS, PHOTO
from printd.pipeline import tasks
from printd.web.gone import Gone
from printd.web.problems import NoSuchDraft, StillBusy, TooManyDrafts
from printd.web.uploads import Upload

T = TypeVar("T")

DECODE_BYTES: Final = 1 << 30
OF_ONE: Final = 2  # an owner may have one in so many of them, so that there is room for others
# Calculations that run or wait, of one draft and of all: each keeps a thread of the server, which
# has others to answer.
OF_A_DRAFT: Final = 12
AT_ONCE: Final = 32
ERASED_WITHIN: Final = 5  # tries; a child that was ended may have left a file a moment ago


@dataclass(slots=True, eq=False)
class Draft:
    """One photo that is looked at."""

    id: str
    owner: str
    name: str  # as its file was called
    folder: Path
    sha256: str
    facts: Mapping[str, Any]  # as ``decode_photo`` returns them
    used_s: float  # by the clock that only runs forwards
    running: set[Future[Any]] = field(default_factory=set)
    is_forgotten: bool = False
    # Held while its photo is handed in: a second name for a file changes it, as the daemon sees it.
    handing_in: threading.Lock = field(default_factory=threading.Lock)

    @property
    def photo(self) -> Path:
        """The picture as it was handed in."""
        return self.folder / PHOTO


class Drafts:
    """The drafts of one server; safe to use from many threads."""

    def __init__(self, config: Callable[[], Config], compute: Compute) -> None:
        self._config = config
        self._compute = compute
        self._root = config().data_dir / DRAFTS
        self._lock = threading.Lock()
        self._known: dict[str, Draft] = {}
        self._coming: list[str] = []  # owners of those that are looked at before they count
        erase(self._root)

    def take(self, upload: Upload, owner: str, *, forgets_origin: bool = False) -> Draft:
        """Take a photo that was received; its file is the draft's from now on.

        Args:
            upload: one picture, kept in the data folder.
            owner: who alone may see it.
            forgets_origin: nothing stays of where, when and with what it was taken.

        Raises:
            PhotoRefused: what is wrong with it. Nothing of it is kept.
            TooManyDrafts: others are looked at, or others of the same owner.
            DiskFull, DiskFailed: likewise.
        """
        try:
            with self._room(owner):
                look = tasks.decode_visitors_photo if forgets_origin else tasks.decode_photo
                return self._taken(upload, owner, look)
        finally:
            upload.discard()

    def of(self, draft_id: str, owner: str) -> Draft:
        """Return a draft of this owner; it counts as used now.

        Raises:
            NoSuchDraft: there is none, or it is somebody else's.
        """
        with self._lock:
            found = self._known.get(draft_id)
            if found is None or found.owner != owner:
                raise NoSuchDraft("There is no such draft.")
            found.used_s = time.monotonic()
            return found

    def forget(self, draft_id: str, owner: str) -> None:
        """Erase a draft and end what is made of it; one that is not there is no fault."""
        with self._lock:
            found = self._known.get(draft_id)
            if found is None or found.owner != owner:
                return
            self._strike(found)
        self._erase(found)

    def sweep(self, now_s: float) -> None:
        """Erase what nobody has used for the configured time; the clock is ``time.monotonic``."""
        idle_s = self._config().web.draft_idle_s
        with self._lock:
            unused = [
                draft
                for draft in self._known.values()
                if now_s - draft.used_s > idle_s and not draft.running
            ]
            for draft in unused:
                self._strike(draft)
        for draft in unused:
            self._erase(draft)

    def close(self) -> None:
        """Erase everything."""
        with self._lock:
            drafts = list(self._known.values())
            for draft in drafts:
                self._strike(draft)
        for draft in drafts:
            self._erase(draft)

    def run(
        self,
        draft: Draft,
        gone: Gone | None,
        limits: Limits,
        fn: Callable[..., T],
        *args: object,
    ) -> T:
        """Run a calculation on a draft in a child and wait for it.

        Args:
            draft: whose folder it works in; when it is forgotten meanwhile, the work ends.
            gone: whether who has asked has gone; then it ends as well.
            limits: what it may use.
            fn: one of ``pipeline.tasks``.
            args: its arguments.

        Raises:
            NoSuchDraft: it was forgotten meanwhile.
            StillBusy: the calculation was ended, or too many others wait.
            Exception: what the calculation raises.
        """
        with self._lock:
            self._check_few(draft)
            future = self._compute.submit(fn, *args, limits=limits)
            is_forgotten = draft.is_forgotten
            draft.running.add(future)
        try:
            if is_forgotten:
                future.cancel()
            elif gone is not None:
                gone.then(future.cancel)
            return future.result()
        except CancelledError as error:
            if draft.is_forgotten:
                raise NoSuchDraft("There is no such draft any more.") from error
            raise StillBusy("The calculation was ended before it was done.") from error
        finally:
            with self._lock:
                draft.running.discard(future)
                draft.used_s = time.monotonic()

    @contextmanager
    def _room(self, owner: str) -> Iterator[None]:
        """Hold a place for one more."""
        self.sweep(time.monotonic())
        most = self._config().web.drafts
        with self._lock:
            owners = [draft.owner for draft in self._known.values()] + self._coming
            if len(owners) >= most or owners.count(owner) >= max(1, most // OF_ONE):
                raise TooManyDrafts(
                    f"{len(owners)} photos are looked at; there is room for {most}."
                )
            self._coming.append(owner)
        try:
            yield
        finally:
            with self._lock:
                self._coming.remove(owner)

    def _taken(
        self, upload: Upload, owner: str, look: Callable[[Path, int], Mapping[str, Any]]
    ) -> Draft:
        limits = self._config().limits
        facts = self._compute.run(
            look,
            upload.file.path,
            int(limits.photo_max_mb * 1e6),
            limits=Limits(DECODE_BYTES, limits.decode_timeout_s, is_watched=True),
        )
        draft_id = secrets.token_hex(16)
        folder = self._root / draft_id
        draft = Draft(
            draft_id, owner, _name(upload), folder, upload.file.sha256, facts, time.monotonic()
        )
        make_folder(folder)
        try:
            upload.file.path.replace(draft.photo)
        except OSError as error:
            shutil.rmtree(folder)
            raise disk_problem(error, draft.photo) from error
        with self._lock:
            self._known[draft_id] = draft
        return draft

    def _check_few(self, draft: Draft) -> None:
        every = sum(len(one.running) for one in self._known.values())
        if len(draft.running) >= OF_A_DRAFT or every >= AT_ONCE:
            raise StillBusy("So much is calculated already that this has to wait.")

    def _strike(self, draft: Draft) -> None:
        """Take it off the list; nothing is begun on it any more."""
        del self._known[draft.id]
        draft.is_forgotten = True

    def _erase(self, draft: Draft) -> None:
        with self._lock:
            running = tuple(draft.running)
        for future in running:
            future.cancel()
        erase(draft.folder)


def _name(upload: Upload) -> str:
    """Return what a photo is called; a name that promises something else is no name for it."""
    is_photos = Given.named(upload.name) is Given.PHOTO
    return upload.name if is_photos else "photo"


def erase(folder: Path) -> None:
    """Erase a folder with everything in it; one that is not there is no fault.

    Raises:
        DiskFailed: it stays.
    """
    for tries in range(1, ERASED_WITHIN + 1):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            if tries == ERASED_WITHIN:
                raise disk_problem(error, folder) from error
        else:
            return
