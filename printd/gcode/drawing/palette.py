"""The colours of a toolpath: a calm plate, plastic that grows warmer with height."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.gcode.drawing.kinds import LAST, Kind

Colours = NDArray[np.uint8]

PAPER: Final = (38, 42, 48)
PLATE: Final = (58, 64, 72)
GRID: Final = (68, 75, 84)
GRID_STRONG: Final = (84, 92, 102)
PLATE_EDGE: Final = (132, 142, 154)
KEPT_FREE: Final = (96, 104, 115)  # the margin of the plate
GROUND: Final = (70, 77, 87)  # below a layer, where other layers are
FRAME: Final = (240, 236, 226)
WORDS: Final = (226, 224, 218)
QUIET_WORDS: Final = (156, 163, 172)

# From the plate to the top of the print.
HEIGHTS: Final = ("#5f76a8", "#7d76a8", "#a57597", "#cc7f78", "#e3a573", "#f3d9a4", "#fbf3dc")

# Of each kind, when it is told apart.
KINDS: Final[dict[Kind, str]] = {
    Kind.OUTER: "#e08a5b",
    Kind.INNER: "#e9b486",
    Kind.TOP: "#f0dfb4",
    Kind.SOLID: "#c9a9a0",
    Kind.BRIDGE: "#b98bb4",
    Kind.INFILL: "#7d8fb8",
    Kind.SUPPORT: "#74b096",
    Kind.TOWER: "#a7a38a",
    Kind.EDGE: "#8fa0ad",
    Kind.OTHER: "#d9cdbb",
}
NAMES: Final[dict[Kind, str]] = {
    Kind.OUTER: "outer wall",
    Kind.INNER: "inner wall",
    Kind.TOP: "top",
    Kind.SOLID: "solid",
    Kind.BRIDGE: "bridge",
    Kind.INFILL: "infill",
    Kind.SUPPORT: "support",
    Kind.TOWER: "wipe tower",
    Kind.EDGE: "skirt, brim",
    Kind.OTHER: "plastic",
}
# Kinds that are no part of the thing itself keep their colour at every height.
ASIDE: Final = (Kind.EDGE, Kind.TOWER, Kind.SUPPORT)


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the parts of ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def colours_of_kinds() -> Colours:
    """Return a table: the colour of each kind, by its number, that of none first; (kinds, 3)."""
    table = np.full((LAST + 1, 3), GROUND, np.uint8)
    for kind, colour in KINDS.items():
        table[kind] = rgb(colour)
    return table


def is_aside() -> NDArray[np.bool_]:
    """Return a table: whether each kind is one of ``ASIDE``, by its number."""
    table = np.zeros(LAST + 1, np.bool_)
    table[list(ASIDE)] = True
    return table


def colours_of_heights(steps: int) -> Colours:
    """Return a table: the colours from the plate to the top; (steps, 3)."""
    stops = np.array([rgb(colour) for colour in HEIGHTS], np.float64)
    at = np.linspace(0, len(stops) - 1, steps)
    parts = [np.interp(at, np.arange(len(stops)), stops[:, part]) for part in range(3)]
    return np.rint(np.stack(parts, axis=1)).astype(np.uint8)
