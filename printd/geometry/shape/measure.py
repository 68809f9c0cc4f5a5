"""What a person wants to know of a surface before it is printed: its finest and steepest parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.mesh import Mesh, check_closed
from printd.geometry.shape.milling import unmilled_share

Floats = NDArray[np.float32]

LAYER_MM: Final = 0.2  # what differs by less is not seen in a print
SEEN: Final = 2e-4  # of the area: what is less is a speck, not a feature
LARGEST_MM: Final = 10.0  # features beyond this size are not called fine
STEEP_DEG: Final = 60.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one surface."""

    closed: bool | None  # the mesh is the skin of a solid; None: not looked at
    smallest_mm: float | None  # width of the finest ridge or groove a layer deep; None: none
    steepest_deg: float  # from level, anywhere
    steep_share: float  # of the area, steeper than 60 degrees
    overhang_share: float  # of the area, hanging over by more than 45 degrees if it stands upright
    unmilled_share: float | None = None  # of the area, where the tool leaves more than a tenth


def measured(
    heights_mm: Floats, size: ReliefSize, mesh: Mesh | None, ball_mm: float = 0.0
) -> Measured:
    """Measure a surface and the mesh that was made of it.

    Args:
        heights_mm: (rows + 1, cols + 1).
        size: of the piece.
        mesh: None if it was never held.
        ball_mm: radius of the tool that mills it; 0: it is not milled.
    """
    across_mm, down_mm = size.width_mm / size.cols, size.height_mm / size.rows
    along = np.diff(heights_mm, axis=1)[:-1] / across_mm
    upwards = np.diff(heights_mm, axis=0)[:, :-1] / down_mm  # how much lower the place above is
    slope = np.hypot(along, upwards)
    return Measured(
        closed=None if mesh is None else check_closed(mesh).is_closed,
        smallest_mm=_smallest_mm(heights_mm, across_mm),
        steepest_deg=float(np.degrees(np.arctan(slope.max()))),
        steep_share=float((slope > np.tan(np.radians(STEEP_DEG))).mean()),
        overhang_share=float((-upwards > 1 + 1e-4).mean()),
        unmilled_share=unmilled_share(heights_mm, size, ball_mm) if ball_mm > 0 else None,
    )


def _smallest_mm(heights_mm: Floats, cell_mm: float) -> float | None:
    """Return the smallest width at which opening or closing takes more than a layer away."""
    most = max(1, min(round(LARGEST_MM / cell_mm), min(heights_mm.shape) - 1))
    low, high = (
        1,
        most + 1,
    )  # a square of one cell takes nothing; widths beyond `most` count as none
    while high - low > 1:
        middle = (low + high) // 2
        if _takes_something(heights_mm, middle):
            high = middle
        else:
            low = middle
    return None if high > most else (high - 1) * cell_mm


def _takes_something(heights_mm: Floats, side: int) -> bool:
    """Tell whether a square of so many samples does not fit into all ridges and grooves."""
    opened = ndimage.grey_opening(heights_mm, (side, side))
    closed = ndimage.grey_closing(heights_mm, (side, side))
    taken = np.maximum(heights_mm - opened, closed - heights_mm) > LAYER_MM
    return float(taken.mean()) > SEEN
