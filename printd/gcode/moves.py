"""Follows many moves at once, as ``Motion`` follows them one by one.

The two give the same places, filament and lengths; a property test holds them together. What
this one cannot follow (relative places, inches) is left to ``Motion``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from printd.gcode.motion import Motion
from printd.gcode.rows import (
    CENTRE_X,
    CENTRE_Y,
    RENAME_E,
    Bytes,
    E,
    F,
    Flags,
    Floats,
    Ints,
    Rows,
    X,
    Y,
    Z,
)


@dataclass(frozen=True, slots=True)
class Bends:
    """The arcs among some moves; arrays of one length. See ``arcs.Arc``; NaN: it is none."""

    move: Ints  # its place among the moves
    centre: tuple[Floats, Floats]
    radius_mm: Floats
    first_rad: Floats
    sweep_rad: Floats


@dataclass(slots=True)
class Moves:
    """Some moves, one after another; arrays of one length, in mm of the machine.

    NaN: not known. ``low`` and ``high`` hold X and Y of the whole way, which for an arc is more
    than its end.
    """

    line: Ints
    start: tuple[Floats, Floats]  # X, Y
    end: tuple[Floats, Floats]
    z: Floats  # at the end
    low: tuple[Floats, Floats]
    high: tuple[Floats, Floats]
    extruded_mm: Floats
    length_mm: Floats
    feed_mm_s: Floats
    has_axes: Flags  # which of them name an axis, rather than filament alone
    bends: Bends | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a motion is after some moves; ``Motion.arrive`` takes it."""

    place: tuple[float | None, float | None, float | None]
    e_mm: float
    feed_mm_s: float


def follow(
    motion: Motion, rows: Rows, first: int, last: int, first_line: int
) -> tuple[Moves, Arrival]:
    """Follow the rows ``first`` to before ``last``; ``motion`` itself stays where it is.

    Args:
        motion: where it begins; ``is_plain``.
        rows: of one block.
        first: the first row.
        last: the row after the last.
        first_line: number of the block's first line.
    """
    values = rows.values[:, first:last]
    kind = rows.kind[first:last]
    ends: list[Floats] = []
    starts: list[Floats] = []
    for axis, before, offset in zip((X, Y, Z), motion.place, motion.offset_mm, strict=True):
        end = _filled(values[axis] + offset, np.nan if before is None else before)
        ends.append(end)
        starts.append(_shifted(end, np.nan if before is None else before))
    squares = [np.nan_to_num((b - a) ** 2) for a, b in zip(starts, ends, strict=True)]
    length = np.sqrt(squares[0] + squares[1] + squares[2])
    low, high = (ends[X], ends[Y]), (ends[X], ends[Y])
    is_arc = (kind == 2) | (kind == 3)
    bends = None
    if is_arc.any():
        low = (ends[X].copy(), ends[Y].copy())
        high = (ends[X].copy(), ends[Y].copy())
        bends = _bend(is_arc, kind, values, starts, ends, low, high, length)
    extruded, e_mm = _filament(motion, values[E], kind == RENAME_E)
    feed = _filled(values[F] / 60.0, motion.feed_mm_s)
    place = [None if np.isnan(end[-1]) else float(end[-1]) for end in ends]
    moves = Moves(
        line=rows.line[first:last] + first_line,
        start=(starts[X], starts[Y]),
        end=(ends[X], ends[Y]),
        z=ends[Z],
        low=low,
        high=high,
        extruded_mm=extruded,
        length_mm=length,
        feed_mm_s=feed,
        has_axes=~(np.isnan(values[X]) & np.isnan(values[Y]) & np.isnan(values[Z])),
        bends=bends,
    )
    return moves, Arrival((place[0], place[1], place[2]), e_mm, float(feed[-1]))


def _filled(values: Floats, before: float) -> Floats:
    """Return each value, or where there is none the last one."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    at = np.where(missing, -1, np.arange(len(values)))
    np.maximum.accumulate(at, out=at)
    return np.where(at < 0, before, values[at])


def _shifted(values: Floats, before: float) -> Floats:
    """Return the value before each."""
    return np.concatenate(([before], values[:-1]))


def _filament(motion: Motion, e: Floats, renames: Flags) -> tuple[Floats, float]:
    """Return how much filament each row pushes, and where the count of it ends."""
    if motion.relative_e:
        extruded = np.where(renames, 0.0, np.nan_to_num(e))
        renamed = e[renames]
        return extruded, float(renamed[-1]) if len(renamed) else motion.e_mm
    count = _filled(e, motion.e_mm)
    extruded = np.where(renames | np.isnan(e), 0.0, count - _shifted(count, motion.e_mm))
    return extruded, float(count[-1])


def _bend(
    is_arc: Flags,
    kind: Bytes,
    values: Floats,
    starts: list[Floats],
    ends: list[Floats],
    low: tuple[Floats, Floats],
    high: tuple[Floats, Floats],
    length: Floats,
) -> Bends:
    """Put the true extents and lengths of arcs in place; see ``arcs.arc_of``."""
    x0, y0, x1, y1 = (part[is_arc] for part in (starts[X], starts[Y], ends[X], ends[Y]))
    centre_x = x0 + np.nan_to_num(values[CENTRE_X][is_arc])
    centre_y = y0 + np.nan_to_num(values[CENTRE_Y][is_arc])
    start_r = np.hypot(x0 - centre_x, y0 - centre_y)
    reach = np.maximum(start_r, np.hypot(x1 - centre_x, y1 - centre_y))
    reach[reach == 0.0] = np.nan  # no radius: such an arc is looked at by itself
    first = np.arctan2(y0 - centre_y, x0 - centre_x)
    final = np.arctan2(y1 - centre_y, x1 - centre_x)
    turn = np.where(kind[is_arc] == 2, -1.0, 1.0)
    sweep = (turn * (final - first)) % np.float64(2 * np.pi)
    whole = (np.hypot(x1 - x0, y1 - y0) < 1e-3) | (sweep < 1e-6)
    sweep = np.where(whole, 2 * np.pi, sweep)
    low_x, high_x = np.minimum(x0, x1), np.maximum(x0, x1)
    low_y, high_y = np.minimum(y0, y1), np.maximum(y0, y1)
    for quarter, (to_x, to_y) in enumerate(((1, 0), (0, 1), (-1, 0), (0, -1))):
        passed = (turn * (quarter * np.pi / 2 - first)) % np.float64(2 * np.pi) <= sweep
        x = np.where(passed, centre_x + reach * to_x, x1)
        y = np.where(passed, centre_y + reach * to_y, y1)
        low_x, high_x = np.minimum(low_x, x), np.maximum(high_x, x)
        low_y, high_y = np.minimum(low_y, y), np.maximum(high_y, y)
    low[0][is_arc], low[1][is_arc] = low_x, low_y
    high[0][is_arc], high[1][is_arc] = high_x, high_y
    length[is_arc] = reach * sweep
    return Bends(np.flatnonzero(is_arc), (centre_x, centre_y), reach, first, turn * sweep)
