"""One layer: a grey PNG with a dot for each of the display. Dark is left liquid."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from PIL import Image

from printd.gcode.sl1.limits import Box

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
GREY_8_BITS: Final = b"\x08\x00\x00\x00\x00"  # bits, grey, packing, filters, not interlaced
_HEAD: Final = struct.Struct(">L4s")
_SIZE: Final = struct.Struct(">LL")


def size_of(content: bytes) -> tuple[int, int]:
    """Return columns and rows of a whole grey PNG, without decoding it.

    Raises:
        ValueError: it is another kind of picture, or is not whole; the words say which.
    """
    if not content.startswith(SIGNATURE):
        raise ValueError("is no PNG")
    chunks = list(_chunks(content))
    kinds = [kind for kind, _ in chunks]
    if kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or b"IDAT" not in kinds:
        raise ValueError("is no whole PNG")
    header = chunks[0][1]
    if len(header) != 13 or header[8:] != GREY_8_BITS:
        raise ValueError("is not grey of 8 bits")
    columns, rows = _SIZE.unpack(header[:8])
    return columns, rows


def opened(content: bytes) -> Image.Image:
    """Return the decoded picture; its size has been looked at before.

    Raises:
        ValueError: it cannot be decoded to its end.
    """
    try:
        picture = Image.open(BytesIO(content), formats=("PNG",))
        picture.load()
    except (OSError, SyntaxError, ValueError, EOFError, zlib.error) as error:
        raise ValueError(f"cannot be decoded ({error})") from error
    return picture


def exposed(picture: Image.Image) -> Box | None:
    """Return the smallest box around all that is lit, however weakly; None: nothing is."""
    return picture.getbbox()


def sample(count: int, most: int) -> list[int]:
    """Return which of so many layers to look at: the first, the last, and evenly between."""
    if count <= most:
        return list(range(count))
    return sorted({round(step * (count - 1) / (most - 1)) for step in range(most)})


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Return kind and content of every chunk; they fill the file to its end.

    Raises:
        ValueError: one is damaged, or is cut off.
    """
    place = len(SIGNATURE)
    while place < len(content):
        if place + _HEAD.size > len(content):
            raise ValueError("is cut off")
        length, kind = _HEAD.unpack_from(content, place)
        end = place + _HEAD.size + length
        if end + 4 > len(content):
            raise ValueError("is cut off")
        chunk = content[place + _HEAD.size : end]
        if int.from_bytes(content[end : end + 4]) != zlib.crc32(chunk, zlib.crc32(kind)):
            raise ValueError("is damaged")
        yield kind, chunk
        place = end + 4
    if place == len(SIGNATURE):
        raise ValueError("is cut off")
