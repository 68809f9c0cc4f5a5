"""Bending a flat piece round an upright axis, up to a closed ring.

A piece is made flat, in triangles that are short enough across, and its vertices are bent: what
was x goes round the axis, what was height along the radius. The back keeps its length. A bent
piece stands as it is printed: up in the picture is up, and the picture's middle faces the front.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid

Floats = NDArray[np.float32]
Side = Literal["outer", "inner"]

RING_DEG: Final = 359.0  # from here on the sides are joined: no gap that a nozzle keeps open
LEAST_SAG_MM: Final = 0.001  # the smallest tolerance that a person can set
SAG_OF_THINNEST: Final = 0.25  # chords of front and back may not come near each other
WIDEST_CHORD_DEG: Final = 20.0  # however small the piece, it looks round
AXIS_FREE: Final = 0.05  # of the radius: how near to the axis an inner surface may come
SEAM: Final = 1 / 32  # of the columns at either side that are led over into one another


@dataclass(frozen=True, slots=True)
class Bend:
    """How far a piece is bent, and which way.

    Raises:
        SettingInvalid: no such angle.
    """

    side: Side  # outer: the picture is seen from outside the ring
    angle_deg: float  # that the piece's width goes round; above 0, at most 360

    def __post_init__(self) -> None:
        if not 0 < self.angle_deg <= 360:
            raise SettingInvalid(
                f"bend: {self.angle_deg:g} degrees is not possible.",
                action="Use an angle above 0 and up to 360 degrees.",
            )

    @property
    def is_ring(self) -> bool:
        """Left and right are joined."""
        return self.angle_deg >= RING_DEG

    def radius_mm(self, width_mm: float, highest_mm: float) -> float:
        """Return the radius of the back.

        Raises:
            SettingInvalid: the piece would run through its own axis.
        """
        radius_mm = width_mm / np.radians(360.0 if self.is_ring else self.angle_deg)
        if self.side == "inner" and highest_mm > radius_mm * (1 - AXIS_FREE):
            largest_deg = np.degrees(width_mm * (1 - AXIS_FREE) / highest_mm)
            raise SettingInvalid(
                f"bend: at {self.angle_deg:g} degrees the inside has a radius of "
                f"{radius_mm:.3g} mm; a piece {highest_mm:.3g} mm thick does not fit in.",
                action=f"Use at most {np.floor(largest_deg):g} degrees, or a larger piece.",
            )
        return float(radius_mm)


def chords(
    bend: Bend, width_mm: float, heights_mm: Floats, sag_mm: float, *, is_solid: bool
) -> tuple[int, int]:
    """Return how many columns a grid must have for each of its own, and how many to cross.

    A chord of length e keeps off its arc by e²/8r at most.

    Args:
        bend: how the piece is to be bent.
        width_mm: of the flat piece.
        heights_mm: (rows + 1, cols + 1).
        sag_mm: how far off the round a chord may be.
        is_solid: the piece has a back, which its front may not come near.

    Returns:
        Columns for each of the grid's, a power of two, so that squares still halve; and how many
        of these an edge may run across.
    """
    highest_mm, lowest_mm = float(heights_mm.max()), float(heights_mm.min())
    radius_mm = bend.radius_mm(width_mm, highest_mm)
    outermost_mm = radius_mm + (highest_mm if bend.side == "outer" else 0.0)
    if is_solid:
        sag_mm = min(sag_mm, SAG_OF_THINNEST * lowest_mm)
    chord_mm = radius_mm * np.sqrt(8 * max(sag_mm, LEAST_SAG_MM) / outermost_mm)
    chord_mm = min(chord_mm, radius_mm * np.radians(WIDEST_CHORD_DEG))
    cell_mm = width_mm / (heights_mm.shape[1] - 1)
    times = 1 << max(0, int(np.ceil(np.log2(cell_mm / chord_mm))))
    return times, max(1, int(times * chord_mm / cell_mm))


def with_columns(field: Floats, times: int) -> Floats:
    """Return a map over so many times the columns, straight between its own."""
    share = (np.arange(times) / times).astype(np.float32)
    between = field[:, :-1, None] + np.diff(field, axis=1)[:, :, None] * share
    return np.concatenate([between.reshape(len(field), -1), field[:, -1:]], axis=1)


def seamless(field: Floats) -> Floats:
    """Return a map whose left and right columns are equal, led over within a few columns."""
    reach = max(1, int(SEAM * field.shape[1]))
    share = (1 - np.arange(reach) / reach).astype(np.float32)
    seam = (field[:, :1] + field[:, -1:]) / 2
    led = field.copy()
    led[:, :reach] += share * (seam - field[:, :reach])
    led[:, -reach:] += share[::-1] * (seam - field[:, -reach:])
    led[:, :1] = led[:, -1:] = seam
    return led


def bent(vertices: Floats, bend: Bend, width_mm: float) -> Floats:
    """Return where the vertices of a flat piece come to lie; the lowest corner is at 0.

    Args:
        vertices: (n, 3), x from 0 to ``width_mm``, z over the back.
        bend: how.
        width_mm: of the flat piece.
    """
    x_mm, up_mm, height_mm = vertices.astype(np.float64).T
    radius_mm = bend.radius_mm(width_mm, float(height_mm.max()))
    angle = (x_mm - width_mm / 2) / radius_mm
    # Towards the viewer, from the middle of the back; exact for the slightest bend as well.
    behind_mm = 2 * radius_mm * np.sin(angle / 2) ** 2
    if bend.side == "outer":
        across_mm = (radius_mm + height_mm) * np.sin(angle)
        front_mm = height_mm * np.cos(angle) - behind_mm
    else:
        across_mm = (radius_mm - height_mm) * np.sin(angle)
        front_mm = height_mm * np.cos(angle) + behind_mm
    standing = np.stack([across_mm, -front_mm, up_mm], axis=1)
    at_zero: Floats = (standing - standing.min(axis=0)).astype(np.float32)
    return at_zero


def joined(vertices: Floats, width_mm: float) -> NDArray[np.int32]:
    """Return by which vertex each is replaced, (n,), when right meets left.

    Args:
        vertices: (n, 3) of a flat piece whose left and right borders are equal.
        width_mm: the x of the right border.
    """
    number = np.arange(len(vertices), dtype=np.int32)
    left, right = (
        np.flatnonzero(vertices[:, 0] == side) for side in (np.float32(0), np.float32(width_mm))
    )
    left, right = (side[np.lexsort(vertices[side, 1:].T)] for side in (left, right))
    number[right] = left
    return number
