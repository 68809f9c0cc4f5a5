"""What people say of a printer: its bed is clear, it is out of service, it is back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from printd.core.beds import Beds
from printd.core.clock import utc_now
from printd.core.errors import NoSuchPrinter, NotPossibleNow
from printd.core.fleet import Fleet
from printd.core.requests import Request
from printd.daemon.asking import Values, Verb, arg
from printd.printers.base import Printer

BED_WORD_FOR: Final = timedelta(minutes=1)  # an older word says nothing about the bed of now


class PrinterVerbs:
    """Does what was asked of a printer, as far as it does not speak with the machine."""

    def __init__(self, beds: Beds, fleet: Fleet, printers: Mapping[str, Printer]) -> None:
        self._beds = beds
        self._fleet = fleet
        self._printers = printers
        self.verbs: Final[Mapping[str, Verb]] = {
            "bed-clear": self._bed_clear,
            "out": self._out,
            "in": self._in,
        }

    def _bed_clear(self, request: Request) -> Values:
        printer = arg(request, "printer")
        if utc_now() - request.at > BED_WORD_FOR:
            raise NotPossibleNow(
                f"The word that the bed of {printer} is clear came at {request.at:%H:%M} UTC, "
                "when printd could not take it.",
                action="Look at the bed again, then repeat.",
            )
        if printer not in self._printers:
            raise NoSuchPrinter(f"No printer is called {printer!r}.")
        bed = self._beds.clear(printer, by=request.who, seen=int(arg(request, "seen")))
        self._printers[printer].bed_cleared()
        return {"printer": printer, "bed": bed.state}

    def _out(self, request: Request) -> Values:
        return self._put(arg(request, "printer"), arg(request, "note"), request.who)

    def _in(self, request: Request) -> Values:
        return self._put(arg(request, "printer"), None, request.who)

    def _put(self, printer: str, note: str | None, who: str) -> Values:
        self._fleet.out_of_service(printer, note, who=who)
        return {"printer": printer, "out_of_service": note}
