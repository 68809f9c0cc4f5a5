"""What a person wants to know of a surface before it is printed: its finest and steepest parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.mesh import Mesh, check_closed
from printd.geometry.shape.finest import Floats, finest_mm
from printd.geometry.shape.milling import Milled, milled
from printd.geometry.shape.overhang import hanging_walls_mm2
from printd.geometry.shape.staying import staying
from printd.geometry.shape.surface import Surface

STEEP_DEG: Final = 60.0
ENOUGH: Final = 1024  # samples along the longest side, if they are no farther apart than
CLOSE_MM: Final = 0.2  # half a printed line, so that no line is hidden; but never more than
MOST: Final = 2048
MOST_TRIANGLES: Final = 1_000_000  # looked at in a second or two
BLOCK_ROWS: Final = 128  # worked on at a time, so that memory does not grow with the grid


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one surface, of what stays of it."""

    closed: bool | None  # the mesh is the skin of a solid; None: not looked at
    smallest_mm: float | None  # width of the finest ridge or groove a layer deep; None: none
    steepest_deg: float  # from level, anywhere
    steep_share: float  # of the area, steeper than 60 degrees
    # Of the area of the picture: what hangs over by more than 45 degrees if the piece stands
    # upright, the walls of its outline and of holes among it.
    overhang_share: float
    unmilled_share: float | None = None  # of the area, where the tool leaves more than a tenth
    sample_mm: float = 0.0  # between the samples among which the finest part was sought


@dataclass(frozen=True, slots=True)
class _Slopes:
    steepest: float  # rise by run
    steep: int  # cells steeper than 60 degrees
    hanging: int  # cells that hang over by more than 45 degrees
    cells: int  # that stay whole


def measured(
    heights_mm: Floats,
    size: ReliefSize,
    mesh: Mesh | None,
    ball_mm: float = 0.0,
    *,
    keep: Floats | None = None,
    cutoff_mm: float | None = None,
    tooled: Milled | None = None,
) -> Measured:
    """Measure a surface and the mesh that was made of it.

    Slopes are those of all cells. For the finest part of a fine grid every second sample is looked
    at, or fewer: as many as show a printed line.

    Args:
        heights_mm: (rows + 1, cols + 1).
        size: of the piece.
        mesh: None if it was never held. A very large one is not looked at.
        ball_mm: radius of the tool that mills it; 0: it is not milled.
        keep: (rows + 1, cols + 1) of a surface: what is below 0 goes; None: everything stays.
        cutoff_mm: what is lower goes.
        tooled: the milled surface, if it is at hand.
    """
    field = staying(heights_mm, keep, cutoff_mm)
    across_mm, down_mm = size.width_mm / size.cols, size.height_mm / size.rows
    step = _step(size)
    slopes = _slopes(heights_mm, field, across_mm, down_mm)
    area_mm2 = slopes.cells * across_mm * down_mm
    walls_mm2 = hanging_walls_mm2(field, heights_mm, across_mm, down_mm)
    if ball_mm > 0:
        tooled = tooled or milled(Surface(heights_mm, keep, cutoff_mm), size, ball_mm)
    sample_mm = step * float(np.sqrt(across_mm * down_mm))
    return Measured(
        closed=_is_closed(mesh),
        smallest_mm=finest_mm(heights_mm[::step, ::step], field[::step, ::step] >= 0, sample_mm),
        steepest_deg=float(np.degrees(np.arctan(slopes.steepest))),
        steep_share=slopes.steep / max(slopes.cells, 1),
        overhang_share=slopes.hanging / max(slopes.cells, 1) + walls_mm2 / max(area_mm2, 1e-9),
        unmilled_share=tooled.unmilled_share if tooled else None,
        sample_mm=sample_mm,
    )


def _is_closed(mesh: Mesh | None) -> bool | None:
    if mesh is None or len(mesh.faces) > MOST_TRIANGLES:
        return None
    return check_closed(mesh).is_closed


def _step(size: ReliefSize) -> int:
    """Return how many cells further on the next sample lies that is looked at."""
    longest = max(size.cols, size.rows)
    close = int(CLOSE_MM * longest / size.longest_mm)
    return max(1, -(-longest // MOST), min(-(-longest // ENOUGH), close))


def _slopes(heights_mm: Floats, field: Floats, across_mm: float, down_mm: float) -> _Slopes:
    """Look at all cells of which all corners stay."""
    steepest, steep, hanging, cells = 0.0, 0, 0, 0
    for top in range(0, len(heights_mm) - 1, BLOCK_ROWS):
        block = heights_mm[top : top + BLOCK_ROWS + 1]
        inside = field[top : top + BLOCK_ROWS + 1] >= 0
        whole = inside[:-1, :-1] & inside[:-1, 1:] & inside[1:, :-1] & inside[1:, 1:]
        along = np.diff(block, axis=1)[:-1][whole] / np.float32(across_mm)
        upwards = np.diff(block, axis=0)[:, :-1][whole] / np.float32(down_mm)
        slope = np.hypot(along, upwards)
        steepest = max(steepest, float(slope.max(initial=0)))
        steep += int(np.count_nonzero(slope > np.tan(np.radians(STEEP_DEG))))
        hanging += int(np.count_nonzero(upwards < -(1 + 1e-4)))  # the place above is higher
        cells += len(slope)
    return _Slopes(steepest, steep, hanging, cells)
