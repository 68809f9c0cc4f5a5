"""The pictures that fake services are sent, and the depth pictures that some of them return."""

import base64
import binascii
import hashlib
import io
import re
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import (
    Image,
    ImageChops,
    ImageDraw,
    ImageFilter,
    ImageOps,
    ImageStat,
    UnidentifiedImageError,
)

from tests.peers.services_faults import Kind

DATA_URI: Final = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,(.*)", re.DOTALL)
BLUR: Final = 1 / 400  # of the longer side


class Unreadable(Exception):
    """No picture, or none that the service takes."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One that can be read.

    Attributes:
        content: the bytes as they came.
        form: ``JPEG``, ``PNG``, ``WEBP``.
        size: columns, rows.
    """

    content: bytes
    form: str
    size: tuple[int, int]

    @property
    def sha256(self) -> str:
        """Of the bytes."""
        return hashlib.sha256(self.content).hexdigest()


def decoded(text: str) -> bytes:
    """Return the bytes of base64, strictly.

    Raises:
        Unreadable: it is none.
    """
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Unreadable(f"no base64: {error}") from error


def from_data_uri(uri: str) -> bytes:
    """Return the bytes of a data URI.

    Raises:
        Unreadable: it is none, or not in base64.
    """
    found = DATA_URI.fullmatch(uri)
    if not found:
        raise Unreadable("no data URI in base64")
    return decoded(found[2])


def read(
    content: bytes,
    forms: frozenset[str] = frozenset({"JPEG", "PNG", "WEBP"}),
    *,
    most_bytes: int | None = None,
    sides: tuple[int, int] = (1, 1 << 16),
) -> Picture:
    """Return a picture whose header is right.

    Raises:
        Unreadable: it is too large, of another format, or its sides are outside ``sides``.
    """
    if most_bytes is not None and len(content) > most_bytes:
        raise Unreadable(f"{len(content)} bytes are more than {most_bytes}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(content))
    except (UnidentifiedImageError, OSError) as error:
        raise Unreadable("no picture") from error
    if image.format not in forms:
        raise Unreadable(f"{image.format} is not taken")
    if not all(sides[0] <= side <= sides[1] for side in image.size):
        raise Unreadable(f"sides {image.size} are outside {sides}")
    return Picture(content, str(image.format), image.size)


def depth_of(content: bytes, size: tuple[int, int], look: str = "", form: str = "PNG") -> bytes:
    """Return a depth picture of a photo: bright is near, every outline where it was.

    What differs from the border of the photo is taken as its subject.

    Args:
        content: the photo.
        size: columns, rows of the result.
        look: a ``Kind`` of depth fault, or empty.
        form: as Pillow names it.
    """
    grey = Image.open(io.BytesIO(content)).convert("L").resize(size, Image.Resampling.BICUBIC)
    subject = ImageOps.autocontrast(ImageChops.difference(grey, _border(grey)))
    shaded = ImageChops.multiply(subject, ImageOps.autocontrast(grey))
    depth = Image.blend(subject, shaded, 0.4)
    depth = depth.filter(ImageFilter.GaussianBlur(max(size) * BLUR))
    stream = io.BytesIO()
    _spoilt(ImageOps.autocontrast(depth), look).save(stream, form, **_how(form))
    return stream.getvalue()


def drawn_from(sha256: str, size: tuple[int, int], form: str = "PNG") -> bytes:
    """Return a picture of one thing before a plain wall, another for each hash."""
    seed = bytes.fromhex(sha256)
    columns, rows = size
    image = Image.new("RGB", size, (244, 244, 240))
    draw = ImageDraw.Draw(image)
    box = (columns // 4, rows // 5, columns * 3 // 4 - columns * seed[0] // 2048, rows * 4 // 5)
    draw.ellipse(box, (seed[1] // 2, seed[2] // 2, seed[3] // 2))
    draw.ellipse((columns * 2 // 5, rows * 2 // 5, columns // 2, rows // 2), (seed[4], 90, 90))
    stream = io.BytesIO()
    image.save(stream, form, **_how(form))
    return stream.getvalue()


def _border(grey: Image.Image) -> Image.Image:
    columns, rows = grey.size
    ring = Image.new("L", grey.size, 255)
    wide = max(1, min(grey.size) // 50)
    ring.paste(0, (wide, wide, columns - wide, rows - wide))
    return Image.new("L", grey.size, int(ImageStat.Stat(grey, ring).median[0]))


def _how(form: str) -> dict[str, int]:
    return {"compress_level": 1} if form == "PNG" else {"quality": 92}


def _spoilt(depth: Image.Image, look: str) -> Image.Image:
    columns, rows = depth.size
    match look:
        case Kind.COLOUR:
            return ImageOps.colorize(depth, "navy", "yellow", "teal")
        case Kind.SHIFTED:
            return ImageChops.offset(depth, max(1, columns * 6 // 100), 0)
        case Kind.INVERTED:
            return ImageOps.invert(depth)
        case Kind.FLAT:
            return depth.point([100 + level // 16 for level in range(256)])
        case Kind.POSTERISED:
            return ImageOps.posterize(depth, 3)
        case Kind.OTHER_SIZE:
            return depth.crop((0, 0, max(1, columns * 3 // 4), rows))
        case Kind.REDRAWN:
            return ImageOps.flip(ImageOps.mirror(depth))
        case _:
            return depth
