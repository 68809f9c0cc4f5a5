"""What every printer must be able to do, and the one kind of file it may be given.

The words of a printer (``Condition``, ``PrinterStatus``, ``Evidence``) live in ``core/board.py``.
A kind of printer is done when ``tests/contract/test_printer.py`` passes over it. The idea needed
to read an adapter: a start command is sent once; what came of it is found out by evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from printd.core.board import Evidence, PrinterStatus
from printd.core.errors import DiskError, InternalError
from printd.core.filaments import Filament

CHUNK_BYTES = 1 << 20
PRINT_NAME_BYTES = 200  # leaves room for a suffix and ``.part`` within the 255 of a file name


@dataclass(frozen=True, slots=True)
class PrintFile:
    """A file to be printed, with the safety verdict on exactly these bytes.

    ``sha256`` and ``bytes`` are of the file as the job has it; ``judged_sha256`` is of what the
    safety rules read. ``judged_chunks`` lets no other bytes pass.
    """

    path: Path
    sha256: str
    bytes: int
    verdict_ok: bool
    judged_sha256: str
    filaments: Mapping[int, Filament] | None = None  # by slot, from 1; None: as the file says


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at before anything is printed: how it is, and what to do."""

    verdict: Literal["ok", "warn", "fail"]
    about: str  # stable; empty for the printer as a whole
    fact: str
    remedy: str = ""


class Printer(Protocol):
    """A printer: what it says of itself, and what it can be told.

    Every call has a deadline of its own. ``status`` and ``evidence`` only read; they may be
    repeated, and be killed, at any time.
    """

    name: str
    accepts: frozenset[str]  # suffixes it can print, such as ".gcode"
    has_bed: bool  # False: a start needs no clear bed

    def status(self) -> PrinterStatus:
        """Return what the printer does now; OFFLINE rather than an error when unreachable."""

    def listen(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` whenever the printer tells by itself that something has happened.

        In any thread, at any time until ``close``, also for nothing. Many kinds never do.
        """

    def upload(self, file: PrintFile, print_name: str) -> None:
        """Put the file on the printer and check that it arrived whole; may be repeated.

        Raises:
            InternalError: the file has no verdict, or is not what was judged; nothing is kept.
            DiskError: the file cannot be read here.
            PrinterOffline: the printer does not answer.
            UploadFailed: the file did not arrive whole.
        """

    def uploaded(self, file: PrintFile, print_name: str) -> bool:
        """Say whether exactly this file is on the printer under this name.

        Raises:
            PrinterOffline: the printer does not answer.
        """

    def start(self, print_name: str) -> None:
        """Send the start command once; return when evidence says that it runs or has run.

        Raises:
            StartRefused: with proof that this command started nothing.
            PrinterOffline: with proof that no command was taken.
            InDoubt: sent, and no evidence either way before the deadline.
        """

    def evidence(self, print_name: str) -> Evidence:
        """Return what the printer knows of this print, asked afresh; never an error.

        NOT_STARTED is proof, also that no command on its way can still start it. A print name
        that the printer has never heard of is UNKNOWN: it may have lost its memory.
        """

    def cancel(self, print_name: str) -> None:
        """Stop this print and only this one; may be repeated, does nothing when it is over.

        Raises:
            PrinterOffline: the printer does not answer.
        """

    def pause(self, print_name: str) -> None:
        """Let this print rest; does nothing when it rests already.

        Raises:
            NotPossibleNow: it is not this print that runs, or this kind cannot pause.
            PrinterOffline: the printer does not answer.
        """

    def resume(self, print_name: str) -> None:
        """Let this print go on; raises as ``pause``."""

    def remove(self, print_name: str) -> None:
        """Delete the file at the printer, so that nothing starts it late; may be gone already.

        Raises:
            PrinterOffline: the printer does not answer.
        """

    def ejected(self, print_name: str) -> bool:
        """Say whether the machine has evidence that it threw this finished print off its bed."""

    def bed_cleared(self) -> None:
        """Take note that a person has cleared the bed; only a machine that keeps count needs it.

        Raises:
            NotPossibleNow: it is printing.
        """

    def close(self) -> None:
        """Let go of connections; a print that runs goes on."""


@runtime_checkable
class StopsOthers(Protocol):
    """A printer at which a print that others have started can be stopped from here, too."""

    def stop_foreign(self) -> None:
        """Stop it; returns when it has stopped, or soon after. Prints of ours are never touched.

        Raises:
            NotPossibleNow: nothing of others is printed.
            PrinterOffline: the printer does not answer.
        """


@runtime_checkable
class HasLight(Protocol):
    """A printer whose light can be switched from here; many have none."""

    def light(self, *, on: bool) -> None:
        """Switch it.

        Raises:
            PrinterOffline: the printer does not answer.
        """


def judged_chunks(file: PrintFile) -> Iterator[bytes]:
    """Return the bytes of ``file`` in order; the last step fails unless they are those judged.

    Whoever writes them gives the file its final name only after the last step.

    Raises:
        InternalError: at once without a good verdict; at the end when the bytes differ.
        DiskError: the file cannot be read.
    """
    if not file.verdict_ok or not file.judged_sha256:
        raise InternalError(f"{file.path.name} was to be sent without its safety verdict.")
    if file.sha256 != file.judged_sha256:
        raise InternalError(f"{file.path.name} is not the file that was judged safe.")
    return _chunks(file)


def _chunks(file: PrintFile) -> Iterator[bytes]:
    digest = hashlib.sha256()
    size = 0
    try:
        with file.path.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                if size > file.bytes:
                    break  # not one byte more than was judged may leave
                yield chunk
    except OSError as error:
        raise DiskError(f"{file.path.name} cannot be read: {error.strerror or error}.") from error
    if size != file.bytes or digest.hexdigest() != file.judged_sha256:
        raise InternalError(f"{file.path.name} has changed since it was judged safe.")


def checked_name(print_name: str) -> str:
    """Return ``print_name`` when it can be the name of one file anywhere.

    Raises:
        InternalError: it could leave its folder, hide, or be too long.
    """
    encoded = print_name.encode("utf-8", "replace")
    plain = print_name.isprintable() and not set(print_name) & set('/\\:*?"<>|')
    if not print_name or not plain or print_name[0] == "." or len(encoded) > PRINT_NAME_BYTES:
        raise InternalError(f"{print_name!r} cannot be a print name.")
    return print_name
