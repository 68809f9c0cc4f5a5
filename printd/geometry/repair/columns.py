"""Where straight lines through a mesh meet it: lines along an axis, one for each cell of a grid.

The lines of a grid are laid where hardly a vertex lies, and whether a line passes an edge on one
side or the other is reckoned the same for both faces of the edge. So a line meets a closed skin as
often inwards as outwards, and adding up says how deep any place lies within the mesh.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import MeshBeyondRepair
from printd.geometry.mesh.mesh import Mesh

AT_A_TIME: Final = 1 << 20  # places where a line may meet a face
MOST_PLACES: Final = 200_000_000
BESIDE: Final = (0.3819660113, 0.6180339887)  # of a cell, where no round coordinate is


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Lines in two directions; ``counts`` of them, ``pitch`` apart, from ``start``."""

    start: NDArray[np.float64]  # (2,)
    pitch: float
    counts: tuple[int, int]

    @classmethod
    def over(cls, mesh: Mesh, axis: int, pitch: float) -> Grid:
        """Return the grid that covers a mesh, seen along an axis."""
        across = [(axis + 1) % 3, (axis + 2) % 3]
        low, high = mesh.bounds_mm[:, across].astype(np.float64)
        counts = np.ceil((high - low) / pitch).astype(int) + 1
        return cls(low - pitch * np.array(BESIDE), pitch, (int(counts[0]) + 1, int(counts[1]) + 1))


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """Where lines meet a mesh, line by line, each from low to high."""

    lines: NDArray[np.int64]  # number of the line: row * columns + column
    heights: NDArray[np.float64]  # along the axis
    signs: NDArray[np.int8]  # -1 where a line enters, 1 where it leaves
    faces: NDArray[np.int64]

    def depths(self) -> NDArray[np.int64]:
        """Return how often a line is within the mesh behind each crossing, (n,)."""
        entered = -self.signs.astype(np.int64)
        total = np.cumsum(entered)
        is_first = np.r_[True, self.lines[1:] != self.lines[:-1]][: len(self.lines)]
        return total - (total - entered)[_last(is_first)]


def _last(is_first: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return for each place the last one at or before it that is a first one."""
    return np.maximum.accumulate(np.where(is_first, np.arange(len(is_first)), 0))


def crossings(mesh: Mesh, axis: int, grid: Grid) -> Crossings:
    """Find where the lines of a grid along an axis meet a mesh.

    Raises:
        MeshBeyondRepair: very many faces, each as large as the whole.
    """
    across = [(axis + 1) % 3, (axis + 2) % 3]
    flat = (mesh.vertices[:, across].astype(np.float64) - grid.start) / grid.pitch
    high = mesh.vertices[:, axis].astype(np.float64)
    found = [_met(flat, high, mesh.faces, grid, *part) for part in _parts(flat, mesh.faces, grid)]
    if not found:
        nothing = np.empty(0)
        return Crossings(
            nothing.astype(np.int64), nothing, nothing.astype(np.int8), nothing.astype(np.int64)
        )
    lines, heights, signs, faces = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((heights, lines))
    return Crossings(lines[order], heights[order], signs[order], faces[order])


def _parts(
    flat: NDArray[np.float64], faces: NDArray[np.int32], grid: Grid
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Yield face numbers and places (column, row) where a line may meet the face."""
    corners = flat[faces]
    first = np.maximum(np.ceil(corners.min(axis=1)), 0).astype(np.int64)
    last = np.minimum(np.floor(corners.max(axis=1)), np.array(grid.counts) - 1).astype(np.int64)
    spans = np.maximum(last - first + 1, 0)
    counts = spans.prod(axis=1)
    chosen = np.flatnonzero(counts)
    totals = np.cumsum(counts[chosen])
    if len(totals) and totals[-1] > MOST_PLACES:
        raise MeshBeyondRepair("The mesh is a tangle of faces, each as large as the whole.")
    begin = 0
    while begin < len(chosen):
        done = totals[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(totals, done + AT_A_TIME, "right")))
        some = chosen[begin:end]
        number = np.repeat(some, counts[some])
        starts = np.cumsum(counts[some]) - counts[some]
        within = np.arange(len(number)) - np.repeat(starts, counts[some])
        wide = spans[number, 1]
        yield number, first[number, 0] + within // wide, first[number, 1] + within % wide
        begin = end


def _met(
    flat: NDArray[np.float64],
    high: NDArray[np.float64],
    faces: NDArray[np.int32],
    grid: Grid,
    number: NDArray[np.int64],
    column: NDArray[np.int64],
    row: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int8], NDArray[np.int64]]:
    a, b, c = faces[number].T
    weights = [_beside(flat, *ends, column, row) for ends in ((b, c), (c, a), (a, b))]
    lefts = np.stack([weight >= 0 for weight in weights]).sum(axis=0)
    ahead, behind = lefts == 3, lefts == 0
    chosen = np.flatnonzero(ahead | behind)
    u, v, w = (weight[chosen] for weight in weights)
    total = u + v + w
    heights = (u * high[a[chosen]] + v * high[b[chosen]] + w * high[c[chosen]]) / total
    signs = np.where(ahead[chosen], 1, -1).astype(np.int8)
    lines = row[chosen] + column[chosen] * grid.counts[1]
    return lines, heights, signs, number[chosen]


def _beside(
    flat: NDArray[np.float64],
    begin: NDArray[np.int32],
    end: NDArray[np.int32],
    column: NDArray[np.int64],
    row: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return how far places lie to the left of edges; the very opposite for the edge's reverse."""
    low, top = np.minimum(begin, end), np.maximum(begin, end)
    x, y = flat[low].T
    along = flat[top] - flat[low]
    left = along[:, 0] * (row - y) - along[:, 1] * (column - x)
    left[left == 0] = np.finfo(float).tiny  # 0 would be on the left of both faces of the edge
    beside: NDArray[np.float64] = np.where(begin < end, left, -left)
    return beside
