"""Does a picture file end as its kind must end? A cheap look that decodes nothing.

The inbox asks before it takes a file, in the daemon itself: only the standard library is used
here. A missing end does not prove a broken picture (cameras append notes of their own), nor a
present one a whole picture; the full decode in ``photo`` decides.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Final

TAIL_BYTES: Final = 64 * 1024  # phones append up to some kilobytes behind the end of a JPEG
MOST_BOXES: Final = 10_000  # of an ISO file; honest ones have a handful at the top


def has_end_marker(photo: Path | int) -> bool | None:
    """Tell whether the file ends properly; None: this kind of file cannot tell.

    Args:
        photo: a path (links are not followed) or an open descriptor, whose offset is kept.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(photo, int):
        return _ends(photo)
    fd = os.open(photo, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return _ends(fd)
    finally:
        os.close(fd)


def _ends(fd: int) -> bool | None:
    size = os.fstat(fd).st_size
    head = os.pread(fd, 32, 0)
    if head.startswith(b"\xff\xd8"):
        return b"\xff\xd9" in os.pread(fd, TAIL_BYTES, max(2, size - TAIL_BYTES))
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"\x00\x00\x00\x00IEND\xae\x42\x60\x82" in os.pread(
            fd, TAIL_BYTES, max(8, size - TAIL_BYTES)
        )
    if head.startswith(b"RIFF"):
        return len(head) >= 12 and struct.unpack_from("<I", head, 4)[0] + 8 <= size
    if head.startswith((b"GIF87a", b"GIF89a")):
        return os.pread(fd, 1, size - 1) == b"\x3b"
    if head[4:8] == b"ftyp":
        return _boxes_add_up(fd, size)
    return None


def _boxes_add_up(fd: int, size: int) -> bool:
    """Walk the boxes at the top of an ISO base media file (HEIC, AVIF)."""
    at = 0
    for _ in range(MOST_BOXES):
        if at == size:
            return True
        header = os.pread(fd, 16, at)
        if len(header) < 8:
            return False
        length = int.from_bytes(header[:4], "big")
        if length == 0:  # reaches to the end of the file, wherever that is
            return True
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length < 8:
            return False
        at += length
    return False
