"""The binary STL format: 80 bytes of header, a count, 50 bytes per triangle.

Millimetres by convention; the format has no units, no colour, no shared vertices.
"""

from __future__ import annotations

from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

RECORD: Final = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("extra", "<u2")])
HEADER_BYTES: Final = 84
FACES_AT_A_TIME: Final = 1 << 13  # in one piece, so that it stays in the cache


def header(triangles: int) -> bytes:
    """Return the first 84 bytes; they must not begin with ``solid``, the mark of text files."""
    return b"binary STL, mm, printd".ljust(80) + np.uint32(triangles).tobytes()


def records(corners: NDArray[np.float32]) -> NDArray[np.void]:
    """Return finished records, with unit normals, for triangles of (n, 3 corners, 3)."""
    made = np.zeros(len(corners), RECORD)
    _fill(made, corners)
    return made


def write_faces(out: BinaryIO, vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> None:
    """Write triangles over shared vertices as a whole file; nothing is read back or sought."""
    out.write(header(len(faces)))
    room = np.zeros(min(len(faces), FACES_AT_A_TIME), RECORD)
    for start in range(0, len(faces), FACES_AT_A_TIME):
        corners = vertices.take(faces[start : start + FACES_AT_A_TIME], axis=0)
        part = room[: len(corners)]
        _fill(part, corners)
        out.write(part.data.cast("B"))


def _fill(made: NDArray[np.void], corners: NDArray[np.float32]) -> None:
    """Put triangles and their unit normals into records."""
    made["corners"] = corners
    # Column by column: products of whole columns run far quicker than of rows of three.
    a, b, c = np.ascontiguousarray(corners.reshape(-1, 9).T).reshape(3, 3, -1)
    (ux, uy, uz), (vx, vy, vz) = b - a, c - a
    normal = np.stack([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx])
    length = np.sqrt((normal * normal).sum(axis=0))
    np.divide(normal, length, out=normal, where=length > 0)
    made["normal"] = normal.T
