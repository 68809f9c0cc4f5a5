"""What a piece may look made of, in pictures only: the printed geometry never depends on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from printd.core.errors import SettingInvalid
from printd.geometry.drawing.grain import Floats, fired, sawn, speckled, veined

COLOUR: Final = re.compile("#[0-9a-fA-F]{6}")


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
    """Return a material; a colour such as ``#2f6fd0`` is plain plastic of it.

    Raises:
        SettingInvalid: there is none of this name.
    """
    if COLOUR.fullmatch(name):
        return Material(name, shine=0.1, sharpness=7)
    try:
        return MATERIALS[name]
    except KeyError:
        raise SettingInvalid(
            f"material: {name!r} is not known.", action=f"Use one of: {', '.join(MATERIALS)}."
        ) from None
