"""No cliffs: slopes that are too steep to print well, or to catch the light, are bent over."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.filters import reduced, stretched
from printd.geometry.heights.poisson import from_slopes, slopes

Floats = NDArray[np.float32]

DEPTH: Final = 0.06  # of the longest side: the depth at which slopes are judged, 6 mm on 100 mm
STEEPEST: Final = 1.5  # 56 degrees; a few come out steeper, where slopes disagree
SMALL_PX: Final = 256  # longest side of the copy on which the loss of height is found out
TRIES: Final = 5
ENOUGH: Final = 0.02  # of the height: a try that changes it less is the last one
LEAST_SPREAD: Final = 0.3  # small parts would need slopes gentler still, and become cones


def gentle(heights: Floats, tail: float) -> Floats:
    """Return a map without slopes that are too steep, spread from 0 to 1.

    Bending slopes over makes a map lower and spreading it makes them steeper again; by how much
    is found out on a small copy.

    Args:
        heights: (rows, cols).
        tail: share of the heights at either end that is cut off.
    """
    heights = stretched(heights, tail)
    small = reduced(heights, max(1, max(heights.shape) // SMALL_PX))
    before, spread = 2.0, 1.0
    for _ in range(TRIES):
        if before - spread < ENOUGH:
            break
        lower = bent_over(small, spread * STEEPEST / DEPTH / max(small.shape))
        low, high = np.quantile(lower, (tail, 1 - tail))
        before, spread = spread, max(float(high - low), LEAST_SPREAD)
    most = spread * STEEPEST / DEPTH
    return stretched(bent_over(heights, most / max(heights.shape)), tail)


def bent_over(heights: Floats, most: float) -> Floats:
    """Make slopes near and above ``most``, per pixel, gentler; gentle ones stay."""
    along_cols, along_rows = slopes(heights)
    fourth = along_cols * along_cols
    fourth += along_rows * along_rows
    fourth *= np.float32(1 / most**2)
    fourth *= fourth
    fourth += 1
    divisor = np.sqrt(np.sqrt(fourth, out=fourth), out=fourth)
    along_cols /= divisor
    along_rows /= divisor
    return from_slopes(along_cols, along_rows, float(max(heights.shape)), heights)
