"""Cells with plastic as a picture: each line gets its breadth, a round back, and light.

A row of cells becomes a bead by a dilation with a parabola: around each cell the height falls off
evenly, and the highest bead is seen. A parabola may be applied along rows and columns in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from printd.gcode.drawing.palette import colours_of_heights, colours_of_kinds, is_aside
from printd.gcode.drawing.plastic import KIND, KIND_BITS

Cells = NDArray[np.int32]

AT_ONCE: Final = 128  # rows; bounds what is needed beside the pictures
FALL_UM: Final = 90  # from the back of a bead to its side
STEPS: Final = 256  # of the colours of heights
LAMP: Final = (-0.9, 1.2)  # at the upper left: X and Y, when it is 1 above
DARKEST, BRIGHTEST = 0.66, 1.2  # of a surface, beside a flat one
LIGHTS: Final = 64  # told apart
STEEPNESS: Final = 0.7  # of what is drawn, to what is


def beads(cells: NDArray[np.int32], radius_px: float, fall_um: float = FALL_UM) -> Cells:
    """Return cells with beads around those that hold something.

    Args:
        cells: (rows, cols), as ``Plastic.cells``.
        radius_px: half of a bead's breadth.
        fall_um: how much lower a bead is at its side.
    """
    halo = round(radius_px)
    broad = np.empty_like(cells)
    for first in range(0, len(cells), AT_ONCE):
        start, last = max(0, first - halo), first + AT_ONCE
        band = _broadened(cells[start : last + halo], radius_px, fall_um)
        broad[first:last] = band[first - start : last - start]
    return broad


def _broadened(cells: Cells, radius_px: float, fall_um: float) -> Cells:
    for _ in ("along the columns", "along the rows"):
        broad = cells.copy()
        for step in range(1, round(radius_px) + 1):
            lower = int(fall_um * (step / radius_px) ** 2) << KIND_BITS
            np.maximum(broad[step:], cells[:-step] - lower, out=broad[step:])
            np.maximum(broad[:-step], cells[step:] - lower, out=broad[:-step])
        cells = broad.T
    return cells


class Paint(NamedTuple):
    """What colours surfaces have."""

    colours: NDArray[np.uint8]  # (n, 3)
    number: Callable[[Cells, Cells], Cells]  # from heights in µm and kinds to colours


def by_kind() -> Paint:
    """Give each kind of line its colour."""
    return Paint(colours_of_kinds(), lambda _z_um, kind: kind)


def by_height(low_um: int, high_um: int) -> Paint:
    """Return a paint that grows warmer with height; what stands aside has its own colour."""
    kinds = colours_of_kinds()
    aside = is_aside()
    steps_per_um = np.float32((STEPS - 1) / max(1, high_um - low_um))

    def number(z_um: Cells, kind: Cells) -> Cells:
        step = ((z_um - low_um) * steps_per_um).astype(np.int32)
        numbers: Cells = np.where(aside.take(kind), STEPS + kind, np.clip(step, 0, STEPS - 1))
        return numbers

    return Paint(np.concatenate([colours_of_heights(STEPS), kinds]), number)


def in_light(broad: Cells, cell_mm: float, paint: Paint) -> NDArray[np.uint8]:
    """Return (rows, cols, 4) uint8, RGBA, the farthest row first; clear where nothing is.

    Args:
        broad: as ``beads`` gives them, the nearest row first.
        cell_mm: size of a cell.
        paint: what colours surfaces have.
    """
    # Every colour in every light, once; a pixel is one number.
    lights = np.linspace(DARKEST, BRIGHTEST, LIGHTS)[None, :, None]
    lit = np.full((len(paint.colours), LIGHTS, 4), 255, np.uint8)
    lit[..., :3] = np.minimum(paint.colours[:, None] * lights, 255)
    table = lit.view(np.uint32).reshape(-1)
    picture = np.zeros(broad.shape, np.uint32)
    upside_down = picture[::-1]
    for first in range(0, len(broad), AT_ONCE):
        start, last = max(0, first - 1), first + AT_ONCE
        band = broad[start : last + 1]
        z_um = band >> KIND_BITS
        inner = slice(first - start, last - start)
        light = _light(z_um, cell_mm)[inner]
        band, z_um = band[inner], z_um[inner]
        shown = table.take(paint.number(z_um, band & KIND) * LIGHTS + light)
        upside_down[first:last] = np.where(band > 0, shown, 0)
    return picture.view(np.uint8).reshape(*broad.shape, 4)


def _light(z_um: Cells, cell_mm: float) -> Cells:
    """Return how bright a surface is, from 0 to before ``LIGHTS``."""
    z = z_um.astype(np.float32) * np.float32(STEEPNESS / 1000 / cell_mm)
    rise_y, rise_x = (_rise(z, axis) for axis in (0, 1))
    right, up = LAMP
    facing = (1 - right * rise_x - up * rise_y) / np.sqrt(1 + rise_x**2 + rise_y**2)
    share = (np.clip(facing, DARKEST, BRIGHTEST) - DARKEST) * ((LIGHTS - 1) / (BRIGHTEST - DARKEST))
    light: Cells = share.astype(np.int32)
    return light


def _rise(z: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    if z.shape[axis] == 1:
        return np.zeros_like(z)
    rise: NDArray[np.float32] = np.gradient(z, axis=axis)
    return rise
