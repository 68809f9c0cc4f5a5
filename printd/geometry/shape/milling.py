"""What a ball-nose tool makes of a surface, on a grid that is fine enough for a picture of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSize
from printd.geometry.filters import resampled
from printd.geometry.shape.printable import reached_by_ball

Floats = NDArray[np.float32]

MOST_CELLS: Final = 1024  # along the longest side; the work grows with their fourth power
UNMILLED_MM: Final = 0.1  # what a milled piece may be too high by


def coarse_enough(size: ReliefSize) -> ReliefSize:
    """Return the piece on a grid that can be milled in a second or so."""
    scale = min(1.0, MOST_CELLS / max(size.cols, size.rows))
    return replace(
        size, cols=max(1, round(size.cols * scale)), rows=max(1, round(size.rows * scale))
    )


def milled(heights_mm: Floats, size: ReliefSize, ball_mm: float) -> Floats:
    """Return the heights that a tool leaves.

    Args:
        heights_mm: (rows + 1, cols + 1) of ``size``, of ``coarse_enough``.
        size: of the piece.
        ball_mm: radius of the tool.
    """
    return reached_by_ball(
        heights_mm, ball_mm, size.width_mm / size.cols, size.height_mm / size.rows
    )


def unmilled_share(heights_mm: Floats, size: ReliefSize, ball_mm: float) -> float:
    """Return the share of the area where a tool leaves too much; arguments as ``milled``."""
    coarse = coarse_enough(size)
    wanted = on_grid_of(coarse, heights_mm)
    return float((milled(wanted, coarse, ball_mm) - wanted > UNMILLED_MM).mean())


def on_grid_of(size: ReliefSize, values: Floats) -> Floats:
    """Read values, (any, any), at the samples of another grid."""
    if values.shape == (size.rows + 1, size.cols + 1):
        return values
    return resampled(values, size.rows + 1, size.cols + 1)
