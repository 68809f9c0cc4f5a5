"""The right triangles over a set of grid samples, as triangles of grid vertex numbers.

A triangle exists if the vertex at its right angle is used, and is whole if the one in the middle
of its longest side is not. Vertices go by number, row by row, as everywhere in this package.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from printd.core.relief_grid import LARGEST_ROOT
from printd.geometry.mesh.rtin import Flags, Floats, needed, root_square

Faces = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Alike:
    """Triangles of one size that lie alike in their squares."""

    squares: Flags  # those that have one
    side: int  # cells along a square
    corners: tuple[int, int, int]  # vertex numbers, from that of the square's far left corner


def adaptive(heights_mm: Floats, tolerance_mm: float, largest: int = LARGEST_ROOT) -> Faces:
    """Triangulate a height field within a tolerance at every sample.

    Args:
        heights_mm: (rows + 1, cols + 1) float32. The more often rows and cols can be halved, up
            to ``largest``, the fewer triangles; see ``core.relief_grid``.
        tolerance_mm: largest vertical distance allowed, at least 0.
        largest: cells along the largest square that one pair of triangles may cover, a power of
            two; for surfaces that are bent afterwards.

    Returns:
        (n, 3) int32 vertex numbers, counter-clockwise seen from above; no vertex lies on
        another's edge.
    """
    root = root_square(heights_mm.shape[0] - 1, heights_mm.shape[1] - 1, largest)
    return triangles(whole(needed(heights_mm, tolerance_mm, root), root), root)


def whole(used: Flags, root: int) -> Flags:
    """Add what the used samples stand on: a triangle is halved only after its parents.

    ``used`` is altered and returned, the corners of the root squares included.
    """
    used[::root, ::root] = True
    side = 2
    while side <= root:
        half = side // 2
        middles = used[half::side, half::side]
        lying, upright = used[::side, half::side], used[half::side, ::side]
        if half > 1:
            inner = used[half // 2 :: half, half // 2 :: half]
            lying[:-1] |= inner[::2, ::2] | inner[::2, 1::2]
            lying[1:] |= inner[1::2, ::2] | inner[1::2, 1::2]
            upright[:, :-1] |= inner[::2, ::2] | inner[1::2, ::2]
            upright[:, 1:] |= inner[::2, 1::2] | inner[1::2, 1::2]
        middles |= lying[:-1] | lying[1:] | upright[:, :-1] | upright[:, 1:]
        side *= 2
    return used


def triangles(used: Flags, root: int, without: Flags | None = None) -> Faces:
    """Return the triangles whose vertices are the used samples.

    Args:
        used: (rows + 1, cols + 1), as ``whole`` returns it.
        root: cells along a root square.
        without: (rows, cols), cells that get no triangles of a single cell.

    Returns:
        (n, 3) int32, counter-clockwise seen from above.
    """
    found: list[_Alike] = []
    side = root
    while side >= 1:
        found += _halves(used, side, is_root=side == root, without=without)
        if side > 1:
            found += _quarters(used, side)
        side //= 2
    # Counted first and then written to their place: that a large array is made only once counts.
    counts = [int(np.count_nonzero(alike.squares)) for alike in found]
    faces = np.empty((sum(counts), 3), np.int32)
    first = 0
    for alike, count in zip(found, counts, strict=True):
        _put(faces[first : first + count], alike, used.shape[1])
        first += count
    return faces


def _halves(used: Flags, side: int, *, is_root: bool, without: Flags | None) -> list[_Alike]:
    """Return the whole triangles whose longest side is a diagonal of a square."""
    rows, cols = (used.shape[0] - 1) // side, (used.shape[1] - 1) // side
    if side > 1:
        uncut = ~used[side // 2 :: side, side // 2 :: side]
    else:
        uncut = np.ones((rows, cols), bool) if without is None else ~without
    corners = np.ones((rows + 1, cols + 1), bool) if is_root else used[::side, ::side]
    # Of single bytes: a grid of whole numbers would cost more than all the rest.
    falls = (np.arange(rows) % 2 == 0)[:, None] == (np.arange(cols) % 2 == 0)
    far_left, far_right = corners[:-1, :-1], corners[:-1, 1:]
    near_left, near_right = corners[1:, :-1], corners[1:, 1:]
    down, right = side * used.shape[1], side
    falling, rising = uncut & falls, uncut & ~falls
    return [
        _Alike(falling & near_left, side, (0, down, down + right)),
        _Alike(falling & far_right, side, (0, down + right, right)),
        _Alike(rising & far_left, side, (0, down, right)),
        _Alike(rising & near_right, side, (right, down, down + right)),
    ]


def _quarters(used: Flags, side: int) -> list[_Alike]:
    """Return the whole triangles from the middle of a square to one of its edges."""
    half = side // 2
    middles = used[half::side, half::side]
    lying, upright = used[::side, half::side], used[half::side, ::side]
    down, right = side * used.shape[1], side
    middle = half * used.shape[1] + half
    return [
        _Alike(middles & ~lying[:-1], side, (0, middle, right)),
        _Alike(middles & ~lying[1:], side, (down, down + right, middle)),
        _Alike(middles & ~upright[:, :-1], side, (0, down, middle)),
        _Alike(middles & ~upright[:, 1:], side, (down + right, right, middle)),
    ]


def _put(faces: Faces, alike: _Alike, width: int) -> None:
    """Write one triangle for each square; ``width`` is that of the grid, in samples."""
    place = np.flatnonzero(alike.squares).astype(np.int32)
    row, col = np.divmod(place, np.int32(alike.squares.shape[1]))
    start = (row * np.int32(width) + col) * np.int32(alike.side)
    for column, corner in enumerate(alike.corners):
        np.add(start, np.int32(corner), out=faces[:, column])
