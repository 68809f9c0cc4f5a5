"""Outlines of a piece as fields over its grid: 0 or more inside, below 0 outside.

Each is as large as fits the piece, in its middle, and round whatever the shape of the cells.
``cutoff`` cuts along them; several are combined by ``np.minimum``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSize
from printd.geometry.filters import gaussian, resampled

Floats = NDArray[np.float32]

# The heart x² + y² - |x|^(2/3) y = 1, its half width, lowest and highest point.
HEART_HALF_WIDTH: Final = 1.1390
HEART_LOW: Final = -1.0
HEART_HIGH: Final = 1.2361
MASK_SMOOTHING_CELLS: Final = 1.0  # takes the steps off the outline of a mask of 0 and 1


def circle(size: ReliefSize, rim_mm: float = 0.0) -> Floats:
    """Return a disc, ``rim_mm`` within the piece's shorter side."""
    x_mm, y_mm = _from_middle(size)
    radius_mm = min(size.width_mm, size.height_mm) / 2 - rim_mm
    return (radius_mm - np.hypot(x_mm, y_mm)).astype(np.float32)


def ellipse(size: ReliefSize) -> Floats:
    """Return the ellipse that touches all four sides."""
    x_mm, y_mm = _from_middle(size)
    across = np.hypot(2 * x_mm / size.width_mm, 2 * y_mm / size.height_mm)
    return ((1 - across) * min(size.width_mm, size.height_mm) / 2).astype(np.float32)


def rounded(size: ReliefSize, radius_mm: float, rim_mm: float = 0.0) -> Floats:
    """Return a rectangle with round corners, ``rim_mm`` within the piece's sides."""
    x_mm, y_mm = _from_middle(size)
    half_mm = np.array([size.width_mm, size.height_mm]) / 2 - rim_mm
    radius_mm = min(radius_mm, *half_mm.tolist())
    over_x = np.abs(x_mm) - (half_mm[0] - radius_mm)
    over_y = np.abs(y_mm) - (half_mm[1] - radius_mm)
    out_of_core = np.hypot(over_x.clip(min=0), over_y.clip(min=0))
    inwards = np.minimum(np.maximum(over_x, over_y), 0)
    # The sides of the piece itself are inside, also after rounding.
    slack_mm = 1e-6 * size.longest_mm if rim_mm == 0 else 0.0
    inside: Floats = (radius_mm + slack_mm - out_of_core - inwards).astype(np.float32)
    return inside


def heart(size: ReliefSize) -> Floats:
    """Return a heart with its tip towards the viewer."""
    x_mm, y_mm = _from_middle(size)
    unit_mm = min(size.width_mm / (2 * HEART_HALF_WIDTH), size.height_mm / (HEART_HIGH - HEART_LOW))
    x, y = x_mm / unit_mm, y_mm / unit_mm + (HEART_HIGH + HEART_LOW) / 2
    inside = 1 - x * x - y * y + np.cbrt(x * x) * y
    return (inside * unit_mm).astype(np.float32)


def from_mask(mask: Floats, size: ReliefSize) -> Floats:
    """Return the outline of a mask, halfway between 0 and 1.

    Args:
        mask: any rows by columns over the whole piece, 0 outside to 1 inside, soft or hard.
        size: gives the grid.
    """
    rows, cols = size.rows + 1, size.cols + 1
    on_grid = resampled(mask.astype(np.float32), rows, cols)
    return gaussian(on_grid, MASK_SMOOTHING_CELLS) - np.float32(0.5)


def _from_middle(size: ReliefSize) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of the samples from the middle of the piece: (1, cols + 1), (rows + 1, 1)."""
    x_mm = np.linspace(-0.5, 0.5, size.cols + 1) * size.width_mm
    y_mm = np.linspace(0.5, -0.5, size.rows + 1) * size.height_mm
    return x_mm[None, :], y_mm[:, None]
