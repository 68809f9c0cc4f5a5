"""What people say of a printer: its bed is clear, it is out of service, it is back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printd.core.fleet import Fleet
from printd.core.requests import Request
from printd.daemon.asking import Values, Verb, arg
from printd.daemon.bed_word import BedWord


class PrinterVerbs:
    """Does what was asked of a printer, as far as it does not speak with the machine."""

    def __init__(self, bed_word: BedWord, fleet: Fleet) -> None:
        self._bed_word = bed_word
        self._fleet = fleet
        self.verbs: Final[Mapping[str, Verb]] = {
            "bed-clear": self._bed_clear,
            "out": self._out,
            "in": self._in,
        }

    def _bed_clear(self, request: Request) -> Values:
        printer = str(arg(request, "printer"))
        bed = self._bed_word.clear(request, printer, int(arg(request, "seen")))
        return {"printer": printer, "bed": bed.state}

    def _out(self, request: Request) -> Values:
        return self._put(arg(request, "printer"), arg(request, "note"), request.who)

    def _in(self, request: Request) -> Values:
        return self._put(arg(request, "printer"), None, request.who)

    def _put(self, printer: str, note: str | None, who: str) -> Values:
        self._fleet.out_of_service(printer, note, who=who)
        return {"printer": printer, "out_of_service": note}
