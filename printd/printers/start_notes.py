"""What holds for the one start command of a print, whichever printer in the network it is sent to.

Its line in the ledger is on the disk before the command leaves. What proves that nothing is on its
way is noted likewise; where neither can be said, it is a doubt, and a person decides.
"""

from __future__ import annotations

import logging
from typing import Any

from printd.core.clock import boottime_s
from printd.core.errors import InDoubt, PrinterOffline, StartInDoubt
from printd.printers.ledger import LEDGER_ERRORS, Ledger

log = logging.getLogger(__name__)


class StartNotes:
    """What is noted of the starts at one printer.

    Args:
        printer: its name.
        ledger: where a start has its line.
        within_s: the questions before a start may take so long. Slower, or asleep in between: the
            world may be another, and nothing is sent.
    """

    def __init__(self, printer: str, ledger: Ledger[Any], within_s: float) -> None:
        self._printer = printer
        self._ledger = ledger
        self._within_s = within_s

    def check_in_time(self, print_name: str, begun_s: float) -> None:
        """Let a start pass whose line was just written, if the answers to it are still true.

        Args:
            print_name: of the print.
            begun_s: by the clock of ``boottime_s``, when the first question was asked.

        Raises:
            PrinterOffline: they took too long; that nothing was sent has been noted.
            InDoubt: as ``not_started``.
        """
        if boottime_s() - begun_s > self._within_s:
            self.not_started(print_name)
            raise PrinterOffline(f"{self._printer} answers too slowly; the start was not sent.")

    def not_started(self, print_name: str) -> None:
        """Note the proof that no start is on its way.

        Raises:
            InDoubt: it cannot be written; without the note it stays in doubt.
        """
        try:
            self._ledger.note("refused", print_name)
        except LEDGER_ERRORS as error:
            log.warning("the ledger of %s cannot be written: %s", self._printer, error)
            raise self.doubt(print_name) from error

    def doubt(self, print_name: str) -> InDoubt:
        """Return what is said when there is no evidence either way."""
        return InDoubt(
            StartInDoubt.code,
            f"{self._printer} was told to start {print_name} and does not say that it did.",
            action=StartInDoubt.action,
        )
