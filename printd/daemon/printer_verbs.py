"""What people say of a printer: its bed is clear, what is loaded, it is out of service, or back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from printd.core.errors import SettingInvalid
from printd.core.fleet import Fleet
from printd.core.loaded import Loaded
from printd.core.names import display_name
from printd.core.requests import Request
from printd.daemon.asking import Values, Verb, arg, words
from printd.daemon.bed_word import BedWord

NOTE_CHARACTERS: Final = 200


class Load(Protocol):
    """Goes by what a person says is loaded in a printer: see ``Reload.load``."""

    def __call__(self, printer: str, material: str | None, colour: str, *, who: str) -> Loaded:
        """Take the word over, and keep it."""


class PrinterVerbs:
    """Does what was asked of a printer, as far as it does not speak with the machine."""

    def __init__(self, bed_word: BedWord, fleet: Fleet, load: Load) -> None:
        self._bed_word = bed_word
        self._fleet = fleet
        self._take_word = load
        self.verbs: Final[Mapping[str, Verb]] = {
            "bed-clear": self._bed_clear,
            "out": self._out,
            "in": self._in,
            "load": self._load,
        }

    def _bed_clear(self, request: Request) -> Values:
        printer = str(arg(request, "printer"))
        bed = self._bed_word.clear(request, printer, int(arg(request, "seen")))
        return {"printer": printer, "bed": bed.state}

    def _out(self, request: Request) -> Values:
        note = display_name(str(arg(request, "note")).strip(), NOTE_CHARACTERS)
        if not note:
            raise SettingInvalid(
                "A printer out of service says why, to everybody.", action="Write a note."
            )
        return self._put(arg(request, "printer"), note, request.who)

    def _in(self, request: Request) -> Values:
        return self._put(arg(request, "printer"), None, request.who)

    def _load(self, request: Request) -> Values:
        printer, material = str(arg(request, "printer")), words(request, "material") or None
        word = self._take_word(printer, material, words(request, "colour"), who=request.who)
        return {"printer": printer, "loaded": str(word)}

    def _put(self, printer: str, note: str | None, who: str) -> Values:
        self._fleet.out_of_service(printer, note, who=who)
        return {"printer": printer, "out_of_service": note}
