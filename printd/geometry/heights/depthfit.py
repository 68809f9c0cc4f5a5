"""A depth map as the settings want it: the part of the picture, its subject, and fine detail.

Networks squash what is nearly flat: a coin, a plaque, the cloth of a coat. The photo has these, so
its detail may be added; and what is far behind a subject shall not take the range from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.crop import Box, crop_box
from printd.core.relief_settings import ReliefSettings
from printd.geometry.decode.depthfile import read_depth_header
from printd.geometry.decode.lightness import Picture, read_picture
from printd.geometry.filters import noise_sigma, stretched
from printd.geometry.heights.depthimage import TAIL, resized
from printd.geometry.heights.detail import calmed, detail
from printd.geometry.heights.findmask import SubjectMask, found_mask, mask_at_hand
from printd.geometry.heights.height import DETAIL, ground_weight
from printd.geometry.heights.style import STYLES

Floats = NDArray[np.float32]

SUBJECT_TAIL: Final = 0.01  # of a subject's heights at either end, cut off
INSIDE: Final = 0.9  # of the mask: from there on a pixel is surely the subject's
LEAST_RANGE: Final = 0.05  # of the depth: a flatter subject is a wall, and stays one


@dataclass(frozen=True, slots=True, eq=False)
class FittedDepth:
    """Heights of the part that counts, and the subject in it."""

    heights: Floats  # (rows, cols), 0 to 1
    mask: Floats | None = None  # (rows, cols), 0 to 1
    warnings: tuple[str, ...] = ()  # of the mask


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
    left, top, right, bottom = box or (0.0, 0.0, 1.0, 1.0)
    rows, cols = heights.shape
    height, width = rows * (bottom - top), cols * (right - left)
    scale = min(1.0, longest_px / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    return stretched(resized(heights, size, box))


def subject_of(
    photo: Path, settings: ReliefSettings, longest_px: int, mask: Path | None
) -> SubjectMask:
    """Return the subject in the part of the photo that counts, if it is given or found.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``, of the photo or the mask.
    """
    return _subject(*_part(photo, settings, longest_px), settings, mask)


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
    """
    picture, box = _part(photo, settings, longest_px)
    subject = _subject(picture, box, settings, mask)
    own = resized(heights, picture.lightness.shape, box)
    if subject.values is not None:
        own = _over_subject(own, subject.values)
    if fine > 0 and own.any():
        own = own + np.float32(fine) * _detail(picture, subject, settings)
    return FittedDepth(stretched(own, TAIL if fine > 0 else 0.0), subject.values, subject.warnings)


def _part(photo: Path, settings: ReliefSettings, longest_px: int) -> tuple[Picture, Box | None]:
    facts = read_depth_header(photo)
    box = crop_box(settings.crop, facts.width_px, facts.height_px)
    return read_picture(photo, longest_px, crop=box), box


def _subject(
    picture: Picture, box: Box | None, settings: ReliefSettings, mask: Path | None
) -> SubjectMask:
    given = mask_at_hand(picture, mask, box)
    if given.values is not None or settings.mask == "none":
        return given
    # What the search has to say is no news here: the depth map shows the scene anyway.
    found = found_mask(picture)
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
