"""From the pixels of a file to linear luminance, whatever way they say their colours.

Palettes, CMYK, alpha, profiles and values of more than 8 bits are understood here and nowhere
else. The work goes by strips, so that no second full-size picture is ever made.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Part = tuple[int, int, int, int]  # left, top, right, bottom in pixels

STRIP_PX: Final = 1 << 20  # pixels converted at a time
LUMINANCE: Final = (0.2126, 0.7152, 0.0722)  # of linear sRGB
DEEP_MODES: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I", "F"})
ALPHA_MODES: Final = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """Some rows of a picture."""

    luminance: Floats  # linear
    colours: Image.Image  # L or RGB
    alpha: Image.Image | None


def strips_of(image: Image.Image, part: Part, multiple: int) -> Iterator[Strip]:
    """Decode a part of a picture, strip by strip from its top.

    Args:
        image: loaded.
        part: what is wanted of it.
        multiple: all strips but the last have a multiple of so many rows.
    """
    convert = _deep_converter(image, part) if image.mode in DEEP_MODES else _converter(image)
    for strip in _strips(image, part, multiple):
        yield convert(strip)


def _strips(image: Image.Image, part: Part, multiple: int) -> Iterator[Image.Image]:
    """Yield strips over the width of a part, all but the last of a multiple of so many rows."""
    left, top, right, bottom = part
    rows = max(1, STRIP_PX // ((right - left) * multiple)) * multiple
    for first in range(top, bottom, rows):
        yield image.crop((left, first, right, min(bottom, first + rows)))


def _converter(image: Image.Image) -> Callable[[Image.Image], Strip]:
    """Return what decodes a strip of an 8-bit picture."""
    to_srgb = _profile_transform(image)

    def convert(strip: Image.Image) -> Strip:
        alpha = None
        if strip.mode in {"P", "PA"} or "transparency" in strip.info:
            strip = strip.convert("RGBA")
        if strip.mode in ALPHA_MODES:
            alpha = strip.convert("RGBA").getchannel("A")
            strip = _over_white(strip)
        if to_srgb is not None and strip.mode in {"RGB", "CMYK", "L"}:
            strip = ImageCms.applyTransform(strip, to_srgb[strip.mode]) or strip
        mode = "L" if strip.mode in {"1", "L"} else "RGB"
        colours = strip if strip.mode == mode else strip.convert(mode)
        return Strip(_luminance(np.asarray(colours)), colours, alpha)

    return convert


def _luminance(values: Bytes) -> Floats:
    """Return the linear luminance of grey (rows, cols) or sRGB (rows, cols, 3) values."""
    if values.ndim == 2:
        grey: Floats = _LINEAR.take(values)
        return grey
    luminance: Floats = _SHARES[0].take(values[..., 0])
    luminance += _SHARES[1].take(values[..., 1])
    luminance += _SHARES[2].take(values[..., 2])
    return luminance


def _over_white(strip: Image.Image) -> Image.Image:
    coloured = strip.convert("RGBA")
    white = Image.new("RGBA", strip.size, "white")
    return Image.alpha_composite(white, coloured).convert("RGB")


class _Transforms(dict[str, ImageCms.ImageCmsTransform]):
    """Transforms of one profile to sRGB, by the mode they read; made when first needed."""

    def __init__(self, profile: ImageCms.ImageCmsProfile) -> None:
        self.profile = profile

    def __missing__(self, mode: str) -> ImageCms.ImageCmsTransform:
        made = ImageCms.buildTransform(self.profile, ImageCms.createProfile("sRGB"), mode, "RGB")
        self[mode] = made
        return made


def _profile_transform(image: Image.Image) -> _Transforms | None:
    """Return how to get to sRGB, or None if the profile is absent, broken or of another mode.

    A profile that cannot be followed is no reason to refuse a picture: its numbers then count
    as sRGB, as every viewer does it.
    """
    content = image.info.get("icc_profile")
    mode = {"RGBA": "RGB", "RGBX": "RGB", "P": "RGB", "PA": "RGB", "LA": "RGB"}.get(
        image.mode, image.mode
    )
    if not content or mode not in {"RGB", "CMYK", "L"}:
        return None
    try:
        transforms = _Transforms(ImageCms.ImageCmsProfile(io.BytesIO(content)))
        transforms[mode]  # a profile that does not fit the mode fails here
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return transforms


def _deep_converter(image: Image.Image, part: Part) -> Callable[[Image.Image], Strip]:
    """Return what spreads values of more than 8 bits between their extremes."""
    low, high = np.inf, -np.inf
    for strip in _strips(image, part, 1):
        values = _finite(strip)
        low, high = min(low, float(values.min())), max(high, float(values.max()))
    span = high - low

    def convert(strip: Image.Image) -> Strip:
        values = np.full((strip.height, strip.width), 0.5, np.float32)
        if span > 0:
            values = ((_finite(strip) - low) / span).astype(np.float32)
        grey = Image.fromarray(np.rint(255 * values).astype(np.uint8))
        return Strip(_linear(values), grey, None)

    return convert


def _finite(strip: Image.Image) -> NDArray[np.float64]:
    """Return the values; what is no number counts as black."""
    values = np.asarray(strip).astype(np.float64)
    return np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _linear(encoded: Floats) -> Floats:
    """Undo the sRGB curve."""
    bent = ((encoded + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, encoded / 12.92, bent).astype(np.float32, copy=False)


_LINEAR: Final = _linear(np.linspace(0, 1, 256, dtype=np.float32))
_SHARES: Final = tuple(_LINEAR * np.float32(share) for share in LUMINANCE)
