"""What a machine can make of a height map: nozzle, standing print, mould, milling cutter.

Each function returns the map that is nearest to what was asked and can be made. Rows run from the
far edge to the near one: on a standing piece from the top down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from printd.geometry.shape.octagon import corner_of, extreme

Floats = NDArray[np.float32]
Move = tuple[int, int, float]  # rows back, columns aside, and how much higher one may be there

SOFTENED: Final = 0.4  # of a line, a standard deviation: waves of two lines keep half their height
RESIDUE: Final = 1e-4  # of the range: if no more is left, it is rounding, and the map is flat
ROUNDED_UP: Final = 1 + 1e-6  # so that the highest value is reached in spite of rounding
STEEPEST_DOWN: Final = 1.0  # 45 degrees: each layer overhangs the one below by its own height
# Rows back and columns aside of the moves in a quarter turn; between two of them lie 26.6 degrees
# at most, so that a cone made of such moves is round within 3 %.
QUARTER: Final = ((0, 1), (1, 2), (1, 1), (2, 1), (1, 0))
BLOCK_ROWS: Final = 32  # worked on at a time: they stay in the processor's cache


def without_unprintable(heights: Floats, line_px: float | tuple[float, float]) -> Floats:
    """Take out what a nozzle cannot lay: ridges and slots narrower than a line, and noise.

    Opened and closed with a disc of one line; the mean of both orders, so that ridges and slots
    count alike. What is left is smoothed by less than a line. Faces wider than a line keep their
    height, and their steps most of the slope; waves that cost triangles and printing time go.

    Args:
        heights: (rows, cols), in any unit.
        line_px: width of a printed line in samples, or (down, across) if cells are not square.
            Below 1 the grid is too coarse for anything unprintable.

    Returns:
        (rows, cols) float32; the lowest and the highest value are those of ``heights``, unless
        nothing but waves was there: then all is at the lowest.
    """
    down, across = (line_px, line_px) if isinstance(line_px, int | float) else line_px
    if max(down, across) < 1:
        return heights
    kept = _as_wide_as_a_line(heights, (max(1, round(down)), max(1, round(across))))
    for axis, line in enumerate((down, across)):
        kept = ndimage.gaussian_filter1d(kept, SOFTENED * line, axis, mode="reflect", truncate=3.0)
    return _spread_like(kept, heights)


def without_overhangs(
    heights_mm: Floats, cell_mm: float, steepest: float = STEEPEST_DOWN
) -> Floats:
    """Give a standing piece the face nearest to its own that nowhere hangs over.

    Half of a ledge is taken away above its edge, half is added below. On photos the map is, within
    1 %, the nearest there is, and on average neither thicker nor thinner than it was.

    Args:
        heights_mm: (rows, cols); the last row stands on the bed.
        cell_mm: between two rows.
        steepest: how far the face may come forward for each millimetre upwards.

    Returns:
        (rows, cols) float32, within the range of ``heights_mm``.
    """
    heights = heights_mm.astype(np.float32, copy=False)
    rise_mm = steepest * cell_mm
    middle = _lowered(heights, rise_mm)
    middle += _raised(heights, rise_mm)
    middle *= np.float32(0.5)
    # Halfway between all taken away and all added the face falls less than it may: what was
    # added below an edge shrinks back to what the middle of the edge needs, then what was taken.
    below = _raised(np.minimum(heights, middle), rise_mm)
    return _lowered(np.maximum(heights, below), rise_mm)


def with_draft(heights_mm: Floats, draft_deg: float, dx_mm: float, dy_mm: float) -> Floats:
    """Lean the walls of a mould until a cast comes out.

    Material is only taken away. So hollows keep their full depth, and with it the cast its
    highest points; they get wider at the top. Adding material would make narrow hollows
    shallower. Ridges too narrow for two leaning walls get lower: they would break off.

    Args:
        heights_mm: (rows, cols) of the mould.
        draft_deg: between each wall and the vertical, 0 to below 90; 0 changes nothing.
        dx_mm: between two columns.
        dy_mm: between two rows.

    Returns:
        (rows, cols) float32, nowhere above ``heights_mm``: no wall is steeper, whatever its
        direction; on nearly square cells its slope is at most 4 % less than it might be.
    """
    if draft_deg <= 0:
        return heights_mm
    lowered = heights_mm.astype(np.float32)
    *aslant, straight = _moves(math.tan(math.radians(90 - draft_deg)), dx_mm, dy_mm)
    along = np.ascontiguousarray(lowered.T)
    for direction in (along, along[::-1]):
        _limit_downwards(direction, [(1, 0, aslant[0][2])])
    lowered = np.ascontiguousarray(along.T)
    both = [(back, side * aside, rise) for back, aside, rise in aslant[1:] for side in (1, -1)]
    for direction in (lowered, lowered[::-1]):
        _limit_downwards(direction, [straight, *both])
    return lowered


def reached_by_ball(heights_mm: Floats, radius_mm: float, dx_mm: float, dy_mm: float) -> Floats:
    """Return the surface that a ball-nose cutter leaves: hollows narrower than the ball stay full.

    The ball is lowered at each sample until it touches, also from beyond the border, and the
    lowest that its skin reaches is left. The cost grows with the square of the radius in samples.

    Args:
        heights_mm: (rows, cols).
        radius_mm: of the ball.
        dx_mm: between two columns.
        dy_mm: between two rows.

    Returns:
        (rows, cols) float32, nowhere below ``heights_mm``.
    """
    margin = _reach(radius_mm, dy_mm), _reach(radius_mm, dx_mm)
    beyond = [(2 * cells, 2 * cells) for cells in margin]
    around = np.pad(heights_mm.astype(np.float32), beyond, constant_values=-np.inf)
    skin = _skin(radius_mm, dx_mm, dy_mm)
    tips = _highest(around, skin, margin)
    left = -_highest(-tips, skin, margin)
    return np.maximum(left, heights_mm, out=left)  # rounding does not cut into the piece


def _as_wide_as_a_line(heights: Floats, line: tuple[int, int]) -> Floats:
    """Return the mean of opening then closing, and of closing then opening."""
    corner = corner_of(min(line))
    once = line[0] - 2 * corner, line[1] - 2 * corner
    twice = 2 * once[0] - 1, 2 * once[1] - 1
    margin = [(2 * (width - 1), 2 * (width - 1)) for width in line]
    around = np.pad(heights.astype(np.float32, copy=False), margin, mode="edge")

    def filtered(first: np.ufunc, second: np.ufunc) -> Floats:
        # The two in the middle of four passes are the same: they are one of twice the size.
        narrow = extreme(around, once, corner, first)
        return extreme(extreme(narrow, twice, 2 * corner, second), once, corner, first)

    mean: Floats = filtered(np.minimum, np.maximum)
    mean += filtered(np.maximum, np.minimum)
    mean *= np.float32(0.5)
    return mean


def _spread_like(values: Floats, model: Floats) -> Floats:
    """Stretch values to the range of another map."""
    low, high = float(model.min()), float(model.max())
    bottom, top = float(values.min()), float(values.max())
    if top - bottom <= RESIDUE * (high - low):
        return np.full_like(values, low)
    values -= np.float32(bottom)
    values *= np.float32((high - low) / (top - bottom) * ROUNDED_UP)
    values += np.float32(low)
    return np.clip(values, low, high, out=values)


def _lowered(heights: Floats, rise: float) -> Floats:
    """Return the highest map below this one that rises by no more from one row to that above."""
    lowered = heights.copy()
    _limit_downwards(lowered[::-1], [(1, 0, rise)])
    return lowered


def _raised(heights: Floats, rise: float) -> Floats:
    """Return the lowest map above this one that rises by no more from one row to that above."""
    raised = -heights
    _limit_downwards(raised, [(1, 0, rise)])
    return np.negative(raised, out=raised)


def _limit_downwards(heights: Floats, moves: Sequence[Move]) -> None:
    """Lower each row, from the first, to what the moves from earlier rows allow; in place."""
    cols = heights.shape[1]
    for row in range(len(heights)):
        for back, aside, rise in moves:
            if back > row or abs(aside) >= cols:
                continue
            here = heights[row, max(0, aside) : cols + min(0, aside)]
            there = heights[row - back, max(0, -aside) : cols - max(0, aside)]
            np.minimum(here, there + np.float32(rise), out=here)


def _moves(steepest: float, dx_mm: float, dy_mm: float) -> list[Move]:
    """Return the moves of a quarter turn such that no direction rises faster than allowed."""
    turns = [math.atan2(back * dy_mm, aside * dx_mm) for back, aside in QUARTER]
    widest = max(after - before for before, after in pairwise(turns))
    slope = steepest * math.cos(widest / 2)
    return [
        (back, aside, slope * math.hypot(back * dy_mm, aside * dx_mm)) for back, aside in QUARTER
    ]


def _skin(radius_mm: float, dx_mm: float, dy_mm: float) -> list[list[np.float32]]:
    """Return how the skin of a ball lies to its tip, by rows and columns from its middle.

    None of it is above 0, for the ball lies on the far side of its tip. Where the skin is
    upright it is left out: a ball may slide along a wall.
    """
    rows = [radius_mm**2 - (row * dy_mm) ** 2 for row in range(_reach(radius_mm, dy_mm) + 1)]
    return [
        [
            np.float32(math.sqrt(square - (col * dx_mm) ** 2) - radius_mm)
            for col in range(_reach(math.sqrt(square), dx_mm) + 1)
        ]
        for square in rows
    ]


def _reach(length_mm: float, cell_mm: float) -> int:
    """Return the farthest sample that is less than a length away."""
    return max(0, math.ceil(length_mm / cell_mm - 1e-6) - 1)


def _highest(
    around: Floats, skin: Sequence[Sequence[np.float32]], margin: tuple[int, int]
) -> Floats:
    """Return where a ball rests: the highest of heights and skin, ``margin`` within the border."""
    down, aside = margin
    rows, cols = around.shape[0] - 2 * down, around.shape[1] - 2 * aside
    result = np.full((rows, cols), -np.inf, np.float32)
    for top in range(0, rows, BLOCK_ROWS):
        block = result[top : top + BLOCK_ROWS]
        near = around[top : top + len(block) + 2 * down]
        both = np.empty_like(block)
        for row, below in enumerate(skin):
            pair = np.maximum(*(near[down + to :][: len(block)] for to in (-row, row)))
            for col, drop in enumerate(below):
                left, right = (pair[:, aside + to :][:, :cols] for to in (-col, col))
                np.maximum(left, right, out=both)
                both += drop
                np.maximum(block, both, out=block)
    return result
