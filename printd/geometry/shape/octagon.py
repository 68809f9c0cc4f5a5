"""The least or greatest value under an octagon, which stands for a disc of samples."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ROUND: Final = 1 - math.sqrt(0.5)  # of a disc's diameter: the corners that its octagon lacks


def corner_of(width: int) -> int:
    """Return the cut corners of an octagon so many samples wide."""
    return min(round(ROUND * width), (width - 1) // 2)


def extreme(values: Floats, box: tuple[int, int], corner: int, ufunc: np.ufunc) -> Floats:
    """Return the extreme under each place of an octagon: a box with ``corner`` added all round.

    Args:
        values: (rows, cols); the result has those places alone at which the octagon fits.
        box: samples down and across, without the corners.
        corner: samples added on each side.
        ufunc: ``np.minimum`` or ``np.maximum``.
    """
    values = _running(values, box[0], ufunc)
    values = _running(values.T, box[1], ufunc).T
    for _ in range(corner):
        beside = ufunc(values[1:-1, :-2], values[1:-1, 2:])
        ufunc(beside, values[:-2, 1:-1], out=beside)
        ufunc(beside, values[2:, 1:-1], out=beside)
        values = ufunc(beside, values[1:-1, 1:-1], out=beside)
    return values


def _running(values: Floats, width: int, ufunc: np.ufunc) -> Floats:
    """Return the extremes of ``width`` successive rows."""
    done = 1
    while done < width:
        step = min(done, width - done)
        values = ufunc(values[:-step], values[step:])
        done += step
    return values
