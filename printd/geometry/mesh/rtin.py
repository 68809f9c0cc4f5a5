"""Which grid samples a right-triangulated surface needs to stay within a tolerance.

The grid is a chessboard of root squares, each cut by a diagonal; halving right triangles at the
middle of their longest side leads down to single cells. A sample is needed if one of the two
triangles that it would halve is off by more than the tolerance at *any* sample under them, not
only at the sample itself: that is what makes the bound hold everywhere.

What the surface leaves unexplained is kept for all samples and refined level by level: a new
vertex takes a pyramid of its own height off its two triangles. Nothing is recursive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.relief_grid import LARGEST_ROOT

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

STRIP_SAMPLES: Final = 1 << 17  # worked on at a time, so that they stay in the cache
ROUNDING: Final = 8 * 2.0**-24  # of the largest number, over all levels


def root_square(rows: int, cols: int, largest: int = LARGEST_ROOT) -> int:
    """Return the cells along the largest root square that tiles this grid, a power of two."""
    common = rows | cols | largest
    return common & -common


def needed(heights_mm: Floats, tolerance_mm: float, root: int) -> Flags:
    """Mark the samples whose triangles break the tolerance.

    Args:
        heights_mm: (rows + 1, cols + 1) float32; rows and cols are multiples of ``root``.
        tolerance_mm: largest vertical distance allowed, at least 0.
        root: cells along a root square, a power of two.

    Returns:
        (rows + 1, cols + 1). A needed sample's ancestors may be unmarked: see ``rtin_mesh.whole``.
    """
    flags = np.zeros(heights_mm.shape, bool)
    if root == 1:
        return flags
    limit = np.float32(max(0.0, tolerance_mm - ROUNDING * float(np.abs(heights_mm).max())))
    rows, width = heights_mm.shape[0] - 1, heights_mm.shape[1]
    levels = _levels(root, width)
    # An even number of root squares, since their diagonals alternate.
    step = 2 * root * max(1, round(STRIP_SAMPLES / (2 * root * width)))
    for start in range(0, rows, step):
        part = slice(start, start + step + 1)
        _mark(heights_mm[part], flags[part], limit, root, levels)
    return flags


@dataclass(frozen=True, slots=True)
class _Level:
    """Patterns of a square, repeated over the width of the grid: (side, width) float32."""

    side: int
    middle: Floats  # pyramid of the vertex in the middle of the square
    lying: Floats  # those of the vertices on its upper and lower edge
    upright: Floats  # those of the vertices on its left and right edge
    under_lying: Flags
    under_upright: Flags


def _levels(root: int, width: int) -> list[_Level]:
    """Return the levels from the root square down to four cells; the last is ``_mark_last``."""
    levels = []
    side = root
    while side > 2:
        half = side // 2
        from_edge = np.minimum(np.arange(side), side - np.arange(side)) / half
        down, right = from_edge[:, None], from_edge[None, :]
        lying, upright = np.maximum(right - down, 0), np.maximum(down - right, 0)
        repeat = (1, width // side + 1)
        middle, lying, upright = (
            np.tile(pyramid, repeat)[:, :width].astype(np.float32)
            for pyramid in (np.minimum(down, right), lying, upright)
        )
        levels.append(_Level(side, middle, lying, upright, lying > 0, upright > 0))
        side = half
    return levels


@dataclass(frozen=True, slots=True)
class _Room:
    """Arrays that are used again and again, (squares down, side, width)."""

    off: Floats
    is_off: Flags
    is_under: Flags

    def by_squares(self, side: int) -> _Room:
        """Return the same arrays, for squares of another size."""
        shape = -1, side, self.off.shape[-1]
        return _Room(
            self.off.reshape(shape), self.is_off.reshape(shape), self.is_under.reshape(shape)
        )


def _mark(z: Floats, flags: Flags, limit: np.float32, root: int, levels: list[_Level]) -> None:
    rest = _above_roots(z, root)
    shape = rest[:-1].shape
    whole = _Room(np.empty(shape, np.float32), np.empty(shape, bool), np.empty(shape, bool))
    for level in levels:
        room = whole.by_squares(level.side)
        _mark_middles(rest, flags, limit, level, room)
        _mark_edges(rest, flags, limit, level, room)
        _take_off_edges(rest, level, room.off)
    _mark_last(rest, flags, limit)


def _above_roots(z: Floats, root: int) -> Floats:
    """Return how far the samples lie above the triangles of the root squares."""
    share = (np.arange(root) / root).astype(np.float32)
    corners = z[::root, ::root]
    lines = np.empty((len(corners), z.shape[1]), np.float32)
    lines[:, :-1] = (corners[:, :-1, None] + np.diff(corners, axis=1)[:, :, None] * share).reshape(
        len(corners), -1
    )
    lines[:, -1] = corners[:, -1]
    rest = z.copy()
    body = rest[:-1].reshape(-1, root, z.shape[1])
    body -= lines[:-1, None]
    body -= np.diff(lines, axis=0)[:, None] * share[:, None]
    rest[-1] -= lines[-1]
    # The lines are joined by twisted sheets; a diagonal bends each into two triangles.
    down, right = share[:, None], share[None, :]
    falling, rising = np.minimum(down, right), np.maximum(down + right - 1, 0)
    bends = np.stack([falling - down * right, rising - down * right])
    twist = _spread(np.diff(np.diff(corners, axis=0), axis=1), root)
    squares = z.shape[1] // root
    for parity in (0, 1):
        order = (np.arange(squares) + parity) % 2
        bend = bends[order].swapaxes(0, 1).reshape(root, -1).astype(np.float32)
        body[parity::2, :, :-1] -= twist[parity::2, None, :-1] * bend
    return rest


def _mark_middles(
    rest: Floats, flags: Flags, limit: np.float32, level: _Level, room: _Room
) -> None:
    """Mark the vertices in the middle of squares, and take their pyramids off the rest."""
    side, half, off = level.side, level.side // 2, room.off
    body = rest[:-1].reshape(off.shape)
    np.greater(np.abs(body, out=off), limit, out=room.is_off)
    flags[half::side, half::side] = _any(_over_rows(room.is_off)[:, :-1], side)
    np.multiply(_spread(rest[half::side, half::side], side)[:, None], level.middle, out=off)
    body -= off


def _mark_edges(rest: Floats, flags: Flags, limit: np.float32, level: _Level, room: _Room) -> None:
    side, half, is_under = level.side, level.side // 2, room.is_under
    np.greater(np.abs(rest[:-1].reshape(room.off.shape), out=room.off), limit, out=room.is_off)
    np.logical_and(room.is_off, level.under_lying, out=is_under)
    lying = flags[::side, half::side]
    lying[:-1] |= _any(_over_rows(is_under[:, :half])[:, :-1], side)
    lying[1:] |= _any(_over_rows(is_under[:, half:])[:, :-1], side)
    lying[-1] |= _any(np.asarray(np.abs(rest[-1:, :-1]) > limit), side)[0]
    np.logical_and(room.is_off, level.under_upright, out=is_under)
    columns = np.zeros((len(is_under), rest.shape[1] + side - 1), bool)
    columns[:, half : half + rest.shape[1]] = _over_rows(is_under)
    flags[half::side, ::side] = _any(columns, side)


def _take_off_edges(rest: Floats, level: _Level, off: Floats) -> None:
    """Take the pyramids of the vertices in the middle of edges off the rest."""
    side, half = level.side, level.side // 2
    body = rest[:-1].reshape(off.shape)
    up = _spread(rest[::side, half::side], side)
    beside = np.repeat(rest[half::side, ::side], side, axis=1)[:, half : half + rest.shape[1]]
    np.multiply(beside[:, None], level.upright, out=off)
    body -= off
    np.multiply(up[:-1, None], level.lying[:half], out=off[:, :half])
    np.multiply(up[1:, None], level.lying[half:], out=off[:, half:])
    body -= off
    rest[-1] -= up[-1] * level.lying[0]


def _mark_last(rest: Floats, flags: Flags, limit: np.float32) -> None:
    """Mark the samples of single cells: nothing lies under them but themselves."""
    is_off: Flags = np.asarray(np.abs(rest) > limit)
    lying, upright = is_off[::2, 1::2], is_off[1::2, ::2]
    flags[::2, 1::2] |= lying
    flags[1::2, ::2] = upright
    flags[1::2, 1::2] = is_off[1::2, 1::2] | lying[:-1] | upright[:, :-1]


def _spread(values: Floats, side: int) -> Floats:
    """Repeat each value over the columns of its square; the border column gets 0."""
    spread = np.zeros((len(values), values.shape[1] * side + 1), np.float32)
    spread[:, :-1] = np.repeat(values, side, axis=1)
    return spread


def _over_rows(marks: Flags) -> Flags:
    """Tell of each column of each square whether it has a mark."""
    columns: Flags = np.logical_or.reduce(marks, axis=1)
    return columns


def _any(marks: Flags, side: int) -> Flags:
    """Tell of each ``side`` neighbours in a row whether one is marked."""
    step = min(side, 8)
    words: Flags = np.asarray(np.ascontiguousarray(marks).view(f"u{step}") != 0)
    while step < side:
        words = words[:, ::2] | words[:, 1::2]
        step *= 2
    return words
