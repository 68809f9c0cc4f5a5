"""Where an arc really goes: a half circle with both ends on the bed can leave it.

Pure geometry in the XY plane, millimetres; arcs too vague for two firmwares to agree are refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

Box = tuple[float, float, float, float]  # x from, y from, x to, y to


class Arc(NamedTuple):
    """The way of an arc, in mm and radians; a sweep to the left is positive."""

    box: Box
    length_mm: float
    centre: tuple[float, float]
    radius_mm: float
    first_rad: float  # where it begins, seen from the centre
    sweep_rad: float  # without any full circles before


class VagueArc(ValueError):
    """The arc has no centre, or more than one."""


def arc_of(
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    clockwise: bool,
    offset: tuple[float, float] | None,
    radius: float | None,
    turns: float = 0.0,
) -> Arc:
    """Return the way of an arc.

    Args:
        start: where it begins.
        end: where it ends; equal to ``start``, with an offset: a full circle.
        clockwise: G2 rather than G3.
        offset: from the start to the centre (I, J).
        radius: instead of the offset (R); negative for the longer way.
        turns: full circles before the arc (P).

    Raises:
        VagueArc: neither or both of offset and radius, a radius of zero, or no way from start to
            end.
    """
    if (offset is None) == (radius is None):
        raise VagueArc("an arc needs either I and J or R")
    if offset is not None:
        centre = (start[0] + offset[0], start[1] + offset[1])
    else:
        centre = _centre(start, end, radius or 0.0, clockwise=clockwise)
    # Firmware takes the radius at the start and jumps to the end; the larger one covers both.
    reach = max(math.dist(centre, start), math.dist(centre, end))
    if reach == 0.0:
        raise VagueArc("the arc has no radius")
    first = math.atan2(start[1] - centre[1], start[0] - centre[0])
    last = math.atan2(end[1] - centre[1], end[0] - centre[0])
    sweep = (first - last if clockwise else last - first) % math.tau
    # Rounded ends of a full circle may differ in the last digit.
    if turns >= 1 or math.dist(start, end) < 1e-3 or sweep < 1e-6:
        sweep = math.tau
    x0, x1 = sorted((start[0], end[0]))
    y0, y1 = sorted((start[1], end[1]))
    for x, y in _outermost(centre, reach, first, sweep, clockwise=clockwise):
        x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
    length = reach * (sweep + math.tau * max(0.0, turns))
    turned = -sweep if clockwise else sweep
    return Arc((x0, y0, x1, y1), length, centre, reach, first, turned)


def _outermost(
    centre: tuple[float, float], reach: float, first: float, sweep: float, *, clockwise: bool
) -> Iterator[tuple[float, float]]:
    """Yield where the arc is farthest to the right, up, left or down, as far as it comes there."""
    for quarter in range(4):
        angle = quarter * math.pi / 2
        ahead = (first - angle if clockwise else angle - first) % math.tau
        if ahead <= sweep:
            x, y = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarter]
            yield centre[0] + reach * x, centre[1] + reach * y


def _centre(
    start: tuple[float, float], end: tuple[float, float], radius: float, *, clockwise: bool
) -> tuple[float, float]:
    dx, dy = end[0] - start[0], end[1] - start[1]
    chord = math.hypot(dx, dy)
    if chord == 0.0 or radius == 0.0:
        raise VagueArc("an arc with R needs two different ends and a radius")
    half = chord / 2
    # Too short a radius: firmware puts the centre between the ends.
    height = math.sqrt(max(0.0, radius * radius - half * half))
    side = -1.0 if clockwise != (radius < 0) else 1.0
    middle = (start[0] + dx / 2, start[1] + dy / 2)
    return middle[0] - side * dy / chord * height, middle[1] + side * dx / chord * height
