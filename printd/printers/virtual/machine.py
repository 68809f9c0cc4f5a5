"""A printer made of a folder: what it does when it is called over its link.

It is as dumb as a real one: idle and the file there, it starts, also a name it has printed before,
also onto an occupied bed (the journal says so). Every start command is a synced line before it is
answered; the ``started`` lines count what physically happened. It keeps no state but its memory.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from printd.core.board import Evidence, PrinterStatus
from printd.core.clock import utc_now
from printd.printers.base import checked_name
from printd.printers.journal import JournalDamaged, sync_names
from printd.printers.virtual.history import Fault, event
from printd.printers.virtual.link import AnswerLost, Kept, Refused, Unreachable
from printd.printers.virtual.memory import Memory


class Timeline(Protocol):
    """How long a file prints, and when each of its layers begins."""

    @property
    def total_s(self) -> float:
        """Seconds of the whole print at speed 1."""

    @property
    def layer_starts_s(self) -> tuple[float, ...]:
        """Seconds from the start of the print to that of each layer."""


class VirtualMachine:
    """The machine as its adapter meets it: a ``Link``.

    Args:
        folder: where journal and files are; made when missing.
        read_timeline: how to read a file's time out of its G-code.
        speed: seconds of print time that pass in one second.
        ejects: a finished print leaves the bed by itself.
        clock: the aware time; it may be set by hand.
    """

    def __init__(
        self,
        folder: Path,
        read_timeline: Callable[[Path], Timeline],
        *,
        speed: float = 1.0,
        ejects: bool = False,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._memory = Memory(folder, clock)
        self._files = self._memory.files
        self._read_timeline = read_timeline
        self._speed = speed
        self._ejects = ejects

    def answer(self) -> None:
        """Do nothing; raises ``Unreachable`` when it answers nobody."""
        with self._call():
            return

    def status(self) -> PrinterStatus:
        """Return what the display shows."""
        with self._call() as now:
            return self._memory.history.status(now)

    def evidence(self, print_name: str) -> Evidence:
        """Return what the journal says of this print.

        No start can be on its way: a command is journalled before its call returns, and calls
        take turns.
        """
        with self._call():
            return self._memory.history.evidence(print_name)

    def ejected(self, print_name: str) -> bool:
        """Say whether the journal has a line that this print left the bed by itself."""
        with self._call():
            lines = self._memory.lines()
        return any(line["event"] == "ejected" and line["print"] == print_name for line in lines)

    def kept(self, print_name: str) -> Kept | None:
        """Return size and hash of a whole file, read from the disk; None when there is none."""
        with self._call():
            if not self._memory.has_file(print_name):
                return None
        try:
            with (self._files / print_name).open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                return Kept(stream.tell(), digest)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreachable(f"Its storage cannot be read: {error}.") from error

    def upload(self, print_name: str, kept: Kept, chunks: Iterable[bytes]) -> None:
        """Store a file: beside its name, synced, checked, renamed; then the journal knows it."""
        checked_name(print_name)
        self.answer()
        try:
            self._receive(print_name, kept, chunks)
        except OSError as error:
            raise Refused(f"Its storage does not take the file: {error.strerror}.") from error

    def start(self, print_name: str) -> None:
        """Take a start command: journalled, then obeyed or refused, then answered."""
        with self._call() as now:
            armed = dict(self._memory.history.armed)
            refusal = self._refusal(print_name, armed)
            begins_at = now + timedelta(seconds=armed.get(Fault.START_LATE_S, 0.0))
            command = event(
                "start",
                now,
                print=print_name,
                answer="refused" if refusal else "accepted",
                why=refusal,
                begins_at=None if Fault.NEVER_START in armed else begins_at.isoformat(),
                speed=self._speed,
                ejects=self._ejects,
                fails_at_layer=armed.get(Fault.FAIL_AT_LAYER),
                faults=sorted(armed),
            )
            try:
                self._memory.write(command)
            except JournalDamaged as error:
                raise AnswerLost("The journal may hold the command.") from error
            try:
                self._memory.settle(now)
            except (OSError, JournalDamaged) as error:
                raise AnswerLost("The command is taken; the journal is not.") from error
        if Fault.LOSE_ANSWER in armed:
            raise AnswerLost("The answer was lost (a fault it was told).")
        if refusal:
            raise Refused(refusal)

    def cancel(self, print_name: str) -> None:
        """End this print, or take back its start that has not begun; else do nothing."""
        with self._call() as now:
            if self._memory.history.prints(print_name):
                self._memory.write(event("cancelled", now, print=print_name, by="command"))
            while self._memory.history.waits(print_name):
                self._memory.write(event("dropped", now, print=print_name, why="cancelled"))

    def cancel_foreign(self) -> None:
        """End what others have started."""
        with self._call() as now:
            run = self._memory.history.run
            if run is None or not run.stranger or not self._memory.history.is_printing():
                raise Refused("It prints nothing that others have started.")
            self._memory.write(event("cancelled", now, print=run.print_name, by="command"))

    def pause(self, print_name: str) -> None:
        """Let this print rest."""
        self._turn(print_name, "paused")

    def resume(self, print_name: str) -> None:
        """Let this print go on."""
        self._turn(print_name, "resumed")

    def remove(self, print_name: str) -> None:
        """Delete a file, and what is left of its uploads; a print that runs from it goes on."""
        checked_name(print_name)
        with self._call() as now:
            (self._files / print_name).unlink(missing_ok=True)
            for part in self._files.glob(f".{print_name}.*.part"):
                part.unlink(missing_ok=True)
            sync_names(self._files)
            if print_name in self._memory.history.plans:
                self._memory.write(event("removed", now, print=print_name))

    @contextmanager
    def _call(self) -> Iterator[datetime]:
        with self._memory.held() as now:
            if self._memory.history.offline:
                raise Unreachable("It is switched off.")
            yield now

    def _refusal(self, print_name: str, armed: dict[Fault, float]) -> str:
        if Fault.REFUSE in armed:
            return "It says no (a fault it was told)."
        if self._memory.history.is_printing():
            return "It is printing."
        if not self._memory.has_file(print_name):
            return "It has no such file."
        return ""

    def _turn(self, print_name: str, change: str) -> None:
        with self._call() as now:
            run = self._memory.history.run
            if run is None or not self._memory.history.prints(print_name):
                raise Refused("It does not print this.")
            rests = run.since is None
            if rests != (change == "paused"):
                self._memory.write(event(change, now, print=print_name))

    def _receive(self, print_name: str, kept: Kept, chunks: Iterable[bytes]) -> None:
        # A name of its own for every upload: one that was cut off cannot write into the next.
        descriptor, name = tempfile.mkstemp(".part", f".{print_name}.", self._files)
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                received = _store(stream, chunks)
            if received != kept:
                raise Refused(f"{received.bytes} bytes arrived, not these {kept.bytes}.")
            timeline = self._read_timeline(part)
            with self._call() as now:
                part.replace(self._files / print_name)
                sync_names(self._files)
                line = event(
                    "uploaded",
                    now,
                    print=print_name,
                    bytes=kept.bytes,
                    sha256=kept.sha256,
                    total_s=round(timeline.total_s, 3),
                    layer_starts_s=[round(start_s, 3) for start_s in timeline.layer_starts_s],
                )
                self._memory.write(line)
        finally:
            part.unlink(missing_ok=True)


def _store(stream: BinaryIO, chunks: Iterable[bytes]) -> Kept:
    digest = hashlib.sha256()
    size = 0
    for chunk in chunks:
        stream.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    stream.flush()
    os.fsync(stream.fileno())
    return Kept(size, digest.hexdigest())
