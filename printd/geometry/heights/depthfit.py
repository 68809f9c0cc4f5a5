"""A depth map as the settings want it: the part of the picture, its subject, and fine detail.

Networks squash what is nearly flat: a coin, a plaque, the cloth of a coat. The photo has these, so
its detail may be added; and what is far behind a subject shall not take the range from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.crop import Box, crop_box
from printd.core.relief_settings import ReliefSettings
from printd.geometry.decode.depthfile import DEPTH_LIMITS, is_npy, read_depth_header
from printd.geometry.decode.lightness import Picture, read_grey, read_picture
from printd.geometry.filters import noise_sigma, stretched
from printd.geometry.heights.depthimage import TAIL, read_depth_image, resized
from printd.geometry.heights.detail import calmed, detail
from printd.geometry.heights.findmask import SubjectMask, found_mask, mask_at_hand
from printd.geometry.heights.height import DETAIL, ground_weight
from printd.geometry.heights.style import STYLES

Floats = NDArray[np.float32]

MOST_PX: Final = 4096  # of a whole file of which a part is wanted: the finest grid
SUBJECT_TAIL: Final = 0.01  # of a subject's heights at either end, cut off
INSIDE: Final = 0.9  # of the mask: from there on a pixel is surely the subject's
LEAST_RANGE: Final = 0.05  # of the depth: a flatter subject is a wall, and stays one


@dataclass(frozen=True, slots=True, eq=False)
class FittedDepth:
    """Heights of the part that counts, and the subject in it."""

    heights: Floats  # (rows, cols), 0 to 1
    mask: Floats | None = None  # (rows, cols), 0 to 1
    warnings: tuple[str, ...] = ()  # of the mask


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The part of a photo that counts."""

    picture: Picture
    box: Box | None  # None: all of it
    aspect: float  # width : height of the whole photo


def whole_px(file: Path, box: Box | None, longest_px: int) -> int:
    """Return how long a whole file is to be read for a part of it to be as long as asked.

    Args:
        file: the photo, or the depth file that stands for it.
        box: the part; None: all of it.
        longest_px: the longest side of the part.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``.
    """
    if box is None:
        return longest_px
    facts = read_depth_header(file)
    part = max((box[2] - box[0]) * facts.width_px, (box[3] - box[1]) * facts.height_px)
    whole = max(facts.width_px, facts.height_px)
    return min(MOST_PX, math.ceil(longest_px * whole / part))


def tones_of(photo: Path, longest_px: int, box: Box | None = None) -> Floats:
    """Return how bright each point of a photo is; the numbers of an array are its tones.

    Args:
        photo: a picture or an array (``depthfile.is_npy``), which has tones and no colours.
        longest_px: the longest side of the result at most.
        box: the part that is wanted; None: all of it.

    Returns:
        (rows, cols), 0 black to 1 white.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``.
    """
    if not is_npy(photo):
        return read_grey(photo, longest_px, DEPTH_LIMITS, box)
    whole = read_depth_image(photo, whole_px(photo, box, longest_px)).heights
    return _cut(whole, box, longest_px)


def part_of(heights: Floats, file: Path, settings: ReliefSettings, longest_px: int) -> Floats:
    """Return the part of a depth map that counts, at its own size or the one asked for.

    Args:
        heights: of the whole picture, 0 to 1.
        file: the photo, or the depth file that stands for it, whose shape the crop is a part of.
        settings: the crop is followed.
        longest_px: the longest side of the result at most.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``.
    """
    facts = read_depth_header(file)
    box = crop_box(settings.crop, facts.width_px, facts.height_px)
    return stretched(_cut(heights, box, longest_px))


def _cut(heights: Floats, box: Box | None, longest_px: int) -> Floats:
    left, top, right, bottom = box or (0.0, 0.0, 1.0, 1.0)
    rows, cols = heights.shape
    height, width = rows * (bottom - top), cols * (right - left)
    scale = min(1.0, longest_px / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    return resized(heights, size, box)


def subject_of(
    photo: Path, settings: ReliefSettings, longest_px: int, mask: Path | None
) -> SubjectMask:
    """Return the subject in the part of the photo that counts, if it is given or found.

    Args:
        photo: a file; also a depth picture or an array that stands for a photo.
        settings: crop and mask are followed.
        longest_px: the longest side of the result at most.
        mask: a picture of the subject; None: sought, if the settings say so.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``, of the photo or the mask.
        SettingInvalid: a mask is given and the settings want none.
    """
    return _subject(_part(photo, settings, longest_px), settings, mask)


def spread_over_photo(
    heights: Floats,
    photo: Path,
    settings: ReliefSettings,
    longest_px: int,
    mask: Path | None = None,
    fine: float = 0.0,
) -> FittedDepth:
    """Return the part of a depth map that counts: its range is the subject's, its detail too.

    Args:
        heights: of the whole photo, 0 to 1.
        photo: a file; links are not followed.
        settings: crop, mask and style are followed.
        longest_px: the longest side of the result at most.
        mask: a picture of the subject; None: sought, if the settings say so.
        fine: how much of the photo's own detail is added; 1 is as much as without a depth map.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``, of the photo or the mask.
        SettingInvalid: a mask is given and the settings want none.
    """
    part = _part(photo, settings, longest_px)
    subject = _subject(part, settings, mask)
    own = resized(heights, part.picture.lightness.shape, part.box)
    if subject.values is not None:
        own = _over_subject(own, subject.values)
    if fine > 0 and own.any():
        own = own + np.float32(fine) * _detail(part.picture, subject, settings)
    return FittedDepth(stretched(own, TAIL if fine > 0 else 0.0), subject.values, subject.warnings)


def _part(photo: Path, settings: ReliefSettings, longest_px: int) -> _Part:
    facts = read_depth_header(photo)
    box = crop_box(settings.crop, facts.width_px, facts.height_px)
    if is_npy(photo):
        picture = _grey_picture(tones_of(photo, longest_px, box))
    else:
        picture = read_picture(photo, longest_px, DEPTH_LIMITS, box)
    return _Part(picture, box, facts.aspect)


def _grey_picture(tones: Floats) -> Picture:
    grey = np.rint(255 * tones).astype(np.uint8)
    return Picture(tones, np.repeat(grey[..., None], 3, axis=2), None)


def _subject(part: _Part, settings: ReliefSettings, mask: Path | None) -> SubjectMask:
    given = mask_at_hand(part.picture, mask, part.box, settings.mask, part.aspect)
    if given.values is not None or settings.mask == "none":
        return given
    # What the search has to say is no news here: the depth map shows the scene anyway.
    found = found_mask(part.picture)
    return SubjectMask(found.values, found.origin, found.confidence, found.area, given.warnings)


def _over_subject(heights: Floats, mask: Floats) -> Floats:
    inside = heights[mask > INSIDE]
    if not inside.size:
        return heights
    low, high = (float(end) for end in np.quantile(inside, (SUBJECT_TAIL, 1 - SUBJECT_TAIL)))
    if high - low < LEAST_RANGE:
        return heights
    spread: Floats = np.clip((heights - np.float32(low)) / np.float32(high - low), 0, 1)
    return spread


def _detail(picture: Picture, subject: SubjectMask, settings: ReliefSettings) -> Floats:
    """Return the photo's detail in parts of the depth, fainter on the ground of a sure subject."""
    style = STYLES[settings.style]
    lightness = stretched(picture.lightness, 0.002)
    noise = noise_sigma(lightness)
    calm = calmed(lightness, noise, style)
    found = detail(calm, noise, style, subject.values, ground_weight(subject))
    return np.float32(DETAIL * style.detail) * found
