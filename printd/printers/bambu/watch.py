"""What becomes of our prints at one Bambu printer: noted when it is seen, for it is seen once.

Reports come in the thread of the link; questions from any other.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Final

from printd.core.board import Evidence
from printd.printers.bambu.errors import Trouble
from printd.printers.bambu.evidence import Before, Sent, Whose, evidence_of, refusal_of, whose
from printd.printers.bambu.ledger import BambuLedger, Entry, details_of
from printd.printers.bambu.report import Phase
from printd.printers.bambu.start_command import fresh_id
from printd.printers.bambu.talk import View
from printd.printers.ledger import LEDGER_ERRORS

READS_SHARE: Final = 0.25
OVER: Final = frozenset({Evidence.FINISHED, Evidence.FAILED, Evidence.CANCELLED})

log = logging.getLogger(__name__)


class Watch:
    """The ledger of one printer, and what is seen of it.

    Every method raises ``LEDGER_ERRORS`` when the ledger cannot be used, ``saw`` alone does not.

    Args:
        name: of the printer.
        folder: of the ledger.
        lands_s: a start may take so long to show.
        settle_s: the reason of an end may take so long to be told.
    """

    def __init__(self, name: str, folder: Path, *, lands_s: float, settle_s: float) -> None:
        self.ledger = BambuLedger(folder)
        self._name = name
        self._lands_s = lands_s
        self._settle_s = settle_s
        self._turn = threading.Lock()
        self._sent_on: dict[str, int] = {}  # print name to connection
        self._failed_at_s: dict[str, float] = {}  # when an end without a reason was seen first
        self._looked: object = None
        self._newest: View | None = None  # that was looked at

    def saw(self, view: View) -> None:
        """Note what a report tells of ours; called with each state in turn."""
        now = view.now
        sight = (
            *(now.phase, now.print_error, now.hms, now.fail_reason),
            *(now.subtask_id, now.task_id, now.subtask_name, now.gcode_file),
            view.connection,
        )
        if sight == self._looked:
            return
        try:
            entry = self.ledger.shown(now)
            if entry is not None:
                self.look(entry.print_name, view)
            self._look_for_another(view)
            self._looked = sight
        except LEDGER_ERRORS as error:
            log.warning("%s: the ledger cannot be used: %s", self._name, error)

    def _look_for_another(self, view: View) -> None:
        """Note that another print runs while a start of ours may still come true."""
        entry = self.ledger.last_asked()
        if entry is None or entry.met_another or not self.is_landing(entry):
            return
        if view.now.is_active and whose(self.sent(entry, view), view.now) is Whose.ANOTHER:
            self.ledger.note("another", entry.print_name)

    def look(self, print_name: str, view: View) -> Evidence:
        """Return what became of a print, and note it.

        What the ledger says must not be held against an older state: beside ours, which was seen
        active since, the end of the print before would be that of ours.
        """
        with self._turn:  # one line for each thing seen
            view = self._newest_of(view)
            entry = self.ledger.entry(print_name)
            if entry is None:
                return Evidence.UNKNOWN
            found = evidence_of(self.sent(entry, view), view.now, view.last)
            if found is Evidence.RUNNING and not entry.was_active:
                self.ledger.note("active", print_name)
            elif found in OVER and entry.ended is None and self._has_settled(entry, found, view):
                trouble = view.now.trouble if found is Evidence.FAILED else None
                said = str(trouble) if trouble else None
                self.ledger.note("ended", print_name, evidence=found.value, trouble=said)
            return found

    def shown(self, view: View) -> tuple[View, Entry | None]:
        """Return the newest state, and which print of ours it shows, as the ledger knows it."""
        while True:
            with self._turn:
                view = self._newest_of(view)
            entry = self.ledger.shown(view.now)
            with self._turn:  # what is noted meanwhile may be of a newer state
                if self._newest_of(view) is view:
                    return view, entry

    def _newest_of(self, view: View) -> View:
        if self._newest is None or self._newest.is_older_than(view):
            self._newest = view
        return self._newest

    def _has_settled(self, entry: Entry, found: Evidence, view: View) -> bool:
        """Say whether an end may be written down; that of a failure may still get its reason."""
        if found is not Evidence.FAILED or view.now.print_error or view.now.phase is Phase.IDLE:
            return True
        first_s = self._failed_at_s.setdefault(entry.print_name, time.monotonic())
        return time.monotonic() - first_s >= self._settle_s

    def is_sure(self, print_name: str, found: Evidence) -> bool:
        """Say whether more time could show another thing than ``found``."""
        entry = self.ledger.entry(print_name)
        if entry is None or entry.ended is not None:
            return True
        if found is Evidence.UNKNOWN:
            return not self.is_landing(entry)
        return found is not Evidence.FAILED

    def is_landing(self, entry: Entry) -> bool:
        """Say whether its start was sent so lately that it may still come true."""
        return entry.is_landing(self._lands_s)

    def reads_for_s(self, parse_s: float) -> float:
        """Return how long the printer may still read the file of the last start; 0: it does not.

        Args:
            parse_s: it takes so long at most; of what a start may take, most is left to see it.
        """
        entry = self.ledger.last_asked()
        within_s = min(parse_s, READS_SHARE * self._lands_s)
        return entry.lands_for_s(within_s) if entry else 0.0

    def sent(self, entry: Entry, view: View) -> Sent:
        """Return what evidence about a print is made of."""
        is_watched = self._sent_on.get(entry.print_name) == view.connection
        return entry.sent(is_watched=is_watched, is_landing=self.is_landing(entry))

    def about_to_send(self, print_name: str, view: View) -> int:
        """Write down that a start is sent now, on this connection; return its id."""
        with self._turn:
            number = fresh_id(self.ledger.ids())
            before = details_of(Before.of(view.now))
            self.ledger.note("start", print_name, id=number, before=before)
            self._sent_on[print_name] = view.connection
            return number

    def refusal(self, print_name: str, view: View) -> Trouble | None:
        """Return the printer's reason for a refused start; None: it gives none."""
        entry = self.ledger.entry(print_name)
        return refusal_of(self.sent(entry, view), view.now) if entry else None

    def settle(self) -> None:
        """Take note that a person has cleared the bed: what was unknown is over."""
        for entry in self.ledger.unresolved():
            if not self.is_landing(entry):
                self.ledger.note("settled", entry.print_name)
