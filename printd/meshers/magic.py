"""What kind of mesh a file is, by its first and last bytes, as far as those tell it is whole.

Nothing is decoded here: a stranger's file is, in a limited child.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO, Final

from printd.core.errors import ResultUnusable

HEAD_BYTES: Final = 4096
TAIL_BYTES: Final = (1 << 16) + 22  # where the directory of a zip ends at the latest
STL_HEAD_BYTES: Final = 84
STL_FACE_BYTES: Final = 50


def format_of(file: Path) -> str:
    """Return ``glb``, ``stl``, ``3mf`` or ``obj``.

    Raises:
        ResultUnusable: it is none of them, empty, or cut off.
    """
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        size = os.fstat(stream.fileno()).st_size
        if not size:
            raise ResultUnusable("The result is an empty file.")
        if head.startswith(b"glTF"):
            return _glb(head, size)
        if head.startswith(b"PK\x03\x04"):
            return _three_mf(_tail(stream, size))
        if _is_binary_stl(head, size):
            return "stl"
        if head.lstrip().startswith(b"solid") and b"facet" in head:
            return _text_stl(_tail(stream, size))
    if _is_obj(head):
        return "obj"
    if head.lstrip()[:1] == b"<":
        raise ResultUnusable("The result is a page of words, and no mesh.")
    raise ResultUnusable(f"The result is no mesh, or cut off: {size:,} bytes.")


def _glb(head: bytes, size: int) -> str:
    if len(head) < 12:
        raise ResultUnusable("The GLB is cut off.")
    version, length = struct.unpack_from("<II", head, 4)
    if version != 2:
        raise ResultUnusable(f"The GLB is of version {version}; printd reads 2.")
    if length != size:
        raise ResultUnusable(f"The GLB says it has {length:,} bytes, and has {size:,}.")
    return "glb"


def _is_binary_stl(head: bytes, size: int) -> bool:
    if size < STL_HEAD_BYTES + STL_FACE_BYTES:
        return False
    (faces,) = struct.unpack_from("<I", head, STL_HEAD_BYTES - 4)
    return bool(size == STL_HEAD_BYTES + STL_FACE_BYTES * faces)


def _text_stl(tail: bytes) -> str:
    if b"endsolid" not in tail:
        raise ResultUnusable("The STL is cut off.")
    return "stl"


def _three_mf(tail: bytes) -> str:
    if b"PK\x05\x06" not in tail:
        raise ResultUnusable("The 3MF is cut off.")
    if b".model" not in tail:
        raise ResultUnusable("The result is an archive, and no 3MF.")
    return "3mf"


def _is_obj(head: bytes) -> bool:
    lines = head.split(b"\n")
    return b"\0" not in head and any(line.startswith(b"v ") for line in lines)


def _tail(stream: BinaryIO, size: int) -> bytes:
    stream.seek(max(0, size - TAIL_BYTES))
    return stream.read(TAIL_BYTES)
