"""The binary STL format: 80 bytes of header, a count, 50 bytes per triangle.

Millimetres by convention; the format has no units, no colour, no shared vertices.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

RECORD: Final = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("extra", "<u2")])
HEADER_BYTES: Final = 84


def header(triangles: int) -> bytes:
    """Return the first 84 bytes; they must not begin with ``solid``, the mark of text files."""
    return b"binary STL, mm, printd".ljust(80) + np.uint32(triangles).tobytes()


def records(corners: NDArray[np.float32]) -> NDArray[np.void]:
    """Return finished records, with unit normals, for triangles of (n, 3 corners, 3)."""
    made = np.zeros(len(corners), RECORD)
    made["corners"] = corners
    a, b, c = corners.astype(np.float64).swapaxes(0, 1)
    normal = np.cross(b - a, c - a)
    length = np.sqrt(np.einsum("ij,ij->i", normal, normal))[:, None]
    np.divide(normal, length, out=normal, where=length > 0)
    made["normal"] = normal
    return made
