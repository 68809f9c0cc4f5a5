"""What a triangle mesh is, and whether it is the skin of a solid.

Closedness is a matter of vertex numbers, not of coordinates: each directed edge occurs once and
its reverse occurs once. Everything is array work; a million triangles take about a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 13  # triangles looked at together, so that they stay in the cache


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles over shared vertices, in millimetres, z up.

    ``vertices`` is (n, 3) float32; ``faces`` is (m, 3) int32, counter-clockwise seen from outside.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]

    @property
    def bounds_mm(self) -> NDArray[np.float32]:
        """The lowest and the highest corner, (2, 3)."""
        return np.stack([self.vertices.min(axis=0), self.vertices.max(axis=0)])


@dataclass(frozen=True, slots=True)
class ClosedReport:
    """What ``check_closed`` found; all counts are 0 for the skin of a solid."""

    triangles: int
    vertices: int  # that a triangle uses
    open_edges: int  # directed edges whose reverse is missing
    doubled_edges: int  # directed edges that occur again
    bow_ties: int  # further fans of triangles that touch at a vertex only
    degenerate: int  # triangles without area
    volume_mm3: float

    @property
    def is_closed(self) -> bool:
        """The mesh is the skin of a solid, and not inside out."""
        faults = self.open_edges + self.doubled_edges + self.bow_ties + self.degenerate
        return faults == 0 and self.triangles >= 4 and self.volume_mm3 > 0


def check_closed(mesh: Mesh) -> ClosedReport:
    """Count what keeps a mesh from being the skin of a solid. The mesh is not altered."""
    faces = mesh.faces.astype(np.int64)
    span = max(1, len(mesh.vertices))
    starts, ends = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    edges, reverses = starts * span + ends, ends * span + starts
    order = np.argsort(edges, kind="stable")
    ordered = edges[order]
    doubled = int(np.count_nonzero(ordered[1:] == ordered[:-1]))
    place = np.minimum(np.searchsorted(ordered, reverses), max(0, len(ordered) - 1))
    is_open = ordered[place] != reverses if len(ordered) else np.zeros(0, bool)
    # Around a vertex, the edge that leaves it is followed by the one that leaves it in the
    # triangle across the edge that comes in. Each ring or arc of these is one fan.
    incoming = np.roll(np.arange(len(edges)).reshape(-1, 3), 1, axis=1).ravel()
    followers = np.where(is_open, np.arange(len(edges)), order[place])[incoming]
    used = len(np.unique(starts))
    closed_so_far = doubled == 0 and not is_open.any()
    area_zero, volume = _areas_and_volume(mesh)
    return ClosedReport(
        triangles=len(faces),
        vertices=used,
        open_edges=int(np.count_nonzero(is_open)),
        doubled_edges=doubled,
        bow_ties=_rings(followers) - used if closed_so_far else 0,
        degenerate=area_zero,
        volume_mm3=volume,
    )


def _rings(followers: NDArray[np.int64]) -> int:
    """Count the rings of a permutation: everybody learns the least number of its ring."""
    least = np.arange(len(followers))
    step = followers
    while True:
        lower = np.minimum(least, least[step])
        if np.array_equal(lower, least):
            return len(np.unique(least))
        least, step = lower, step[step]


def volume_mm3(mesh: Mesh) -> float:
    """Return the signed volume of a closed mesh."""
    return _areas_and_volume(mesh)[1]


def _areas_and_volume(mesh: Mesh) -> tuple[int, float]:
    """Return the number of triangles without area, and the signed volume in mm³."""
    without_area, six_volumes = 0, 0.0
    for start in range(0, len(mesh.faces), CHUNK):
        corners = mesh.vertices.take(mesh.faces[start : start + CHUNK], axis=0).reshape(-1, 9)
        # Column by column: products of whole columns run far quicker than of rows of three.
        a, b, c = corners.T.astype(np.float64, order="C").reshape(3, 3, -1)
        (ux, uy, uz), (vx, vy, vz) = b - a, c - a
        normal = np.stack([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx])
        without_area += int(np.count_nonzero(~normal.any(axis=0)))
        six_volumes += float(np.einsum("ij,ij->", a, normal))
    return without_area, six_volumes / 6
