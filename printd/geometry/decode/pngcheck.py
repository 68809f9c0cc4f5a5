"""Is a PNG file whole? Walks its chunks and counts the bytes its pixels unpack to.

The picture library accepts a wrong checksum of pixel data, and shows rows that are missing as
black. Here every checksum is computed and every row must be there. Nothing is kept: the pixels
are unpacked through a small window.
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO, Final

from printd.core.errors import PhotoIncomplete, PhotoUnreadable

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
WINDOW_BYTES: Final = 1 << 18
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
# Offsets and steps of the seven passes of an interlaced picture: x, y, step x, step y.
_PASSES: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def check_png(stream: BinaryIO) -> None:
    """Read a PNG file to its end.

    Raises:
        PhotoIncomplete: the file stops before its end.
        PhotoUnreadable: a checksum is wrong, or rows are missing.
    """
    stream.seek(len(SIGNATURE))
    pixels = zlib.decompressobj()
    missing = -1  # bytes that the pixels still have to unpack to; before the header unknown
    while True:
        length, kind = struct.unpack(">I4s", _exactly(stream, 8))
        checksum = zlib.crc32(kind)
        left = length
        head = b""
        while left:
            part = _exactly(stream, min(left, WINDOW_BYTES))
            left -= len(part)
            checksum = zlib.crc32(part, checksum)
            head = head or part
            if kind == b"IDAT" and missing > 0:
                missing -= _unpacked(pixels, part)
        if struct.unpack(">I", _exactly(stream, 4))[0] != checksum:
            raise PhotoUnreadable(f"A checksum of this PNG picture is wrong ({_name(kind)}).")
        if kind == b"IHDR":
            missing = _pixel_bytes(head)
        if kind == b"IEND":
            break
    if missing > 0:
        raise PhotoUnreadable("This PNG picture has fewer rows than its header says.")


def _exactly(stream: BinaryIO, count: int) -> bytes:
    part = stream.read(count)
    if len(part) < count:
        raise PhotoIncomplete("This PNG picture stops before its end.")
    return part


def _unpacked(pixels: zlib._Decompress, part: bytes) -> int:
    """Return how many bytes ``part`` unpacks to."""
    count = 0
    try:
        while part and not pixels.eof:
            count += len(pixels.decompress(part, WINDOW_BYTES))
            part = pixels.unconsumed_tail
    except zlib.error as error:
        raise PhotoUnreadable(f"The pixels of this PNG picture are broken ({error}).") from error
    return count


def _pixel_bytes(header: bytes) -> int:
    """Return the bytes of all rows, each with its filter byte, that a header promises."""
    try:
        width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
        bits = depth * _CHANNELS[colour]
    except (struct.error, KeyError) as error:
        raise PhotoUnreadable("The header of this PNG picture makes no sense.") from error
    grids = _PASSES if interlaced else ((0, 0, 1, 1),)
    total = 0
    for x, y, step_x, step_y in grids:
        cols, rows = -(-(width - x) // step_x), -(-(height - y) // step_y)
        if cols > 0 and rows > 0:
            total += rows * (1 + (cols * bits + 7) // 8)
    return total


def _name(kind: bytes) -> str:
    return kind.decode("ascii", "replace")
