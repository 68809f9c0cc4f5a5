"""Holes closed: every open border becomes the rim of a cap.

A border is cut into loops that meet no vertex twice. Each is laid flat along its own plane and
triangulated; whatever its shape, the cap has exactly the edges that the hole lacks. Where more than
two faces share an edge and do not answer each other, the faces there are cut out first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import manifold3d
import numpy as np
from numpy.typing import NDArray

from printd.geometry.mesh.mesh import Mesh
from printd.geometry.repair.edges import Edges, sides

ROUNDS: Final = 4
MOST_LOOSE: Final = 0.25  # of the faces may lie at crowded edges; beyond, cutting leaves rags


@dataclass(frozen=True, slots=True)
class Closed:
    """What was done about holes."""

    holes: int
    cut: int  # faces at edges that more than two share
    share: float  # of the closed skin that is caps now


def closed(mesh: Mesh) -> tuple[Mesh, Closed]:
    """Close the holes of a mesh of one winding.

    Returns:
        A mesh whose every directed edge has its reverse, and what was done.
    """
    mesh, cut = _cut_free(mesh)
    open_sides = _unanswered(mesh.faces)
    if not len(open_sides):
        return mesh, Closed(0, cut, 0.0)
    loops = _loops(open_sides)
    caps = [_cap(mesh.vertices, np.array(loop)) for loop in loops if len(loop) > 2]
    faces = np.concatenate([mesh.faces, *caps]).astype(np.int32)
    whole = Mesh(mesh.vertices, faces)
    areas = face_areas(whole)
    share = float(areas[len(mesh.faces) :].sum() / max(areas.sum(), 1e-30))
    return whole, Closed(len(loops), cut, share)


def face_areas(mesh: Mesh) -> NDArray[np.float64]:
    """Return the area of each face, (m,)."""
    a, b, c = mesh.vertices.astype(np.float64)[mesh.faces].swapaxes(0, 1)
    return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)


def _cut_free(mesh: Mesh) -> tuple[Mesh, int]:
    """Drop the faces at edges that an odd lot shares, unless that is a large part of them."""
    faces, cut = mesh.faces, 0
    for _ in range(ROUNDS):
        crowded = Edges.of(faces).unbalanced()
        if not len(crowded) or cut + len(crowded) > MOST_LOOSE * len(mesh.faces):
            break
        faces, cut = np.delete(faces, crowded, axis=0), cut + len(crowded)
    return Mesh(mesh.vertices, faces), cut


def _unanswered(faces: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the directed edges that lack a reverse, each as often as it lacks one, (n, 2)."""
    begins, ends = sides(faces)
    span = int(faces.max(initial=0)) + 1
    keys, counts = np.unique(np.r_[begins * span + ends, ends * span + begins], return_counts=True)
    own, own_counts = np.unique(begins * span + ends, return_counts=True)
    there = np.zeros(len(keys), np.int64)
    there[np.searchsorted(keys, own)] = own_counts
    lacking = np.repeat(keys, np.maximum(2 * there - counts, 0))
    return np.stack([lacking // span, lacking % span], axis=1)


def _loops(open_sides: NDArray[np.int64]) -> list[list[int]]:
    """Return the rims of holes, in the direction of the caps, no vertex twice in one."""
    following: dict[int, list[int]] = {}
    for begin, end in open_sides.tolist():
        following.setdefault(end, []).append(begin)
    loops: list[list[int]] = []
    for start in following:
        while following[start]:
            path, place = [start], {start: 0}
            while following.get(path[-1]):
                step = following[path[-1]].pop()
                if step in place:  # a loop is finished; what led to it goes on
                    at = place[step]
                    loops.append(path[at:])
                    for vertex in path[at + 1 :]:
                        del place[vertex]
                    del path[at + 1 :]
                else:
                    place[step] = len(path)
                    path.append(step)
    return loops


def _cap(vertices: NDArray[np.float32], loop: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the faces of a cap, (n, 3)."""
    if len(loop) == 3:
        return loop[None]
    points = vertices[loop].astype(np.float64)
    points -= points.mean(axis=0)
    normal = np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0)
    size = float(np.linalg.norm(normal))
    if size < 1e-12:
        normal = np.linalg.svd(points, full_matrices=True)[2][2]
    else:
        normal /= size
    right = np.eye(3)[int(np.abs(normal).argmin())]
    right = right - normal * float(right @ normal)
    right /= np.linalg.norm(right)
    flat = np.stack([points @ right, points @ np.cross(normal, right)], axis=1)
    return np.asarray(loop[manifold3d.triangulate([flat])])
