"""The straight pieces of what some moves extrude: a line is one, an arc is several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from printd.gcode.motion import Move
from printd.gcode.moves import Bends, Moves
from printd.gcode.rows import Floats, Ints

AWAY_MM: Final = 0.02  # that a chord may lie from its arc; less than a pixel
MOST_CHORDS: Final = 200  # of one arc


class Chords(NamedTuple):
    """Straight pieces, one after another; arrays of one length, in mm of the machine."""

    line: Ints
    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    z: Floats

    def part(self, which: Any) -> Chords:
        """Return some of them."""
        line, *places = (part[which] for part in self)
        return Chords(line, *places)


def chords_of(moves: Moves) -> Chords:
    """Return what some moves extrude on a way that is known."""
    chords = Chords(moves.line, *moves.start, *moves.end, np.nan_to_num(moves.z))
    prints = (moves.extruded_mm > 0) & (moves.length_mm > 0)
    prints &= np.isfinite(chords.x0 + chords.y0 + chords.x1 + chords.y1)
    if moves.bends is not None:
        chords, whole = _bent(chords, moves.bends)
        prints = prints[whole]
    # What only rises where it stands is no line.
    prints &= (chords.x0 != chords.x1) | (chords.y0 != chords.y1)
    return chords.part(prints)


def chords_of_one(move: Move) -> Iterator[tuple[int, float, float, float, float, float]]:
    """Return likewise what one move extrudes, as rows of ``Chords``."""
    x0, y0 = move.start
    if x0 is None or y0 is None or move.x is None or move.y is None:
        return
    if move.extruded_mm <= 0 or move.length_mm <= 0:
        return
    whole = (move.line, x0, y0, move.x, move.y, move.z or 0.0)
    arc = move.arc
    if arc is None:
        if (x0, y0) != (move.x, move.y):
            yield whole
        return
    bend = Bends(
        np.zeros(1, np.int64),
        (np.array([arc.centre[0]]), np.array([arc.centre[1]])),
        np.array([arc.radius_mm]),
        np.array([arc.first_rad]),
        np.array([arc.sweep_rad]),
    )
    chords, _ = _bent(Chords(*(np.array([part]) for part in whole)), bend)
    yield from zip(*(part.tolist() for part in chords), strict=True)


def _bent(chords: Chords, bends: Bends) -> tuple[Chords, Ints]:
    """Return the pieces of whole moves, and of each piece its move."""
    sweep, radius = np.nan_to_num(bends.sweep_rad), np.nan_to_num(bends.radius_mm)
    # A chord over the angle a lies r a² / 8 from its arc.
    needed = np.abs(sweep) * np.sqrt(radius / (8 * AWAY_MM))
    pieces = np.ones(len(chords.line), np.int64)
    pieces[bends.move] = np.clip(np.ceil(needed), 1, MOST_CHORDS).astype(np.int64)
    whole = np.repeat(np.arange(len(pieces)), pieces)
    number = np.arange(len(whole)) - (np.cumsum(pieces) - pieces)[whole]
    cut = chords.part(whole)
    # Where one piece of an arc ends, the next begins.
    inner = np.flatnonzero(number > 0)
    bend = np.searchsorted(bends.move, whole[inner])
    angle = bends.first_rad[bend] + sweep[bend] * number[inner] / pieces[whole[inner]]
    for starts, ends, centre, reach in (
        (cut.x0, cut.x1, bends.centre[0], np.cos(angle)),
        (cut.y0, cut.y1, bends.centre[1], np.sin(angle)),
    ):
        starts[inner] = ends[inner - 1] = centre[bend] + radius[bend] * reach
    return cut, whole
