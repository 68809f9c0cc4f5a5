"""What a ball-nose tool makes of a surface, on a grid that is fine enough for a picture of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from printd.core.relief_settings import ReliefSize
from printd.geometry.shape.printable import reached_by_ball
from printd.geometry.shape.staying import staying
from printd.geometry.shape.surface import Surface

Floats = NDArray[np.float32]

MOST_CELLS: Final = 1024  # along the longest side
# Samples, those that the ball reaches beyond the border among them, by its radius in cells
# squared: about a second. The work grows with the fourth power of the cells along a side, so a
# ball twice as large has cells 1.4 times as large, and is rounder all the same.
MOST_WORK: Final = 4e8
UNMILLED_MM: Final = 0.1  # what a milled piece may be too high by


@dataclass(frozen=True, slots=True, eq=False)
class Milled:
    """A surface as the tool leaves it, and how well that is."""

    surface: Surface
    size: ReliefSize  # with the grid of ``surface``
    unmilled_share: float  # of the area that stays: left too high by more than a tenth


def milled(surface: Surface, size: ReliefSize, ball_mm: float) -> Milled:
    """Mill a surface. It takes about a second, whatever the radius and the grid.

    The tool goes over the whole rectangle, before anything is cut away.

    Args:
        surface: of the piece.
        size: of the piece, with the grid of ``surface``.
        ball_mm: radius of the tool.
    """
    coarse = coarse_enough(size, ball_mm)
    wanted = _on_grid_of(coarse, surface.heights_mm)
    keep = None if surface.keep is None else _on_grid_of(coarse, surface.keep)
    left = reached_by_ball(
        wanted, ball_mm, size.width_mm / coarse.cols, size.height_mm / coarse.rows
    )
    too_high = left - wanted > UNMILLED_MM
    stays = staying(wanted, keep, surface.cutoff_mm) >= 0
    share = float(too_high[stays].mean()) if stays.any() else 0.0
    return Milled(Surface(left, keep, surface.cutoff_mm), coarse, share)


def coarse_enough(size: ReliefSize, ball_mm: float) -> ReliefSize:
    """Return the piece on a grid that can be milled in a second or so."""
    area_mm2 = (size.width_mm + 2 * ball_mm) * (size.height_mm + 2 * ball_mm)
    per_mm = (MOST_WORK / (area_mm2 * ball_mm**2)) ** 0.25
    scale = min(1.0, MOST_CELLS / max(size.cols, size.rows), per_mm * size.width_mm / size.cols)
    return replace(
        size, cols=max(1, round(size.cols * scale)), rows=max(1, round(size.rows * scale))
    )


def _on_grid_of(size: ReliefSize, values: Floats) -> Floats:
    """Read values, (any, any), at the samples of another grid; corners are corners of both."""
    rows, cols = values.shape
    if (rows, cols) == (size.rows + 1, size.cols + 1):
        return values
    at = (size.rows + 1) / rows, (size.cols + 1) / cols
    read: Floats = ndimage.zoom(values, at, order=1, mode="nearest")
    return read
