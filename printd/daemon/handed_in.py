"""Files handed in by ``printd add``: copied into the data folder by the command, taken here.

The same path as a drop (copy, look into it in a limited child, commit), but the key of the request,
not a fingerprint, keeps a repeated request from becoming a second job.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from printd.core.config import Config
from printd.core.errors import (
    CannotWriteNow,
    DiskError,
    DiskFull,
    NeedsRelease,
    NoSuchFile,
    PrintdError,
    StartupError,
)
from printd.core.failpoints import hit
from printd.core.files import make_folder
from printd.core.given import Given
from printd.core.requests import Request, Requests
from printd.core.store import Store
from printd.pipeline.copying import NotFinished
from printd.pipeline.judging import order_of
from printd.pipeline.taking import Copied, Taker

log = logging.getLogger(__name__)
INCOMING: Final = "incoming"
VERB: Final = "add"


class HandedIn:
    """The files in ``<data>/incoming/`` and the requests that name them."""

    def __init__(self, config: Config, store: Store, requests: Requests, taker: Taker) -> None:
        self._config = config
        self._store = store
        self._requests = requests
        self._taker = taker
        self._folder = config.data_dir / INCOMING

    def sweep(self) -> None:
        """Remove what an interrupted command or a finished request has left."""
        make_folder(self._folder)
        wanted = {name for request in self._requests.open({VERB}) for name in _files(request)}
        for file in self._folder.iterdir():
            if file.name not in wanted and not file.is_dir():
                file.unlink()

    def take_all(self) -> bool:
        """Take every file that was handed in; return whether there was one."""
        requests = self._requests.open({VERB})
        for request in requests:
            try:
                self._take(request)
            except StartupError:
                raise  # the disk is gone: nothing can be answered
            except (PrintdError, OSError) as error:
                if not self._refused(request, _said(error)):
                    break
            for name in _files(request):
                (self._folder / name).unlink(missing_ok=True)
        return bool(requests)

    def _refused(self, request: Request, error: PrintdError) -> bool:
        """Answer why not; False where there is no room for an answer: it is asked again later."""
        if isinstance(error, DiskFull):
            error = DiskFull(error.problem, action="Free space, then hand the file in again.")
        try:
            self._requests.refused(request, error)
        except CannotWriteNow as full:
            log.warning("%s", full)
            return False
        return True

    def _take(self, request: Request) -> None:
        args = request.args
        given = Given(args.get("given", Given.PHOTO))
        order = order_of(self._config, given, args["recipe"], args["settings"])
        copied = self._copy(request, given)
        hold = NeedsRelease(f"Handed in by {request.who} to be printed later.")
        with self._store.database.write():
            job = self._taker.accept(
                copied,
                args["name"],
                order,
                who=request.who,
                source=args.get("source", "command"),
                owner=args.get("owner", ""),
                add_key=args["key"],
                hold=hold if args.get("hold") else None,
            )
            answer: Mapping[str, Any] = {"job": job.number, "state": job.state}
            self._requests.done(request, answer)
            hit("request.in")
        self._taker.record(job)
        log.info("%s handed in by %s is #%s", job.name, request.who, job.number)

    def _copy(self, request: Request, given: Given) -> Copied:
        file, *others = (self._folder / name for name in _files(request))
        try:
            copied = self._taker.copy(file, given=given)
            for name, file in zip(request.args.get("beside", {}), others, strict=True):
                self._taker.put_beside(copied, name, file)
        except NotFinished as error:
            raise NoSuchFile(
                "The file handed in is gone or changed.", action="Hand it in again."
            ) from error
        return copied


def _files(request: Request) -> list[str]:
    """Return the names of the copies that a request speaks of, what it is about first."""
    names = [request.args["file"], *request.args.get("beside", {}).values()]
    return [Path(name).name for name in names]


def _said(error: PrintdError | OSError) -> PrintdError:
    if isinstance(error, PrintdError):
        return error
    return DiskError(f"The file handed in cannot be read: {error.strerror or error}.")
