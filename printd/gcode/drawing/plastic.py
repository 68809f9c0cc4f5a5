"""What was printed so far, as cells of a window: seen from above, and some layers by themselves.

What is printed later lies on top, so a cell simply keeps the last that was written into it. A line
is a row of cells without any breadth; it gets its breadth when the picture is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from printd.core.machine import Machine
from printd.gcode.drawing.layers import COARSER, Layer, Layers
from printd.gcode.drawing.window import REACH_MM, SIDE, Window
from printd.gcode.rows import Floats, Ints

KIND_BITS: Final = 4
KIND: Final = (1 << KIND_BITS) - 1  # a mask
HIGHEST_UM: Final = (1 << 31 - KIND_BITS) - 1
THINNEST_UM: Final = 40  # of a layer that nobody marks; a spiral rises less from line to line
AT_A_TIME: Final = 1 << 16  # cells, so that what is made of them stays in the cache
PATIENCE: Final = 1 << 29  # cells, some seconds; a file that goes on is a hostile one, and then ...
DOTTED: Final = 16  # ... no line gets more
# A place is one number, so that both of its parts are added at once: the row above ROW, the column
# below, each over a fraction.
ROW: Final = 32
FRACTION: Final = 16
COLUMN: Final = (1 << ROW - FRACTION) - 1  # a mask


class Lines(NamedTuple):
    """Straight lines of plastic, one after another; arrays of one length, in mm."""

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    z: Floats
    kind: Ints  # see ``Kind``
    mark: Ints  # how many layers were marked before

    def part(self, which: Any) -> Lines:
        """Return some of them."""
        return Lines(*(part[which] for part in self))


class Plastic:
    """What was printed so far."""

    def __init__(self, machine: Machine) -> None:
        self.window = Window(max(machine.bed_w_mm, machine.bed_d_mm))
        self.layers = Layers()
        # Height in µm and kind, in one number; 0 is the bed.
        self.cells: NDArray[np.int32] = np.zeros((SIDE, SIDE), np.int32)
        self._far = machine.bed_w_mm + REACH_MM, machine.bed_d_mm + REACH_MM
        self._place = 0  # of the present layer: its mark, or below zero its height
        self._layer: Layer | None = None
        self._spent = 0  # cells

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was printed."""
        return self.window.used is None

    def crop(self, free_mm: float) -> tuple[slice, slice]:
        """Return the rows and columns that hold what was printed, and some free ones around."""
        used = np.zeros((2, 2)) if self.window.used is None else self.window.used
        free = math.ceil(free_mm / self.window.cell_mm)
        low = np.maximum(used[0] - self.window.corner - free, 0) // COARSER * COARSER
        high = np.minimum(used[1] - self.window.corner + free + COARSER, SIDE)
        high = high // COARSER * COARSER
        return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))

    def add(self, lines: Lines) -> None:
        """Print some lines; those far off the bed are left out."""
        lines = lines.part(self._is_near(lines))
        if not len(lines.z):
            return
        xs, ys = np.stack([lines.x0, lines.x1]), np.stack([lines.y0, lines.y1])
        low, high = np.array([xs.min(), ys.min()]), np.array([xs.max(), ys.max()])
        if change := self.window.hold(low, high):
            self.cells = change.of(self.cells)
            self.layers.regrid(change)
        ways = Ways.of(lines, self.window, 2 * SIDE if self._spent < PATIENCE else DOTTED)
        self._spent += int(ways.until[-1])
        self._write(lines, ways)

    def _write(self, lines: Lines, ways: Ways) -> None:
        """Write lines into their cells, layer by layer."""
        height_um = np.clip(np.rint(lines.z * 1000), 0, HIGHEST_UM).astype(np.int32)
        keys = height_um << KIND_BITS | lines.kind.astype(np.int32)
        kinds = lines.kind.astype(np.uint8)
        cells = self.cells.reshape(-1)
        places = np.where(lines.mark > 0, lines.mark, -1 - height_um // THINNEST_UM)
        begins = np.flatnonzero(places[1:] != places[:-1]) + 1
        for first, last in pairwise([0, *begins.tolist(), len(places)]):
            if places[first] != self._place:
                self._place = int(places[first])
                self._layer = self.layers.begin(int(height_um[first]))
            for part, row, col in ways.pieces(first, last):
                count = ways.cells[part]
                cells[row * SIDE + col] = np.repeat(keys[part], count)
                if self._layer is not None:
                    shown = np.repeat(kinds[part], count)
                    self._layer.kinds[row // COARSER, col // COARSER] = shown

    def _is_near(self, lines: Lines) -> NDArray[np.bool_]:
        near = np.minimum(np.minimum(lines.x0, lines.x1), np.minimum(lines.y0, lines.y1))
        is_near: NDArray[np.bool_] = near > -REACH_MM
        is_near &= np.maximum(lines.x0, lines.x1) < self._far[0]
        is_near &= np.maximum(lines.y0, lines.y1) < self._far[1]
        return is_near


class Ways(NamedTuple):
    """The cells that lines lie in: from the middle of the first to that of the last, evenly."""

    cells: Ints  # how many
    start: Ints  # a place, as ROW says; whole numbers, so that nothing drifts
    step: Ints
    jump: Ints  # from the last cell of the line before to the first one
    until: Ints  # all cells, up to the end of each line

    @classmethod
    def of(cls, lines: Lines, window: Window, most: int) -> Ways:
        """Return the cells of a window that lines lie in, so many of each at most."""
        left, low = window.corner_mm
        x0, x1 = ((x - left) / window.cell_mm for x in (lines.x0, lines.x1))
        y0, y1 = ((y - low) / window.cell_mm for y in (lines.y0, lines.y1))
        longer = np.maximum(np.abs(x1 - x0), np.abs(y1 - y0))
        count = np.clip(np.ceil(longer), 1, most).astype(np.int64)
        step_x, step_y = (x1 - x0) / count, (y1 - y0) / count
        step = _packed(step_x, step_y)
        start = _packed(x0 + step_x / 2, y0 + step_y / 2)
        jump = start.copy()
        jump[1:] -= (start + step * (count - 1))[:-1]
        return cls(count, start, step, jump, np.cumsum(count))

    def pieces(self, first: int, last: int) -> Iterator[tuple[slice, Ints, Ints]]:
        """Give the lines from ``first`` to before ``last`` in parts, and row and column of each."""
        done = int(self.until[first] - self.cells[first])
        while first < last:
            end = int(np.searchsorted(self.until, done + AT_A_TIME, "right"))
            part = slice(first, min(last, max(first + 1, end)))
            place = np.repeat(self.step[part], self.cells[part])
            place[self.until[part] - self.cells[part] - done] = self.jump[part]
            place[0] = self.start[first]
            np.cumsum(place, out=place)
            yield part, place >> ROW + FRACTION, place >> FRACTION & COLUMN
            first, done = part.stop, int(self.until[part.stop - 1])


def _packed(x: Floats, y: Floats) -> Ints:
    fractions = np.rint(np.stack([x, y]) * (1 << FRACTION)).astype(np.int64)
    packed: Ints = (fractions[1] << ROW) + fractions[0]
    return packed
