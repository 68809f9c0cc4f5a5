"""How much of the walls of an outline, and of holes, hangs over if the piece stands upright."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

DOWN: Final = 0.5**0.5  # of a wall's direction points down, if it hangs over by 45 degrees
ON_BED_MM: Final = 0.2  # what is no higher than a layer lies on the bed


def hanging_walls_mm2(field: Floats, heights_mm: Floats, across_mm: float, down_mm: float) -> float:
    """Return the area of walls that hang over by more than 45 degrees.

    Args:
        field: (rows + 1, cols + 1), 0 or more where the surface stays; the last row is lowest.
        heights_mm: (rows + 1, cols + 1), over the back: how deep the walls are.
        across_mm: between two columns.
        down_mm: between two rows.
    """
    stays = field >= 0
    if stays.all() or not stays.any():
        return 0.0
    # A wall that looks down has a sample above it that stays, and one below it that goes.
    row, col = np.nonzero(stays[:-1] & ~stays[1:])
    falls = (field[row, col] - field[row + 1, col]) / down_mm
    left, right = np.maximum(col - 1, 0), np.minimum(col + 1, field.shape[1] - 1)
    aside = (field[row, right] - field[row, left]) / ((right - left) * across_mm)
    downwards = falls / np.hypot(falls, aside)
    lowest = np.flatnonzero(stays.any(axis=1))[-1]
    hangs = (downwards > DOWN * (1 + 1e-4)) & ((lowest - row) * down_mm > ON_BED_MM)
    # Each such pair of samples stands for a cell's width of the wall, seen from below.
    return float((heights_mm[row, col] * across_mm / downwards)[hangs].sum())
