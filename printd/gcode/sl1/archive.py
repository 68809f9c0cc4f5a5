"""The zip around the layers: nothing in it is unpacked that has not been found harmless.

Members are read one at a time into memory, never to a place that a name says.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from typing import BinaryIO, Final

from printd.gcode.sl1.faults import Fault

CONFIG: Final = "config.ini"
SETTINGS: Final = "prusaslicer.ini"
TEXTS: Final = frozenset({CONFIG, SETTINGS, "config.json", "prusaslicer.json"})
PICTURE: Final = ".png"
THUMBNAILS: Final = "thumbnail/"

MOST_LAYERS: Final = 20_000  # a metre of layers of 0.05 mm
LARGEST_FILE: Final = 500 * 1000 * 1000
LARGEST_TEXT: Final = 1 << 20
LARGEST_PICTURE: Final = 64 << 20  # a layer of noise on a display of 64 million dots
LARGEST_WHOLE: Final = 4 << 30  # unpacked; 20 000 layers of an SL1 come to 0.1
# The layers are packed already: what is left to pack in a black one is 28 : 1 (measured).
HIGHEST_RATIO: Final = 300
LONGEST_NAME: Final = 255

_END: Final = struct.Struct("<4s4H2LH")
_DIGITS: Final = 5


class Archive:
    """An opened ``.sl1``; its members may be read."""

    def __init__(self, stream: BinaryIO) -> None:
        """Look at every member's name and size.

        Raises:
            Fault: R1, it is not whole; R2, something has no place in it; R3, it is too large.
            OSError: it cannot be read.
        """
        _check_end(stream)
        try:
            self._package = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError, struct.error, UnicodeError) as error:
            raise Fault("R1", f"its list of contents is damaged ({error})") from error
        members = self._package.infolist()
        _check_members(members)
        self._members = {member.filename: member for member in members}
        self.layers = tuple(sorted(name for name in self._members if _is_layer(name)))

    def has(self, name: str) -> bool:
        """Return whether there is such a member."""
        return name in self._members

    def read(self, name: str) -> bytes:
        """Return the content of a member.

        Raises:
            Fault: R1, it is damaged or is not there; R3, it is larger than it says.
        """
        member = self._members.get(name)
        if member is None:
            raise Fault("R1", f"{name} is missing")
        try:
            with self._package.open(member) as stream:
                # One byte more than it should have: then its checksum is looked at, too.
                content = stream.read(member.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
            raise Fault("R1", f"{name} is damaged ({error})") from error
        if len(content) != member.file_size:
            raise Fault("R1", f"{name} is damaged (it is not as long as it says)")
        return content

    def read_text(self, name: str) -> str:
        """Return the content of a member that is text.

        Raises:
            Fault: R1, it is damaged or is not there; R4, it is no text.
        """
        try:
            return self.read(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Fault("R4", f"{name} is no text") from error


def _check_end(stream: BinaryIO) -> None:
    """Refuse a file that is cut off, holds anything behind its end, or is too long to look at."""
    size = stream.seek(0, 2)
    if size > LARGEST_FILE:
        raise Fault("R3", f"it has {size} bytes; {LARGEST_FILE} are the most")
    if size < _END.size:
        raise Fault("R1", "it is no zip")
    stream.seek(0)
    head = stream.read(4)
    stream.seek(-_END.size, 2)
    mark, *disks, here, count, length, offset, comment = _END.unpack(stream.read(_END.size))
    if head != b"PK\x03\x04":
        raise Fault("R1", "it is no zip")
    if mark != b"PK\x05\x06" or comment or any(disks) or here != count:
        raise Fault("R1", "its end is missing")
    if offset + length != size - _END.size:
        raise Fault("R1", "its list of contents is not where it says")
    if count > MOST_LAYERS + len(TEXTS):
        raise Fault("R3", f"it holds {count} members; {MOST_LAYERS} are the most")


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    names: set[str] = set()
    whole = packed = 0
    for member in members:
        _check_member(member)
        if member.filename in names:
            raise Fault("R2", f"{member.filename!r} is in it twice")
        names.add(member.filename)
        whole += member.file_size
        packed += member.compress_size
    if whole > LARGEST_WHOLE:
        raise Fault("R3", f"it unpacks to {whole} bytes; {LARGEST_WHOLE} are the most")
    if whole > HIGHEST_RATIO * packed:
        raise Fault("R3", f"it unpacks to {whole // max(1, packed)} times its size")
    for name in (CONFIG, SETTINGS):
        if name not in names:
            raise Fault("R4", f"{name} is missing")


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    shown = repr(name[:LONGEST_NAME])
    if member.orig_filename != name or not _has_place(name):
        raise Fault("R2", f"{shown} has no place in it")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG) or member.is_dir():
        raise Fault("R2", f"{shown} is no plain file")
    if member.flag_bits & 1:
        raise Fault("R2", f"{shown} is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Fault("R2", f"{shown} is packed in a way that printers do not know")
    largest = LARGEST_PICTURE if name.endswith(PICTURE) else LARGEST_TEXT
    if member.file_size > largest:
        raise Fault("R3", f"{shown} unpacks to {member.file_size} bytes; {largest} are the most")


def _has_place(name: str) -> bool:
    if len(name) > LONGEST_NAME or not name.isprintable() or "\\" in name:
        return False
    if name.startswith(THUMBNAILS):
        rest = name.removeprefix(THUMBNAILS)
        return rest.endswith(PICTURE) and "/" not in rest and not rest.startswith(".")
    return name in TEXTS or _is_layer(name)


def _is_layer(name: str) -> bool:
    stem = name.removesuffix(PICTURE)
    number = stem[-_DIGITS:]
    is_numbered = len(number) == _DIGITS and number.isascii() and number.isdigit()
    return stem != name and is_numbered and "/" not in name and not name.startswith(".")
