"""A finished surface as a screen shows it: few samples, whole numbers, and what of it stays.

The browser does nothing but scale, bend and light what it is sent: every filter has run before, in
the code that the mesh is made by. ``grid_for`` says on which grid that is done for a screen, and
``settings_exact`` what may be changed there without asking again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.geometry.mesh.bend import RING_DEG, seamless
from printd.geometry.mesh.build import ISLAND_MM2
from printd.geometry.mesh.cutoff import cut, without_islands
from printd.geometry.shape.staying import staying
from printd.geometry.shape.surface import Surface

Floats = NDArray[np.float32]

FINEST: Final = 512  # cells along the longest side; of a finer mesh a coarser surface is seen
TOP: Final = 65535
EDGE: Final = 128  # of ``keep``: from here on a sample stays
STEPS_PER_CELL: Final = 16
LEAST_SLOPE: Final = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class ViewField:
    """What a screen needs of a surface."""

    heights: NDArray[np.uint16]  # (rows, cols) samples; low_mm + span_mm * value / 65535
    keep: NDArray[np.uint8] | None  # (rows, cols), see ``_signed``; None: everything stays
    low_mm: float
    span_mm: float
    bounds_mm: tuple[float, float, float, float]  # left, near, right, far of what stays

    @property
    def content(self) -> bytes:
        """Return the samples as they are sent: heights, little-endian, then what stays."""
        heights = self.heights.astype("<u2", copy=False).tobytes()
        return heights if self.keep is None else heights + self.keep.tobytes()


def grid_for(size: ReliefSize, settings: ReliefSettings) -> ReliefSize:
    """Return the piece on the grid that a screen's surface is made on.

    It is the mesh's own up to ``FINEST`` cells: then both are the same numbers. A finer mesh's grid
    is thinned out evenly, so that every sample lies where one of the mesh's does.
    """
    step = math.ceil(max(size.cols, size.rows) / FINEST)
    if size.cols % step == 0 and size.rows % step == 0:
        return replace(size, cols=size.cols // step, rows=size.rows // step)
    coarse = settings.model_copy(update={"mesh_quality": FINEST})
    other = coarse.resolve(size.width_mm / size.height_mm)
    return replace(size, cols=other.cols, rows=other.rows)


def view_field(
    surface: Surface, settings: ReliefSettings, size: ReliefSize, cells: int
) -> ViewField:
    """Return a surface as samples on the corners of a grid.

    Args:
        surface: what is built.
        settings: what it was made with.
        size: of the piece, on the grid of ``surface``.
        cells: along the longest side, about; no more than ``size`` has.
    """
    heights_mm, field = _ready(surface, settings, size)
    step = max(1.0, max(size.cols, size.rows) / cells)
    shape = max(1, round(size.rows / step)) + 1, max(1, round(size.cols / step)) + 1
    low_mm, span_mm = _range(heights_mm, size)
    shares = (at_corners(heights_mm, shape) - low_mm) * (TOP / span_mm if span_mm else 0.0)
    keep = None
    if field is not None:
        keep = _signed(at_corners(field, shape))
    bounds_mm = bounds_of(field, size)
    numbers = np.rint(shares).clip(0, TOP).astype(np.uint16)
    return ViewField(numbers, keep, low_mm, span_mm, bounds_mm)


def what_stays(surface: Surface, settings: ReliefSettings, size: ReliefSize) -> Floats | None:
    """Return what stays of a surface as a field, islands sunk as the mesh does; None: everything.

    Args:
        surface: what is built.
        settings: what it was made with.
        size: of the piece, on the grid of ``surface``.
    """
    return _ready(surface, settings, size)[1]


def settings_exact(settings: ReliefSettings, size: ReliefSize) -> tuple[str, ...]:
    """Return which settings a screen may change by itself, and be right to a rounding.

    ``base_mm`` is added to every height, ``relief_mm`` multiplies what lies over the base, with
    ``invert`` the highest is the lowest, and ``mirror`` turns the samples of each row round. Other
    settings change the surface itself: which depends on heights in millimetres where walls lean,
    overhangs go or feet reach forward, and on the light in a lithophane.
    """
    exact = ["mirror"]
    is_relief = settings.surface == "relief" and settings.mode == "solid"
    stands_free = settings.feet_mm == 0 and settings.rim_height_mm is None
    is_steady = settings.draft_deg == 0 and not settings.standing and settings.bend == "none"
    if is_relief and stands_free:
        exact.append("base_mm")
    if is_relief and stands_free and is_steady and size.relief_mm > 0:
        exact.append("relief_mm")
    has_rim = settings.rim_width_mm(size) > 0
    is_symmetric = settings.surface == "relief" and settings.depth_cutoff_pct == 0
    if is_symmetric and is_steady and stands_free and not has_rim:
        exact.append("invert")
    return tuple(sorted(exact))


def at_corners(field: Floats, shape: tuple[int, int]) -> Floats:
    """Read a map of corners at fewer corners that span it, straight between its own.

    Args:
        field: (rows + 1, cols + 1).
        shape: of the result.
    """
    steps = [(old - 1) / max(1, new - 1) for old, new in zip(field.shape, shape, strict=True)]
    if all(step == int(step) for step in steps):
        return field[:: int(steps[0]), :: int(steps[1])]
    places = [np.arange(new) * step for new, step in zip(shape, steps, strict=True)]
    at = np.meshgrid(*places, indexing="ij")
    read: Floats = ndimage.map_coordinates(field, at, np.float32, order=1, mode="nearest")
    return read


def bounds_of(field: Floats | None, size: ReliefSize) -> tuple[float, float, float, float]:
    """Return left, near, right and far end of what stays, as the mesh is cut, in millimetres."""
    if field is None:
        return 0.0, 0.0, size.width_mm, size.height_mm
    along = cut(field)
    whole, share = np.divmod(np.stack([along.starts, along.ends]), field.shape[1])
    rows, cols = (axis[0] + along.shares * (axis[1] - axis[0]) for axis in (whole, share))
    stays_row, stays_col = np.nonzero(along.inside)
    rows, cols = np.append(rows, stays_row), np.append(cols, stays_col)
    across_mm, down_mm = size.width_mm / size.cols, size.height_mm / size.rows
    return (
        float(cols.min() * across_mm),
        float(size.height_mm - rows.max() * down_mm),
        float(cols.max() * across_mm),
        float(size.height_mm - rows.min() * down_mm),
    )


def _ready(
    surface: Surface, settings: ReliefSettings, size: ReliefSize
) -> tuple[Floats, Floats | None]:
    """Return heights and what stays; of a ring the left border is the right one."""
    heights_mm, keep = surface.heights_mm, surface.keep
    is_ring = settings.bend != "none" and settings.bend_deg >= RING_DEG
    if is_ring:
        heights_mm = seamless(heights_mm)
        keep = None if keep is None else seamless(keep)
    field = staying(heights_mm, keep, surface.cutoff_mm)
    if (field >= 0).all():
        return heights_mm, None
    least = ISLAND_MM2 * size.cells / (size.width_mm * size.height_mm)
    return heights_mm, without_islands(field, least, is_ring=is_ring)


def _range(heights_mm: Floats, size: ReliefSize) -> tuple[float, float]:
    """Return what 0 stands for, and the span: those of the settings, unless the piece is beyond."""
    low_mm = min(size.base_mm, float(heights_mm.min()))
    high_mm = max(size.base_mm + size.relief_mm, float(heights_mm.max()))
    if math.isclose(low_mm, size.base_mm, abs_tol=1e-5):
        low_mm = size.base_mm
    if math.isclose(high_mm, size.base_mm + size.relief_mm, abs_tol=1e-5):
        high_mm = size.base_mm + size.relief_mm
    return low_mm, high_mm - low_mm


def _signed(field: Floats) -> NDArray[np.uint8]:
    """Return how far each sample lies within the outline, in cells.

    128 is on the edge, more stays, less goes, 16 a cell; read straight between two samples it is
    128 where the field is 0.
    """
    slope = np.hypot(*np.gradient(field)) if min(field.shape) > 1 else np.abs(field)
    cells = np.floor(field / np.maximum(slope, LEAST_SLOPE) * STEPS_PER_CELL)
    signed: NDArray[np.uint8] = (EDGE + cells.clip(-EDGE, EDGE - 1)).astype(np.uint8)
    return signed
