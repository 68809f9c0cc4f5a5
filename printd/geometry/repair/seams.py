"""Seams sewn up: equal vertices become one, and faces that are none, or are there twice, go.

Exporters give each patch of a texture vertices of its own, so a closed skin comes as loose patches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from printd.geometry.files.meshio import same_points
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.repair.edges import Edges

NEAR: Final = 2e-5  # of the longest side: open edges so near were one; 16 bits tell as much apart
TWO_SIDED: Final = 0.2  # share of faces that are there both ways, to be meant so
FINEST: Final = 2048  # cells along the longest side, for what has too many triangles ...
COARSER: Final = 1.5  # ... and so many times fewer, until that is enough


@dataclass(frozen=True, slots=True)
class Sewn:
    """What was done about the seams."""

    welded: int  # vertices that were there more than once
    dropped: int  # faces without an area, or there twice


def sewn(mesh: Mesh, owners: NDArray[np.int32] | None = None) -> tuple[Mesh, Sewn]:
    """Return a mesh with equal vertices made one, and without empty and doubled faces.

    Args:
        mesh: as it was read.
        owners: (n,), the object that each vertex is of; objects are sewn to each other only where
            both are open, for what is closed by itself may well touch another.
    """
    vertices, number = same_points(mesh.vertices)
    if owners is not None and owners.any():
        _, first, number = np.unique(
            number * (int(owners.max()) + 1) + owners, return_index=True, return_inverse=True
        )
        vertices = mesh.vertices[first]
    welded = len(mesh.vertices) - len(vertices)
    faces, dropped = _without_litter(number[mesh.faces].astype(np.int32))
    near = _near(vertices, faces)
    if near is not None:
        welded += len(vertices) - int(near.max(initial=-1)) - 1
        faces, more = _without_litter(near[faces].astype(np.int32))
        place = np.empty((int(near.max()) + 1, 3), np.float32)
        place[near[::-1]] = vertices[::-1]
        vertices, dropped = place, dropped + more
    return used(Mesh(vertices, faces)), Sewn(welded, dropped)


def clustered(
    mesh: Mesh, owners: NDArray[np.int32], most_triangles: int
) -> tuple[Mesh, NDArray[np.int32]]:
    """Return a mesh of fewer triangles: vertices that share a small cell become one.

    Args:
        mesh: as it was read.
        owners: (n,), the object that each vertex is of.
        most_triangles: that are left.

    Returns:
        The mesh, and the owners of its vertices: the first one of those that became one.
    """
    low, high = mesh.bounds_mm
    along = float(FINEST)
    while len(mesh.faces) > most_triangles:
        step = max(float((high - low).max()) / along, 1e-30)
        side = int(along) + 2
        key = np.zeros(len(mesh.vertices), np.int64)
        for axis in range(3):
            cells = (mesh.vertices[:, axis] - low[axis]) / np.float32(step)
            key = key * side + np.clip(cells, 0, side - 1).astype(np.int64)
        _, first, number = np.unique(key, return_index=True, return_inverse=True)
        faces = number.astype(np.int32)[mesh.faces]
        mesh = Mesh(mesh.vertices[first], faces[_with_three_corners(faces)])
        owners = owners[first]
        along /= COARSER
    return mesh, owners


def used(mesh: Mesh) -> Mesh:
    """Return a mesh without vertices that no face uses."""
    is_used = np.zeros(len(mesh.vertices), bool)
    is_used[mesh.faces] = True
    if is_used.all():
        return mesh
    number = np.cumsum(is_used, dtype=np.int32) - 1
    return Mesh(mesh.vertices[is_used], number[mesh.faces])


def _with_three_corners(faces: NDArray[np.int32]) -> NDArray[np.bool_]:
    a, b, c = faces.T
    kept: NDArray[np.bool_] = (a != b) & (b != c) & (c != a)
    return kept


def _without_litter(faces: NDArray[np.int32]) -> tuple[NDArray[np.int32], int]:
    """Drop faces with a corner twice, and all but one of those with the same corners.

    Two that look in opposite ways are a wall between two touching bodies, and both go; unless
    there are very many: then the exporter drew every face from both sides.
    """
    before = len(faces)
    faces = faces[_with_three_corners(faces)]
    ordered = np.sort(faces, axis=1).astype(np.int64)
    span = int(faces.max(initial=0)) + 1
    key = ordered[:, 0] * span + ordered[:, 1]  # with the third corner it might not fit
    order = np.lexsort((ordered[:, 2], key))
    key, third = key[order], ordered[order, 2]
    starts = np.flatnonzero(np.r_[True, (key[1:] != key[:-1]) | (third[1:] != third[:-1])])
    if not len(faces) or len(starts) == len(faces):
        return faces, before - len(faces)
    turns = _turns(faces)[order]
    sums = np.add.reduceat(turns, starts)
    counts = np.diff(np.r_[starts, len(faces)])
    opposed = (sums == 0) & (counts > 1)
    if opposed.sum() > TWO_SIDED * len(starts):
        opposed[:] = False
    kept = np.sort(order[starts[~opposed]])
    return faces[kept], before - len(kept)


def _turns(faces: NDArray[np.int32]) -> NDArray[np.int8]:
    """Return 1 where corners go round by rising numbers, else -1."""
    a, b, c = faces.T
    rising = ((a < b) & (b < c)) | ((b < c) & (c < a)) | ((c < a) & (a < b))
    return np.where(rising, 1, -1).astype(np.int8)


def _near(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.int64] | None:
    """Return new numbers of vertices, those at open edges that almost meet being one."""
    if not len(faces):
        return None
    rim = np.unique(Edges.of(faces).lone())
    if not len(rim):
        return None
    reach = NEAR * float(np.ptp(vertices, axis=0).max())
    pairs = cKDTree(vertices[rim]).query_pairs(reach, output_type="ndarray")
    if not len(pairs):
        return None
    one, other = rim[pairs[:, 0]], rim[pairs[:, 1]]
    links = coo_array((np.ones(len(one), bool), (one, other)), shape=(len(vertices),) * 2)
    labels: NDArray[np.int64] = connected_components(links, directed=False)[1].astype(np.int64)
    return labels
