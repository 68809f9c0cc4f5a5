"""How many pieces lie on a bed, in which rows, turned or not; arithmetic alone.

Matching asks it before anything is sliced, placing lays the pieces by the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from printd.core.machine import Machine

GAP_MM: Final = 6.0  # between pieces: a hand's tool goes between, and brims of two may touch
BRIM_MM: Final = 0.5  # beyond a brim: it is laid in whole lines, a little off the piece
SLACK_MM: Final = 1e-3  # single precision at 250 mm is good to 0.02 µm; asked sizes are decimal


@dataclass(frozen=True, slots=True)
class BedLayout:
    """A grid of equal pieces."""

    columns: int
    rows: int
    is_turned: bool  # each by a quarter turn

    @property
    def places(self) -> int:
        """Return how many pieces there is room for."""
        return self.columns * self.rows


def beside_brim(machine: Machine, brim_mm: float | None) -> Machine:
    """Return the machine with as much of its bed kept free as a brim of that width needs."""
    if not brim_mm:
        return machine
    return replace(machine, margin_mm=max(machine.margin_mm, brim_mm + BRIM_MM))


def layout_of(
    machine: Machine, size_mm: tuple[float, float, float], copies: int
) -> BedLayout | None:
    """Return how so many pieces lie on the bed: as they are, if they fit so; None: they do not."""
    both = (_grid(machine, size_mm, is_turned=is_turned) for is_turned in (False, True))
    return next((grid for grid in both if grid.places >= copies), None)


def most_places(machine: Machine, size_mm: tuple[float, float, float]) -> int:
    """Return how many such pieces there is room for."""
    return max(_grid(machine, size_mm, is_turned=turned).places for turned in (False, True))


def _grid(machine: Machine, size_mm: tuple[float, float, float], *, is_turned: bool) -> BedLayout:
    width_mm, depth_mm, height_mm = size_mm
    if height_mm > machine.height_mm + SLACK_MM:
        return BedLayout(0, 0, is_turned)
    room_w_mm, room_d_mm = machine.room_mm
    sides = (depth_mm, width_mm) if is_turned else (width_mm, depth_mm)
    return BedLayout(_count(room_w_mm, sides[0]), _count(room_d_mm, sides[1]), is_turned)


def _count(room_mm: float, side_mm: float) -> int:
    return max(0, int((room_mm + SLACK_MM + GAP_MM) // (side_mm + GAP_MM)))
