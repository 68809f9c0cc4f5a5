"""Pictures that slicers put into their files, as base64 in comments."""

from __future__ import annotations

import base64
import binascii
import io
import re
from itertools import islice
from pathlib import Path
from typing import Final

from printd.core.errors import DiskError, GcodeRefused
from printd.gcode.contents import Thumbnail
from printd.gcode.lines import MalformedLine, lines_of

LARGEST_PX: Final = 2048  # a side
LARGEST_BYTES: Final = 8 << 20  # as base64

# Source: PrusaSlicer 2.5 to 2.9, OrcaSlicer and Cura write the same words.
_BEGIN = re.compile(rb" thumbnail(?:_(JPG|QOI))? begin (\d{1,4})[x ](\d{1,4}) \d{1,8}\s*").fullmatch
_FORMATS: Final = {"PNG": "PNG", "JPG": "JPEG", "QOI": "QOI"}


def thumbnail_at(comment: bytes, line: int) -> Thumbnail | None:
    """Return the picture that this comment begins, if it begins one of a sensible size."""
    match = _BEGIN(comment)
    if match is None:
        return None
    width, height = int(match[2]), int(match[3])
    if not (0 < width <= LARGEST_PX and 0 < height <= LARGEST_PX):
        return None
    return Thumbnail(width, height, (match[1] or b"PNG").decode(), line)


def png_of(path: Path, thumbnail: Thumbnail) -> bytes:
    """Decode a picture of a file and return it as PNG, drawn anew.

    Raises:
        GcodeRefused: there is no such picture, or it is not what the file says.
        DiskError: the file cannot be read.
    """
    from PIL import Image

    content = _content(path, thumbnail)
    try:
        with Image.open(io.BytesIO(content), formats=[_FORMATS[thumbnail.kind]]) as picture:
            if picture.size != (thumbnail.width_px, thumbnail.height_px):
                raise ValueError("the size differs")
            png = io.BytesIO()
            picture.convert("RGBA").save(png, "PNG")
    except Exception as error:  # Pillow's readers raise anything on a broken picture
        raise GcodeRefused(f"The picture in {path.name} cannot be decoded: {error}.") from error
    return png.getvalue()


def _content(path: Path, thumbnail: Thumbnail) -> bytes:
    text = bytearray()
    try:
        with path.open("rb") as stream:
            for line in islice(lines_of(stream), thumbnail.line, None):
                if b"thumbnail" in line or not line.startswith(b";"):
                    break
                text += line[1:].strip()
                if len(text) > LARGEST_BYTES:
                    raise GcodeRefused(f"The picture in {path.name} is too large.")
        return base64.b64decode(bytes(text), validate=True)
    except (binascii.Error, MalformedLine) as error:
        raise GcodeRefused(f"The picture in {path.name} cannot be decoded: {error}.") from error
    except OSError as error:
        raise DiskError(f"{path.name} cannot be read: {error.strerror or error}.") from error
