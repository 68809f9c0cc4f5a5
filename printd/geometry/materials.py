"""What a piece looks made of, in pictures only: the printed geometry never depends on it.

The lights stand still beside the viewer, so a hill stays a hill however a piece is turned: a soft
lamp from the upper left and a sky that is brighter above. There is no hard glare; what shines
has a wide highlight, and metals reflect sky and lamp instead of scattering them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid
from printd.geometry.grain import fired, sawn, speckled, veined

Floats = NDArray[np.float32]

LAMP: Final = np.array([-0.62, 0.56, 0.55]) / np.linalg.norm([-0.62, 0.56, 0.55])
LAMP_STRENGTH: Final = 0.86
SKY: Final = 0.30  # light from straight above; from below comes a third of it
SHADED: Final = 0.45  # of what a hollow loses of the sky, it loses this share of the lamp


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface answers light. Colours are sRGB, as ``#rrggbb``."""

    colour: str
    shine: float = 0.0  # strength of the highlight
    sharpness: float = 12.0  # of the highlight: the higher, the smaller
    metal: float = 0.0  # share of the light that is reflected in the material's own colour
    soft: float = 0.0  # light that enters and leaves elsewhere: softer shadows
    hollow: float = 0.5  # how much darker hollows are
    hollow_colour: str = "#000000"  # what gathers in them
    rim: float = 0.0  # how much brighter the surface is where it turns away
    second: str = "#000000"  # the other colour of the grain
    grain: Callable[[Floats], Floats] | None = None  # its share at places (3, n) of the piece


MATERIALS: Final[Mapping[str, Material]] = MappingProxyType(
    {
        "white-pla": Material("#e6e3dc", shine=0.05, sharpness=7, soft=0.05),
        "grey-pla": Material("#85888c", shine=0.10, sharpness=7),
        "black-pla": Material("#34353a", shine=0.45, sharpness=7, hollow=0.8, rim=0.2),
        "resin": Material(
            "#b86a1c", shine=2.2, sharpness=22, soft=0.5, rim=0.3, hollow_colour="#6e1f06"
        ),
        "bronze": Material(
            "#96652f", shine=2.1, sharpness=9, metal=0.85, hollow=0.9, hollow_colour="#22352b"
        ),
        "gold": Material(
            "#f2b736", shine=1.5, sharpness=11, metal=0.9, hollow=0.8, hollow_colour="#5a2f05"
        ),
        "silver": Material(
            "#dcdde0", shine=1.3, sharpness=11, metal=0.95, hollow=0.9, hollow_colour="#101114"
        ),
        "ceramic": Material(
            "#c3d8cc", shine=1.7, sharpness=20, soft=0.2, hollow=0.9, hollow_colour="#2f7d68"
        ),
        "wood": Material(
            "#c58f55", shine=0.10, sharpness=8, second="#7d4a22", grain=sawn, hollow=0.7
        ),
        "terracotta": Material("#b9623f", second="#8e4329", grain=fired, hollow=0.6),
        "marble": Material(
            "#eceae6", shine=0.35, sharpness=20, soft=0.25, second="#7f828a", grain=veined
        ),
        "sandstone": Material("#d3b787", second="#8f734a", grain=speckled, hollow=0.6),
    }
)


def material_named(name: str) -> Material:
    """Return a material.

    Raises:
        SettingInvalid: there is none of this name.
    """
    try:
        return MATERIALS[name]
    except KeyError:
        raise SettingInvalid(
            f"material: {name!r} is not known.", action=f"Use one of: {', '.join(MATERIALS)}."
        ) from None


def lit(material: Material, facing: Floats, hollow: Floats, place: Floats | None) -> Floats:
    """Return the colours of a surface in the light.

    Args:
        material: what it is made of.
        facing: (3, n) unit vectors to the right, upwards, towards the viewer.
        hollow: (n,), -1 on a ridge, 0 in the open, towards 1 in a hollow.
        place: (3, n), x, y, z as shares of the longest side; a material without grain needs none.

    Returns:
        (3, n) float32, sRGB, 0 to 1.
    """
    right, up, towards = facing
    lamp = LAMP.astype(np.float32)
    level = np.float32(LAMP_STRENGTH) * np.maximum(
        (lamp @ facing + material.soft) / np.float32(1 + material.soft), 0
    )
    sky = np.float32(SKY) * (2 + up) / 3
    dark = np.clip(material.hollow * hollow, -0.25, 0.9)
    body = level * (1 - SHADED * dark) + sky * (1 - dark)
    # The direction in which the viewer's line of sight leaves the surface.
    mirror = lamp @ np.stack([2 * towards * right, 2 * towards * up, 2 * towards * towards - 1])
    glint = material.shine * np.exp(material.sharpness * (mirror - 1)) * (1 - dark)
    edge = material.rim * (1 - towards) ** 3
    reflected = _reflected(towards, up) * (1 - dark)
    colour = _coloured(material, hollow, place)
    matt = (1 - material.metal) * body
    light = colour * (matt + material.metal * (reflected + glint))
    light += (1 - material.metal) * (LAMP_STRENGTH * 0.5 * glint + edge * SKY)
    return _shown(light)


def _reflected(towards: Floats, up: Floats) -> Floats:
    """Return how bright the surroundings are that a polished surface shows."""
    height = 2 * towards * up
    return 0.12 + 0.62 * (0.5 + 0.5 * height) ** 1.5


def _coloured(material: Material, hollow: Floats, place: Floats | None) -> Floats:
    """Return the colours of the surface itself, linear, (3, n)."""
    colour = linear(material.colour)[:, None]
    if material.grain is not None and place is not None:
        share = material.grain(place)
        colour = colour + (linear(material.second)[:, None] - colour) * share
    gathered = np.clip(material.hollow * hollow, 0, 0.8)
    mixed: Floats = colour + (linear(material.hollow_colour)[:, None] - colour) * gathered
    return mixed


def linear(colour: str) -> Floats:
    """Return a colour ``#rrggbb`` as linear light, (3,), 0 to 1."""
    srgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    light = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(light, np.float32)


def _curve() -> Floats:
    """Return sRGB by linear light from 0 to ``BRIGHTEST``; what is very bright is bent down."""
    light = np.linspace(0, BRIGHTEST, CURVE_STEPS)
    bent = np.where(
        light < BENT_FROM,
        light,
        BENT_FROM + (1 - BENT_FROM) * np.tanh((light - BENT_FROM) / (1 - BENT_FROM)),
    )
    srgb = np.where(bent <= 0.0031308, 12.92 * bent, 1.055 * bent ** (1 / 2.4) - 0.055)
    return np.asarray(srgb, np.float32)


BRIGHTEST: Final = 3.0
BENT_FROM: Final = 0.7
CURVE_STEPS: Final = 1 << 14
_CURVE: Final = _curve()


def _shown(light: Floats) -> Floats:
    place = np.clip(light, 0, BRIGHTEST) * np.float32((CURVE_STEPS - 1) / BRIGHTEST)
    shown: Floats = _CURVE.take(np.rint(place).astype(np.intp))
    return shown
