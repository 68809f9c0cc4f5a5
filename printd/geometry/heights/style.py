"""The two styles of relief that a photo is turned into, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Style:
    """Numbers of the way from photo to height map; slopes are per pixel of a 512 map."""

    texture: float  # share of the map: fur and pores smaller than this go
    knee: float  # slope above which slopes are bent over
    core_noise: float  # times the noise, ...
    core: float  # ... plus this: slopes below count as noise
    surround: float  # times the slopes all around: slopes below are texture
    largest: float  # detail larger than this part of the map is left to the body
    detail: float  # height of the detail
    crease: float  # slope of the lightness, per pixel of a 256 map, at which creases begin


# For objects, logos, buildings; and for people and animals.
STYLES: Final[Mapping[str, Style]] = MappingProxyType(
    {
        "detailed": Style(
            texture=0.0015,
            knee=0.035,
            core_noise=1.2,
            core=0.0035,
            surround=0.8,
            largest=20,
            detail=0.9,
            crease=0.05,
        ),
        "organic": Style(
            texture=0.0035,
            knee=0.040,
            core_noise=0.6,
            core=0.004,
            surround=1.0,
            largest=12,
            detail=1.0,
            crease=0.10,
        ),
    }
)
