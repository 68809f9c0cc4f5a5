"""Where in a HEIC or AVIF file its items lie: pictures, EXIF, XMP.

Source: ISO/IEC 14496-12, sections 8.11.3 (iloc) and 8.11.6 (iinf).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

LARGE, TO_THE_END = 1, 0  # sizes of boxes that mean something else
IN_FILE, IN_META = 0, 1  # how an item is stored
MOST_ITEMS: Final = 10_000


class Broken(ValueError):
    """The file is not built so."""


class _Reader:
    """Numbers of some bytes each, one after the other."""

    def __init__(self, content: bytes, at: int, end: int) -> None:
        self._content, self.at, self._end = content, at, end

    def number(self, size: int) -> int:
        """Return the next number of ``size`` bytes.

        Raises:
            Broken: the box is over.
        """
        if self.at + size > self._end:
            raise Broken
        self.at += size
        return int.from_bytes(self._content[self.at - size : self.at], "big")


def extents(content: bytes, kinds: frozenset[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Return the items of some kinds: kind, beginning and end of each piece in the file.

    Raises:
        Broken: the file is not built as such a file is.
    """
    for kind, at, end in _boxes(content, 0, len(content)):
        if kind != b"meta":
            continue
        inside = {name: (first, last) for name, first, last in _boxes(content, at + 4, end)}
        if b"iinf" in inside and b"iloc" in inside:
            named = _kinds(content, *inside[b"iinf"])
            base = inside.get(b"idat", (0, 0))[0]
            for item, first, last in _places(content, *inside[b"iloc"], base):
                if named.get(item) in kinds and last <= len(content):
                    yield named[item], first, last


def _boxes(content: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Return the boxes side by side: their kind, where what they hold begins and ends."""
    while at + 8 <= end:
        size, head = int.from_bytes(content[at : at + 4], "big"), 8
        if size == LARGE:
            size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        elif size == TO_THE_END:
            size = end - at
        if size < head or at + size > end:
            raise Broken
        yield content[at + 4 : at + 8], at + head, at + size
        at += size


def _kinds(content: bytes, at: int, end: int) -> Mapping[int, bytes]:
    """Return what each item is, by its number."""
    reader = _Reader(content, at, end)
    reader.number(2 if reader.number(4) >> 24 == 0 else 4)
    found = {}
    for kind, first, last in _boxes(content, reader.at, end):
        entry = _Reader(content, first, last)
        version = entry.number(4) >> 24
        if kind == b"infe" and version >= 2:
            number = entry.number(2 if version == 2 else 4)
            entry.number(2)
            found[number] = entry.number(4).to_bytes(4, "big")
    return found


def _places(content: bytes, at: int, end: int, base: int) -> Iterator[tuple[int, int, int]]:
    """Return where the pieces of items lie: the item's number, beginning, end."""
    reader = _Reader(content, at, end)
    version = reader.number(4) >> 24
    sizes = reader.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> by & 15 for by in (12, 8, 4, 0))
    wide = 2 if version < 2 else 4
    count = reader.number(wide)
    if count > MOST_ITEMS:
        raise Broken
    for _ in range(count):
        number = reader.number(wide)
        stored = reader.number(2) & 15 if version else IN_FILE
        reader.number(2)
        begin = reader.number(base_size) + (base if stored == IN_META else 0)
        for _ in range(reader.number(2)):
            if version:
                reader.number(index_size)
            first = begin + reader.number(offset_size)
            length = reader.number(length_size)
            if stored in (IN_FILE, IN_META):
                yield number, first, first + length
