"""What a piece has besides its picture: a rim, holes to hang it up by, feet to stand on.

Rims and feet change the height map, holes are outlines; so whatever is built of them is closed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from printd.core.errors import SettingInvalid
from printd.core.relief_settings import ReliefSize
from printd.geometry.shape.inset import inside_mm, outline_mm, places_mm

Floats = NDArray[np.float32]

RIM_SLOPE_CELLS: Final = 3  # instead of a step, or a round inner edge would have stairs
RIM_SLOPE_MM: Final = 0.2  # at least: half a printed line, less is not seen
NARROWEST_RIM: Final = 2 / 3  # of the slope: a sixth of it is level then
LEAST_PICTURE: Final = 0.01  # of what stays: a rim that leaves less has no picture
HOLE_CELLS: Final = 4  # across; of fewer cells a hole is no longer round
MARGIN_CELLS: Final = 2  # between a hole and an edge, or the two meet within a cell
STEPS_PER_CELL: Final = 4  # in which the highest place for a hole is sought
AT_SIXTHS: Final = (1 / 6, 5 / 6)  # of the width: where two holes are
FOOT_WIDTH: Final = 1 / 8  # of the piece's


def with_rim(
    heights_mm: Floats,
    size: ReliefSize,
    outline: Floats | None,
    width_mm: float,
    top_mm: float,
    *,
    is_ring: bool = False,
) -> Floats:
    """Return the map with a level band along the edge of the piece.

    Args:
        heights_mm: (rows + 1, cols + 1).
        size: of the piece.
        outline: (rows + 1, cols + 1) of ``outlines``; None for a rectangle.
        width_mm: of the band, halfway down its inner side; at least two cells, and no less than
            its slope needs.
        top_mm: how high it is, measured as ``heights_mm``.
        is_ring: left and right will be joined, and have no rim.

    Raises:
        SettingInvalid: next to nothing is left of the picture.
    """
    slope_mm = max(RIM_SLOPE_CELLS * _cell_mm(size), RIM_SLOPE_MM)
    halfway_mm = max(width_mm, NARROWEST_RIM * slope_mm)
    reach_mm = halfway_mm + slope_mm
    from_edge = _from_edge_mm(size, outline, reach_mm, is_ring=is_ring)
    share = np.clip((halfway_mm - from_edge) / slope_mm + 0.5, 0, 1)
    stays = slice(None) if outline is None else np.greater_equal(outline, 0)
    picture = share[stays] < 0.5
    if picture.sum() <= LEAST_PICTURE * picture.size:
        raise SettingInvalid(
            f"A rim {width_mm:.3g} mm wide leaves nothing of the picture.",
            action="Use a narrower rim, or a larger piece.",
        )
    rimmed: Floats = ((1 - share) * heights_mm + share * np.float32(top_mm)).astype(np.float32)
    return rimmed


def _from_edge_mm(
    size: ReliefSize, outline: Floats | None, reach_mm: float, *, is_ring: bool
) -> Floats:
    """Return how far inside the piece each place lies; further in than ``reach_mm``, about.

    Args:
        size: of the piece.
        outline: (rows + 1, cols + 1) of ``outlines``; None for a rectangle.
        reach_mm: it is exact so far.
        is_ring: left and right are no edges.

    Returns:
        (rows + 1, cols + 1) float32; 0 outside.
    """
    x_mm, y_mm = places_mm(size)
    from_edge = inside_mm(x_mm, y_mm, size, outline_mm(None, size), is_ring=is_ring)
    if outline is None:
        return from_edge
    is_in = np.greater_equal(outline, 0)
    sides_mm = (size.height_mm / size.rows, size.width_mm / size.cols)
    about = ndimage.distance_transform_edt(is_in, sampling=sides_mm)
    near = is_in & (about < reach_mm)
    row, col = np.nonzero(near)
    line = outline_mm(outline, size)
    from_edge[near] = inside_mm(x_mm[col], y_mm[row, 0], size, line, is_ring=is_ring)
    # Just outside, where the outline's cells end, the rim goes on.
    from_edge[~is_in] = 0
    return from_edge


def hole(
    size: ReliefSize,
    outline: Floats | None,
    diameter_mm: float,
    margin_mm: float,
    count: int = 1,
) -> Floats:
    """Return round holes as a field for ``np.minimum`` with the outline.

    One is in the middle, two at a sixth from the ends of the outline, at one height: as high as
    it allows.

    Args:
        size: of the piece.
        outline: (rows + 1, cols + 1) of ``outlines``, 0 or more where there is material; None for
            a rectangle.
        diameter_mm: of a hole.
        margin_mm: material that stays around a hole, everywhere.
        count: 1 or 2.

    Returns:
        (rows + 1, cols + 1) float32, below 0 in the holes.

    Raises:
        SettingInvalid: there is no such place, or the mesh is too coarse for the hole.
    """
    cell_mm = _cell_mm(size)
    if diameter_mm < HOLE_CELLS * cell_mm:
        raise SettingInvalid(
            f"A hole of {diameter_mm:.3g} mm is too small for cells of {cell_mm:.2g} mm.",
            action="Use a higher mesh quality, or a larger hole.",
        )
    needed_mm = diameter_mm / 2 + max(margin_mm, MARGIN_CELLS * cell_mm)
    across_mm, up_mm = places_mm(size)
    x_mm = _middles_mm(size, outline, count)
    y_mm, free_mm = _room_mm(size, outline, x_mm)
    fits = free_mm >= needed_mm
    if count > 1:
        fits &= x_mm[1] - x_mm[0] >= diameter_mm + margin_mm
    if not fits.any():
        raise SettingInvalid(
            f"There is no place for {'a hole' if count == 1 else 'two holes'} of "
            f"{diameter_mm:.3g} mm with {margin_mm:.3g} mm of material around.",
            action="Use smaller holes, only one, or none.",
        )
    from_middles = [np.hypot(across_mm - x, up_mm - y_mm[fits.argmax()]) for x in x_mm]
    holes: Floats = np.minimum.reduce(from_middles) - np.float32(diameter_mm / 2)
    return holes


def _middles_mm(size: ReliefSize, outline: Floats | None, count: int) -> Floats:
    """Return x of the middles of one hole or two, (count,)."""
    left_mm, right_mm = 0.0, size.width_mm
    if outline is not None:
        across_mm, _ = places_mm(size)
        left_mm, right_mm = _ends_mm(np.greater_equal(outline.max(axis=0), 0), across_mm)
    shares = np.array([0.5] if count == 1 else AT_SIXTHS, np.float32)
    return np.float32(left_mm) + np.float32(right_mm - left_mm) * shares


def _room_mm(size: ReliefSize, outline: Floats | None, x_mm: Floats) -> tuple[Floats, Floats]:
    """Return heights from the top down, and how far all of ``x_mm`` are inside at each.

    Both (n,); 0 where one of them is outside.
    """
    steps = STEPS_PER_CELL * size.rows
    y_mm = np.linspace(size.height_mm, 0, steps + 1, dtype=np.float32)
    free_mm = inside_mm(x_mm, y_mm[:, None], size, outline_mm(outline, size)).min(axis=1)
    if outline is not None:
        free_mm[~_is_in(outline, x_mm / size.width_mm, y_mm / size.height_mm)] = 0
    return y_mm, free_mm


def with_feet(
    heights_mm: Floats,
    size: ReliefSize,
    depth_mm: float,
    outline: Floats | None = None,
    *,
    width_mm: float | None = None,
    rise_mm: float | None = None,
) -> Floats:
    """Return the map with two wedges at the ends of its lower side, to stand upright on.

    They shrink upwards, so that nothing overhangs.

    Args:
        heights_mm: (rows + 1, cols + 1), over the back.
        size: of the piece.
        depth_mm: how far they reach to the front at the lower side, from the back.
        outline: (rows + 1, cols + 1) of ``outlines``; None for a rectangle.
        width_mm: of each; an eighth of the piece's by default.
        rise_mm: how high up they reach; as high as they are deep by default.

    Raises:
        SettingInvalid: the lower side is not straight for long enough.
    """
    width_mm = FOOT_WIDTH * size.width_mm if width_mm is None else width_mm
    rise_mm = depth_mm if rise_mm is None else rise_mm
    x_mm, y_mm = places_mm(size)
    stands = np.ones(len(x_mm), bool) if outline is None else np.greater_equal(outline[-1], 0)
    left_mm, right_mm = _ends_mm(stands, x_mm)
    if right_mm - left_mm < max(2 * width_mm, size.width_mm / 3):
        raise SettingInvalid(
            "Feet need a straight lower side; this outline has none that is long enough.",
            action="Use a rectangle, narrower feet, or none.",
        )
    from_end = np.minimum(np.abs(x_mm - left_mm), np.abs(x_mm - right_mm))
    across = np.clip((width_mm - from_end) / _cell_mm(size) + 0.5, 0, 1)
    across[~stands] = 0
    wedge = depth_mm * np.clip(1 - y_mm / rise_mm, 0, 1)
    on_feet: Floats = np.maximum(heights_mm, wedge * across).astype(np.float32)
    return on_feet


def _cell_mm(size: ReliefSize) -> float:
    """Return the longer side of a cell."""
    return max(size.width_mm / size.cols, size.height_mm / size.rows)


def _ends_mm(is_in: NDArray[np.bool_], x_mm: Floats) -> tuple[float, float]:
    """Return x of the first and the last column that is in; the middle if none is."""
    ends = np.flatnonzero(is_in)[[0, -1]] if is_in.any() else np.array([is_in.size // 2] * 2)
    return float(x_mm[ends[0]]), float(x_mm[ends[1]])


def _is_in(outline: Floats, across: Floats, up: Floats) -> NDArray[np.bool_]:
    """Tell at which heights all these places across lie inside, (len(up),); 0 to 1 each."""
    rows, cols = outline.shape[0] - 1, outline.shape[1] - 1
    at = np.meshgrid((1 - up) * rows, across * cols, indexing="ij")
    inside: NDArray[np.bool_] = (ndimage.map_coordinates(outline, at, order=1) >= 0).all(axis=1)
    return inside
