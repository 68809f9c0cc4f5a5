"""About how much plastic and time a piece takes, before anything is sliced.

From volumes alone: what a slicer makes solid, what it makes sparse, how many layers there are. The
figures are those of the shipped profile ``generic`` at the qualities that all profiles have, fitted
to nineteen reliefs sliced with PrusaSlicer (``tests/bench/test_bench_preview.py`` slices some
again): plastic within 10 %, time within 25 %, of standing pieces within 50 %, for the walls of a
detailed picture are all short lines. Other printers differ more, so a range is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

LINE_MM: Final = 0.45  # width of a printed line
LINE_S_MM: Final = 0.038  # time for a millimetre of it, short ones and travel among them
LAYER_S: Final = 1.75
BEGIN_S: Final = 235.0  # warming up, homing
SPARSE: Final = 1.6  # a lattice takes more than its density says: its lines are laid whole
WALL_MM: Final = 0.9  # two lines around every layer
GRAMS_OFF: Final = 0.15  # share of a figure by which it may be off
SECONDS_OFF: Final = 0.35
STANDING_LINES: Final = 1.3  # times as slow: most of what stands is walls
STANDING_OFF: Final = 0.5
DENSITY_G_CM3: Final[Mapping[str, float]] = {
    "PLA": 1.24,
    "PETG": 1.27,
    "TPU": 1.21,
    "ABS": 1.04,
    "ASA": 1.07,
    "PC": 1.20,
}


@dataclass(frozen=True, slots=True)
class Quality:
    """What a quality of the shipped profiles means, as far as it changes an estimate."""

    layer_mm: float = 0.2
    solid_layers: int = 9  # at the bottom and at the top together
    infill_pct: float = 15.0
    speed: float = 1.0  # to that of the usual one


USUAL: Final = Quality()
QUALITIES: Final[Mapping[str, Quality]] = {
    "draft": Quality(0.28, 6, 10.0, 1.25),
    "fine": Quality(0.12, 13, 15.0, 0.85),
    "lithophane": Quality(0.12, 9, 100.0, 0.78),
}


@dataclass(frozen=True, slots=True)
class Range:
    """A figure, and between what it is likely to lie."""

    about: float
    least: float
    most: float

    @classmethod
    def around(cls, about: float, off: float) -> Range:
        """Return a figure that may be off by a share of itself."""
        return cls(about, about * (1 - off), about * (1 + off))


@dataclass(frozen=True, slots=True)
class Estimate:
    """About what a print takes."""

    grams: Range
    seconds: Range


def skin_mm(printed: Mapping[str, Any], *, stands: bool = False) -> float:
    """Return how much of every place is solid: below and above, or on both sides of what stands.

    Args:
        printed: ``print`` of the settings of a job.
        stands: the piece is printed upright.
    """
    quality = _quality(printed)
    return 2 * WALL_MM if stands else quality.solid_layers * _layer_mm(printed, quality)


def layers_of(printed: Mapping[str, Any], height_mm: float) -> tuple[float, int]:
    """Return the height of a layer, and how many a piece of this height has."""
    layer_mm = _layer_mm(printed, _quality(printed))
    return layer_mm, max(1, math.ceil(height_mm / layer_mm - 1e-6))


def estimate_of(
    plastic: Mapping[str, float],
    printed: Mapping[str, Any],
    material: str,
    *,
    height_mm: float,
    stands: bool = False,
) -> Estimate:
    """Return about what a print takes.

    Args:
        plastic: ``skin_mm3``, ``inner_mm3`` and ``walls_mm2`` as ``geometry.shape.plastic`` finds
            them.
        printed: ``print`` of the settings of a job.
        material: what it is printed of; "": any.
        height_mm: of the piece as it is printed.
        stands: it is printed upright.
    """
    quality = _quality(printed)
    layer_mm, layers = layers_of(printed, height_mm)
    infill_pct = printed.get("infill_pct")
    infill = (quality.infill_pct if infill_pct is None else infill_pct) / 100
    share = min(1.0, SPARSE * infill)
    # What stands has its walls in its skin already.
    walls_mm3 = 0.0 if stands else min(WALL_MM * plastic["walls_mm2"], plastic["inner_mm3"])
    sparse_mm3 = share * plastic["inner_mm3"] + (1 - infill) * walls_mm3
    volume_mm3 = plastic["skin_mm3"] + min(sparse_mm3, plastic["inner_mm3"])
    slower, off = (STANDING_LINES, STANDING_OFF) if stands else (1.0, SECONDS_OFF)
    lines_s = slower * LINE_S_MM * volume_mm3 / (LINE_MM * layer_mm) / quality.speed
    density = DENSITY_G_CM3.get(material.upper(), DENSITY_G_CM3["PLA"])
    return Estimate(
        Range.around(volume_mm3 / 1000 * density, GRAMS_OFF),
        Range.around(BEGIN_S + LAYER_S * layers + lines_s, off),
    )


def _quality(printed: Mapping[str, Any]) -> Quality:
    return QUALITIES.get(str(printed.get("quality")), USUAL)


def _layer_mm(printed: Mapping[str, Any], quality: Quality) -> float:
    said = printed.get("layer_mm")
    return quality.layer_mm if said is None else float(said)
