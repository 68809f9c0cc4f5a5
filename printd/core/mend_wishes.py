"""What is wanted of a stranger's mesh when it is made printable: plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LONGEST_MM: Final = 100.0
Room = tuple[float, float, float]  # width, depth, height that a printer has for models; mm


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted of the result."""

    longest_mm: float = LONGEST_MM  # its longest side
    width_mm: float | None = None  # along x; wins
    up: str | None = None  # "y" or "z"; None: as the format of the file says
    nozzle_mm: float = 0.4
    tolerance_mm: float = 0.02  # by which the skin may move for fewer triangles
    most_triangles: int = 1_000_000
    turn: bool = False  # to where it needs the least support
    rooms: Sequence[Room] = ()  # of the printers, for that
