"""How far inside its edge a place of a piece lies: from its sides, and from its outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.cutoff import cut

Floats = NDArray[np.float32]


def inside_mm(
    x_mm: Floats, y_mm: Floats, size: ReliefSize, line: Floats, *, is_ring: bool = False
) -> Floats:
    """Return how far places lie from the nearest edge.

    Args:
        x_mm: of the places, from the left.
        y_mm: of the places, from the near side; any shape that fits ``x_mm``.
        size: of the piece, whose sides are edges.
        line: (n, 2) of ``outline_mm``; it may be empty. Its points are about a cell apart, so
            that places within a cell of it may be off by a part of a cell.
        is_ring: left and right will be joined, and are no edges.
    """
    x_mm, y_mm = np.broadcast_arrays(x_mm, y_mm)
    inside: Floats = np.minimum(y_mm, size.height_mm - y_mm)
    if not is_ring:
        inside = np.minimum(inside, np.minimum(x_mm, size.width_mm - x_mm))
    if len(line):
        far, _ = cKDTree(line).query(np.stack([x_mm, y_mm], axis=-1))
        inside = np.minimum(inside, far.astype(np.float32))
    return inside


def outline_mm(outline: Floats | None, size: ReliefSize) -> Floats:
    """Return the points of an outline where it will be cut, (n, 2) in mm; none for a rectangle.

    Args:
        outline: (rows + 1, cols + 1) of ``outlines``.
        size: of the piece.
    """
    if outline is None:
        return np.empty((0, 2), np.float32)
    line = cut(outline)
    x_mm, y_mm = places_mm(size)
    ends = []
    for numbers in (line.starts, line.ends):
        row, col = np.divmod(numbers, len(x_mm))
        ends.append(np.stack([x_mm[col], y_mm[row, 0]], axis=1))
    return line.between(*ends)


def places_mm(size: ReliefSize) -> tuple[Floats, Floats]:
    """Return x and y of the samples: (cols + 1,), (rows + 1, 1)."""
    x_mm = np.linspace(0, size.width_mm, size.cols + 1, dtype=np.float32)
    y_mm = np.linspace(size.height_mm, 0, size.rows + 1, dtype=np.float32)
    return x_mm, y_mm[:, None]
