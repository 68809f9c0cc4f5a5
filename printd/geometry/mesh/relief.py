"""A closed solid from a height map: a dense top of two triangles a cell, walls, a flat back.

x runs to the right, y up in the picture (row 0 is the far edge), z up; the lowest corner is at 0.
Every vertex is computed once and rounded once. The STL file is written in strips through one
buffer that is used again, so a hundred megabytes pass without being held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.close import walls_and_back
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.stl import HEADER_BYTES, RECORD, header, records

Floats = NDArray[np.float32]
STRIP_CELLS: Final = 8 * 1024  # written at a time: 0.8 MB, which stays in the cache
# A record in pairs of numbers: it is strided writes that cost, not their bytes. What is left out,
# x of the corners, does not change from strip to strip.
PAIRS: Final = np.dtype(
    {
        "names": ["normal_xy", "normal_z", "yz_0", "yz_1", "yz_2"],
        "formats": ["<c8", "<f4", "<c8", "<c8", "<c8"],
        "offsets": [0, 8, 16, 28, 40],
        "itemsize": RECORD.itemsize,
    }
)


@dataclass(frozen=True, slots=True)
class MeshFacts:
    """What was written."""

    triangles: int
    bytes: int
    volume_mm3: float
    bbox_mm: tuple[float, float, float]  # the lowest corner is at 0


def heights_in_mm(heights: Floats, size: ReliefSize) -> Floats:
    """Return how high the surface lies over the back.

    Args:
        heights: (rows + 1, cols + 1) float32, 0 to 1.
        size: of the piece; its grid is that of ``heights``.
    """
    return (size.base_mm + size.relief_mm * heights.astype(np.float64)).astype(np.float32)


def write_relief_stl(out: BinaryIO, heights_mm: Floats, size: ReliefSize) -> MeshFacts:
    """Write the solid as binary STL.

    Args:
        out: where to; nothing is read back or sought.
        heights_mm: (rows + 1, cols + 1) float32 over the back, all above 0.
        size: gives width and height of the piece.
    """
    heights_mm = without_needless(heights_mm)
    x_mm, y_mm = axes(heights_mm, size)
    closing = walls_and_back(x_mm, y_mm, heights_mm)
    rows, cols = heights_mm.shape[0] - 1, heights_mm.shape[1] - 1
    triangles = 2 * rows * cols + len(closing)
    out.write(header(triangles))
    _write_top(out, x_mm, y_mm, heights_mm)
    sides = records(_positions(x_mm, y_mm, heights_mm, closing))
    out.write(sides.tobytes())
    return MeshFacts(
        triangles=triangles,
        bytes=HEADER_BYTES + triangles * RECORD.itemsize,
        volume_mm3=_volume_mm3(heights_mm, size),
        bbox_mm=(float(x_mm[-1]), float(y_mm[0]), float(heights_mm.max())),
    )


def solid(heights_mm: Floats, size: ReliefSize) -> Mesh:
    """Return the same solid as a mesh of shared vertices; arguments as above."""
    heights_mm = without_needless(heights_mm)
    x_mm, y_mm = axes(heights_mm, size)
    everything = np.arange(heights_mm.size + 4)
    closing = walls_and_back(x_mm, y_mm, heights_mm)
    return Mesh(
        vertices=_positions(x_mm, y_mm, heights_mm, everything),
        faces=np.concatenate([dense_top(*heights_mm.shape), closing]),
    )


def dense_top(points_down: int, points_across: int) -> NDArray[np.int32]:
    """Return two triangles for each cell of a grid of so many points, (n, 3)."""
    names = np.arange(points_down * points_across, dtype=np.int32)
    number = names.reshape(points_down, points_across)
    far_left, far_right = number[:-1, :-1], number[:-1, 1:]
    near_left, near_right = number[1:, :-1], number[1:, 1:]
    top = np.stack([far_left, near_left, far_right, far_right, near_left, near_right], axis=-1)
    return top.reshape(-1, 3)


def without_needless(heights_mm: Floats) -> Floats:
    """Return the four corners alone if the whole top is level: a box needs no more."""
    if heights_mm.min() == heights_mm.max():
        return np.ascontiguousarray(heights_mm[:: len(heights_mm) - 1, :: heights_mm.shape[1] - 1])
    return heights_mm


def axes(heights_mm: Floats, size: ReliefSize) -> tuple[Floats, Floats]:
    """Return x of the columns and y of the rows; both borders are exact."""
    x_mm = np.linspace(0, size.width_mm, heights_mm.shape[1])
    y_mm = np.linspace(size.height_mm, 0, heights_mm.shape[0])
    return x_mm.astype(np.float32), y_mm.astype(np.float32)


def _positions(
    x_mm: Floats, y_mm: Floats, heights_mm: Floats, numbers: NDArray[np.integer[Any]]
) -> Floats:
    """Return the vertices of these numbers, as numbered in ``close``: (..., 3) float32."""
    corners = np.array(
        [(x, y, 0) for x, y in ((0, 0), (x_mm[-1], 0), (x_mm[-1], y_mm[0]), (0, y_mm[0]))],
        dtype=np.float32,
    )
    is_top = numbers < heights_mm.size
    row, col = np.divmod(np.where(is_top, numbers, 0), len(x_mm))
    positions = np.stack([x_mm[col], y_mm[row], heights_mm[row, col]], axis=-1)
    positions[~is_top] = corners[numbers[~is_top] - heights_mm.size]
    return positions


def _write_top(out: BinaryIO, x_mm: Floats, y_mm: Floats, heights_mm: Floats) -> None:
    rows, cols = heights_mm.shape[0] - 1, heights_mm.shape[1] - 1
    strip_rows = min(rows, max(1, STRIP_CELLS // cols))
    strip = np.zeros((strip_rows, cols, 2), RECORD)
    # First triangle of a cell: far left, near left, far right; second: far right, near left,
    # near right.
    strip["corners"][:, :, 0, :2, 0] = x_mm[:-1, None]
    strip["corners"][:, :, 0, 2, 0] = x_mm[1:]
    strip["corners"][:, :, 1, ::2, 0] = x_mm[1:, None]
    strip["corners"][:, :, 1, 1, 0] = x_mm[:-1]
    per_dx: Floats = np.reciprocal(np.diff(x_mm))
    per_dy: Floats = np.reciprocal(np.diff(y_mm))  # below 0
    for first in range(0, rows, strip_rows):
        count = min(strip_rows, rows - first)
        z = heights_mm[first : first + count + 1]
        y = y_mm[first : first + count + 1, None]
        _fill(strip[:count].view(PAIRS), y, z, per_dx, per_dy[first : first + count, None])
        out.write(strip[:count].data.cast("B"))


def _fill(strip: NDArray[np.void], y: Floats, z: Floats, per_dx: Floats, per_dy: Floats) -> None:
    first, second = strip[:, :, 0], strip[:, :, 1]
    yz = np.empty(z.shape, np.complex64)
    yz.real, yz.imag = y, z
    first["yz_0"] = yz[:-1, :-1]
    first["yz_1"] = second["yz_1"] = yz[1:, :-1]
    first["yz_2"] = second["yz_0"] = yz[:-1, 1:]
    second["yz_2"] = yz[1:, 1:]
    slope_x = np.diff(z, axis=1) * per_dx
    slope_y = np.diff(z, axis=0)
    slope_y *= per_dy
    _fill_normals(first, slope_x[:-1], slope_y[:, :-1])
    _fill_normals(second, slope_x[1:], slope_y[:, 1:])


def _fill_normals(strip: NDArray[np.void], slope_x: Floats, slope_y: Floats) -> None:
    up = slope_x * slope_x
    up += slope_y * slope_y
    up += 1
    np.sqrt(up, out=up)
    np.reciprocal(up, out=up)
    strip["normal_z"] = up
    np.negative(up, out=up)
    xy = np.empty(up.shape, np.complex64)
    np.multiply(slope_x, up, out=xy.real)
    np.multiply(slope_y, up, out=xy.imag)
    strip["normal_xy"] = xy


def _volume_mm3(heights_mm: Floats, size: ReliefSize) -> float:
    """Return the volume of the prisms under all triangles of the top."""
    rows, cols = heights_mm.shape[0] - 1, heights_mm.shape[1] - 1
    # Of the six corners of its two triangles, each cell has the far left and near right one once
    # and the other two twice.
    sums = heights_mm.sum(axis=1, dtype=np.float64)
    left, right = (heights_mm[:, end].astype(np.float64) for end in (0, -1))
    to_right, to_left = sums - left, sums - right
    total = float((to_left + 2 * to_right)[:-1].sum() + (2 * to_left + to_right)[1:].sum())
    volume: float = total * size.width_mm * size.height_mm / (6 * rows * cols)
    return volume
