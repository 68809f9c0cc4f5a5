"""Measures a file as it is walked through: extents, filament, heat, layers, the least time."""

from __future__ import annotations

import numpy as np

from printd.gcode.commands import Command
from printd.gcode.contents import Bounds
from printd.gcode.heat import targets_of
from printd.gcode.motion import MOVES, Move
from printd.gcode.moves import Moves
from printd.gcode.statistics import begins_layer
from printd.gcode.timeline import SLOWEST_MM_S, dwell_s
from printd.gcode.walk import Listener


class Measured(Listener):
    """What was measured so far; judges nothing."""

    def __init__(self) -> None:
        self.hottest_c = {"nozzle": 0.0, "bed": 0.0, "chamber": 0.0}
        self.extruded_mm = 0.0  # the farthest that the filament was ever pushed
        self.marks = 0  # of layers
        self.rises = 0  # times that something is extruded higher than ever
        self.time_s = 0.0  # the least it can take
        self._speed = 1.0  # M220
        self._pushed_mm = 0.0
        self._top_mm = 0.0
        self._low = [np.inf] * 3
        self._high = [-np.inf] * 3

    @property
    def layers(self) -> int:
        """Return how many layers there are."""
        return self.marks or self.rises

    @property
    def bounds_mm(self) -> Bounds | None:
        """Return the extents of what is extruded, from the first marked layer on."""
        if not all(low <= high for low, high in zip(self._low, self._high, strict=True)):
            return None
        x0, y0, z0 = (float(low) for low in self._low)
        x1, y1, z1 = (float(high) for high in self._high)
        return x0, y0, z0, x1, y1, z1

    def comment(self, comment: bytes, _line: int) -> None:
        """Count layers; what comes before the first is no part of the model."""
        if begins_layer(comment):
            self.marks += 1
            if self.marks == 1:
                self._low, self._high = [np.inf] * 3, [-np.inf] * 3

    def command(self, command: Command) -> None:
        """Notice heat, pauses and the factor of speed."""
        if command.name in MOVES:
            return
        for target in targets_of(command):
            if target.celsius is not None:
                heater = target.heater
                self.hottest_c[heater] = max(self.hottest_c[heater], target.celsius)
        if command.name == "G4":
            self.time_s += dwell_s(command)
        elif command.name == "M220":
            self._speed = max(0.1, (command.words.get("S") or 100.0) / 100.0)

    def move(self, move: Move) -> None:
        """Measure one move."""
        length = move.length_mm or abs(move.extruded_mm)
        self.time_s += length / max(move.feed_mm_s, SLOWEST_MM_S) / self._speed
        if not move.extruded_mm:
            return
        self._pushed_mm += move.extruded_mm
        self.extruded_mm = max(self.extruded_mm, self._pushed_mm)
        if move.extruded_mm > 0 and move.axes:
            self._stretch(move)
            if move.length_mm and move.z is not None and move.z > self._top_mm:
                self._top_mm = move.z
                self.rises += 1

    def moves(self, moves: Moves) -> None:
        """Measure some moves."""
        extruded = moves.extruded_mm
        length = np.where(moves.length_mm > 0, moves.length_mm, np.abs(extruded))
        took = length / np.maximum(moves.feed_mm_s, SLOWEST_MM_S)
        self.time_s += float(took.sum()) / self._speed
        # Added up in their order, as one by one: the results are the same to the last bit.
        pushed = np.cumsum(np.concatenate(([self._pushed_mm], extruded)))
        self._pushed_mm = float(pushed[-1])
        self.extruded_mm = max(self.extruded_mm, float(pushed.max()))
        prints = (extruded > 0) & moves.has_axes
        if not prints.any():
            return
        for at, (low, high) in enumerate(
            (*zip(moves.low, moves.high, strict=True), (moves.z, moves.z))
        ):
            self._low[at] = min(self._low[at], float(np.fmin.reduce(low[prints])))
            self._high[at] = max(self._high[at], float(np.fmax.reduce(high[prints])))
        heights = np.fmax.accumulate(
            np.concatenate(([self._top_mm], moves.z[prints & (moves.length_mm > 0)]))
        )
        self.rises += int(np.count_nonzero(heights[1:] > heights[:-1]))
        self._top_mm = float(heights[-1])

    def _stretch(self, move: Move) -> None:
        low, high = self._low, self._high
        if move.arc is None:
            ends = ((move.x, move.x), (move.y, move.y), (move.z, move.z))
        else:
            x0, y0, x1, y1 = move.arc.box
            ends = ((x0, x1), (y0, y1), (move.z, move.z))
        for at, (least, most) in enumerate(ends):
            if least is not None and least < low[at]:
                low[at] = least
            if most is not None and most > high[at]:
                high[at] = most
