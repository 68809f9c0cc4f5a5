"""Bodies that touch along an edge, taken apart there.

Four faces at an edge are two edges of two faces in one place. Going round the edge, each face is
joined to the one with which it encloses solid; vertices that only such an edge held together become
several, in the same place.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from printd.geometry.mesh.mesh import Mesh
from printd.geometry.repair.edges import Edges

Sides = NDArray[np.intp]
MOST_CROWDED: Final = 50_000  # edges; more of them are no touching bodies but a tangle


def parted(mesh: Mesh) -> Mesh:
    """Return a mesh without holes with two faces at every edge, by vertex numbers."""
    edges = Edges.of(mesh.faces)
    crowded = np.flatnonzero(edges.counts > 2)
    if not 0 < len(crowded) <= MOST_CROWDED:
        return mesh
    at = edges.starts[edges.counts == 2]
    one, other = [edges.order[at]], [edges.order[at + 1]]
    for edge in crowded.tolist():
        start = edges.starts[edge]
        pairs = _pairs(mesh, edges.order[start : start + edges.counts[edge]])
        one.append(pairs[:, 0])
        other.append(pairs[:, 1])
    return _split(mesh, np.concatenate(one), np.concatenate(other))


def _pairs(mesh: Mesh, sides: Sides) -> Sides:
    """Join the sides of one edge by going round it, (n, 2)."""
    face, corner = sides // 3, sides % 3
    begin, end = mesh.faces[face, corner], mesh.faces[face, (corner + 1) % 3]
    tip = mesh.faces[face, (corner + 2) % 3]
    forward = begin < end
    points = mesh.vertices.astype(np.float64)
    foot = points[min(begin[0], end[0])]
    axis = points[max(begin[0], end[0])] - foot
    axis /= max(float(np.linalg.norm(axis)), 1e-30)
    right = np.cross(axis, np.eye(3)[int(np.abs(axis).argmin())])
    right /= np.linalg.norm(right)
    out = points[tip] - foot
    angles = np.arctan2(out @ np.cross(axis, right), out @ right)
    # Solid lies before a face that runs forward, and behind one that runs backward.
    order = np.lexsort((forward, angles))
    before = np.roll(order, 1)
    good = forward[order] & ~forward[before]
    pairs = [np.stack([order[good], before[good]], axis=1)]
    left = np.setdiff1d(np.arange(len(sides)), np.concatenate(pairs))
    ahead, back = left[forward[left]], left[~forward[left]]
    least = min(len(ahead), len(back))
    pairs.append(np.stack([ahead[:least], back[:least]], axis=1))
    return sides[np.concatenate(pairs)]


def _split(mesh: Mesh, one: Sides, other: Sides) -> Mesh:
    """Give corners of faces one vertex where a chain of joined sides links them.

    Args:
        mesh: its vertices keep their places.
        one: sides, as 3 * face + corner.
        other: the side that each is joined to; they run in opposite directions.
    """
    after_one, after_other = _next(one), _next(other)
    count = 3 * len(mesh.faces)
    rows, columns = np.r_[one, after_one], np.r_[after_other, other]
    links = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(count, count))
    _, label = connected_components(links, directed=False)
    _, first, number = np.unique(label, return_index=True, return_inverse=True)
    vertices = mesh.vertices[mesh.faces.ravel()[first]]
    return Mesh(vertices, number.reshape(-1, 3).astype(np.int32))


def _next(sides: Sides) -> Sides:
    """Return the next side of the same face."""
    return np.asarray(sides // 3 * 3 + (sides % 3 + 1) % 3)
