"""One OctoPrint as it is asked: what it does now, what became of our prints, what fails.

A failure of the connection, or of the ledger, is told as every step hears it: the printer is
offline, and it is tried again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from printd.core.board import Evidence
from printd.core.errors import NotPossibleNow, PrinterOffline
from printd.printers.ledger import LEDGER_ERRORS, Noting
from printd.printers.octoprint.client import OctoPrintClient
from printd.printers.octoprint.errors import NoAnswer, Refused
from printd.printers.octoprint.evidence import evidence_of, is_selected
from printd.printers.octoprint.ledger import Entry, OctoPrintLedger
from printd.printers.octoprint.refusals import action_after, why_not
from printd.printers.octoprint.status import RUNNING, name_in, path_of, phase_of, trouble_of

LOOK_S: Final = 0.2


class Contact(Noting[Entry]):
    """The connections to one OctoPrint, and what is known of our prints there.

    Args:
        name: of the printer, as configured.
        connect: makes a connection.
        ledger: of the printer; what it raises is not translated.
        settle_s: how long an end may take to be counted before it is unknown.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], OctoPrintClient],
        ledger: OctoPrintLedger,
        *,
        settle_s: float,
    ) -> None:
        super().__init__(name, ledger)
        self.name = name
        self.connect = connect
        self.ledger = ledger
        self._settle_s = settle_s
        self._closing = threading.Event()
        self._kept = connect()
        self._turn = threading.Lock()  # a client is for one thread at a time

    def close(self) -> None:
        """Let go of the connection and of every wait."""
        self._closing.set()
        self._kept.close()

    @contextmanager
    def reading(self) -> Iterator[OctoPrintClient]:
        """Yield the connection that is kept for questions."""
        with self._turn:
            yield self._kept

    def state(self, print_name: str) -> str | None:
        """Return the state of this print; None: it is not this one that is selected.

        Raises:
            PrinterOffline: OctoPrint does not answer.
        """
        with self.asked(), self.reading() as client:
            job = client.job()
        return job.state if is_selected(print_name, job) else None

    def runs(self, print_name: str) -> bool:
        """Say whether this print runs; raises as ``state``."""
        state = self.state(print_name)
        return state is not None and phase_of(state) in RUNNING

    def runs_foreign(self) -> bool:
        """Say whether a print runs that others have started; raises as ``state``."""
        with self.asked(), self.reading() as client:
            job = client.job()
        return phase_of(job.state) in RUNNING and name_in(job.path) is None

    def was_asked(self, print_name: str) -> bool:
        """Say whether a start of this print may have left, as far as the ledger can be read."""
        try:
            entry = self.ledger.entry(print_name)
        except LEDGER_ERRORS:
            return False
        return entry is not None and entry.was_asked

    def look(self, print_name: str) -> Evidence:
        """Return what became of a print, and note its end.

        Raises:
            NoAnswer, Refused, JournalBusy, JournalDamaged, OSError.
        """
        entry = self.ledger.entry(print_name)
        if entry is not None and entry.ended is not None:
            return entry.ended
        with self.reading() as client:
            # In this order: a print that ends in between is counted by the time it is looked up.
            job = client.job()
            if is_selected(print_name, job) and phase_of(job.state) in RUNNING:
                return Evidence.RUNNING
            file = client.file(path_of(print_name))
            error = client.error().error if file and file.prints.failure else ""
        found = evidence_of(print_name, entry, job, file, error)
        if entry is not None and found not in (Evidence.UNKNOWN, Evidence.NOT_STARTED):
            trouble = error or trouble_of(job) if found is Evidence.FAILED else None
            self.ledger.note("ended", print_name, evidence=found.value, trouble=trouble)
        return found

    def looked(self, print_name: str) -> Evidence | None:
        """Return what can be seen now of a print; None: nobody answers."""
        try:
            return self.look(print_name)
        except (NoAnswer, Refused, *LEDGER_ERRORS):
            return None

    def evidence(self, print_name: str) -> Evidence:
        """Return what OctoPrint and the ledger know of this print.

        OctoPrint counts a print a moment after its state says that it is over; that is waited for.
        """
        found: Evidence | None = None

        def is_sure() -> bool:
            nonlocal found
            found = self.looked(print_name)
            return found is not Evidence.UNKNOWN or not self.was_asked(print_name)

        self.wait_until(is_sure, self._settle_s)
        return found or Evidence.UNKNOWN

    def wait_until(self, is_so: Callable[[], bool], wait_s: float) -> bool:
        """Look again and again until it is so; False: it was not in time, or printd ends."""
        until_s = time.monotonic() + wait_s
        while not is_so():
            if time.monotonic() > until_s or self._closing.wait(LOOK_S):
                return False
        return True

    @contextmanager
    def answered(self) -> Iterator[None]:
        """Translate for calls that may be repeated: a lost answer is as good as none."""
        try:
            yield
        except NoAnswer as error:
            raise PrinterOffline(f"{self.name} does not answer. {error}") from error

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Translate for questions."""
        with self.answered():
            try:
                yield
            except Refused as error:
                raise PrinterOffline(
                    f"{self.name}: {why_not(error)}.", action=action_after(error)
                ) from error

    @contextmanager
    def obeyed(self) -> Iterator[None]:
        """Translate for orders that may be repeated."""
        with self.answered():
            try:
                yield
            except Refused as error:
                raise NotPossibleNow(
                    f"{self.name} refused. {error}", action=action_after(error)
                ) from error
