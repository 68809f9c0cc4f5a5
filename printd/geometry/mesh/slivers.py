"""Triangles that lost their area when the vertices of a mesh were moved and rounded.

Three vertices that were almost on one line are on one line then. Such a triangle covers nothing:
its longest edge is given up for the one between its middle vertex and the vertex beyond, and two
triangles become two others over the same ground.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.mesh.mesh import CHUNK, Mesh

Edge = tuple[int, int]
ROUNDS: Final = 8  # what is turned may lose its area again; more than two have not been seen


def without_slivers(mesh: Mesh, first: int = 0) -> Mesh:
    """Return the mesh with edges turned where a triangle has no area.

    Args:
        mesh: plane where there are such triangles. At an open edge they stay as they are.
        first: faces before this one are known to have an area, and stay as they are.
    """
    faces = mesh.faces
    for _ in range(ROUNDS):
        thin = first + without_area(mesh.vertices, faces[first:])
        if not len(thin):
            break
        faces = _turned(mesh.vertices, faces, thin, first)
    return Mesh(mesh.vertices, faces)


def without_area(
    vertices: NDArray[np.float32], faces: NDArray[np.int32]
) -> NDArray[np.signedinteger[Any]]:
    """Return the numbers of the faces that have no area, (n,)."""
    found = [np.empty(0, np.intp)]
    for start in range(0, len(faces), CHUNK):
        a, b, c = vertices[faces[start : start + CHUNK]].astype(np.float64).swapaxes(0, 1)
        found.append(start + np.flatnonzero(~np.cross(b - a, c - a).any(axis=1)))
    return np.concatenate(found)


def _turned(
    vertices: NDArray[np.float32],
    faces: NDArray[np.int32],
    thin: NDArray[np.signedinteger[Any]],
    first: int,
) -> NDArray[np.int32]:
    faces = faces.copy()
    is_near = np.zeros(len(vertices), bool)
    is_near[faces[thin]] = True
    near = np.flatnonzero(is_near[faces].sum(axis=1) > 1)
    face_of: dict[Edge, int] = {}
    for number, (a, b, c) in zip(near.tolist(), faces[near].tolist(), strict=True):
        face_of |= {(a, b): number, (b, c): number, (c, a): number}
    waiting = dict.fromkeys(thin.tolist())
    while waiting:
        before = len(waiting)
        for number in list(waiting):
            start, end, middle = _from_longest(vertices, faces[number])
            beyond = face_of.get((end, start))
            if beyond is None or beyond < first:
                continue  # an open edge, or a face that stays as it is
            if beyond in waiting:
                continue  # on the same line: nothing is won before that one is turned
            far = int(faces[beyond].sum()) - start - end
            faces[number], faces[beyond] = (start, far, middle), (far, end, middle)
            face_of |= {(start, far): number, (far, middle): number, (middle, start): number}
            face_of |= {(far, end): beyond, (end, middle): beyond, (middle, far): beyond}
            del waiting[number]
        if len(waiting) == before:
            break
    return faces


def _from_longest(vertices: NDArray[np.float32], face: NDArray[np.int32]) -> tuple[int, int, int]:
    """Return the corners of a triangle, from the start of its longest edge."""
    corners = vertices[face].astype(np.float64)
    lengths = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    start, end, middle = np.roll(face, -int(lengths.argmax())).tolist()
    return start, end, middle
