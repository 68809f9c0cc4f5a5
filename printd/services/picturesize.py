"""How large a picture is, by its header alone: the daemon holds nothing that decodes pictures.

Only pictures that printd has made itself come here; a stranger's is decoded in a limited child.
"""

from __future__ import annotations

import struct
from typing import Final

PNG: Final = b"\x89PNG\r\n\x1a\n"
JPEG: Final = b"\xff\xd8"
FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # markers that hold the size
ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


def size_of(content: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG or JPEG; None: it is neither, or cut off."""
    try:
        if content.startswith(PNG):
            width, height = struct.unpack_from(">II", content, 16)
            return width, height
        return _jpeg(content) if content.startswith(JPEG) else None
    except struct.error:
        return None


def _jpeg(content: bytes) -> tuple[int, int] | None:
    place = len(JPEG)
    while place < len(content):
        begin, marker = struct.unpack_from(">BB", content, place)
        if begin != 0xFF:
            return None
        if marker == 0xFF:  # a byte that fills up
            place += 1
        elif marker in ALONE:
            place += 2
        elif marker in FRAMES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        else:
            (length,) = struct.unpack_from(">H", content, place + 2)
            place += 2 + length
    return None
