"""What hangs together in a mesh, and the loose bits that float around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from printd.geometry.mesh.mesh import Mesh
from printd.geometry.repair.seams import used

SMALL: Final = 0.06  # of the largest part's diagonal: a bit
TOUCHING: Final = 0.004  # of it: so near, a bit belongs to what it touches
MOST_PARTS: Final = 500  # slicers take a minute for some thousand


def part_numbers(mesh: Mesh) -> tuple[int, NDArray[np.int32]]:
    """Return how many parts a mesh has, and which each face belongs to, (m,)."""
    a, b, c = mesh.faces.T
    links = coo_array(
        (np.ones(2 * len(a), bool), (np.r_[a, b], np.r_[b, c])), shape=(len(mesh.vertices),) * 2
    )
    _, label = connected_components(links, directed=False)
    found, number = np.unique(label[a], return_inverse=True)
    return len(found), number.ravel().astype(np.int32)


@dataclass(frozen=True, slots=True)
class Loose:
    """The bits that were dropped."""

    bits: int
    triangles: int


def without_bits(mesh: Mesh, *, touching: bool = True) -> tuple[Mesh, Loose]:
    """Drop small parts that float freely.

    Args:
        mesh: sewn up.
        touching: whether a small part that touches a large one stays.
    """
    count, number = part_numbers(mesh)
    if count == 1:
        return mesh, Loose(0, 0)
    diagonals = _diagonals(mesh, number, count)
    kept = diagonals >= SMALL * diagonals.max()
    if touching:
        kept |= _touching(mesh, number, kept, TOUCHING * float(diagonals.max()))
    if kept.sum() > MOST_PARTS:
        kept &= np.isin(np.arange(count), np.argsort(-diagonals, kind="stable")[:MOST_PARTS])
    chosen = kept[number]
    loose = Loose(int(count - kept.sum()), int(len(chosen) - chosen.sum()))
    return used(Mesh(mesh.vertices, mesh.faces[chosen])), loose


def _diagonals(mesh: Mesh, number: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """Return the diagonal of each part's box, (count,)."""
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(count))
    corners = mesh.vertices[mesh.faces[order]]
    low = np.minimum.reduceat(corners.min(axis=1), starts)
    high = np.maximum.reduceat(corners.max(axis=1), starts)
    return np.asarray(np.linalg.norm((high - low).astype(np.float64), axis=1))


def _touching(
    mesh: Mesh, number: NDArray[np.int32], kept: NDArray[np.bool_], reach: float
) -> NDArray[np.bool_]:
    """Return the parts of which a vertex is near one of a kept part, (count,)."""
    touching = np.zeros(len(kept), bool)
    is_kept = kept[number]
    if is_kept.all():
        return touching
    large = np.unique(mesh.faces[is_kept])
    part_of = np.empty(len(mesh.vertices), np.int32)
    part_of[mesh.faces] = number[:, None]
    small = np.unique(mesh.faces[~is_kept])
    distance, _ = cKDTree(mesh.vertices[large]).query(
        mesh.vertices[small], distance_upper_bound=reach
    )
    touching[part_of[small[np.isfinite(distance)]]] = True
    return touching
