"""The ``virtual`` printer as printd sees it: our words over a link to a machine.

The machine is embedded in this process, or a program of its own behind a socket; either way it
outlives the daemon. Here the failures of the link are translated, once, and a start is followed
until the journal says what came of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from printd.core.board import OFFLINE, Evidence, PrinterStatus
from printd.core.clock import utc_now
from printd.core.errors import (
    InDoubt,
    NotPossibleNow,
    PrinterOffline,
    StartInDoubt,
    StartRefused,
    UploadFailed,
)
from printd.gcode.timeline import timeline
from printd.printers.base import PrintFile, checked_name, judged_chunks
from printd.printers.virtual.hands import Hands
from printd.printers.virtual.link import AnswerLost, Kept, Link, Refused, Unreachable
from printd.printers.virtual.machine import VirtualMachine
from printd.printers.virtual.socket_link import CALL_S, SocketLink

CONFIRM_S = 5.0  # how long a start may take to show before it is in doubt
LOOK_S = 0.02

log = logging.getLogger(__name__)


class VirtualPrinter:
    """A printer that lives in a folder.

    Args:
        name: as configured.
        folder: where an embedded machine keeps journal and files.
        speed: of an embedded machine, times real time.
        ejects: an embedded machine clears its bed after a finished print.
        socket: where a machine of its own is reached; folder, speed and ejects are its own then.
        confirm_s: how long ``start`` looks for evidence.
        call_s: how long a machine of its own may take to answer.
        clock: of an embedded machine.
    """

    accepts = frozenset({".gcode"})
    has_bed = True

    def __init__(
        self,
        name: str,
        *,
        folder: Path,
        speed: float = 1.0,
        ejects: bool = False,
        socket: Path | None = None,
        confirm_s: float = CONFIRM_S,
        call_s: float = CALL_S,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.name = name
        self._hands = Hands(folder, clock) if socket is None else None
        self._confirm_s = confirm_s
        self._closing = threading.Event()
        self._link: Link = (
            SocketLink(socket, call_s=call_s)
            if socket is not None
            else VirtualMachine(folder, timeline, speed=speed, ejects=ejects, clock=clock)
        )

    def status(self) -> PrinterStatus:
        """Return what its display shows."""
        try:
            return self._link.status()
        except (Unreachable, Refused):
            return OFFLINE

    def listen(self, changed: Callable[[], None]) -> None:
        """Do nothing: it is asked."""

    def upload(self, file: PrintFile, print_name: str) -> None:
        """Put the file on the machine."""
        checked_name(print_name)
        chunks = judged_chunks(file)
        try:
            with self._reached():
                self._link.upload(print_name, Kept(file.bytes, file.judged_sha256), chunks)
        except (Refused, AnswerLost) as error:
            raise UploadFailed(f"{self.name} did not take the file. {error}") from error

    def uploaded(self, file: PrintFile, print_name: str) -> bool:
        """Say whether exactly this file is on the machine."""
        with self._reached():
            return self._link.kept(print_name) == Kept(file.bytes, file.sha256)

    def start(self, print_name: str) -> None:
        """Send the start command once, and look in the journal for what came of it."""
        said = "The start command did not reach it."
        refused = False
        try:
            with self._reached():
                self._link.start(print_name)
        except Refused as error:
            said, refused = str(error), True
        except AnswerLost as error:
            log.warning("%s: no answer to the start of %s: %s", self.name, print_name, error)
        match self._evidence_soon(print_name):
            case Evidence.UNKNOWN:
                raise InDoubt(
                    StartInDoubt.code,
                    f"{self.name} was told to start {print_name} and does not say that it did.",
                    action=StartInDoubt.action,
                )
            case Evidence.NOT_STARTED if refused:
                raise StartRefused(f"{self.name} refused to start {print_name}. {said}")
            case Evidence.NOT_STARTED:
                raise PrinterOffline(f"{self.name} did not start {print_name}. {said}")

    def _evidence_soon(self, print_name: str) -> Evidence:
        """Return the first certain evidence, or UNKNOWN when there is none in time."""
        until = time.monotonic() + self._confirm_s
        while (evidence := self.evidence(print_name)) is Evidence.UNKNOWN:
            if time.monotonic() > until or self._closing.wait(LOOK_S):
                break
        return evidence

    def evidence(self, print_name: str) -> Evidence:
        """Return what the journal says of this print."""
        try:
            return self._link.evidence(print_name)
        except (Unreachable, Refused):
            return Evidence.UNKNOWN

    def ejected(self, print_name: str) -> bool:
        """Return whether the journal says that this print left the bed by itself."""
        try:
            return self._link.ejected(print_name)
        except (Unreachable, Refused):
            return False

    def bed_cleared(self) -> None:
        """Take the print off an embedded machine; one of its own has hands of its own."""
        if self._hands is not None:
            with self._obeyed():
                self._hands.remove_print()

    def cancel(self, print_name: str) -> None:
        """Stop this print and only this one."""
        with self._obeyed():
            self._link.cancel(print_name)

    def pause(self, print_name: str) -> None:
        """Let this print rest."""
        with self._obeyed():
            self._link.pause(print_name)

    def resume(self, print_name: str) -> None:
        """Let this print go on."""
        with self._obeyed():
            self._link.resume(print_name)

    def stop_foreign(self) -> None:
        """Stop what others have started."""
        with self._obeyed():
            self._link.cancel_foreign()

    def remove(self, print_name: str) -> None:
        """Delete the file at the machine."""
        with self._obeyed():
            self._link.remove(print_name)

    def close(self) -> None:
        """End a start that still looks for evidence; the machine goes on."""
        self._closing.set()

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except Unreachable as error:
            raise PrinterOffline(f"{self.name} does not answer. {error}") from error

    @contextmanager
    def _obeyed(self) -> Iterator[None]:
        """Translate for calls that may be repeated: a lost answer is as good as none."""
        try:
            with self._reached():
                yield
        except AnswerLost as error:
            raise PrinterOffline(f"{self.name} does not answer. {error}") from error
        except Refused as error:
            raise NotPossibleNow(f"{self.name} refused. {error}") from error
