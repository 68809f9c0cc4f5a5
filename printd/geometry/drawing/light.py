"""The light that a picture is taken in: it stands still beside the viewer, not beside the piece.

So a hill stays a hill however a piece is turned. There is a soft lamp at the upper left and a sky
that is brighter above; no hard glare. Metals reflect sky and lamp instead of scattering them.
Light is added up linearly and shown as sRGB.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.drawing.materials import Material

Floats = NDArray[np.float32]


def _unit(right: float, up: float, towards: float) -> Floats:
    direction = np.array([right, up, towards])
    return np.asarray(direction / np.linalg.norm(direction), np.float32)


LAMP: Final = _unit(-0.62, 0.56, 0.55)  # to the right, upwards, towards the viewer
LAMP_STRENGTH: Final = 0.86  # of a white surface that faces it
SKY: Final = 0.30  # of one that faces up; a third of it comes from below
BRIGHT_SIDE: Final = _unit(-0.5, 0.85, 0.1)  # of what metals reflect
REFLECTED: Final = (0.10, 0.66)  # from the dark side, and how much more from the bright one
SHADED: Final = 0.45  # of what a hollow loses of the sky, it loses this share of the lamp
BRIGHTER: Final = 0.25  # ridges are, at most
GLOSS: Final = 0.43  # of a white highlight of strength 1
BENT_FROM: Final = 0.7  # brighter light is bent, so that nothing is cut off at white
BRIGHTEST: Final = 3.0  # light that is told apart
CURVE_STEPS: Final = 1 << 14


def lit(material: Material, facing: Floats, hollow: Floats, place: Floats | None) -> Floats:
    """Return the colours of a surface in the light.

    Args:
        material: what it is made of.
        facing: (3, n) unit vectors: to the right, upwards, towards the viewer.
        hollow: (n,), -1 on a ridge, 0 in the open, towards 1 in a hollow.
        place: (3, n), x, y, z as shares of the longest side; a material without grain needs none.

    Returns:
        (3, n) float32, sRGB, 0 to 1.
    """
    right, up, towards = facing
    dark = np.clip(material.hollow * hollow, -BRIGHTER, 1)
    lamp = np.maximum((LAMP @ facing + material.soft) / np.float32(1 + material.soft), 0)
    body = LAMP_STRENGTH * lamp * (1 - SHADED * dark) + SKY * (2 + up) / 3 * (1 - dark)
    # Where the viewer's line of sight goes from the surface.
    mirrored = np.stack([2 * towards * right, 2 * towards * up, 2 * towards * towards - 1])
    glint = material.shine * np.exp(material.sharpness * (LAMP @ mirrored - 1)) * (1 - dark)
    reflected = _reflected(mirrored) * (1 - dark) + glint
    scattering = np.float32(1 - material.metal)
    light = _coloured(material, hollow, place)
    light *= scattering * body + material.metal * reflected
    light += scattering * (GLOSS * glint + SKY * material.rim * (1 - towards) ** 3)
    return _shown(light)


def _reflected(mirrored: Floats) -> Floats:
    """Return how bright the surroundings are in some directions (3, n)."""
    dark, more = REFLECTED
    height = np.maximum(1 + BRIGHT_SIDE @ mirrored, 0) / 2
    return np.asarray(dark + more * height * np.sqrt(height), np.float32)


def _coloured(material: Material, hollow: Floats, place: Floats | None) -> Floats:
    """Return the colours of the surface itself, linear, (3, n)."""
    colour = _linear(material.colour)
    if material.grain is not None and place is not None:
        colour = colour + (_linear(material.second) - colour) * material.grain(place)
    gathered = np.clip(material.hollow * hollow, 0, 1)
    mixed: Floats = colour + (_linear(material.hollow_colour) - colour) * gathered
    return mixed


def _linear(colour: str) -> Floats:
    """Return a colour ``#rrggbb`` as linear light, (3, 1), 0 to 1."""
    srgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    light = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(light[:, None], np.float32)


def _curve() -> Floats:
    """Return sRGB by linear light from 0 to ``BRIGHTEST``."""
    light = np.linspace(0, BRIGHTEST, CURVE_STEPS)
    room = 1 - BENT_FROM
    bent = np.minimum(light, BENT_FROM + room * np.tanh(np.maximum(light - BENT_FROM, 0) / room))
    srgb = np.where(bent <= 0.0031308, 12.92 * bent, 1.055 * bent ** (1 / 2.4) - 0.055)
    return np.asarray(srgb, np.float32)


_CURVE: Final = _curve()


def _shown(light: Floats) -> Floats:
    place = np.clip(light, 0, BRIGHTEST) * np.float32((CURVE_STEPS - 1) / BRIGHTEST)
    shown: Floats = _CURVE.take(np.rint(place).astype(np.intp))
    return shown
