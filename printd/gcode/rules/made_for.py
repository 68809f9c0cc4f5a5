"""G14: what a file says of the printer that it was made for is true of this one.

These refusals are told apart from all others: such a file is not a bad one, it waits for a person
who knows where it belongs.
"""

from __future__ import annotations

import re
from typing import Final

from printd.gcode.commands import Command
from printd.gcode.rules.base import File, Rule

# The names that slicers give printers of makers with firmware of their own: none of them is a
# machine of a class that has no name. Source: PrusaSlicer 2.9, PrusaResearch.ini; Bambu Studio.
OF_A_MAKER = re.compile(r"Bambu Lab |MK[2-4]|MINI|XL\b|XL[2-5]|COREONE|HT90|SL1").match
SAME_BED: Final = 0.1  # of a side: what slicers leave free for clips; the next size differs more
_BEGINS: Final = (b"_config = begin", b"CONFIG_BLOCK_START")
_MODEL = re.compile(r'"([^"]*)"').search
_CURA: Final = {"reprap (reprap)": "reprapfirmware", "reprap (marlin/sprinter)": "marlin"}
_CORNER = re.compile(r"(-?\d+(?:\.\d+)?)x(-?\d+(?:\.\d+)?)").fullmatch


class Block:
    """Follows where a slicer's block of settings, or of a picture, begins and ends."""

    def __init__(self) -> None:
        self._end = b""

    def holds(self, comment: bytes) -> bool:
        """Return whether a comment is part of one; asked about all, in their order."""
        if self._end:
            if self._end in comment:
                self._end = b""
            return True
        if comment.startswith(b" thumbnail") and b" begin" in comment:
            self._end = b" end"
        elif comment.rstrip().endswith(_BEGINS):
            self._end = b"_config = end" if b"_config" in comment else b"CONFIG_BLOCK_END"
        return self._end != b""


class MadeFor(Rule):
    """G14: the file was made for such a printer."""

    number = "G14"
    action = "Slice again for this printer."
    of_printer = True

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self._block = Block()
        self._is_named = False  # as this printer is
        self._stranger = ""  # a name that tells nothing to a class of printers without one
        self._bed: tuple[float, float] | None = None

    def command(self, command: Command) -> str:
        """Compare the checks that the file makes itself."""
        if command.name != "M862":
            return ""
        nozzle = command.words.get("P")
        if command.sub == "1" and nozzle is not None and nozzle != self.machine.nozzle_mm:
            return f"the file is for a {nozzle:g} mm nozzle, not {self.machine.nozzle_mm:g} mm"
        model = _MODEL(command.text)
        return self._other_model(model[1]) if command.sub == "3" and model else ""

    def comment(self, comment: bytes) -> str:
        """Read what the slicer says of its printer."""
        if self._block.holds(comment):
            return self._setting(comment)
        if comment.startswith((b"FLAVOR:", b"TARGET_MACHINE.NAME:")):
            return self._of_cura(comment)
        return ""

    def _setting(self, comment: bytes) -> str:
        key, found, value = comment.decode("utf-8", "replace").strip().partition(" = ")
        machine = self.machine
        if not found:
            return ""
        if key == "nozzle_diameter" and not _all_are(value, machine.nozzle_mm):
            return f"the file is for a nozzle of {value[:20]} mm, not {machine.nozzle_mm:g} mm"
        if key == "gcode_flavor" and not _reads(machine.flavour, value):
            return f"the file is for {value[:20]} firmware, not {machine.flavour}"
        if key in ("bed_shape", "printable_area"):
            self._bed = _sides(value)
        return self._other_model(value) if key == "printer_model" else ""

    def _of_cura(self, comment: bytes) -> str:
        key, _, value = comment.decode("utf-8", "replace").strip().partition(":")
        if key != "FLAVOR":
            return self._other_model(value)
        # Cura knows no Klipper, which reads Marlin's words.
        family = _CURA.get(value.lower(), value.lower())
        if _family(self.machine.flavour) not in (family, "klipper"):
            return f"the file is for {value[:20]} firmware, not {self.machine.flavour}"
        return ""

    def _other_model(self, said: str) -> str:
        """Compare the name of a printer; one without a name is none of a maker's."""
        model = self.machine.model
        self._is_named = self._is_named or model == said
        if model and said != model:
            return f"the file is for {said[:40] or 'an unnamed printer'}, not {model}"
        if not model and not self.file.own and OF_A_MAKER(said):
            return f"the file is for {said[:40]}, and the profile names no such printer"
        if not model and not self.file.own:
            self._stranger = said.strip()
        return ""

    def end(self) -> list[str]:
        """Compare the bed, where nothing else says that it is this printer's."""
        if self._bed is None or self._is_named or self.file.own:
            self.file.unknown_printer = self._stranger
            return []
        mine = self.machine.bed_w_mm, self.machine.bed_d_mm
        pairs = zip(self._bed, mine, strict=True)
        if all(abs(said - side) <= SAME_BED * side for said, side in pairs):
            return []
        said, sides = (" x ".join(f"{side:g}" for side in bed) for bed in (self._bed, mine))
        return [f"the file is for a bed of {said} mm, not {sides} mm"]


class MadeForUnknown(Rule):
    """G14: whether the printer that a file names is of this class, nothing in the file tells.

    Asked after ``MadeFor``.
    """

    number = MadeFor.number
    action = MadeFor.action
    warns = True
    of_printer = True

    def end(self) -> list[str]:
        """Name the printer that nobody here knows."""
        name = self.file.unknown_printer
        return [f"the file is for {name[:40]}, and the profile names no such printer"] * bool(name)


def _sides(corners: str) -> tuple[float, float] | None:
    """Return width and depth of a bed that is said by its corners, ``0x0,220x0,…``."""
    found = [_CORNER(corner.strip()) for corner in corners.split(",")]
    xs = [float(corner[1]) for corner in found if corner]
    ys = [float(corner[2]) for corner in found if corner]
    return (max(xs) - min(xs), max(ys) - min(ys)) if xs and None not in found else None


def _family(flavour: str) -> str:
    return "marlin" if flavour.startswith("marlin") else flavour


def _reads(firmware: str, flavour: str) -> bool:
    """Return whether a firmware reads a flavour: Klipper reads Marlin's words beside its own."""
    family = _family(flavour)
    return family == _family(firmware) or (firmware, family) == ("klipper", "marlin")


def _all_are(values: str, nozzle_mm: float) -> bool:
    return {part.strip() for part in values.split(",")} == {f"{nozzle_mm:g}"}
