"""Walls and back of a solid whose top is a height field on a grid.

Each wall is a plane polygon: the border of the top, two corners at the bottom. It is cut into
triangles so that it has a single edge at the bottom, and the back needs two triangles only. The
commonest fault of such solids is a back of two triangles under walls of many edges: nothing hangs
together there. A back that is to be bent is cut into strips, and so are the walls over their ends.

Vertices go by number: those of the top row by row, then those of the back, counter-clockwise seen
from above from the near left corner.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def walls_and_back(
    x_mm: Floats,
    y_mm: Floats,
    heights_mm: Floats,
    used: NDArray[np.bool_] | None = None,
    columns: NDArray[np.intp] | None = None,
    *,
    is_ring: bool = False,
) -> NDArray[np.int32]:
    """Return the triangles that close a top surface.

    Args:
        x_mm: (cols + 1,) ascending.
        y_mm: (rows + 1,) descending: row 0 is the far edge.
        heights_mm: (rows + 1, cols + 1), all above 0, the height of the back.
        used: (rows + 1, cols + 1), the vertices of the top, the four corners among them; all
            by default.
        columns: (n,) ascending from the first to the last, between which the back is straight;
            the top uses their ends. The first and the last alone by default.
        is_ring: left and right will be joined, and get no walls.

    Returns:
        (m, 3) int32 vertex numbers, counter-clockwise seen from outside.
    """
    number = np.arange(heights_mm.size, dtype=np.int32).reshape(heights_mm.shape)
    if columns is None:
        columns = np.array([0, heights_mm.shape[1] - 1])
    count = len(columns)
    near = heights_mm.size + np.arange(count)
    far = near[::-1] + count
    flat = heights_mm.ravel()
    triangles: list[tuple[int, int, int]] = []

    def close(
        chain: NDArray[np.int32], along_mm: Floats, foot: np.intp, next_foot: np.intp
    ) -> None:
        kept = slice(None) if used is None else used.ravel()[chain]
        names = chain[kept]
        triangles.extend(_wall(names, along_mm[kept], flat[names], foot, next_foot))

    # Each wall runs to the right for who stands before it.
    for strip in range(count - 1):
        part = slice(columns[strip], columns[strip + 1] + 1)
        close(number[-1, part], x_mm[part], near[strip], near[strip + 1])
        close(number[0, part][::-1], -x_mm[part][::-1], far[strip + 1], far[strip])
        triangles.append((int(near[strip]), int(far[strip + 1]), int(near[strip + 1])))
        triangles.append((int(near[strip]), int(far[strip]), int(far[strip + 1])))
    if not is_ring:
        close(number[::-1, -1], y_mm[::-1], near[-1], far[-1])
        close(number[:, 0], -y_mm, far[0], near[0])
    return np.array(triangles, dtype=np.int32)


def _wall(
    chain: NDArray[np.int32],
    along_mm: Floats,
    heights_mm: Floats,
    bottom_left: np.intp,
    bottom_right: np.intp,
) -> list[tuple[int, int, int]]:
    """Cut one wall into triangles.

    Bumps of the chain are clipped one by one until it sags everywhere; what is left is seen
    whole from the bottom corners: its falling part from the left, the rising one from the right.
    """
    # Differences and products of float32 numbers are exact enough in float64 for the sign of
    # an area never to be wrong, so no triangle without area is made.
    xs, zs = along_mm.astype(np.float64).tolist(), heights_mm.astype(np.float64).tolist()
    names = chain.tolist()
    left, right = int(bottom_left), int(bottom_right)
    triangles: list[tuple[int, int, int]] = []
    kept: list[int] = []
    for new in range(len(names)):
        while len(kept) > 1:
            before, last = kept[-2], kept[-1]
            rise = (zs[last] - zs[before]) * (xs[new] - xs[before])
            if rise <= (zs[new] - zs[before]) * (xs[last] - xs[before]):
                break
            triangles.append((names[before], names[new], names[last]))
            kept.pop()
        kept.append(new)
    lowest = min(range(len(kept)), key=lambda place: zs[kept[place]])
    sagging = [names[place] for place in kept]
    for place in range(len(sagging) - 1):
        foot = left if place < lowest else right
        triangles.append((foot, sagging[place + 1], sagging[place]))
    triangles.append((left, right, sagging[lowest]))
    return triangles
