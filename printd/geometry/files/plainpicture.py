"""Pixels as a JPEG or PNG of at most so many bytes, with nothing else in it.

No EXIF, no profile, no comment: what is written is sRGB, upright, and the same for the same pixels.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Format = Literal["jpeg", "png"]

# Down to where blocks begin to show; below, fewer pixels look better than worse ones.
QUALITIES: Final = (92, 85, 75, 65)
SMALLER: Final = 0.8  # of the sides, each time the lowest quality is still too large
LEVEL: Final = 6  # of deflate


@dataclass(frozen=True, slots=True)
class PlainPicture:
    """A picture as it is handed out."""

    content: bytes
    width_px: int
    height_px: int
    quality: int | None  # of a JPEG, 0 to 100


def plain_picture(
    colours: Bytes, alpha: Floats | None, form: Format, *, most_bytes: int, least_px: int
) -> PlainPicture | None:
    """Encode pixels; first the quality is lowered, then the size, until they fit.

    Args:
        colours: (rows, cols, 3) sRGB, over white where they are not opaque.
        alpha: (rows, cols), 0 clear to 1 opaque; kept in a PNG alone.
        form: of the file.
        most_bytes: that it may have.
        least_px: that its shorter side must keep.

    Returns:
        None: not even the smallest one fits.
    """
    image = _image(colours, alpha if form == "png" else None)
    while min(image.size) >= least_px:
        for quality in QUALITIES if form == "jpeg" else (None,):
            content = _encoded(image, quality)
            if len(content) <= most_bytes:
                return PlainPicture(content, *image.size, quality)
        smaller = int(image.width * SMALLER), int(image.height * SMALLER)
        if min(smaller) < 1:
            break
        image = image.resize(smaller, Image.Resampling.LANCZOS)
    return None


def _image(colours: Bytes, alpha: Floats | None) -> Image.Image:
    if alpha is None:
        return Image.fromarray(colours)
    opaque = np.maximum(alpha, np.float32(1 / 255))[..., None]
    bare = np.clip((colours - 255 * (1 - opaque)) / opaque, 0, 255)
    return Image.fromarray(np.rint(np.dstack([bare, 255 * alpha])).astype(np.uint8))


def _encoded(image: Image.Image, quality: int | None) -> bytes:
    out = io.BytesIO()
    if quality is None:
        image.save(out, "PNG", compress_level=LEVEL)
    else:
        image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
