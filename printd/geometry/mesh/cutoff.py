"""Cutting a grid surface along a line between its samples.

A field over the grid says what stays: where it is 0 or more. The line runs through the cells
whose corners disagree; in these, each triangle is cut by itself, and the new vertex of an edge
is the same for both its triangles. So one fan of triangles meets at each vertex, whatever the
field: nothing hangs together by a point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Faces = NDArray[np.int32]

NEAREST: Final = 1 / 32  # of an edge: a cut keeps this far from its ends, or slivers appear


@dataclass(frozen=True, slots=True)
class Cut:
    """The cells along the line, cut. New vertices are numbered after those of the grid."""

    inside: Flags  # (rows + 1, cols + 1): samples that stay
    crossed: Flags  # (rows, cols): cells that the line runs through
    faces: Faces  # (n, 3) of what stays of the crossed cells, counter-clockwise from above
    starts: NDArray[np.int32]  # (m,) sample that stays, at one end of a cut edge
    ends: NDArray[np.int32]  # (m,) sample that goes, at the other
    shares: NDArray[np.float64]  # (m,) of the way from start to end

    def between(
        self, at_starts: NDArray[np.float32], at_ends: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return what holds at the new vertices of what holds at both ends, (m, n)."""
        begin, end = at_starts.astype(np.float64), at_ends.astype(np.float64)
        return (begin + self.shares[:, None] * (end - begin)).astype(np.float32)


def cut(field: Floats) -> Cut:
    """Cut along the line where the field is 0.

    Args:
        field: (rows + 1, cols + 1), 0 or more where the surface stays.
    """
    inside: Flags = np.greater_equal(field, 0)
    crossed = _crossed(inside)
    row, col = np.nonzero(crossed)
    width = field.shape[1]
    far_left = (row * width + col).astype(np.int32)
    far_right, near_left = far_left + np.int32(1), far_left + np.int32(width)
    near_right = near_left + np.int32(1)
    falls = _falls(field, row, col)[:, None]
    first = np.where(
        falls,
        np.stack([far_left, near_left, near_right], axis=1),
        np.stack([far_left, near_left, far_right], axis=1),
    )
    second = np.where(
        falls,
        np.stack([far_left, near_right, far_right], axis=1),
        np.stack([far_right, near_left, near_right], axis=1),
    )
    faces, edges = _cut_triangles(np.concatenate([first, second]), inside.ravel(), field.size)
    starts, ends = edges.T
    values = field.ravel().astype(np.float64)
    shares = values[starts] / (values[starts] - values[ends])
    return Cut(inside, crossed, faces, starts, ends, shares.clip(NEAREST, 1 - NEAREST))


def without_islands(field: Floats, least_cells: float, *, is_ring: bool = False) -> Floats:
    """Return the field with small islands sunk.

    Args:
        field: as in ``cut``.
        least_cells: area of the smallest island that stays, in cells; a sample counts as one.
        is_ring: the left and the right column, which are equal, are one.
    """
    inside: Flags = np.greater_equal(field, 0)
    labels, count = ndimage.label(inside)
    # Islands that touch at a corner are one where the cell's diagonal joins them.
    row, col = np.nonzero(_crossed(inside))
    falls = _falls(field, row, col)
    ends = np.where(
        falls,
        [labels[row, col], labels[row + 1, col + 1]],
        [labels[row, col + 1], labels[row + 1, col]],
    )
    if is_ring:
        ends = np.concatenate([ends, [labels[:, 0], labels[:, -1]]], axis=1)
    ends = ends[:, (ends > 0).all(axis=0)]
    joins = sparse.coo_matrix((np.ones(ends.shape[1]), ends), shape=(count + 1, count + 1))
    _, island = sparse.csgraph.connected_components(joins, directed=False)
    cells = np.bincount(labels.ravel(), minlength=count + 1)
    small = np.bincount(island, weights=cells)[island] < least_cells
    small[0] = False
    if not small.any():
        return field
    return np.where(small[labels], -np.abs(field) - np.float32(1e-6), field).astype(np.float32)


def _crossed(inside: Flags) -> Flags:
    """Tell which cells have corners that stay and corners that go."""
    sides = inside[:-1] != inside[1:]
    crossed: Flags = sides[:, :-1] | sides[:, 1:] | (inside[:-1, :-1] != inside[:-1, 1:])
    return crossed


def _falls(field: Floats, row: NDArray[np.intp], col: NDArray[np.intp]) -> Flags:
    """Tell which of these cells are divided from far left to near right.

    Two opposite corners that stay are joined only if the middle stays as well. All other cells
    are divided like a chessboard, as ``rtin_mesh`` does.
    """
    far_left, far_right = field[row, col], field[row, col + 1]
    near_left, near_right = field[row + 1, col], field[row + 1, col + 1]
    joined = far_left + near_right + far_right + near_left >= 0
    stays = np.greater_equal([far_left, far_right, near_left, near_right], 0)
    opposite = (stays[0] == stays[3]) & (stays[1] == stays[2]) & (stays[0] != stays[1])
    falls: Flags = np.where(opposite, stays[0] == joined, (row + col) % 2 == 0)
    return falls


def _cut_triangles(triangles: Faces, inside: Flags, first_new: int) -> tuple[Faces, Faces]:
    """Return what stays of the triangles, and the cut edges: (m, 2), the end that stays first."""
    stays = inside[triangles]
    count = stays.sum(axis=1)
    # Turned so that the odd corner comes first: the one that stays, or the one that goes.
    turn = np.where(count == 1, stays.argmax(axis=1), (~stays).argmax(axis=1))
    turned = np.take_along_axis(triangles, (turn[:, None] + np.arange(3)) % 3, axis=1)
    ones, twos = turned[count == 1], turned[count == 2]
    pairs = np.concatenate([ones[:, [0, 1]], ones[:, [0, 2]], twos[:, [1, 0]], twos[:, [2, 0]]])
    key = pairs[:, 0].astype(np.int64) * first_new + pairs[:, 1]
    keys, number = np.unique(key, return_inverse=True)
    new = (first_new + number).astype(np.int32)
    one_right, one_left, two_right, two_left = np.split(
        new, np.cumsum([len(ones), len(ones), len(twos)])
    )
    faces = [
        triangles[count == 3],
        np.stack([ones[:, 0], one_right, one_left], axis=1),
        np.stack([two_right, twos[:, 1], twos[:, 2]], axis=1),
        np.stack([two_right, twos[:, 2], two_left], axis=1),
    ]
    return np.concatenate(faces), np.stack(np.divmod(keys, first_new), axis=1).astype(np.int32)
