"""Which side of a face is outside: made one over each skin, then turned outwards.

Neighbours across an edge must run along it in opposite directions. Each face is taken twice, as it
is and turned; faces that agree hang together, so each skin falls into its two ways round.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from printd.geometry.mesh.mesh import Mesh
from printd.geometry.repair.edges import Edges


def of_one_winding(mesh: Mesh) -> tuple[Mesh, int]:
    """Turn faces so that neighbours agree, the fewest of each skin; return how many were turned."""
    one, other, disagree = Edges.of(mesh.faces).pairs()
    if not disagree.any():
        return mesh, 0
    count = len(mesh.faces)
    # Node f is face f as it is, node f + count the same turned.
    crossed = np.where(disagree, count, 0)
    rows = np.r_[one, one + count]
    columns = np.r_[other + crossed, other + count - crossed]
    links = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(2 * count,) * 2)
    _, label = connected_components(links, directed=False)
    as_is, turned = label[:count], label[count:]
    # Of the two ways round of a skin, the one that fewer faces have is given up.
    sizes = np.bincount(as_is, minlength=int(label.max()) + 1)
    less = sizes[as_is] < sizes[turned]
    tie = (sizes[as_is] == sizes[turned]) & (as_is > turned)
    flipped = less | tie
    return _flipped(mesh, flipped), int(flipped.sum())


def turned_outwards(mesh: Mesh, number: NDArray[np.int32], count: int) -> tuple[Mesh, int]:
    """Turn skins that are inside out; return how many were.

    A skin within another that looks inwards is the wall of a cavity, and stays.

    Args:
        mesh: closed skins, each of one winding.
        number: the skin of each face, (m,).
        count: of skins.
    """
    volumes = skin_volumes(mesh, number, count)
    inward = np.flatnonzero(volumes < 0)
    if not len(inward):
        return mesh, 0
    is_wrong = np.zeros(count, bool)
    for skin in inward.tolist():
        chosen = number == skin
        point = mesh.vertices[mesh.faces[chosen][0]].astype(np.float64).mean(axis=0)
        others = mesh.faces[~chosen]
        is_wrong[skin] = not len(others) or abs(winding_at(mesh, others, point)) < 0.5
    return _flipped(mesh, is_wrong[number]), int(is_wrong.sum())


def skin_volumes(mesh: Mesh, number: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """Return the signed volume of each skin, (count,)."""
    corners = (mesh.vertices - mesh.vertices.mean(axis=0))[mesh.faces].astype(np.float64)
    a, b, c = corners.swapaxes(0, 1)
    return np.bincount(number, np.einsum("ij,ij->i", a, np.cross(b, c)), count) / 6


def winding_at(mesh: Mesh, faces: NDArray[np.int32], point: NDArray[np.float64]) -> float:
    """Return how often faces go round a point: the solid angle that they cover, over 4 pi."""
    a, b, c = (mesh.vertices[faces].astype(np.float64) - point).swapaxes(0, 1)
    la, lb, lc = (np.linalg.norm(side, axis=1) for side in (a, b, c))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c))
    below = la * lb * lc + np.einsum("ij,ij->i", a, b) * lc
    below += np.einsum("ij,ij->i", b, c) * la + np.einsum("ij,ij->i", c, a) * lb
    return float(np.arctan2(volume, below).sum() / (2 * np.pi))


def _flipped(mesh: Mesh, chosen: NDArray[np.bool_]) -> Mesh:
    faces = mesh.faces.copy()
    faces[chosen] = faces[chosen][:, ::-1]
    return Mesh(mesh.vertices, faces)
