"""Forgetting where, when and with what a photo was taken, without decoding it.

What stays are the pixels as they are, how they are turned, and what their colours mean. A file
that is not built as its kind says stays as it is: whoever decodes it refuses it, or reads the same.

Sources: ITU-T T.81, annex B (JPEG); PNG specification, section 5; RFC 9649 (WebP).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from printd.core.files import disk_problem, sync_file
from printd.geometry.decode.iso_items import Broken, extents
from printd.geometry.decode.photo import DEFAULT_LIMITS, PhotoLimits, open_photo, orientation_of

EXIF: Final = b"Exif\0\0"
NOTHING: Final = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"  # EXIF that says nothing
PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
PNG_STAYS: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"}
    | {b"sBIT", b"acTL", b"fcTL", b"fdAT"}
)
WEBP_STAYS: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
ISO_BLANKED: Final = {b"Exif": bytes(4) + NOTHING, b"mime": b""}  # the latter is XMP
WEBP_EXIF, WEBP_XMP = 0x08, 0x04  # flags of VP8X
SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
APPLICATION: Final = frozenset(range(0xE0, 0xF0))
COMMENT: Final = 0xFE
# What decoders need: that it is JFIF, its colours, and how Adobe has mixed them.
APPLICATION_STAYS: Final = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))
AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a marker that ends coded data


def forget_origin(photo: Path, limits: PhotoLimits = DEFAULT_LIMITS) -> None:
    """Take out of a photo whatever tells more than the picture does; synced.

    Raises:
        PhotoRefused, OSError: it is no photo that is taken; see ``open_photo``.
        DiskFull, DiskFailed: it is not whole any more.
    """
    with open_photo(photo, limits) as (image, facts):
        kind, turned = facts.format, orientation_of(image)
    content = photo.read_bytes()
    if kind in ("JPEG", "MPO"):  # the latter holds more pictures behind the first
        plain = _jpeg(content, turned)
    elif kind == "PNG":
        plain = _png(content, turned)
    elif kind == "WEBP":
        plain = _webp(content, turned)
    elif kind in ("HEIF", "AVIF"):
        plain = _iso(content)
    else:  # no phone makes such
        return
    if plain != content:
        _write_over(photo, plain)


def _write_over(photo: Path, content: bytes) -> None:
    """Write a file in its place: no copy of it is left behind, however this ends."""
    try:
        with photo.open("r+b") as stream:
            stream.write(content)
            stream.truncate()
            stream.flush()
            sync_file(stream.fileno(), photo)
    except OSError as error:
        raise disk_problem(error, photo) from error


def _exif(turned: int) -> bytes:
    """Return EXIF that says how a picture is turned and nothing else; b"": it is upright."""
    if turned not in range(2, 9):
        return b""
    return struct.pack(">4sIHHHIHHI", b"MM\0*", 8, 1, 0x0112, 3, 1, turned, 0, 0)


def _jpeg(content: bytes, turned: int) -> bytes:
    said = EXIF + _exif(turned)
    kept = [content[:2]]
    if said != EXIF:
        kept.append(b"\xff\xe1" + struct.pack(">H", len(said) + 2) + said)
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            return content
        code = content[at + 1]
        if code == 0xFF:  # a filler
            at += 1
            continue
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if code == SOS:
            found = AFTER_SCAN.search(content, end)
            end = found.start() if found else len(content)
        if code == EOI:
            break
        if _stays(code, content[at + 4 : end]):
            kept.append(content[at:end])
        at = end
    # Behind the end other pictures may hide, with their own places; what was cut off stays so.
    return b"".join((*kept, content[at : at + 2]))


def _stays(code: int, said: bytes) -> bool:
    if code in APPLICATION:
        return any(code == kind and said.startswith(head) for kind, head in APPLICATION_STAYS)
    return code != COMMENT


def _png(content: bytes, turned: int) -> bytes:
    said = _exif(turned)
    kept = [PNG_HEAD]
    at = len(PNG_HEAD)
    while at + 12 <= len(content):
        kind = content[at + 4 : at + 8]
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        if kind == b"IDAT" and said:
            kept.append(_chunk(b"eXIf", said))
            said = b""
        if kind in PNG_STAYS:
            kept.append(content[at:end])
        at = end
        if kind == b"IEND":
            break
    return b"".join(kept)


def _chunk(kind: bytes, said: bytes) -> bytes:
    return struct.pack(">I", len(said)) + kind + said + struct.pack(">I", zlib.crc32(kind + said))


def _webp(content: bytes, turned: int) -> bytes:
    said = _exif(turned)
    kept = []
    for kind, chunk in _riff(content):
        if kind == b"VP8X" and len(chunk) > 8:
            flags = chunk[8] & ~(WEBP_EXIF | WEBP_XMP) | (WEBP_EXIF if said else 0)
            kept.append(chunk[:8] + bytes([flags]) + chunk[9:])
        elif kind in WEBP_STAYS:
            kept.append(chunk)
    if said:
        kept.append(b"EXIF" + struct.pack("<I", len(said)) + said)
    body = b"WEBP" + b"".join(kept)
    whole = b"RIFF" + struct.pack("<I", len(body)) + body
    # One that ends early stays one.
    return content if int.from_bytes(content[4:8], "little") + 8 > len(content) else whole


def _riff(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        yield content[at : at + 4], content[at:end]
        at = end


def _iso(content: bytes) -> bytes:
    """Blank what tells more: numbers of bytes point into the file, so nothing may move."""
    left = bytearray(content)
    try:
        for kind, at, end in extents(content, frozenset(ISO_BLANKED)):
            said = ISO_BLANKED[kind][: end - at]
            left[at:end] = said.ljust(end - at, b"\0" if kind == b"Exif" else b" ")
    except Broken:
        return content
    return bytes(left)
