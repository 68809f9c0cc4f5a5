"""What a maker's start code must have put in order again when the first layer begins."""

from __future__ import annotations

import numpy as np

from printd.gcode.commands import Command
from printd.gcode.heat import targets_of
from printd.gcode.motion import Move
from printd.gcode.moves import Moves
from printd.gcode.rules.base import File, Rule
from printd.gcode.statistics import begins_layer


class FirstLayer(Rule):
    """G9: the start code ends as cold as the material, over a bed that is followed."""

    number = "G9"
    action = "Put the printer's own start and end G-code around the print."

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.nozzle_c = 0.0
        self.follows_bed = True
        self.has_begun = False

    def command(self, command: Command) -> str:
        """Remember what has been set; to cool down counts only if it is certain to be done."""
        for target in targets_of(command):
            if target.heater == "nozzle" and target.lasting and target.celsius is not None:
                certain = not self.file.motion.conditions
                self.nozzle_c = target.celsius if certain else max(self.nozzle_c, target.celsius)
        if command.full_name == "G29.2" and (switch := command.words.get("S")) is not None:
            if not switch:
                self.follows_bed = False
            elif not self.file.motion.conditions:
                self.follows_bed = True
        return ""

    def comment(self, comment: bytes) -> str:
        """Look back when the first layer begins."""
        if self.has_begun or not begins_layer(comment):
            return ""
        self.has_begun = True
        return self._not_in_order()

    def move(self, _move: Move) -> str:
        """Look back when so much has been pushed that the first layer was not marked."""
        if self.has_begun or self.file.starting:
            return ""
        self.has_begun = True
        return self._not_in_order()

    def passes(self, _moves: Moves) -> bool:
        """Return whether there is nothing to look for among these."""
        return self.has_begun or not self._not_in_order()

    def _not_in_order(self) -> str:
        limit_c = self.machine.nozzle_limit_c
        if self.nozzle_c > limit_c:
            return (
                f"the first layer begins with {self.nozzle_c:g} °C at the nozzle; "
                f"{limit_c:g} °C is the limit for the material"
            )
        if not self.follows_bed:
            return "the first layer begins without following the bed (G29.2 S0)"
        if self.file.motion.in_camera_space:
            return "the first layer begins with places of the camera (T1100)"
        return ""


class Camera(Rule):
    """G10: nothing is printed while places are those of a camera beside the nozzle."""

    number = "G10"
    action = "Slice for this printer's bed and height."

    def move(self, move: Move) -> str:
        """Refuse to push filament."""
        if self.file.motion.in_camera_space and move.extruded_mm > 0:
            return "filament is pushed while places are those of the camera (T1100)"
        return ""

    def passes(self, moves: Moves) -> bool:
        """Return whether no filament is pushed so."""
        return not self.file.motion.in_camera_space or not np.any(moves.extruded_mm > 0)


class Probed(Rule):
    """G10: the bed is measured within itself."""

    number = "G10"
    action = "Slice for this printer's bed and height."

    def command(self, command: Command) -> str:
        """Look at the corner and the size of G29."""
        if command.full_name != "G29":
            return ""
        x, y, width, depth = (command.words.get(key) or 0.0 for key in "XYIJ")
        machine = self.machine
        if x + width > machine.bed_w_mm or y + depth > machine.bed_d_mm:
            return f"G29 measures up to X{x + width:g} Y{y + depth:g}, which is off the bed"
        return ""


class Conditions(Rule):
    """G14: what is run only if a flag is set leaves nothing unclear, and has an end."""

    number = "G14"
    action = "Put the printer's own start and end G-code around the print."

    def command(self, command: Command) -> str:
        """Ask whether the places could be followed."""
        return self.file.motion.fault if command.full_name in ("M622", "M623") else ""

    def end(self) -> list[str]:
        """Every condition has its end."""
        open_ones = self.file.motion.conditions
        return [f"{open_ones} conditions (M622) have no end (M623)"] if open_ones else []
