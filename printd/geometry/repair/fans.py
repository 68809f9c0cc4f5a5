"""A mesh whose vertices can be told apart by their places, as files without shared vertices ask.

Two fans of faces may touch at a point or along an edge: as numbers their vertices differ, in an STL
file they are one, and the slicer sees an edge of four faces. Each fan is drawn in a little.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.files.meshio import same_points
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.slivers import without_area, without_slivers
from printd.geometry.repair.seams import used

DRAWN_MM: Final = 0.01  # far below what a printer shows, far above how fine 32 bits are
ROUNDS: Final = 4


def apart(mesh: Mesh) -> Mesh:
    """Return a closed mesh in which no two vertices share a place, and no face is empty."""
    for _ in range(ROUNDS):
        mesh = without_slivers(mesh)
        if not len(without_area(mesh.vertices, mesh.faces)) and not _shared(mesh).any():
            return mesh
        mesh = used(_drawn_in(mesh))
    return without_slivers(mesh)


def _shared(mesh: Mesh) -> NDArray[np.bool_]:
    """Return the vertices that have the place of another one, (n,)."""
    _, number = same_points(mesh.vertices)
    return np.asarray(np.bincount(number)[number] > 1)


def _drawn_in(mesh: Mesh) -> Mesh:
    """Move vertices that share a place towards their own faces."""
    shared = _shared(mesh)
    if not shared.any():
        return mesh
    middles = mesh.vertices[mesh.faces].mean(axis=1)
    near = shared[mesh.faces]
    at = mesh.faces[near]
    way = np.zeros_like(mesh.vertices)
    np.add.at(way, at, np.repeat(middles, near.sum(axis=1), axis=0) - mesh.vertices[at])
    length = np.linalg.norm(way, axis=1, keepdims=True)
    vertices = mesh.vertices + np.float32(DRAWN_MM) * way / np.maximum(length, np.float32(1e-12))
    return Mesh(np.where(shared[:, None], vertices, mesh.vertices), mesh.faces)
