"""A new skin around the solid that a mesh means, when its own cannot be mended.

At the corners of a grid it is found whether they are inside, by lines through the mesh, and how
far the nearest face is. The skin between inside and outside is put together in tetrahedra, six to
a cell of the grid: that is closed whatever the values are.
"""

from __future__ import annotations

from itertools import permutations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from printd.core.errors import MeshBeyondRepair
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.repair.columns import Grid, crossings
from printd.geometry.repair.voxels import spread

CELLS: Final = 192  # along the longest side: half a millimetre of a piece of 100
MARGIN: Final = 3
BAND: Final = 1.8  # cells on both sides of the skin whose distances are reckoned
LEAST: Final = 0.02  # cells: no corner of the grid lies quite on the skin

# The cube is cut along its diagonal: each order of the three axes is a way from corner to corner.
WAYS: Final = tuple(permutations(range(3)))


def remeshed(mesh: Mesh) -> Mesh:
    """Return the skin of what a mesh encloses, as triangles of a grid.

    Args:
        mesh: without holes, of one winding as far as that can be; skins may cut each other.

    Raises:
        MeshBeyondRepair: it encloses nothing.
    """
    low, high = mesh.bounds_mm.astype(np.float64)
    step = float((high - low).max()) / CELLS
    shape = np.ceil((high - low) / step).astype(int) + 2 * MARGIN + 1
    start = low - step * (MARGIN + np.array([0.29, 0.37, 0.43]))
    inside = _inside(mesh, start, step, shape)
    if not inside.any():
        raise MeshBeyondRepair("The mesh encloses nothing.")
    values = _signed(mesh, inside, start, step)
    points, faces = skin_of(values)
    return Mesh((points * step + start).astype(np.float32), faces.astype(np.int32))


def _inside(
    mesh: Mesh, start: NDArray[np.float64], step: float, shape: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return the corners of the grid that lie within the mesh, or in a room that it encloses."""
    votes = np.zeros(tuple(shape.tolist()), np.int8)
    for axis in range(3):
        across = [(axis + 1) % 3, (axis + 2) % 3]
        grid = Grid(start[across], step, (int(shape[across[0]]), int(shape[across[1]])))
        met = crossings(mesh, axis, grid)
        at = np.ceil((met.heights - start[axis]) / step).astype(np.int64)
        steps = np.zeros((grid.counts[0] * grid.counts[1], int(shape[axis]) + 1), np.int32)
        np.add.at(steps, (met.lines, np.clip(at, 0, shape[axis])), -met.signs.astype(np.int32))
        within = np.cumsum(steps, axis=1)[:, :-1].reshape(*grid.counts, int(shape[axis]))
        votes += np.moveaxis(within > 0, (0, 1, 2), (across[0], across[1], axis))
    return np.asarray(ndimage.binary_fill_holes(votes >= 2))


def _signed(
    mesh: Mesh, inside: NDArray[np.bool_], start: NDArray[np.float64], step: float
) -> NDArray[np.float32]:
    """Return the distance to the skin at each corner of the grid, in cells, below 0 inside."""
    values = np.where(inside, np.float32(-BAND), np.float32(BAND))
    inner = ndimage.binary_erosion(inside, iterations=2)
    near = ndimage.binary_dilation(inside, iterations=2) & ~inner
    corners = np.argwhere(near)
    points, owners = _thinned(mesh, start, step / 2)
    places = corners * step + start
    distance, number = cKDTree(points).query(places)
    flat = _to_plane(mesh, owners[number], places)
    # The nearest point of many is hardly ever quite below; the plane of its face is.
    exact = np.where(distance < step, np.minimum(flat, distance), distance) / step
    exact = np.clip(exact, LEAST, BAND)
    values[near] = np.where(inside[near], -exact, exact)
    return values.astype(np.float32)


def _thinned(
    mesh: Mesh, start: NDArray[np.float64], apart: float
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return points on the faces, one in each small cell, and the face of each."""
    points, owners = np.empty((0, 3)), np.empty(0, np.int32)
    for more, of in spread(mesh, apart):
        points = np.concatenate([points, more])
        owners = np.concatenate([owners, of.astype(np.int32)])
        i, j, k = np.floor((points - start) / apart).astype(np.int64).T
        _, first = np.unique((i << 42) + (j << 21) + k, return_index=True)
        points, owners = points[first], owners[first]
    return points, owners


def _to_plane(
    mesh: Mesh, faces: NDArray[np.int32], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    a, b, c = mesh.vertices.astype(np.float64)[mesh.faces[faces]].swapaxes(0, 1)
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1)
    off = np.abs(np.einsum("ij,ij->i", normal, places - a))
    return np.where(length > 0, off / np.maximum(length, 1e-30), np.inf)


def skin_of(values: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the skin between the corners of a grid that are below 0 and the others.

    Args:
        values: (i, j, k), none of them 0; above 0 all around.

    Returns:
        Points in units of the grid, (n, 3), and faces, (m, 3), closed, outside where values are
        above 0.
    """
    shape = np.array(values.shape)
    strides = np.array([shape[1] * shape[2], shape[2], 1])
    flat = values.ravel()
    low = values < 0
    mixed = ndimage.minimum_filter(low, 2, origin=-1) != ndimage.maximum_filter(low, 2, origin=-1)
    mixed[-1], mixed[:, -1], mixed[:, :, -1] = False, False, False
    cells = np.flatnonzero(mixed.ravel())
    found: list[NDArray[np.int64]] = []
    for way in WAYS:
        steps = np.cumsum([0, *strides[list(way)]])
        corners = cells[:, None] + steps
        is_even = _is_even(way)
        found += _tetrahedra(flat, corners if is_even else corners[:, [0, 2, 1, 3]])
    edges = np.concatenate(found)  # (m, 3 corners, 2 ends)
    ends = np.sort(edges.reshape(-1, 2), axis=1)
    keys, number = np.unique(ends[:, 0] * flat.size + ends[:, 1], return_inverse=True)
    one, other = keys // flat.size, keys % flat.size
    share = flat[one] / (flat[one] - flat[other])
    begin = np.stack(np.unravel_index(one, values.shape), axis=1).astype(np.float64)
    end = np.stack(np.unravel_index(other, values.shape), axis=1)
    return begin + share[:, None] * (end - begin), number.reshape(-1, 3)


def _is_even(way: tuple[int, ...]) -> bool:
    return way in ((0, 1, 2), (1, 2, 0), (2, 0, 1))


def _tetrahedra(flat: NDArray[np.float32], corners: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the triangles in tetrahedra of one handedness, each corner as the edge it is on."""
    low = flat[corners] < 0
    kind = low @ np.array([1, 2, 4, 8])
    found = []
    for one in range(1, 15):
        some = corners[kind == one]
        if not len(some):
            continue
        for triangle in _triangles(one):
            ends = np.array(triangle)  # (3, 2)
            found.append(some[:, ends])
    return found


def _triangles(kind: int) -> list[tuple[tuple[int, int], ...]]:
    """Return the triangles of a tetrahedron by which of its corners, as bits, are inside."""
    inside = [corner for corner in range(4) if kind >> corner & 1]
    outside = [corner for corner in range(4) if not kind >> corner & 1]
    if len(inside) == 2:
        (a, b), (c, d) = inside, outside
        ring = [(a, c), (a, d), (b, d), (b, c)]
        if _odd((a, b, c, d)):
            ring.reverse()
        return [(ring[0], ring[1], ring[2]), (ring[0], ring[2], ring[3])]
    apex = inside[0] if len(inside) == 1 else outside[0]
    rest = [corner for corner in range(4) if corner != apex]
    turn = _odd((apex, *rest)) ^ (len(inside) == 3)
    if turn:
        rest.reverse()
    return [tuple((apex, corner) for corner in rest)]


def _odd(order: tuple[int, ...]) -> bool:
    swaps = sum(a > b for at, a in enumerate(order) for b in order[at + 1 :])
    return bool(swaps % 2)
