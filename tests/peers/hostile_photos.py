"""What strangers hand in as a photo: files that must be refused, and odd ones that are photos."""

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from PIL import Image

from tests.photos import encoded, jpeg_with_size, png, png_chunk, textured

GOOD: Final = encoded(textured(640, 480), "JPEG")


def _of_scans(count: int) -> bytes:
    """Return a JPEG that is decoded again and again."""
    content = encoded(textured(64, 64), "JPEG")
    scan = content[content.index(b"\xff\xda") : -2]
    return content[:-2] + scan * count + content[-2:]


def _with_words(size: int) -> bytes:
    """Return a PNG with a packed text of so many bytes."""
    content = png(320, 320, rows=bytes(321 * 320))
    at = content.index(b"IDAT") - 4
    words = b"words\x00\x00" + zlib.compress(bytes(size))
    return content[:at] + png_chunk(b"zTXt", words) + content[at:]


def _wrong_checksum() -> bytes:
    content = bytearray(png(320, 320, rows=bytes(321 * 320)))
    content[-13] ^= 1  # of IDAT; its pixels are right
    return bytes(content)


def _webp_bomb() -> bytes:
    body = bytes(4) + (16382).to_bytes(3, "little") * 2
    chunk = b"VP8X" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


# Reliability reference 8, photos: each row and what it says that a library does with it.
REFUSED: Final[Mapping[str, Callable[[], bytes]]] = {
    "empty": lambda: b"",
    "words": lambda: b"no picture at all" * 50,
    "zeros": lambda: bytes(5000),
    "cut off": lambda: GOOD[:-500],
    "reserved and not filled": lambda: GOOD[:9000] + bytes(len(GOOD) - 9000),
    "tiny": lambda: encoded(textured(8, 8), "PNG"),
    "small": lambda: encoded(textured(200, 400), "PNG"),
    "a line": lambda: encoded(Image.new("L", (1, 60_000)), "PNG"),
    "long": lambda: encoded(textured(2000, 20), "PNG"),
    "a bomb": lambda: png(13_340, 13_340, rows=bytes(1_000_000), colour=6),
    "a large bomb": lambda: png(30_000, 30_000, b""),
    "a bomb of WebP": _webp_bomb,
    "a JPEG that claims more than it has": lambda: jpeg_with_size(
        encoded(textured(64, 64), "JPEG"), 13_000, 13_000
    ),
    "a JPEG of thousands of scans": lambda: _of_scans(5000),
    "a text of 100 MB": lambda: _with_words(100_000_000),
    "a wrong checksum": _wrong_checksum,
    "rows that are missing": lambda: png(320, 320, rows=bytes(321)),
    "a colour mode of none": lambda: encoded(Image.new("LAB", (640, 480)), "TIFF"),
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage\n",
    "a document": lambda: b"%PDF-1.7 " + bytes(500),
    "a script": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "a page": lambda: b"<!doctype html><script>alert(1)</script>",
    "a film": lambda: b"\x00\x00\x00\x20ftypisom" + bytes(500),
    "a model": lambda: b"solid cube\nendsolid",
    "an archive": lambda: b"PK\x03\x04" + bytes(500),
}


def _sixteen_bits() -> bytes:
    grey = np.asarray(textured(640, 480).convert("L")).astype(np.uint16) * 257
    return encoded(Image.fromarray(grey), "PNG")


def _animated() -> bytes:
    frames = [textured(640, 480, seed) for seed in range(3)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


ODD: Final[Mapping[str, Callable[[], bytes]]] = {
    "16 bits": _sixteen_bits,
    "an animation": _animated,
    "a profile of garbage": lambda: encoded(
        textured(640, 480), "JPEG", icc_profile=b"garbage" * 100
    ),
    "four inks": lambda: encoded(textured(640, 480).convert("CMYK"), "JPEG"),
    "nothing to be seen": lambda: encoded(Image.new("RGBA", (640, 480), (0, 0, 0, 0)), "PNG"),
    "one colour": lambda: encoded(Image.new("RGB", (640, 480), (90, 90, 90)), "JPEG"),
    "a program behind it": lambda: GOOD + b"#!/bin/sh\necho\n" * 100,
}
