"""A person's word that a bed is clear: it counts for the bed of now, and for nothing later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from printd.core.beds import Bed, Beds, BedState
from printd.core.clock import utc_now
from printd.core.errors import NoSuchPrinter, NotPossibleNow
from printd.core.jobs import Job
from printd.core.moments import hour
from printd.core.requests import Request
from printd.printers.base import Printer

BED_WORD_FOR: Final = timedelta(minutes=1)  # an older word says nothing about the bed of now


class BedWord:
    """Takes it, in the transaction of the request."""

    def __init__(self, beds: Beds, printers: Mapping[str, Printer]) -> None:
        self._beds = beds
        self._printers = printers

    def clear(self, request: Request, name: str, seen: int) -> Bed:
        """Note that the bed of a printer is clear, and tell the printer.

        Args:
            request: who says so, and when.
            name: of the printer.
            seen: the revision of the bed that was looked at.

        Raises:
            NoSuchPrinter: there is none of this name.
            NotPossibleNow: the word is too old, the bed is another one by now, or in use.
        """
        if utc_now() - request.at > BED_WORD_FOR:
            raise NotPossibleNow(
                f"The word that the bed of {name} is clear came at {hour(request.at)}, "
                "when printd could not take it.",
                action="Look at the bed again, then repeat.",
            )
        if name not in self._printers:
            raise NoSuchPrinter(f"No printer is called {name!r}.")
        bed = self._beds.clear(name, by=request.who, seen=seen)
        self._printers[name].bed_cleared()
        return bed

    def clear_of(self, request: Request, job: Job, seen: int) -> Bed | None:
        """Note the same of the bed that a printed job lay on; None: that printer has no bed.

        Raises:
            NoSuchPrinter, NotPossibleNow: as above, or something else lies there.
        """
        name = job.printer or ""
        if name in self._printers and not self._printers[name].has_bed:
            return None
        bed = self._beds.get(name)
        if bed.state is BedState.CLEAR:
            return bed
        if bed.job not in (None, job.number):
            raise NotPossibleNow(
                f"On the bed of {name} lies #{bed.job}, not #{job.number}.",
                action=f"Sign off #{job.number} alone; the bed is cleared with #{bed.job}.",
            )
        return self.clear(request, name, seen)
