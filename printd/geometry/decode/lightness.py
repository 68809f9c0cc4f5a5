"""From a photo file to an upright picture of the size that is needed.

Whatever the file's colours are (palette, CMYK, 16 bits, alpha, a profile), the result is CIE
lightness L* of the linear light, 0 black to 1 white, and beside it the colours and the alpha
channel, which only help to find the subject. The work goes by strips: 64 million pixels fit a
child of 1 GiB because no second full-size picture is ever made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from printd.core.crop import Box, crop_px
from printd.geometry.decode.luminance import Bytes, Floats, Part, Strip, strips_of
from printd.geometry.decode.photo import (
    DEFAULT_LIMITS,
    TURNED,
    PhotoLimits,
    open_photo,
    orientation_of,
)

# Times the wanted size that a JPEG is decoded at, at least. Not quite 2, so that half the 4000
# pixels of a usual camera serve a map of 1024.
DRAFT: Final = 1.9
COLOURS: Final = 1.5  # times the wanted size that colours are averaged down to, at least


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A photo, decoded and upright; all arrays are of one size."""

    lightness: Floats  # (rows, cols), 0 black to 1 white
    colours: Bytes  # (rows, cols, 3) sRGB
    alpha: Floats | None  # (rows, cols), 0 clear to 1 opaque; None: opaque throughout

    @property
    def longest(self) -> int:
        """The longest side in pixels."""
        rows, cols = self.lightness.shape
        return int(max(rows, cols))


def read_grey(
    path: Path, longest_px: int, limits: PhotoLimits = DEFAULT_LIMITS, crop: Box | None = None
) -> Floats:
    """Read a photo as lightness alone; see ``read_picture``."""
    return read_picture(path, longest_px, limits, crop).lightness


def read_picture(
    path: Path, longest_px: int, limits: PhotoLimits = DEFAULT_LIMITS, crop: Box | None = None
) -> Picture:
    """Read a photo, upright, no larger than asked.

    Alpha is laid over white. Of an animation the first frame counts. Values of more than 8 bits
    are spread between their own minimum and maximum.

    Args:
        path: a file; links are not followed.
        longest_px: the longest side of the result at most; smaller photos keep their size.
        limits: what a photo may be.
        crop: the part of the upright picture that is wanted; None: all of it.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``.
    """
    with open_photo(path, limits) as (image, _):
        orientation = orientation_of(image)
        stored = None if crop is None else _as_stored(crop, orientation)
        _draft(image, stored, longest_px)
        image.load()
        luminance, colours, alpha = _shrunk(image, crop_px(stored, *image.size), longest_px)
    if alpha is not None and alpha.min() == alpha.max():
        alpha = None
    return Picture(
        lightness=upright(_lightness(luminance), orientation),
        colours=upright(colours, orientation),
        alpha=None if alpha is None else upright(alpha.astype(np.float32) / 255, orientation),
    )


def _draft(image: ImageFile.ImageFile, part: Box | None, longest_px: int) -> None:
    """Have a JPEG decoded at a half, a quarter or an eighth if the part stays large enough."""
    left, top, right, bottom = crop_px(part, *image.size)
    share = DRAFT * longest_px / max(right - left, bottom - top)
    if share < 1:
        width, height = (math.ceil(share * side) for side in image.size)
        image.draft(None, (width, height))


def _shrunk(image: Image.Image, part: Part, longest_px: int) -> tuple[Floats, Bytes, Bytes | None]:
    """Return linear luminance, colours and alpha of a part, of the size that is wanted.

    Averaging over squares leaves at least twice the size for the filter that does the rest.
    """
    width, height = part[2] - part[0], part[3] - part[1]
    scale = max(1.0, max(width, height) / longest_px)
    factor = max(1, int(scale / 2))
    coarse = factor * max(1, int(scale / factor / COLOURS))
    strips = [_averaged(strip, factor, coarse) for strip in strips_of(image, part, coarse)]
    size = max(1, round(width / scale)), max(1, round(height / scale))
    fine, rough = ((0, 0, width / each, height / each) for each in (factor, coarse))
    luminance = Image.fromarray(np.concatenate([strip.luminance for strip in strips]))
    colours = _joined([strip.colours for strip in strips])
    clear = [strip.alpha for strip in strips if strip.alpha is not None]
    return (
        np.clip(np.asarray(_resized(luminance, size, fine, Image.Resampling.LANCZOS)), 0, 1),
        np.asarray(_resized(colours, size, rough).convert("RGB")),
        np.asarray(_resized(_joined(clear), size, rough)) if clear else None,
    )


def _averaged(strip: Strip, factor: int, coarse: int) -> Strip:
    """Return means over squares of so many pixels, smaller ones at the right and bottom."""
    if coarse == 1:
        return strip
    luminance = strip.luminance
    if factor > 1:
        luminance = np.asarray(Image.fromarray(luminance).reduce(factor))
    return Strip(
        luminance=luminance,
        colours=strip.colours.reduce(coarse),
        alpha=None if strip.alpha is None else strip.alpha.reduce(coarse),
    )


def _joined(strips: list[Image.Image]) -> Image.Image:
    """Put strips below each other."""
    size = strips[0].width, sum(strip.height for strip in strips)
    whole = Image.new(strips[0].mode, size, None)
    top = 0
    for strip in strips:
        whole.paste(strip, (0, top))
        top += strip.height
    return whole


def _resized(
    image: Image.Image,
    size: tuple[int, int],
    box: tuple[float, float, float, float],
    way: Image.Resampling = Image.Resampling.BILINEAR,
) -> Image.Image:
    return image if image.size == size else image.resize(size, way, box)


def _lightness(luminance: Floats) -> Floats:
    """CIE 1976 L*, divided by 100."""
    cubic = 1.16 * np.cbrt(luminance) - 0.16
    return np.where(luminance > 216 / 24389, cubic, luminance * (24389 / 2700)).astype(
        np.float32, copy=False
    )


def _as_stored(box: Box, orientation: int) -> Box:
    """Return where a part of the upright picture lies before ``upright``."""
    left, top, right, bottom = box
    if orientation in {2, 3, 6, 7}:
        left, right = 1 - right, 1 - left
    if orientation in {3, 4, 7, 8}:
        top, bottom = 1 - bottom, 1 - top
    if orientation in TURNED:
        return top, left, bottom, right
    return left, top, right, bottom


def upright(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Apply an EXIF orientation: 1 to 8; others count as upright."""
    if orientation in TURNED:
        values = values.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        values = values[::-1]
    if orientation in {2, 3, 6, 7}:
        values = values[:, ::-1]
    return np.ascontiguousarray(values)
