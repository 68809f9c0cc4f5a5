"""Which kind of picture a file's first bytes show; names and endings are never asked.

Also the sizes that some headers state, where the library would set memory aside before anybody
could look at them. No picture library is needed here.
"""

from __future__ import annotations

import struct
from typing import Final

HEAD_BYTES: Final = 4096

# Kinds that are not taken, to be named in the refusal.
_OTHERS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x93NUMPY", "an array of numbers, such as a depth file"),
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (b"%PDF", "a PDF document"),
    (b"BM", "a Windows bitmap"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"<?xml", "an XML or SVG file"),
    (b"<svg", "an SVG drawing"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"solid ", "an STL model"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x1a\x45\xdf\xa3", "a film"),
)
_HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
)
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})


def kind_of(head: bytes) -> str | None:
    """Return the picture library's word for the kind, or None if it is no kind we take.

    Args:
        head: the first ``HEAD_BYTES`` bytes, or all there are.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return "TIFF"
    if head[4:8] == b"ftyp":
        return _iso_kind(head)
    return None


def _iso_kind(head: bytes) -> str | None:
    end = min(len(head), int.from_bytes(head[:4], "big"))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIC_BRANDS else None


def other_kind(head: bytes) -> str | None:
    """Name a kind of file that is known and not taken, for the refusal."""
    if head[4:8] == b"ftyp":
        return "a film"
    lead = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return next((words for mark, words in _OTHERS if lead.startswith(mark)), None)


def could_begin_a_picture(head: bytes) -> bool:
    """Tell whether so short a file may be the beginning of a picture."""
    marks = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF89a", b"GIF87a")
    if head.startswith(b"RIFF"):
        return len(head) < 12
    return any(mark.startswith(head) for mark in marks)


def webp_size(head: bytes) -> tuple[int, int] | None:
    """Return the canvas that a WebP header states; the decoder reserves it when opened."""
    kind, body = head[12:16], head[20:32]
    if len(body) < 10:
        return None
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    return None
