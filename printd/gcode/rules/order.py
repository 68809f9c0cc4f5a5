"""G9: home before moving, heat before extruding, everything off at the end."""

from __future__ import annotations

from typing import Final

import numpy as np

from printd.gcode.commands import Command
from printd.gcode.heat import EXTRUDING_C, Heater, targets_of
from printd.gcode.motion import Move
from printd.gcode.moves import Moves
from printd.gcode.relaxed import Relaxed
from printd.gcode.rules.base import File, Rule

FILAMENT_ROUNDING_MM = 1e-6
MOST_COLD_MM: Final = 12.0  # which a maker's start code pushes against a nozzle that cools down


class Order(Rule):
    """G9: home before moving, heat before extruding, everything off at the end."""

    number = "G9"
    action = "Put the printer's own start and end G-code around the print."

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.targets_c: dict[tuple[Heater, int], float] = {}
        self.tool = 0
        self.nozzle_off = self.bed_off = False
        self.cold_mm = 0.0
        self._hot = False
        self._all_homed = False

    def command(self, command: Command) -> str:
        """Follow the heaters."""
        name = command.name
        if name[0] == "T" and name[1:].isdecimal() and not self.file.speaks(command):
            self.tool = int(name[1:])
        for target in targets_of(command):
            if not target.lasting or target.celsius is None:
                continue
            off = target.celsius <= 0
            if off and self.file.motion.conditions:
                continue  # perhaps it is passed over
            self.targets_c[target.heater, target.tool] = target.celsius
            if target.heater == "nozzle":
                self.nozzle_off = off
            elif target.heater == "bed":
                self.bed_off = off
        # Several tools of a filament changer share the nozzle of the first.
        warmest = max(
            self.targets_c.get(("nozzle", tool), 0.0) for tool in {self.tool, self._shared()}
        )
        self._hot = warmest >= EXTRUDING_C
        self._all_homed = len(self.file.motion.homed) == 3
        return ""

    def _shared(self) -> int:
        return 0 if self.machine.tools > 1 else self.tool

    def move(self, move: Move) -> str:
        """Refuse a move of an axis not homed, and extruding while cold."""
        if not self._all_homed:
            for axis in move.axes:
                if axis not in self.file.motion.homed:
                    return f"{axis} moves before it was homed ({self.machine.homing_command})"
        if move.extruded_mm > FILAMENT_ROUNDING_MM:
            self.nozzle_off = self.bed_off = False
            if not self._hot and not self._may_be_cold(move):
                return f"filament is pushed before the nozzle was set to {EXTRUDING_C:g} °C"
        return ""

    def _may_be_cold(self, move: Move) -> bool:
        """Return whether so little is pushed cold as a start code may."""
        self.cold_mm += move.extruded_mm
        return (
            self.cold_mm <= MOST_COLD_MM and self.file.starting and self.file.relaxes(Relaxed.COLD)
        )

    def passes(self, moves: Moves) -> bool:
        """Return whether all is homed, and hot where it must be."""
        return self._all_homed and (self._hot or not _pushes(moves))

    def moves(self, moves: Moves) -> None:
        """Notice what is pushed."""
        if _pushes(moves):
            self.nozzle_off = self.bed_off = False

    def end(self) -> list[str]:
        """Every heater has been switched off after the last extrusion."""
        hot = {heater for (heater, _), celsius in self.targets_c.items() if celsius > 0}
        found = []
        if not self.nozzle_off or "nozzle" in hot:
            found.append("the nozzle is not switched off after the last extrusion (M104 S0)")
        if (self.machine.max_bed_c > 0 and not self.bed_off) or "bed" in hot:
            found.append("the bed is not switched off after the last extrusion (M140 S0)")
        if "chamber" in hot:
            found.append("the chamber is not switched off at the end (M141 S0)")
        return found


def _pushes(moves: Moves) -> bool:
    return bool(np.any(moves.extruded_mm > FILAMENT_ROUNDING_MM))
