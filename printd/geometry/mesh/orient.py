"""Which way up a mesh needs the least support.

Candidates are the flat faces of its hull and the ways that most of its skin looks. Each is judged
by what hangs over and how high, whether it stands by itself, and its height.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from printd.geometry.mesh.mesh import Mesh, volume_mm3
from printd.geometry.mesh.slivers import without_slivers

OVERHANG: Final = np.cos(np.radians(45.0))  # of a face's way down: what leans more needs support
ON_BED_MM: Final = 0.2  # a first layer: what is as low lies on the bed
SAMPLED: Final = 20_000  # faces that a candidate is judged by at first
CANDIDATES: Final = 24  # of the hull, and as many of the skin
FINALISTS: Final = 4  # judged by every face
GOOD_ENOUGH: Final = 0.05  # of the volume: less support than this more is no reason to turn a model
HEIGHT_WEIGHT: Final = 0.02  # of the volume, for a model that stands as high as it is long
TURN_WEIGHT: Final = 0.01  # of the volume, for turning it over: of equal ways the nearest is best
UNSTABLE_WEIGHT: Final = 2.0  # of the volume: what falls over needs a scaffold
SAME: Final = 0.9998  # cosine of about one degree: the same way

Room = tuple[float, float, float]  # width, depth, height; mm
Array = NDArray[np.float64]
DOWN: Final = np.array([0.0, 0.0, -1.0])


@dataclass(frozen=True, slots=True)
class Stand:
    """How a mesh stands one way up."""

    overhang_mm2: float  # what hangs over, seen from above
    support_mm3: float  # under it, down to the bed
    contact_mm2: float  # what lies on the bed
    height_mm: float
    is_stable: bool  # its weight is over its foot


@dataclass(frozen=True, slots=True)
class Turn:
    """What was done, and what came of it."""

    degrees: float  # 0: it stays as it was
    before: Stand
    after: Stand


def least_support(mesh: Mesh, rooms: Sequence[Room] = ()) -> tuple[Mesh, Turn]:
    """Turn a closed mesh so that it needs the least support; a good stand is left alone.

    Args:
        mesh: the skin of a solid.
        rooms: of the printers; ways up that fit one of them come first. None: any size will do.

    Returns:
        The mesh, its lowest corner at 0, and what was done. Always the same for the same mesh.
    """
    skin = _Skin.of(mesh)
    sample = skin.thinned(SAMPLED)
    first = sorted(_ways(skin), key=lambda way: sample.cost(way, rooms))[:FINALISTS]
    best = min(first, key=lambda way: skin.cost(way, rooms))
    before, after = skin.stand(DOWN), skin.stand(best)
    if skin.cost(DOWN, rooms) <= skin.cost(best, rooms) + GOOD_ENOUGH * skin.volume_mm3:
        return mesh, Turn(0.0, before, before)
    degrees = float(np.degrees(np.arccos(np.clip(best @ DOWN, -1, 1))))
    return _turned(mesh, best), Turn(degrees, before, after)


@dataclass(frozen=True, slots=True, eq=False)
class _Skin:
    """The faces of a mesh as ways and areas; ``share`` of them are there."""

    points: Array  # (n, 3): the corners of the hull, where a way's lowest and highest points are
    centres: Array  # (m, 3)
    lowest: Array  # (m, 3, 3): corners
    normals: Array  # (m, 3)
    areas: Array  # (m,), mm²
    middle: Array  # of the volume
    volume_mm3: float

    @classmethod
    def of(cls, mesh: Mesh) -> _Skin:
        corners = mesh.vertices.astype(np.float64)[mesh.faces]
        crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        lengths = np.linalg.norm(crossed, axis=1)
        kept = lengths > 0
        corners, crossed, lengths = corners[kept], crossed[kept], lengths[kept]
        centres = corners.mean(axis=1)
        parts = np.einsum("ij,ij->i", corners[:, 0], crossed) / 6
        volume = volume_mm3(mesh)
        middle = (parts[:, None] * centres * 0.75).sum(axis=0) / volume if volume else centres[0]
        normals = crossed / lengths[:, None]
        hull = _hull_points(mesh)
        return cls(hull, centres, corners, normals, lengths / 2, middle, abs(volume))

    def thinned(self, most: int) -> _Skin:
        """Return every n-th face, each counted n times."""
        step = -(-len(self.areas) // most)
        if step == 1:
            return self
        areas = self.areas[::step] * (self.areas.sum() / self.areas[::step].sum())
        parts = (self.centres[::step], self.lowest[::step], self.normals[::step], areas)
        return _Skin(self.points, *parts, self.middle, self.volume_mm3)

    def stand(self, way: Array) -> Stand:
        """Return how it stands when ``way`` is down."""
        depths = self.points @ way
        bed, height = float(depths.max()), float(np.ptp(depths))
        leaning = self.normals @ way
        above = bed - self.centres @ way
        lies = (bed - (self.lowest @ way).min(axis=1) < ON_BED_MM) & (leaning > 0)
        seen = self.areas * leaning
        hangs = (leaning > OVERHANG) & ~lies
        return Stand(
            overhang_mm2=float(seen[hangs].sum()),
            support_mm3=float((seen[hangs] * above[hangs]).sum()),
            contact_mm2=float(seen[lies].sum()),
            height_mm=height,
            is_stable=_is_over_foot(self.points[depths > bed - ON_BED_MM], self.middle, way),
        )

    def cost(self, way: Array, rooms: Sequence[Room]) -> float:
        """Return what this way up costs, as a volume; infinite where no printer has room."""
        if rooms and not any(self._fits(way, room) for room in rooms):
            return np.inf
        stand = self.stand(way)
        longest = float(np.ptp(self.points, axis=0).max())
        extra = HEIGHT_WEIGHT * stand.height_mm / longest
        extra += TURN_WEIGHT * (1 - float(way @ DOWN)) / 2
        extra += 0.0 if stand.is_stable else UNSTABLE_WEIGHT
        return stand.support_mm3 + extra * self.volume_mm3

    def _fits(self, way: Array, room: Room) -> bool:
        sides = np.ptp(self.points @ _rotation(way).T, axis=0)
        low, high = sorted(sides[:2])
        return bool(
            low <= min(room[:2]) + 1e-3
            and high <= max(room[:2]) + 1e-3
            and sides[2] <= room[2] + 1e-3
        )


def _ways(skin: _Skin) -> list[Array]:
    """Return the ways that may be down, each once; the axes last, for they are of no face."""
    found: list[Array] = []
    with suppress(QhullError):  # flat: the skin's own ways are all there are
        hull = ConvexHull(skin.points)
        corners = skin.points[hull.simplices]
        crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        found += _largest(hull.equations[:, :3], np.linalg.norm(crossed, axis=1))
    found += _largest(skin.normals, skin.areas)
    found += [sign * axis for axis in np.eye(3) for sign in (-1.0, 1.0)]
    ways: list[Array] = []
    for way in found:
        if all(way @ known < SAME for known in ways):
            ways.append(way / np.linalg.norm(way))
    return ways


def _largest(normals: Array, areas: Array) -> list[Array]:
    """Return the ways that the largest areas look, those that look nearly the same as one."""
    rounded = np.round(normals * 64).astype(np.int64)
    _, first, group = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    largest = np.argsort(-np.bincount(group.ravel(), areas), kind="stable")[:CANDIDATES]
    return list(normals[first[largest]])


def _hull_points(mesh: Mesh) -> Array:
    points = mesh.vertices.astype(np.float64)
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except QhullError:
        return points


def _is_over_foot(foot: Array, middle: Array, way: Array) -> bool:
    """Return whether the middle of a body is over the outline of the points that it stands on."""
    flat = _rotation(way)[:2]
    try:
        outline = ConvexHull(foot @ flat.T)
    except (QhullError, ValueError):
        return False  # it stands on a point or an edge
    beyond = outline.equations[:, :2] @ (flat @ middle) + outline.equations[:, 2]
    return bool((beyond <= 0).all())


def _rotation(way: Array) -> Array:
    """Return the matrix that turns ``way`` down, the shortest way round."""
    cosine = float(way @ DOWN)
    if cosine > 1 - 1e-12:
        return np.eye(3)
    if cosine < -1 + 1e-12:
        return np.diag([1.0, -1.0, -1.0])
    axis = np.cross(way, DOWN)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.asarray(np.eye(3) + cross + cross @ cross / (1 + cosine))


def _turned(mesh: Mesh, way: Array) -> Mesh:
    around = mesh.vertices.astype(np.float64) @ _rotation(way).T
    return without_slivers(Mesh((around - around.min(axis=0)).astype(np.float32), mesh.faces), 0)
