"""From a photo file to an upright picture of the size that is needed.

Whatever the file's colours are (palette, CMYK, 16 bits, alpha, a profile), the result is CIE
lightness L* of the linear light, 0 black to 1 white, and beside it the colours and the alpha
channel, which only help to find the subject. The work goes by strips: 64 million pixels fit a
child of 1 GiB because no second full-size picture is ever made.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile

from printd.geometry.photo import DEFAULT_LIMITS, PhotoLimits, open_photo, orientation_of

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
STRIP_PX: Final = 1 << 20  # pixels converted at a time
LUMINANCE: Final = (0.2126, 0.7152, 0.0722)  # of linear sRGB
DEEP_MODES: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I", "F"})
ALPHA_MODES: Final = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})


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


@dataclass(frozen=True, slots=True, eq=False)
class _Strip:
    """Some rows of a picture."""

    luminance: Floats  # linear
    colours: Image.Image  # L or RGB
    alpha: Image.Image | None


def read_grey(path: Path, longest_px: int, limits: PhotoLimits = DEFAULT_LIMITS) -> Floats:
    """Read a photo as lightness alone; see ``read_picture``."""
    return read_picture(path, longest_px, limits).lightness


def read_picture(path: Path, longest_px: int, limits: PhotoLimits = DEFAULT_LIMITS) -> Picture:
    """Read a photo, upright, no larger than asked.

    Alpha is laid over white. Of an animation the first frame counts. Values of more than 8 bits
    are spread between their own minimum and maximum.

    Args:
        path: a file; links are not followed.
        longest_px: the longest side of the result at most; smaller photos keep their size.
        limits: what a photo may be.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``.
    """
    with open_photo(path, limits) as (image, _):
        longest = max(image.size)
        if longest > 2 * longest_px:
            # Twice the wanted size is left for the filter below. Only JPEG follows.
            width, height = (-(-2 * longest_px * side // longest) for side in image.size)
            image.draft(None, (width, height))
        orientation = orientation_of(image)
        image.load()
        strips = _averaged_strips(image, longest_px)
    luminance = np.concatenate([strip.luminance for strip in strips])
    lightness = _lightness(_shrunk(luminance, longest_px))
    rows, cols = lightness.shape
    colours = _resized(_joined([strip.colours for strip in strips]), cols, rows).convert("RGB")
    clear = [strip.alpha for strip in strips if strip.alpha is not None]
    alpha = np.asarray(_resized(_joined(clear), cols, rows)) if clear else None
    return Picture(
        lightness=_upright(lightness, orientation),
        colours=_upright(np.asarray(colours), orientation),
        alpha=None
        if alpha is None or alpha.min() == alpha.max()
        else _upright(alpha.astype(np.float32) / 255, orientation),
    )


def _averaged_strips(image: ImageFile.ImageFile, longest_px: int) -> list[_Strip]:
    """Return the picture averaged over squares so that at least twice the size is left."""
    convert = _deep_converter(image) if image.mode in DEEP_MODES else _converter(image)
    factor = max(1, max(image.size) // (2 * longest_px))
    return [_averaged_strip(convert(strip), factor) for strip in _strips(image, factor)]


def _averaged_strip(strip: _Strip, factor: int) -> _Strip:
    if factor == 1:
        return strip
    return _Strip(
        luminance=_averaged(strip.luminance, factor),
        colours=strip.colours.reduce(factor),
        alpha=None if strip.alpha is None else strip.alpha.reduce(factor),
    )


def _joined(strips: list[Image.Image]) -> Image.Image:
    """Put strips below each other."""
    whole = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    top = 0
    for strip in strips:
        whole.paste(strip, (0, top))
        top += strip.height
    return whole


def _resized(image: Image.Image, width: int, height: int) -> Image.Image:
    if image.size == (width, height):
        return image
    return image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=1.5)


def _strips(image: Image.Image, factor: int) -> Iterator[Image.Image]:
    """Yield full-width strips from the top, each a multiple of ``factor`` rows but the last."""
    width, height = image.size
    rows = max(1, STRIP_PX // (width * factor)) * factor
    for top in range(0, height, rows):
        yield image.crop((0, top, width, min(height, top + rows)))


def _averaged(luminance: Floats, factor: int) -> Floats:
    """Return the means over squares of ``factor`` pixels, smaller ones at the right and bottom."""
    rows, cols = (np.arange(0, count, factor) for count in luminance.shape)
    sums = np.add.reduceat(np.add.reduceat(luminance, cols, axis=1), rows, axis=0)
    counts = np.outer(
        np.diff(rows, append=luminance.shape[0]), np.diff(cols, append=luminance.shape[1])
    )
    means: Floats = (sums / counts).astype(np.float32)
    return means


def _shrunk(luminance: Floats, longest_px: int) -> Floats:
    rows, cols = luminance.shape
    scale = longest_px / max(rows, cols)
    if scale >= 1:
        return luminance
    size = max(1, round(cols * scale)), max(1, round(rows * scale))
    smaller = Image.fromarray(luminance).resize(size, Image.Resampling.LANCZOS)
    values: Floats = np.clip(np.asarray(smaller), 0, 1)
    return values


def _converter(image: Image.Image) -> Callable[[Image.Image], _Strip]:
    """Return what decodes a strip of an 8-bit picture."""
    to_srgb = _profile_transform(image)

    def convert(strip: Image.Image) -> _Strip:
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
        return _Strip(_luminance(np.asarray(colours)), colours, alpha)

    return convert


def _luminance(values: Bytes) -> Floats:
    """Return the linear luminance of grey (rows, cols) or sRGB (rows, cols, 3) values."""
    if values.ndim == 2:
        grey: Floats = _LINEAR[values]
        return grey
    red, green, blue = (_LINEAR[values[..., band]] * LUMINANCE[band] for band in range(3))
    luminance: Floats = (red + green + blue).astype(np.float32, copy=False)
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


def _deep_converter(image: Image.Image) -> Callable[[Image.Image], _Strip]:
    """Return what spreads values of more than 8 bits between their extremes."""
    low, high = np.inf, -np.inf
    for strip in _strips(image, 1):
        values = _finite(strip)
        low, high = min(low, float(values.min())), max(high, float(values.max()))
    span = high - low

    def convert(strip: Image.Image) -> _Strip:
        values = np.full((strip.height, strip.width), 0.5, np.float32)
        if span > 0:
            values = ((_finite(strip) - low) / span).astype(np.float32)
        grey = Image.fromarray(np.rint(255 * values).astype(np.uint8))
        return _Strip(_linear(values), grey, None)

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


def _lightness(luminance: Floats) -> Floats:
    """CIE 1976 L*, divided by 100."""
    cubic = 1.16 * np.cbrt(luminance) - 0.16
    return np.where(luminance > 216 / 24389, cubic, luminance * (24389 / 2700)).astype(
        np.float32, copy=False
    )


def _upright(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Apply an EXIF orientation: 1 to 8; others count as upright."""
    if orientation in {5, 6, 7, 8}:
        values = values.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        values = values[::-1]
    if orientation in {2, 3, 6, 7}:
        values = values[:, ::-1]
    return np.ascontiguousarray(values)
