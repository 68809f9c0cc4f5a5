"""What a ``.sl1`` may be refused for: the rules by number, and what a person can do about each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from printd.core.errors import GcodeRefused
from printd.gcode.verdict import Refusal

AS_WRITTEN: Final = "Use the file as PrusaSlicer wrote it."

ACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "R1": "Slice again, to the end.",  # the zip is whole, its last bytes too
        "R2": AS_WRITTEN,  # nothing in it but numbers, layers and pictures of the model
        "R3": AS_WRITTEN,  # nothing in it is larger than such things are
        "R4": AS_WRITTEN,  # its page of numbers says what a printer needs
        "R5": "Slice again, to the end.",  # the layers are those that it counts
        "R6": "Slice it with the profile of this printer.",  # each is a picture of the display
        "R7": "Set exposure times that the profile allows.",
        "R8": "Make the model lower, or slice it with the profile of this printer.",
        "R9": "Let the model stand on the platform.",  # the first layer exposes something
        "R10": "Make the model smaller, or put it in the middle.",  # nothing hangs over the border
        "R11": "Slice it with the profile of this printer.",  # it names this model of printer
    }
)


class Fault(Exception):
    """The file cannot be looked at any further, by this rule."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule
        self.text = text

    def told(self, name: str) -> GcodeRefused:
        """Return the error for a person who asked for something in the file ``name``."""
        return GcodeRefused(f"{name}: {self.text}.", action=ACTIONS[self.rule])


def refusal(rule: str, text: str) -> Refusal:
    """Return a refusal of the file as a whole; what is wrong in a layer names it in its words."""
    return Refusal(0, rule, text, ACTIONS[rule])
