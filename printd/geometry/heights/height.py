"""From a photo to a height map, without a model: it shall look like a coin, not like a photo.

Three routes: flat artwork becomes plateaus; a photo with a subject becomes a rounded body on a
quiet ground, with detail from its slopes; a photo without one keeps its large masses of light and
leans on the rule that the lower part of a picture is nearer. Tone alone never decides height.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from printd.core.crop import crop_box
from printd.core.relief_settings import ReliefSettings
from printd.geometry.decode.lightness import Picture, read_picture
from printd.geometry.decode.photo import read_header
from printd.geometry.filters import gaussian, guided, noise_sigma, stretched
from printd.geometry.heights.artwork import is_artwork, plateaus
from printd.geometry.heights.depthimage import refuse_array
from printd.geometry.heights.detail import calmed, detail
from printd.geometry.heights.findmask import SURE, MaskFrom, SubjectMask, found_mask, mask_at_hand
from printd.geometry.heights.inflate import inflated
from printd.geometry.heights.outline import widened
from printd.geometry.heights.steepness import gentle
from printd.geometry.heights.style import STYLES, Style

Floats = NDArray[np.float32]
Route = Literal["artwork", "subject", "scene", "flat"]

FLAT: Final = 0.02  # of the lightness range: below, a photo shows one colour
TAIL: Final = 0.001
STEP: Final = 0.20  # of the height: how far a subject's outline stands above the ground
BODY: Final = 0.60
DETAIL: Final = 0.16
ON_GROUND: Final = 0.12  # weight of detail on the ground behind a subject that is sure
ON_DOUBTFUL_GROUND: Final = 0.45  # ... that is not: a fault costs contrast, not a head
CERTAIN: Final = 0.9  # confidence from which a subject counts as sure
MASSES: Final = 0.45  # height of a scene's masses of light
RAMP: Final = 0.3  # share of the ramp from top to bottom in a scene


@dataclass(frozen=True, slots=True)
class Found:
    """What was seen in a photo."""

    route: Route
    noise: float  # standard deviation of the lightness, 0 to 1
    mask_from: MaskFrom = "none"
    mask_confidence: float | None = None  # of a found mask, 0 to 1; also of a rejected one
    mask_area: float | None = None  # share of the picture, 0 to 1
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class HeightMap:
    """Heights and how they came about."""

    heights: Floats  # (rows, cols), 0 to 1
    found: Found
    mask: Floats | None = None  # (rows, cols), 0 to 1: the subject


def height_map_of(
    photo: Path,
    settings: ReliefSettings,
    longest_px: int,
    mask: Path | NDArray[np.generic] | None = None,
) -> HeightMap:
    """Turn a photo into a height map, and say what was seen.

    Args:
        photo: a file; links are not followed.
        settings: crop, style, mask, artwork, and the size, which says how wide a printed line is;
            the filters of ``geometry.shape.finish`` come later.
        longest_px: the longest side of the map at most.
        mask: what belongs to the subject, as a picture file or an array; found if None.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``, of the photo or the mask.
        SettingInvalid: a mask is given and the settings want none.
    """
    refuse_array(photo)
    facts = read_header(photo)
    box = crop_box(settings.crop, facts.width_px, facts.height_px)
    picture = read_picture(photo, longest_px, crop=box)
    rows, cols = picture.lightness.shape
    line_px = settings.line_mm / settings.resolve(cols / rows).longest_mm * picture.longest
    return height_map(
        picture,
        settings.style,
        wanted=settings.mask == "auto",
        mask=mask_at_hand(picture, mask, box, settings.mask, facts.aspect),
        artwork=settings.flat_artwork,
        line_px=line_px,
    )


def height_map(
    picture: Picture,
    style: str = "detailed",
    *,
    wanted: bool = True,
    mask: SubjectMask | None = None,
    artwork: Literal["auto", "yes", "no"] = "auto",
    line_px: float = 2.0,
) -> HeightMap:
    """Turn a picture into a height map, and say what was seen.

    Args:
        picture: decoded and upright.
        style: a name of ``style.STYLES``.
        wanted: whether a subject is sought if none is known.
        mask: what is known of the subject beforehand; None: the alpha channel, if one is wanted.
        artwork: whether it is flat artwork, if a person knows.
        line_px: one printed line; 0: edges are as sharp as the picture.
    """
    noise = noise_sigma(picture.lightness)
    given = mask or mask_at_hand(picture, None, setting="auto" if wanted else "none")
    if _is_flat(picture) and given.values is None:
        warnings = (*given.warnings, _FLAT)
        zeros = np.zeros_like(picture.lightness)
        return HeightMap(zeros, Found("flat", noise, warnings=warnings))
    if artwork == "yes" or (artwork == "auto" and is_artwork(picture)):
        heights = stretched(plateaus(picture, given.values, line_px), TAIL)
        return _result(heights, "artwork", noise, given)
    if given.values is None and wanted:
        given = found_mask(picture, given.warnings)
    lightness = stretched(picture.lightness, 0.002)
    noise = noise_sigma(lightness)
    calm = calmed(lightness, noise, STYLES[style])
    if given.values is None:
        heights = _scene(calm, noise, STYLES[style])
        return _result(gentle(heights, TAIL), "scene", noise, given)
    raised = widened(given.values, line_px)
    fine = detail(calm, noise, STYLES[style], raised, ground_weight(given))
    heights = raised * (STEP + BODY * inflated(given.values, calm, STYLES[style].crease))
    heights += np.float32(DETAIL * STYLES[style].detail) * fine
    return _result(gentle(heights, TAIL), "subject", noise, given)


def ground_weight(mask: SubjectMask) -> float:
    """Return how much detail on the ground counts: less, the surer the subject is."""
    sure = 1.0 if mask.confidence is None else mask.confidence
    return float(np.interp(sure, (SURE, CERTAIN), (ON_DOUBTFUL_GROUND, ON_GROUND)))


def _result(heights: Floats, route: Route, noise: float, mask: SubjectMask) -> HeightMap:
    found = Found(route, noise, mask.origin, mask.confidence, mask.area, mask.warnings)
    return HeightMap(heights, found, mask.values)


def _scene(calm: Floats, noise: float, style: Style) -> Floats:
    """Return the masses of light and the detail on a ramp that rises towards the lower border."""
    longest = max(calm.shape)
    masses = guided(calm, max(2, round(longest / 30)), 0.2)
    masses = stretched(gaussian(masses, longest / 90), 0.005)
    fine = detail(calm, noise, style)
    heights = stretched(MASSES * masses + np.float32(DETAIL * style.detail) * fine, TAIL)
    ramp = np.linspace(0, 1, len(heights), dtype=np.float32)[:, None]
    return (1 - RAMP) * heights + RAMP * ramp


def _is_flat(picture: Picture) -> bool:
    spread = picture.colours.reshape(-1, 3)
    return float(np.ptp(picture.lightness)) < FLAT and int(np.ptp(spread, axis=0).max()) < 12


_FLAT: Final = "photo_flat: The picture shows one colour only; the relief is a flat plate."
