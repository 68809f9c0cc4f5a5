"""What is nearest at each sample of a picture, found by array arithmetic: no graphics card.

Triangles become rows of samples, rows become samples; each sample keeps the nearest. Every step
is done for some ten thousand at once, so memory is bounded by the picture. Two triangles that
share an edge compute its place from the same numbers in the same order: no gap, no overlap.

A sample is one number of 64 bits: how near it is, then where the surface faces to the right and
upwards. All three change evenly along a row, so along a row the whole number does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.drawing.normals import Floats, Ints, in_chunks

Samples = NDArray[np.uint64]

AT_A_TIME: Final = 1 << 16  # rows, or samples, so that what is made of them stays in the cache
# A corner may face this far from its triangle: an edge of twice the angle and more stays sharp.
SMOOTH: Final = np.float32(np.cos(np.radians(22.0)))
EDGE_ON: Final = np.float32(1e-4)  # faces that turn less towards the viewer are not seen
NARROW: Final = 0.02  # triangles of less width have no room to change along a row
NEAREST: Final = np.float32(4e9)  # nearness 1, as a number; a little room above and below
FARTHEST: Final = np.float32(1e8)
STRAIGHT: Final = np.float32(32768)  # a direction of 0, as a number
ASIDE: Final = np.float32(32000)  # what is added for 1
_NEAR_BITS: Final = 32  # the lowest bit of nearness; below are two directions of 16 bits
_RIGHT_BITS: Final = 16

# Rows of the arrays below: a corner's or an edge's place and what is seen there.
_X: Final = 0
_Y: Final = 1
_SEEN: Final = slice(2, 5)


def draw(
    points: Floats, faces: Ints, face_normals: Floats, vertex_normals: Floats, samples: Samples
) -> None:
    """Draw triangles, smooth where they meet at less than some 40 degrees.

    Args:
        points: (3, n): x to the right and y downwards, in samples; nearness, 0 to 1.
        faces: (3, m), as ``Mesh`` has them; those that are turned away are not drawn.
        face_normals: (3, m), to the right, upwards, towards the viewer.
        vertex_normals: (3, n), likewise.
        samples: (rows, cols), 0 where nothing is; nearer ones are replaced in place.
    """
    flat, width = samples.reshape(-1), samples.shape[1]
    for part in in_chunks(faces.shape[1]):
        towards = np.flatnonzero(face_normals[2, part] > EDGE_ON)
        corners, crossed = _downwards(points, faces[:, part][:, towards])
        normals = face_normals[:, part][:, towards[crossed]]
        for halves in _halves(_corners(points, corners, normals, vertex_normals)):
            _draw(halves, flat, width)


def unpacked(samples: Samples) -> tuple[Floats, Floats, Floats]:
    """Return how near samples are (0..1), and how the surface faces to the right and upwards.

    Args:
        samples: of any shape; what is returned for 0 means nothing.
    """
    near = (samples >> np.uint64(_NEAR_BITS)).astype(np.float32)
    right = (samples >> np.uint64(_RIGHT_BITS)).astype(np.uint16).astype(np.float32)
    up = samples.astype(np.uint16).astype(np.float32)
    return (
        (near - FARTHEST) / (NEAREST - FARTHEST),
        (right - STRAIGHT) / ASIDE,
        (up - STRAIGHT) / ASIDE,
    )


def _downwards(points: Floats, faces: Ints) -> tuple[Ints, NDArray[np.intp]]:
    """Return the faces that a row of samples may cross, their corners from top to bottom.

    Also which of the faces they are.
    """
    y = points[_Y]
    top, middle, bottom = faces
    for _ in range(2):
        swap = y[top] > y[middle]
        top, middle = np.where(swap, middle, top), np.where(swap, top, middle)
        swap = y[middle] > y[bottom]
        middle, bottom = np.where(swap, bottom, middle), np.where(swap, middle, bottom)
    crossed = np.flatnonzero(_first(y[bottom]) > _first(y[top]))
    return np.stack([top[crossed], middle[crossed], bottom[crossed]]), crossed


def _first(place: Floats) -> Floats:
    """Return the number of the first sample whose middle is there or beyond."""
    first: Floats = np.ceil(place - np.float32(0.5))
    return first


def _corners(points: Floats, corners: Ints, normals: Floats, smooth_normals: Floats) -> Floats:
    """Return place and what is seen, as numbers, at each corner: (5, 3, m)."""
    right, up, towards = (axis.take(corners) for axis in smooth_normals)
    own_right, own_up, own_towards = normals
    smooth = right * own_right + up * own_up + towards * own_towards > SMOOTH
    near = np.clip(points[2].take(corners), 0, 1)
    return np.stack(
        [
            points[_X].take(corners),
            points[_Y].take(corners),
            near * (NEAREST - FARTHEST) + FARTHEST,
            np.where(smooth, right, own_right) * ASIDE + STRAIGHT,
            np.where(smooth, up, own_up) * ASIDE + STRAIGHT,
        ]
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Halves:
    """The parts of triangles above, or below, their middle corner; each has two sides.

    The long side, from top to bottom, belongs to both parts: what is seen is reckoned from it.
    """

    first: Floats  # (m,), the first row of samples
    counts: Floats  # (m,), how many rows of samples
    top: Floats  # (5, m), where the long side begins
    long: Floats  # (5, m), how it changes with y
    short: Floats  # (3, m): x and y where the short side begins, how x changes with y
    along: Floats  # (3, m), how what is seen changes with x
    steps: NDArray[np.int64]  # (m,), the same, as numbers

    def some(self, part: slice) -> _Halves:
        """Return some of them."""
        return _Halves(
            **{field.name: getattr(self, field.name)[..., part] for field in fields(self)}
        )


def _halves(corners: Floats) -> Iterator[_Halves]:
    """Yield the upper parts of triangles, then the lower ones; arguments of ``_corners``."""
    top, middle, bottom = corners.swapaxes(0, 1)
    long = (bottom - top) / _or_infinite(bottom[_Y] - top[_Y])
    inwards = middle - top - long * (middle[_Y] - top[_Y])
    along = inwards[_SEEN] / _or_infinite(np.abs(inwards[_X]), NARROW) * np.sign(inwards[_X])
    steps = _packed(along)
    for upper, lower in ((top, middle), (middle, bottom)):
        slope = (lower[_X] - upper[_X]) / _or_infinite(lower[_Y] - upper[_Y])
        first = _first(upper[_Y])
        short = np.stack([upper[_X], upper[_Y], slope])
        yield _Halves(first, _first(lower[_Y]) - first, top, long, short, along, steps)


def _draw(halves: _Halves, flat: Samples, width: int) -> None:
    for part, of, number in _runs(halves.counts):
        some = halves.some(part)
        row = some.first.take(of) + number.astype(np.float32)
        y = row + np.float32(0.5)
        x_short, y_short, slope_short = (one.take(of) for one in some.short)
        x_short += (y - y_short) * slope_short
        down = y - some.top[_Y].take(of)
        x_long = some.top[_X].take(of) + down * some.long[_X].take(of)
        begin, end = _first(np.minimum(x_short, x_long)), _first(np.maximum(x_short, x_long))
        has = np.flatnonzero(end > begin)
        whose, begin, down = of.take(has), begin.take(has), down.take(has)
        inwards = begin + np.float32(0.5) - x_long.take(has)
        seen = [
            start.take(whose) + down * by_y.take(whose) + inwards * by_x.take(whose)
            for start, by_y, by_x in zip(some.top[_SEEN], some.long[_SEEN], some.along, strict=True)
        ]
        places = row.take(has).astype(np.intp) * width + begin.astype(np.intp)
        _fill(flat, places, end.take(has) - begin, _packed(seen), some.steps.take(whose))


def _or_infinite(length: Floats, least: float = 0.0) -> Floats:
    """Return what to divide by, so that over no length nothing changes."""
    divisor: Floats = np.where(length > least, length, np.float32(np.inf))
    return divisor


def _packed(seen: Sequence[Floats] | Floats) -> NDArray[np.int64]:
    """Return as one number what is seen, or by how much that changes: each three of (n,)."""
    near, right, up = (np.rint(one).astype(np.int64) for one in seen)
    packed: NDArray[np.int64] = (near << _NEAR_BITS) + (right << _RIGHT_BITS) + up
    return packed


def _fill(
    flat: Samples,
    places: NDArray[np.intp],
    lengths: Floats,
    packed: NDArray[np.int64],
    steps: NDArray[np.int64],
) -> None:
    """Draw parts of rows: where each begins, how long it is, its first sample, the steps of it."""
    for part, of, number in _runs(lengths):
        values = packed[part].take(of) + steps[part].take(of) * number
        np.maximum.at(flat, places[part].take(of) + number, values.view(np.uint64))


def _runs(
    counts: NDArray[Any],
) -> Iterator[tuple[slice, NDArray[np.intp], NDArray[np.intp]]]:
    """Yield things that occur so often, about ``AT_A_TIME`` occurrences at a time.

    Which part of the things it is; then, for each occurrence, whose it is within the part, and
    its number from 0.
    """
    ends = np.cumsum(counts, dtype=np.intp)
    begin = done = 0
    while begin < len(ends):
        end = max(begin + 1, int(np.searchsorted(ends, done + AT_A_TIME, side="right")))
        part = slice(begin, end)
        often = np.diff(ends[part], prepend=done)
        of = np.repeat(np.arange(end - begin), often)
        yield part, of, np.arange(len(of)) - np.repeat(ends[part] - often - done, often)
        begin, done = end, int(ends[end - 1])
