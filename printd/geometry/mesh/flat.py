"""The triangles of a flat piece: its top, and what makes it a body.

An uncut piece is a box with a relief for a top: one edge at the bottom of each wall, two
triangles for the back. A piece with an outline of its own, or cut off below a height, gets walls
down from every outline, and a back of the same outlines in as few right triangles as they allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from printd.geometry.mesh.borders import border_edges
from printd.geometry.mesh.close import walls_and_back
from printd.geometry.mesh.cutoff import Cut
from printd.geometry.mesh.relief import dense_top
from printd.geometry.mesh.rtin import Flags, Floats, needed
from printd.geometry.mesh.rtin_mesh import Faces, triangles, whole

Mode = Literal["solid", "planar"]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """What a flat piece is made over."""

    heights_mm: Floats  # (rows + 1, cols + 1)
    x_mm: Floats  # (cols + 1,)
    y_mm: Floats  # (rows + 1,) descending
    tolerance_mm: float | None  # None: two triangles for each cell
    root: int  # cells along the largest square that one pair of triangles covers
    stride: int | None = None  # cells that an edge may run across, in a piece that will be bent
    is_ring: bool = False  # left and right will be joined, and are equal


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """A piece as it lies. A ring is not joined yet, and has no walls at its seam."""

    vertices: Floats  # (n, 3)
    faces: Faces  # (m, 3), those of the top first
    top_faces: int


def uncut(grid: Grid, mode: Mode) -> Flat:
    """Return a piece as large as its grid."""
    z_mm = grid.heights_mm
    used = _used(grid, np.ones(z_mm.shape, bool))
    if grid.tolerance_mm is None:
        faces = dense_top(*z_mm.shape)
    else:
        faces = triangles(_settled(used, grid), grid.root)
    top = _points(grid, np.flatnonzero(used))
    if mode == "planar":
        return Flat(top, _renumbered(faces, used.ravel()), len(faces))
    cols = z_mm.shape[1] - 1
    stride = cols if grid.stride is None else grid.stride - grid.stride % grid.root
    columns = np.append(np.arange(0, cols, stride), cols)
    closing = walls_and_back(
        grid.x_mm, grid.y_mm, z_mm, used, columns=columns, is_ring=grid.is_ring
    )
    feet = np.zeros((2 * len(columns), 3), np.float32)
    feet[:, 0] = grid.x_mm[np.append(columns, columns[::-1])]
    feet[len(columns) :, 1] = grid.y_mm[0]
    chosen = np.concatenate([used.ravel(), np.ones(len(feet), bool)])
    every = np.concatenate([faces, closing])
    return Flat(np.concatenate([top, feet]), _renumbered(every, chosen), len(faces))


def cut_out(grid: Grid, mode: Mode, line: Cut) -> Flat:
    """Return a piece cut along a line."""
    shape, root = grid.heights_mm.shape, grid.root
    used = _used(grid, line.inside)
    if grid.tolerance_mm is None:
        root = 1
    else:
        _settled(_along(used, line), grid)
    faces = _kept(used, root, line)
    samples, total = grid.heights_mm.size, grid.heights_mm.size + len(line.shares)
    chosen = _used_by(faces, total)
    new = line.between(*(_points(grid, numbers) for numbers in (line.starts, line.ends)))
    top = np.concatenate([_points(grid, np.flatnonzero(chosen[:samples])), new[chosen[samples:]]])
    if mode == "planar":
        return Flat(top, _renumbered(faces, chosen), len(faces))
    rim = np.concatenate([_border(shape).ravel(), np.ones(len(line.shares), bool)])
    edges = border_edges(faces, rim).astype(np.int32)
    if grid.is_ring:
        x_mm = np.append(np.tile(grid.x_mm, shape[0]), new[:, 0])[edges]
        at_seam = (x_mm == grid.x_mm[0]).all(axis=1) | (x_mm == grid.x_mm[-1]).all(axis=1)
        edges = edges[~at_seam]
    above, below = edges.T, edges.T + np.int32(total)
    sides = [
        np.stack([above[1], above[0], below[0]], axis=1),
        np.stack([above[1], below[0], below[1]], axis=1),
    ]
    back = _kept(_coarsest(used, grid, line), grid.root, line)
    chosen_below = _used_by(back, total)
    # Whatever the back uses, the top uses: it is as coarse as the same outlines allow.
    bottom = top[chosen_below[chosen]] * np.array([1, 1, 0], np.float32)
    every = np.concatenate([faces, *sides, back[:, ::-1] + np.int32(total)])
    return Flat(
        np.concatenate([top, bottom]),
        _renumbered(every, np.concatenate([chosen, chosen_below])),
        len(faces),
    )


def _used(grid: Grid, inside: Flags) -> Flags:
    """Mark the samples that the top needs, the highest one among them."""
    if grid.tolerance_mm is None:
        return np.ones(inside.shape, bool)
    used = needed(grid.heights_mm, grid.tolerance_mm, grid.root)
    # The piece is exactly as high as was asked.
    used.ravel()[np.where(inside, grid.heights_mm, -np.inf).argmax()] = True
    return used


def _settled(used: Flags, grid: Grid) -> Flags:
    """Add what the used samples stand on; a ring uses the same at its left and its right."""
    whole(used, grid.root)
    while grid.is_ring and (used[:, 0] != used[:, -1]).any():
        used[:, 0] |= used[:, -1]
        used[:, -1] = used[:, 0]
        whole(used, grid.root)
    return used


def _along(used: Flags, line: Cut) -> Flags:
    """Add the corners of the cells along the line, so that these are divided to the last."""
    row, col = np.nonzero(line.crossed)
    for down in (0, 1):
        for right in (0, 1):
            used[row + down, col + right] = True
    return used


def _coarsest(used: Flags, grid: Grid, line: Cut) -> Flags:
    """Return the fewest samples that meet the line, and the border as ``used`` does."""
    border = _border(used.shape)
    if grid.is_ring:
        border[1:-1] = False
    return _settled(_along(used & border & line.inside, line), grid)


def _kept(used: Flags, root: int, line: Cut) -> Faces:
    """Return the triangles on the inner side of the line."""
    whole_ones = triangles(used, root, line.crossed)
    return np.concatenate([whole_ones[line.inside.ravel()[whole_ones[:, 0]]], line.faces])


def _border(shape: tuple[int, ...]) -> Flags:
    """Mark the samples on the four sides."""
    border = np.ones(shape, bool)
    border[1:-1, 1:-1] = False
    return border


def _points(grid: Grid, numbers: NDArray[np.integer[Any]]) -> Floats:
    row, col = np.divmod(numbers, len(grid.x_mm))
    points = np.empty((len(numbers), 3), np.float32)
    points[:, 0], points[:, 1] = grid.x_mm.take(col), grid.y_mm.take(row)
    points[:, 2] = grid.heights_mm.take(numbers)
    return points


def _used_by(faces: Faces, total: int) -> Flags:
    used = np.zeros(total, bool)
    used[faces.ravel()] = True
    return used


def _renumbered(faces: Faces, chosen: Flags) -> Faces:
    """Number the chosen vertices alone, in their order; ``faces`` is altered and returned."""
    number = np.cumsum(chosen, dtype=np.int32)
    number -= np.int32(1)
    return number.take(faces, out=faces, mode="clip")  # other modes would make a copy first
