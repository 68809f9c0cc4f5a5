"""G14: it is a whole print."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from printd.gcode.commands import Command
from printd.gcode.heat import EXTRUDING_C, targets_of
from printd.gcode.motion import Move
from printd.gcode.moves import Moves
from printd.gcode.rules.base import File, Rule
from printd.gcode.rules.made_for import Block

JUDGED_FROM_BYTES: Final = 4096  # a shorter file may be mostly comment
LARGEST_UNKNOWN_COMMENT: Final = 0.3  # of the file
# Slicers that end each file in the same way, and how.
ENDS: Final = (b"_config = end", b"CONFIG_BLOCK_END", b"EXECUTABLE_BLOCK_END")
ENDING_SLICERS: Final = frozenset({"PrusaSlicer", "SuperSlicer", "OrcaSlicer", "BambuStudio"})
_KNOWN = re.compile(
    rb"\s*$|(?:BEFORE_|AFTER_)?LAYER|[ZE]:|HEIGHT:|TYPE:|WIDTH:|WIPE_|TIME|MESH:|FLAVOR:|M[AI]"
    rb"[NX][XYZ]:|[Ff]ilament|_GP_| (?:printing|stop printing|start printing) object|SETTING_3 "
    rb"|TARGET_MACHINE|POSTPROCESSED| (?:FEATURE|LINE_WIDTH|Z_HEIGHT|LAYER_HEIGHT|OBJECT_ID): "
    rb"| [\w ()\[\]-]{1,60} = "
).match


class Shape(Rule):
    """G14: it is a whole print."""

    number = "G14"
    action = "Slice again, to the end."

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.heats = self.extrudes = False
        self.unknown_bytes = 0
        self._block = Block()

    def command(self, command: Command) -> str:
        """Notice heat."""
        if not self.heats:
            self.heats = any(
                target.heater == "nozzle" and (target.celsius or 0) >= EXTRUDING_C
                for target in targets_of(command)
            )
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
        """Weigh what nobody knows."""
        if not self._block.holds(comment) and not _KNOWN(comment):
            self.unknown_bytes += len(comment) + 2
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
