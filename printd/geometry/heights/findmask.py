"""Where a subject's mask comes from: a person, the alpha channel, or the photo itself.

A mask found in the photo is followed only if its outline parts different colours; otherwise the
photo is treated as a scene and a warning says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from printd.core.beside import check_mask
from printd.core.crop import Box
from printd.geometry.decode.colour import lab
from printd.geometry.decode.lightness import Picture
from printd.geometry.heights.cut import can_cut, cut
from printd.geometry.heights.mask import (
    area_is_possible,
    aspect_of,
    clean,
    closed,
    confidence,
    read_mask,
)
from printd.geometry.heights.outline import GIVEN_REACH, led
from printd.geometry.heights.shapes import shape_faults
from printd.geometry.heights.subject import WORK_PX, guesses

Floats = NDArray[np.float32]
MaskFrom = Literal["photo", "alpha", "given", "none"]

SURE: Final = 0.6  # confidence from which a found mask is followed
LARGE: Final = 0.35  # exponent of the area: of equally sure masks the smaller one lost a head
NEARLY: Final = 0.9  # of the best score: opinions that have a say
BAY: Final = 0.04  # of the map: half the width of the widest bay that is filled
SOMETHING: Final = 0.001  # of the picture; a given mask that covers less, or leaves less, is void


@dataclass(frozen=True, slots=True, eq=False)
class SubjectMask:
    """What belongs to the subject, and how sure that is."""

    values: Floats | None  # (rows, cols), 0 to 1; None: no subject
    origin: MaskFrom = "none"
    confidence: float | None = None  # of a mask found in the photo, 0 to 1; also of a rejected one
    area: float | None = None  # share of the picture
    warnings: tuple[str, ...] = ()


def mask_at_hand(
    picture: Picture,
    given: Path | NDArray[np.generic] | None,
    crop: Box | None = None,
    setting: Literal["auto", "none"] = "auto",
    aspect: float | None = None,
) -> SubjectMask:
    """Return the given mask, else that of the alpha channel, if they say anything.

    Args:
        picture: the part of the photo that counts.
        given: of the whole photo.
        crop: the part of the given mask that counts.
        setting: ``none``: the whole scene counts, whatever the alpha channel says.
        aspect: width : height of the whole photo; None: a mask of any shape is stretched over it.

    Raises:
        PhotoRefused, OSError: the given file is no picture that can be read, or has another shape
            than the photo.
        SettingInvalid: a mask is given and none is wanted.
    """
    check_mask(setting, given)
    if setting == "none":
        return SubjectMask(None)
    if given is not None:
        return _given_mask(picture, given, crop, aspect)
    if picture.alpha is not None:
        area = float(picture.alpha.mean())
        if SOMETHING < area < 1 - SOMETHING:
            return SubjectMask(picture.alpha, "alpha", area=area)
    return SubjectMask(None)


def _given_mask(
    picture: Picture, given: Path | NDArray[np.generic], crop: Box | None, aspect: float | None
) -> SubjectMask:
    warnings = () if aspect is None else shape_faults("mask", aspect_of(given), aspect)
    rows, cols = picture.lightness.shape
    values = read_mask(given, rows, cols, crop)
    area = float(values.mean())
    if SOMETHING < area < 1 - SOMETHING:
        outlined = led(values, picture.colours, GIVEN_REACH)
        return SubjectMask(outlined, "given", area=area, warnings=warnings)
    return SubjectMask(None, warnings=(*warnings, _EMPTY if area < 0.5 else _FULL))


def found_mask(picture: Picture, warnings: tuple[str, ...] = ()) -> SubjectMask:
    """Look for the subject; a mask that is not sure is not followed, and a warning added."""
    colours = _small(picture)
    in_lab = lab(colours)
    opinions = [_opinion(guess, trust, in_lab) for guess, trust in guesses(in_lab)]
    if not opinions:
        return SubjectMask(None, warnings=(*warnings, _DOUBTFUL))
    best = max(opinions, key=lambda one: one.score)
    if best.score <= 0:
        return SubjectMask(None, warnings=(*warnings, _DOUBTFUL))
    area = float(best.parts.mean())
    if best.sure < SURE:
        return SubjectMask(None, "none", best.sure, area, (*warnings, _DOUBTFUL))
    exact = _opinion(cut(best.likely, colours), 1.0, in_lab) if can_cut() else None
    if exact is not None and exact.score >= best.score:
        best, parts = exact, exact.parts
    else:
        parts = _with_bays(best, opinions)
    values = led(parts, picture.colours)
    return SubjectMask(values, "photo", best.sure, float(parts.mean()), warnings)


@dataclass(frozen=True, slots=True, eq=False)
class _Opinion:
    """One guess at the subject, judged."""

    likely: Floats  # (rows, cols), 0 to 1
    parts: NDArray[np.bool_]  # cleaned
    sure: float
    score: float


def _opinion(likely: Floats, trust: float, colours: Floats) -> _Opinion:
    parts = clean(likely)
    sure = trust * confidence(parts, colours) if area_is_possible(parts) else 0.0
    score = sure * float(parts.mean()) ** LARGE
    return _Opinion(likely, parts, sure, score)


def _with_bays(best: _Opinion, opinions: list[_Opinion]) -> NDArray[np.bool_]:
    """Return the best mask with bays filled that good other opinions count as the subject's.

    A highlight in the hair looks like the wall behind it to one opinion, hardly to all.
    """
    good = [one.parts for one in opinions if one.score >= NEARLY * best.score]
    bays = closed(best.parts, round(BAY * max(best.parts.shape)))
    result: NDArray[np.bool_] = best.parts | (bays & np.logical_or.reduce([best.parts, *good]))
    return result


def _small(picture: Picture) -> NDArray[np.uint8]:
    """Return the colours on a small copy."""
    rows, cols = picture.lightness.shape
    scale = WORK_PX / picture.longest
    if scale >= 1:
        return picture.colours
    size = max(8, round(cols * scale)), max(8, round(rows * scale))
    return np.asarray(Image.fromarray(picture.colours).resize(size, Image.Resampling.BOX))


_DOUBTFUL: Final = (
    "mask_doubtful: The subject could not be told from its ground; the relief shows the whole "
    "scene. Give a mask, or a photo with a plainer ground."
)
_EMPTY: Final = "mask_empty: The given mask covers nothing; it was not used."
_FULL: Final = "mask_full: The given mask covers everything; it was not used."
