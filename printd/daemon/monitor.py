"""One thread per printer: asks it, keeps its last word on the board, tells the others of changes.

Says once when a printer is lost and once when it is back. Everybody else reads the board: a word
stands there only after it has been judged what it means for the bed, so nobody acts before.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from printd.core.beds import Bed, Beds, BedState
from printd.core.board import Board, Condition, PrinterStatus
from printd.core.clock import utc_now
from printd.core.config import LimitsConfig
from printd.core.errors import CannotWriteNow
from printd.core.fleet import Fleet, News
from printd.printers.base import Printer

log = logging.getLogger(__name__)
ACTIVE = frozenset({Condition.PRINTING, Condition.PAUSED, Condition.BUSY})
ENDED = frozenset({Condition.FINISHED, Condition.FAILED, Condition.CANCELLED})
LOST_FOR = timedelta(hours=12)  # after so long nobody knows what lies on the bed
HOT_BED_C = 45.0


class Monitor:
    """Watches one printer."""

    def __init__(
        self,
        printer: Printer,
        board: Board,
        fleet: Fleet,
        beds: Beds,
        limits: LimitsConfig,
        changed: Callable[[], None],
    ) -> None:
        self._printer = printer
        self._board = board
        self._fleet = fleet
        self._beds = beds
        self._limits = limits
        self._changed = changed
        self._woken = threading.Event()
        self._lost_at_s: float | None = None
        self._is_retired = False

    def retire(self) -> None:
        """Watch no longer: the printer is gone from the configuration, or is another one now."""
        self._is_retired = True
        self._woken.set()

    def wake(self) -> None:
        """Ask the printer soon: something was sent to it."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Ask until ``stop`` is set."""
        self._printer.listen(self.wake)
        while not stop.is_set() and not self._is_retired:
            status = self.look(time.monotonic())
            self._woken.wait(self._interval_s(status))
            self._woken.clear()  # before ``stop`` is looked at, or its wake could be missed

    def look(self, now_s: float) -> PrinterStatus:
        """Ask once; keep and compare what the printer says.

        Args:
            now_s: ``time.monotonic()``.
        """
        name = self._printer.name
        bed = self._bed_before()
        status = self._printer.status()
        if self._is_retired:
            return status  # another printer may have its name by now
        self._say_lost_and_back(status, now_s)
        try:
            # Together, or a crash in between would lose the change by which a bed is judged.
            with self._beds.together():
                news = self._fleet.saw(name, status, utc_now())
                if self._printer.has_bed:
                    self._judge_bed(bed, status, now_s, changed=News.CONDITION in news)
        except CannotWriteNow as error:
            log.warning("%s", error)  # kept with the next look
            self._board.forget(name)  # what has not been judged is not acted upon
            return status
        self._board.put(name, status)
        if news:
            self._changed()
        return status

    def _bed_before(self) -> Bed | None:
        """Return the bed as it is before the printer is asked; None: it cannot be read now."""
        with contextlib.suppress(CannotWriteNow):  # said when the printer's word is to be kept
            return self._beds.get(self._printer.name)
        return None

    def _say_lost_and_back(self, status: PrinterStatus, now_s: float) -> None:
        name = self._printer.name
        if status.condition is not Condition.OFFLINE:
            if self._lost_at_s is not None:
                log.info("%s is back", name)
            self._lost_at_s = None
        elif self._lost_at_s is None:
            self._lost_at_s = now_s
            log.info("%s does not answer", name)

    def _judge_bed(
        self, before: Bed | None, status: PrinterStatus, now_s: float, *, changed: bool
    ) -> None:
        name = self._printer.name
        condition = status.condition
        if condition is Condition.BUSY:
            self._beds.occupied_by_stranger(name)
        elif condition in ENDED and status.print_name is None and changed:
            # A print that nobody saw run. Only once, or no person could ever clear the bed.
            self._beds.occupied_by_stranger(name)
        elif condition in ACTIVE and self._was_clear(before):
            # A start of ours takes the bed first: this one came late, when nobody waited for it.
            self._beds.occupied_by_stranger(name)
        elif self._lost_at_s is not None and now_s - self._lost_at_s > LOST_FOR.total_seconds():
            self._beds.doubt(name, "the printer was out of reach for over 12 hours")
        elif condition is Condition.IDLE and (status.bed_c or 0.0) > HOT_BED_C:
            self._beds.doubt(name, "the bed is hot although nothing of ours prints")

    def _was_clear(self, before: Bed | None) -> bool:
        """Say whether the bed counted as clear from before the printer was asked until now.

        While it was asked, a print of ours may have ended and been ejected: its word is older
        then than the bed, and the next one tells.
        """
        if before is None or before.state is not BedState.CLEAR:
            return False
        return self._beds.get(self._printer.name).revision == before.revision

    def _interval_s(self, status: PrinterStatus) -> float:
        if status.condition is Condition.OFFLINE:
            return self._limits.poll_unreachable_s
        if status.condition in ACTIVE:
            return self._limits.poll_active_s
        return self._limits.poll_idle_s
