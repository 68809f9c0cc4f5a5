"""How a mesh stands one way up: what hangs over, what that asks of support, whether it holds.

A *way* is a direction of the mesh, of length 1, that is to point down. Areas and heights are those
of every triangle. Only what lies under an overhang is looked up among points spread evenly over the
skin, however large or small its triangles are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.turning import turn_down

Array = NDArray[np.float64]

# Of a face's direction points down, if it needs support: more than 45 degrees, and what rounding
# makes of just that.
OVERHANG: Final = 0.5**0.5 * (1 + 1e-3)
UPWARDS: Final = 0.1  # of a face's direction points up, if support may stand on it
ON_BED_MM: Final = 0.5  # two layers: what is as low lies on the bed, which is seldom quite plane
POINTS: Final = 20_000  # of the skin; twenty times as many change no choice (measured)
CELL: Final = 2.0  # side of a column, in distances of two points: about four lie in each
# A nozzle may push the top of a piece aside with 2 N, where it meets a curled edge, and a bed holds
# it with 1 N/mm² (estimates).
HOLD_MM2: Final = 2.0  # of foot times its reach, for each mm of height
# What a slicer makes of a solid: a wall, and little inside.
WALL_MM: Final = 1.2
FILL_SHARE: Final = 0.15


@dataclass(frozen=True, slots=True)
class Stand:
    """How a mesh stands one way up."""

    overhang_mm2: float  # what hangs over, seen from above
    support_mm3: float  # under it, down to the bed or to the mesh itself
    contact_mm2: float  # what lies on the bed
    height_mm: float
    hold: float  # below 1 it falls over or comes off; 0: its weight is not over its foot

    @property
    def is_stable(self) -> bool:
        """It stands by itself while it is printed."""
        return self.hold >= 1


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """A mesh made ready to be looked at many ways. Faces without area are left out."""

    vertices: Array  # (n, 3), mm
    faces: NDArray[np.int32]  # (m, 3)
    normals: Array  # (m, 3), length 1
    areas: Array  # (m,), mm²
    points: Array  # (p, 3), spread evenly over the faces
    point_faces: NDArray[np.intp]  # (p,)
    hull: ConvexHull
    middle: Array  # (3,), of the volume
    volume_mm3: float

    @classmethod
    def of(cls, mesh: Mesh) -> Skin:
        """Return the skin of a solid.

        Raises:
            QhullError: it is flat.
        """
        vertices = mesh.vertices.astype(np.float64)
        a, b, c = (vertices[mesh.faces[:, corner]] for corner in range(3))
        crossed = np.cross(b - a, c - a)
        doubled = np.linalg.norm(crossed, axis=1)
        six_volumes = np.einsum("ij,ij->i", a, crossed)
        total = float(six_volumes.sum())
        middle = (six_volumes @ (a + b + c) / 4) / total if total > 0 else vertices.mean(axis=0)
        kept = np.flatnonzero(doubled)
        faces, areas = mesh.faces[kept], doubled[kept] / 2
        points, point_faces = _spread(vertices, faces, areas)
        normals = crossed[kept] / doubled[kept, None]
        hull = ConvexHull(vertices)
        return cls(
            vertices, faces, normals, areas, points, point_faces, hull, middle, max(total / 6, 0.0)
        )

    @property
    def plastic_mm3(self) -> float:
        """What it takes to print the mesh, without support."""
        walls_mm3 = WALL_MM * float(self.areas.sum())
        return min(self.volume_mm3, walls_mm3 + FILL_SHARE * self.volume_mm3)

    @property
    def corners(self) -> Array:
        """The corners of the hull, (k, 3)."""
        return np.asarray(self.vertices[self.hull.vertices])

    def stand(self, way: Array) -> Stand:
        """Return how it stands when ``way`` is down."""
        heights = -(self.vertices @ way)
        heights -= heights.min()
        leaning = self.normals @ way
        # Of the faces that look down, those that lean out far and those that reach the bed.
        touches = (heights < ON_BED_MM)[self.faces].any(axis=1) & (leaning > 0)
        down = np.flatnonzero(touches | (leaning > OVERHANG))
        low, middle, high = np.sort(heights[self.faces[down]], axis=1).T
        lies = _share_below(low, middle, high, ON_BED_MM)
        seen = self.areas[down] * leaning[down]
        hangs = seen * (1 - lies) * (leaning[down] > OVERHANG)
        contact_mm2 = float((seen * lies).sum())
        columns_mm3 = float((hangs * (low + middle + high)).sum()) / 3
        height_mm = float(heights.max())
        reach_mm = self._reach_mm(way, heights)
        return Stand(
            overhang_mm2=float(hangs.sum()),
            support_mm3=max(0.0, columns_mm3 - self._filled_mm3(way, leaning)),
            contact_mm2=contact_mm2,
            height_mm=height_mm,
            hold=max(0.0, contact_mm2 * reach_mm / (HOLD_MM2 * height_mm)),
        )

    def _reach_mm(self, way: Array, heights: Array) -> float:
        """Return how far inside the outline of the foot the middle is; below 0: outside."""
        edges = self.hull.simplices[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
        is_low = heights < ON_BED_MM
        crossing = edges[is_low[edges[:, 0]] & ~is_low[edges[:, 1]]]
        start, end = heights[crossing].T
        times = ((ON_BED_MM - start) / (end - start))[:, None]
        lows = self.vertices[self.hull.vertices][is_low[self.hull.vertices]]
        cuts = self.vertices[crossing[:, 0]] * (1 - times) + self.vertices[crossing[:, 1]] * times
        flat = turn_down(way)[:2]
        try:
            outline = ConvexHull(np.concatenate([lows, cuts]) @ flat.T)
        except QhullError:
            return -1.0  # it stands on a point or an edge
        beyond = outline.equations[:, :2] @ (flat @ self.middle) + outline.equations[:, 2]
        return -float(beyond.max())

    def _filled_mm3(self, way: Array, leaning: Array) -> float:
        """Return what of the columns from overhangs down to the bed is under the mesh itself."""
        heights = -(self.points @ way)
        heights -= -float((self.corners @ way).max())
        leans = leaning[self.point_faces]
        hangs = (leans > OVERHANG) & (heights > ON_BED_MM)
        looked_at = np.flatnonzero(hangs | (leans < -UPWARDS))
        if not hangs.any():
            return 0.0
        each_mm2 = float(self.areas.sum()) / len(self.points)
        across = self.points[looked_at] @ turn_down(way)[:2].T
        cells = np.floor((across - across.min(axis=0)) / (CELL * each_mm2**0.5)).astype(np.int64)
        column = cells[:, 0] * (cells[:, 1].max() + 1) + cells[:, 1]
        order = np.lexsort((heights[looked_at], column))
        column, looked_at = column[order], looked_at[order]
        # Along each column upwards: where was the mesh last left by its upper side?
        last = np.where(hangs[looked_at], -1, np.arange(len(looked_at)))
        last = np.maximum.accumulate(last)
        under = hangs[looked_at] & (last >= 0) & (column[last] == column)
        seen_mm2 = each_mm2 * leans[looked_at[under]]
        return float((seen_mm2 * heights[looked_at[last[under]]]).sum())


def _share_below(low: Array, middle: Array, high: Array, level: float) -> Array:
    """Return which part of the area of each triangle is below a height; of corners in order."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # of what is not chosen
        from_low = (level - low) ** 2 / ((middle - low) * (high - low))
        to_high = 1 - (high - level) ** 2 / ((high - low) * (high - middle))
    share = np.where(level < middle, from_low, to_high)
    return np.where(level <= low, 0.0, np.where(level >= high, 1.0, share))


def _spread(
    vertices: Array, faces: NDArray[np.int32], areas: Array
) -> tuple[Array, NDArray[np.signedinteger[Any]]]:
    """Return points at equal shares of the area, always the same ones, and the face of each."""
    ends = np.cumsum(areas)
    shares = (np.arange(POINTS) + 0.5) / POINTS
    chosen = np.minimum(np.searchsorted(ends, shares * ends[-1]), len(areas) - 1)
    # The multiples of these two fractions fill a square evenly; half of it is the triangle.
    u, v = np.modf(np.outer([0.7548776662466927, 0.5698402909980532], np.arange(POINTS)))[0]
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    a, b, c = (vertices[faces[chosen, corner]] for corner in range(3))
    return a + u[:, None] * (b - a) + v[:, None] * (c - a), chosen
