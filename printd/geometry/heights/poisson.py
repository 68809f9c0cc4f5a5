"""Slopes of a map, and the map that has given slopes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float32]


def slopes(heights: Floats) -> tuple[Floats, Floats]:
    """Return the forward differences along columns and rows; zero at the far border."""
    along_cols, along_rows = np.zeros_like(heights), np.zeros_like(heights)
    np.subtract(heights[:, 1:], heights[:, :-1], out=along_cols[:, :-1])
    np.subtract(heights[1:], heights[:-1], out=along_rows[:-1])
    return along_cols, along_rows


def from_slopes(
    along_cols: Floats, along_rows: Floats, largest_px: float, near: Floats | None = None
) -> Floats:
    """Return the map whose slopes come nearest to the given ones, and that stays near another.

    Minimises ``|grad h - g|^2 + lambda (h - near)^2`` by one pair of cosine transforms; what is
    larger than ``largest_px`` is that of the other map.

    Args:
        along_cols: forward differences, 0 in the last column.
        along_rows: forward differences, 0 in the last row.
        largest_px: see above.
        near: (rows, cols); 0 if None.
    """
    rows, cols = along_cols.shape
    pull = 6 / largest_px**2
    wanted = along_cols + along_rows
    wanted[:, 1:] -= along_cols[:, :-1]
    wanted[1:] -= along_rows[:-1]
    if near is not None:
        wanted -= np.float32(pull) * near
    spectrum = fft.dctn(wanted, norm="ortho", overwrite_x=True)
    laplace_rows = 2 * np.cos(np.pi * np.arange(rows) / rows) - 2 - pull
    laplace_cols = 2 * np.cos(np.pi * np.arange(cols) / cols) - 2
    spectrum /= laplace_rows[:, None].astype(np.float32) + laplace_cols.astype(np.float32)
    result: Floats = fft.idctn(spectrum, norm="ortho", overwrite_x=True)
    return result
