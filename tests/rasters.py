"""What a mesh's top is at the samples of a grid, measured from its triangles alone."""

import numpy as np
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.mesh import Mesh

EDGE = 1e-6  # of a triangle: a sample this near counts as on it
ROUNDED = 1e-3  # of a cell: a vertex this near to a line of the grid is on it


def farthest_off(
    mesh: Mesh, heights_mm: NDArray[np.float32], size: ReliefSize
) -> NDArray[np.float64]:
    """Return how far the top is off at each sample, at worst; NaN where there is no top."""
    rows, cols = heights_mm.shape[0] - 1, heights_mm.shape[1] - 1
    points = mesh.vertices[mesh.faces].astype(np.float64)
    col, row = points[..., 0] * cols / size.width_mm, rows - points[..., 1] * rows / size.height_mm
    col, row = _on_lines(col), _on_lines(row)
    area = _cross(col, row, 0, 1, 2)
    upwards = area < -1e-9  # rows run towards the viewer
    col, row, z, area = col[upwards], row[upwards], points[upwards, :, 2], area[upwards]
    low = np.ceil(np.stack([row.min(axis=1), col.min(axis=1)], axis=1) - EDGE).astype(int)
    high = np.floor(np.stack([row.max(axis=1), col.max(axis=1)], axis=1) + EDGE).astype(int)
    off = np.full(heights_mm.shape, -1.0)
    spans = np.unique(high - low, axis=0)
    for span in spans[(spans >= 0).all(axis=1)]:
        some = np.flatnonzero((high - low == span).all(axis=1))
        for down in range(span[0] + 1):
            for right in range(span[1] + 1):
                at_row, at_col = low[some, 0] + down, low[some, 1] + right
                inside, height = _at(col[some], row[some], z[some], area[some], at_col, at_row)
                where = at_row[inside], at_col[inside]
                np.maximum.at(off, where, np.abs(height[inside] - heights_mm[where]))
    off[off < 0] = np.nan
    return off


def _on_lines(place: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.abs(place - place.round()) < ROUNDED, place.round(), place)


def _cross(
    col: NDArray[np.float64], row: NDArray[np.float64], a: int, b: int, c: int
) -> NDArray[np.float64]:
    crossed: NDArray[np.float64] = (col[:, b] - col[:, a]) * (row[:, c] - row[:, a]) - (
        col[:, c] - col[:, a]
    ) * (row[:, b] - row[:, a])
    return crossed


def _at(
    col: NDArray[np.float64],
    row: NDArray[np.float64],
    z: NDArray[np.float64],
    area: NDArray[np.float64],
    at_col: NDArray[np.int_],
    at_row: NDArray[np.int_],
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which triangles cover their point, and how high they are there."""
    shares = []
    for b, c in ((1, 2), (2, 0), (0, 1)):
        to_b = (col[:, b] - at_col) * (row[:, c] - at_row)
        to_c = (col[:, c] - at_col) * (row[:, b] - at_row)
        shares.append((to_b - to_c) / area)
    weights = np.stack(shares, axis=1)
    inside: NDArray[np.bool_] = np.greater_equal(weights.min(axis=1), -EDGE)
    return inside, (weights * z).sum(axis=1)
