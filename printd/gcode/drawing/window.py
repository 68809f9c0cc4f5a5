"""A window onto the bed, of fixed size in cells, that takes in more of it as the print spreads.

It begins with fine cells around what is printed first. What lies outside moves the window; what
does not fit into it any more doubles the cells, each of which then shows the highest of four. So a
small part is seen finely, a large one wholly, and the memory is the same.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[Any]

SIDE: Final = 1280  # cells
SIZES: Final = 3  # of cells: the coarsest, a half, a quarter of it
ALIGNED: Final = 1 << SIZES  # cells; so that doubled cells of halved pictures fall together
REACH_MM: Final = 30.0  # around the bed; what is printed farther out is not drawn


class Regrid(NamedTuple):
    """How a window changed: cells doubled so often, then moved by so many cells."""

    doublings: int
    right: int
    up: int

    def of(self, cells: Cells) -> Cells:
        """Return a square picture of the old window as one of the new; it may be a halved one."""
        side, scale = len(cells), SIDE // len(cells)
        for _ in range(self.doublings):
            pairs = np.maximum(cells[::2], cells[1::2])
            cells = np.maximum(pairs[:, ::2], pairs[:, 1::2])
        moved = np.zeros((side, side), cells.dtype)
        rows, old_rows = _overlap(self.up // scale, side, len(cells))
        cols, old_cols = _overlap(self.right // scale, side, len(cells))
        moved[rows, cols] = cells[old_rows, old_cols]
        return moved


def _overlap(shift: int, side: int, old_side: int) -> tuple[slice, slice]:
    """Return where in the new, and from where in the old, when the window moves by ``shift``."""
    first, last = max(0, -shift), min(side, old_side - shift)
    return slice(first, last), slice(first + shift, last + shift)


class Window:
    """Where the window is; row 0 is in front. The pictures themselves are kept by others."""

    def __init__(self, longest_mm: float) -> None:
        coarsest_mm = (longest_mm + 2 * REACH_MM) / (SIDE - 2 * ALIGNED)
        self.cell_mm = coarsest_mm / (1 << SIZES - 1)
        self.corner = np.zeros(2, np.int64)  # cells from the machine's zero: X, Y
        self.used: NDArray[np.int64] | None = None  # (2, 2) cells: from, to; X, Y

    @property
    def corner_mm(self) -> tuple[float, float]:
        """Return X and Y of the corner."""
        x, y = (self.corner * self.cell_mm).tolist()
        return x, y

    def hold(self, low_mm: NDArray[np.float64], high_mm: NDArray[np.float64]) -> Regrid | None:
        """Take in a rectangle; return how the window changes for that, if it does."""
        used = np.floor(np.stack([low_mm, high_mm]) / self.cell_mm).astype(np.int64)
        is_first = self.used is None
        if self.used is not None:
            used = np.stack([np.minimum(used[0], self.used[0]), np.maximum(used[1], self.used[1])])
            if (used[0] > self.corner).all() and (used[1] < self.corner + SIDE - 1).all():
                self.used = used
                return None
        doublings = 0
        while (used[1] - used[0] >= SIDE - 2 * ALIGNED).any():
            doublings, used = doublings + 1, used // 2
        before, middle = self.corner >> doublings, (used[0] + used[1] + 1) // 2
        self.corner = (middle - SIDE // 2) // ALIGNED * ALIGNED
        self.cell_mm, self.used = self.cell_mm * (1 << doublings), used
        right, up = (self.corner - before).tolist()
        return None if is_first else Regrid(doublings, right, up)
