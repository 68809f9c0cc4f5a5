"""One thread per printer: asks it, keeps its last word on the board, tells the others of changes.

Says once when a printer is lost and once when it is back. Everybody else reads the board.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from printd.core.beds import Beds
from printd.core.board import Board, Condition, PrinterStatus
from printd.core.clock import utc_now
from printd.core.config import LimitsConfig
from printd.core.errors import CannotWriteNow
from printd.core.fleet import Fleet
from printd.printers.base import Printer

log = logging.getLogger(__name__)
ACTIVE = frozenset({Condition.PRINTING, Condition.PAUSED, Condition.BUSY})
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

    def wake(self) -> None:
        """Ask the printer soon: something was sent to it."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Ask until ``stop`` is set."""
        while not stop.is_set():
            status = self.look(time.monotonic())
            self._woken.wait(self._interval_s(status))
            self._woken.clear()  # before ``stop`` is looked at, or its wake could be missed

    def look(self, now_s: float) -> PrinterStatus:
        """Ask once; keep and compare what the printer says.

        Args:
            now_s: ``time.monotonic()``.
        """
        status = self._printer.status()
        self._board.put(self._printer.name, status)
        self._say_lost_and_back(status, now_s)
        try:
            changed = self._fleet.saw(self._printer.name, status, utc_now())
            if self._printer.has_bed:
                self._judge_bed(status, now_s)
        except CannotWriteNow as error:
            log.warning("%s", error)  # what runs is still watched; kept with the next look
        else:
            if changed:
                self._changed()
        return status

    def _say_lost_and_back(self, status: PrinterStatus, now_s: float) -> None:
        name = self._printer.name
        if status.condition is not Condition.OFFLINE:
            if self._lost_at_s is not None:
                log.info("%s is back", name)
            self._lost_at_s = None
        elif self._lost_at_s is None:
            self._lost_at_s = now_s
            log.info("%s does not answer", name)

    def _judge_bed(self, status: PrinterStatus, now_s: float) -> None:
        name = self._printer.name
        if status.condition is Condition.BUSY:
            self._beds.occupied_by_stranger(name)
        elif self._lost_at_s is not None and now_s - self._lost_at_s > LOST_FOR.total_seconds():
            self._beds.doubt(name, "the printer was out of reach for over 12 hours")
        elif status.condition is Condition.IDLE and (status.bed_c or 0.0) > HOT_BED_C:
            self._beds.doubt(name, "the bed is hot although nothing of ours prints")

    def _interval_s(self, status: PrinterStatus) -> float:
        if status.condition is Condition.OFFLINE:
            return self._limits.poll_unreachable_s
        if status.condition in ACTIVE:
            return self._limits.poll_active_s
        return self._limits.poll_idle_s
