"""All rules on one photo.

What no program can see is left to the person: a front or three-quarter view.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printd.geometry.decode.photo import DEFAULT_LIMITS, PhotoLimits
from printd.geometry.photo_check.light import light
from printd.geometry.photo_check.looking import Look, look_at
from printd.geometry.photo_check.rule import Check, Rule, Verdict, sentence, worst
from printd.geometry.photo_check.sharpness import sharpness
from printd.geometry.photo_check.silhouette import silhouette
from printd.geometry.photo_check.surroundings import surroundings

# Services work at 512 to 1536 pixels and shrink what is larger.
RESOLUTION: Final = Rule(
    "resolution",
    "px on the long side",
    poor=1024,
    bad=512,
    fault="is small",
    advice="Send the original file, not a preview or a crop of a small part.",
)


@dataclass(frozen=True, slots=True)
class PhotoCheck:
    """What all rules say of one photo."""

    verdict: Verdict
    sentence: str
    width_px: int
    height_px: int
    checks: tuple[Check, ...]


def check_photo(
    photo: Path, limits: PhotoLimits = DEFAULT_LIMITS, mask: Path | None = None
) -> PhotoCheck:
    """Measure a photo against the rules of services that make meshes of photos.

    Rules about the subject are left out where none is found; ``subject`` says so.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``, of the photo or the mask.
    """
    look = look_at(photo, limits, mask)
    checks = tuple(_checks(look))
    facts = look.facts
    return PhotoCheck(worst(checks), sentence(checks), facts.width_px, facts.height_px, checks)


def _checks(look: Look) -> Iterator[Check]:
    yield RESOLUTION.judged(max(look.facts.width_px, look.facts.height_px))
    yield from sharpness(look)
    yield from light(look)
    yield from silhouette(look)
    yield from surroundings(look)
