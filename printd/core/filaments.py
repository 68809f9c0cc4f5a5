"""What a person, a printer or a file calls a filament: material and colour. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# sRGB. Names that people give colours of filament; each stands for what lies nearest to it.
COLOURS: Final = {
    "white": "FFFFFF",
    "black": "000000",
    "grey": "808080",
    "silver": "C0C0C0",
    "red": "E02020",
    "orange": "FF7A1A",
    "yellow": "FFE030",
    "green": "20A040",
    "blue": "1E50D0",
    "cyan": "20C8E0",
    "purple": "8030A0",
    "magenta": "E020A0",
    "pink": "FF90B8",
    "brown": "70402A",
    "beige": "E8D8B8",
    "gold": "D0A030",
}
SAME: Final = {
    "gray": "grey",
    "violet": "purple",
    "ivory": "beige",
    "cream": "beige",
    "natural": "beige",
    "lilac": "purple",
    "turquoise": "cyan",
}
MATERIALS: Final = frozenset(
    {"PLA", "PHA", "PETG", "PET", "PCTG", "TPU", "EVA", "ABS", "ASA", "HIPS", "PC"}
    | {"PA", "PA6", "PAHT", "PPA", "PPS", "PP", "PE", "PVA", "BVOH"}
)
FILLED: Final = frozenset({"CF", "GF", "AERO"})  # a material of its own, to a nozzle
KNOWN: Final = 4096  # pairs of words: more than any shop has, asked for each job and printer
NEAR: Final = 60.0  # of ``distance``: nobody tells them apart in another light
_DIGITS: Final = re.compile(r"#[0-9a-f]{6}").fullmatch
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Filament:
    """What a print is to be made of."""

    material: str  # "PLA"; "": any
    colour: str = ""  # "RRGGBB"; "": any
    needed_g: float | None = None  # None: not known

    @property
    def colour_name(self) -> str:
        """What people call its colour; "": any."""
        return named(self.colour)

    def __str__(self) -> str:
        return " ".join(filter(None, (self.colour_name, self.material))) or "any filament"


def colour_of(word: str) -> str:
    """Return the colour that a person names, or writes as #RRGGBB; "" of "".

    Raises:
        ValueError: nobody knows it.
    """
    name = word.strip().lower()
    if not name:
        return ""
    if _DIGITS(name):
        return name.removeprefix("#").upper()
    if SAME.get(name, name) not in COLOURS:
        raise ValueError(f"{word!r} is no colour: {', '.join(COLOURS)}, or one such as #1E50D0")
    return COLOURS[SAME.get(name, name)]


def filament_of(words: str) -> Filament:
    """Read what a person has written, such as ``white PLA`` or ``petg-cf``."""
    tokens = [token.upper() for token in _WORD.findall(words)]
    colours = [SAME.get(token.lower(), token.lower()) for token in tokens]
    colour = next((COLOURS[word] for word in colours if word in COLOURS), "")
    return Filament(_material(tokens), colour)


@lru_cache(KNOWN)
def is_same_material(asked: str, loaded: str) -> bool:
    """Say whether what is loaded is what is asked for; "" asks for any."""
    return not asked or _material(_WORD.findall(asked.upper())) == _material(
        _WORD.findall(loaded.upper())
    )


@lru_cache(KNOWN)
def distance(one: str, other: str) -> float:
    """Return how different two colours, ``RRGGBB``, look: 0 to 765."""
    r0, g0, b0 = bytes.fromhex(one)
    r1, g1, b1 = bytes.fromhex(other)
    red = (r0 + r1) / 2
    weights = (2 + red / 256, 4.0, 2 + (255 - red) / 256)  # the eye's, by how red they are
    squares = ((r0 - r1) ** 2, (g0 - g1) ** 2, (b0 - b1) ** 2)
    return math.sqrt(sum(w * s for w, s in zip(weights, squares, strict=True)))


@lru_cache(KNOWN)
def is_same_colour(asked: str, loaded: str) -> bool:
    """Say whether a person would call both the same; "" asks for any and is none."""
    if not asked:
        return True
    if not loaded:
        return False
    return distance(asked, loaded) <= NEAR or named(asked) == named(loaded)


@lru_cache(KNOWN)
def named(colour: str) -> str:
    """Return what people call a colour; "" of none."""
    if not colour:
        return ""
    return min(COLOURS, key=lambda word: distance(COLOURS[word], colour))


def _material(tokens: list[str]) -> str:
    for place, token in enumerate(tokens):
        if token in MATERIALS:
            filled = next((after for after in tokens[place + 1 :] if after in FILLED), "")
            return f"{token}-{filled}" if filled else token
    plain = (token for token in tokens if SAME.get(token.lower(), token.lower()) not in COLOURS)
    return "-".join(plain)
