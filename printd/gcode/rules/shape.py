"""G14: it is a whole print, and one for this machine."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from printd.gcode.commands import Command
from printd.gcode.heat import EXTRUDING_C, targets_of
from printd.gcode.motion import Move
from printd.gcode.moves import Moves
from printd.gcode.rules.base import File, Rule

JUDGED_FROM_BYTES: Final = 4096  # a shorter file may be mostly comment
LARGEST_UNKNOWN_COMMENT: Final = 0.3  # of the file
# Slicers that end each file in the same way, and how.
ENDS: Final = (b"_config = end", b"CONFIG_BLOCK_END", b"EXECUTABLE_BLOCK_END")
ENDING_SLICERS: Final = frozenset({"PrusaSlicer", "SuperSlicer", "OrcaSlicer", "BambuStudio"})
_BEGINS: Final = (b"_config = begin", b"CONFIG_BLOCK_START")
_KNOWN = re.compile(
    rb"\s*$|(?:BEFORE_|AFTER_)?LAYER|[ZE]:|HEIGHT:|TYPE:|WIDTH:|WIPE_|TIME|MESH:|FLAVOR:|M[AI]"
    rb"[NX][XYZ]:|[Ff]ilament|_GP_| (?:printing|stop printing|start printing) object|SETTING_3 "
    rb"|TARGET_MACHINE|POSTPROCESSED| (?:FEATURE|LINE_WIDTH|Z_HEIGHT|LAYER_HEIGHT|OBJECT_ID): "
    rb"| [\w ()\[\]-]{1,60} = "
).match
_MODEL = re.compile(r'"([^"]*)"').search


class Shape(Rule):
    """G14: it is a whole print, and one for this machine."""

    number = "G14"
    action = "Slice again for this printer, to the end."

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.heats = self.extrudes = False
        self.unknown_bytes = 0
        self._block_end = b""

    def command(self, command: Command) -> str:
        """Notice heat; compare the checks that the file makes itself."""
        if not self.heats:
            self.heats = any(
                target.heater == "nozzle" and (target.celsius or 0) >= EXTRUDING_C
                for target in targets_of(command)
            )
        if command.name == "M862":
            return self._identity(command)
        return ""

    def _identity(self, command: Command) -> str:
        nozzle = command.words.get("P")
        if command.sub == "1" and nozzle is not None and nozzle != self.machine.nozzle_mm:
            return f"the file is for a {nozzle:g} mm nozzle, not {self.machine.nozzle_mm:g} mm"
        model = _MODEL(command.text)
        if command.sub == "3" and model and self.machine.model not in ("", model[1]):
            return f"the file is for {model[1] or 'no'} printer, not {self.machine.model}"
        return ""

    def move(self, move: Move) -> str:
        """Notice extrusion."""
        if move.extruded_mm > 0 and move.length_mm > 0:
            self.extrudes = True
        return ""

    def moves(self, moves: Moves) -> None:
        """Notice extrusion."""
        if not self.extrudes:
            self.extrudes = bool(np.any((moves.extruded_mm > 0) & (moves.length_mm > 0)))

    def comment(self, comment: bytes) -> str:
        """Read what the slicer says of itself; weigh what nobody knows."""
        if self._block_end:
            if self._block_end in comment:
                self._block_end = b""
            return self._made_for(comment)
        if comment.startswith(b" thumbnail") and b" begin" in comment:
            self._block_end = b" end"
        elif comment.rstrip().endswith(_BEGINS):
            self._block_end = b"_config = end" if b"_config" in comment else b"CONFIG_BLOCK_END"
        elif comment.startswith((b"FLAVOR:", b"TARGET_MACHINE.NAME:")):
            return self._made_for_cura(comment)
        elif not _KNOWN(comment):
            self.unknown_bytes += len(comment) + 2
        return ""

    def _made_for(self, comment: bytes) -> str:
        key, found, value = comment.decode("utf-8", "replace").strip().partition(" = ")
        machine = self.machine
        if not found:
            return ""
        if key == "nozzle_diameter" and not _all_are(value, machine.nozzle_mm):
            return f"the file is for a nozzle of {value[:20]} mm, not {machine.nozzle_mm:g} mm"
        if key == "gcode_flavor" and not _reads(machine.flavour, value):
            return f"the file is for {value[:20]} firmware, not {machine.flavour}"
        if key == "printer_model" and machine.model not in ("", value):
            return f"the file is for {value[:40] or 'an unnamed printer'}, not {machine.model}"
        return ""

    def _made_for_cura(self, comment: bytes) -> str:
        key, _, value = comment.decode("utf-8", "replace").strip().partition(":")
        machine = self.machine
        if key == "FLAVOR":
            # Cura knows no Klipper, which reads Marlin's words.
            family = _CURA.get(value.lower(), value.lower())
            if _family(machine.flavour) not in (family, "klipper"):
                return f"the file is for {value[:20]} firmware, not {machine.flavour}"
        elif machine.model not in ("", value):
            return f"the file is for {value[:40]}, not {machine.model}"
        return ""

    def end(self) -> list[str]:
        """Heat, filament and an end must be there."""
        found = []
        if not self.heats:
            found.append("the nozzle is never heated")
        if not self.extrudes:
            found.append("no filament is ever extruded")
        whole = self.file.last_line.rstrip().endswith(ENDS)
        made_so = self.file.claims.slicer in ENDING_SLICERS
        if (self.file.own or made_so) and not whole:
            found.append("the file is cut off: the slicer's last block does not end it")
        size = self.file.size_bytes
        if size > JUDGED_FROM_BYTES and self.unknown_bytes > LARGEST_UNKNOWN_COMMENT * size:
            found.append(f"{self.unknown_bytes * 100 // size} % of the file are unknown comments")
        return found


_CURA: Final = {"reprap (reprap)": "reprapfirmware", "reprap (marlin/sprinter)": "marlin"}


def _family(flavour: str) -> str:
    return "marlin" if flavour.startswith("marlin") else flavour


def _reads(firmware: str, flavour: str) -> bool:
    """Return whether a firmware reads a flavour: Klipper reads Marlin's words beside its own."""
    family = _family(flavour)
    return family == _family(firmware) or (firmware, family) == ("klipper", "marlin")


def _all_are(values: str, nozzle_mm: float) -> bool:
    return {part.strip() for part in values.split(",")} == {f"{nozzle_mm:g}"}
