"""Reading and writing mesh files.

Reading is strict: what is not exactly as the format says is refused, since lenient readers
disagree about what such a file holds. Writing goes by pieces, so that memory does not grow with
the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import MeshUnreadable
from printd.core.files import new_file
from printd.geometry.files.digits import text_rows
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.stl import HEADER_BYTES, RECORD, write_faces

Corners = NDArray[np.float32]  # (n, 3 corners, 3)
DECIMALS: Final = 6  # of the millimetres in text files: a nanometre
TEXT_PART_BYTES: Final = 4_000_000  # of a text file, read at a time
# The 21 words of one triangle in a text file; 12 of them are numbers.
_WORDS: Final[dict[int, bytes]] = {
    0: b"facet",
    1: b"normal",
    5: b"outer",
    6: b"loop",
    19: b"endloop",
    20: b"endfacet",
} | dict.fromkeys((7, 11, 15), b"vertex")
_NUMBERS: Final = (8, 9, 10, 12, 13, 14, 16, 17, 18)


@dataclass(frozen=True, slots=True)
class MeshLimits:
    """What a mesh file may be; the defaults are those for a stranger's."""

    max_bytes: int = 200_000_000
    max_triangles: int = 1_000_000
    max_mm: float = 10_000.0


FOREIGN_LIMITS: Final = MeshLimits()
OWN_LIMITS: Final = MeshLimits(max_triangles=2_500_000)


def read_stl(path: Path, limits: MeshLimits = FOREIGN_LIMITS) -> Mesh:
    """Read an STL file, binary or text. Equal corners become one vertex.

    Raises:
        MeshUnreadable, OSError: as ``read_triangles``.
    """
    return welded(read_triangles(path, limits))


def read_triangles(path: Path, limits: MeshLimits = FOREIGN_LIMITS) -> Corners:
    """Read an STL file, binary or text, as loose triangles.

    Returns:
        (n, 3 corners, 3) float32.

    Raises:
        MeshUnreadable: broken, too large, or with numbers that make no sense.
        OSError: the file cannot be opened.
    """
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise MeshUnreadable(
            f"The mesh file has {size / 1e6:.0f} MB; at most {limits.max_bytes / 1e6:.0f} MB "
            "are read."
        )
    with path.open("rb") as stream:
        return triangles_in(stream, size, limits)


def triangles_in(stream: BinaryIO, size: int, limits: MeshLimits) -> Corners:
    """Read STL of ``size`` bytes from a stream that can be sought; see ``read_triangles``."""
    head = stream.read(HEADER_BYTES)
    count = int.from_bytes(head[80:84], "little")
    if len(head) == HEADER_BYTES and size == HEADER_BYTES + RECORD.itemsize * count:
        _check_count(count, limits)
        content = stream.read(size - HEADER_BYTES)
        corners = np.frombuffer(content, RECORD, count)["corners"].astype(np.float32)
    elif head.lstrip()[:5].lower() == b"solid":
        stream.seek(0)
        corners = _read_text(stream, limits)
    else:
        raise MeshUnreadable(
            f"The mesh file has {size} bytes; an STL file of {count} triangles has "
            f"{HEADER_BYTES + RECORD.itemsize * count}."
        )
    _check_numbers(corners, limits)
    return corners


def write_stl(path: Path, mesh: Mesh) -> None:
    """Write a mesh as binary STL, whole or not at all."""
    with new_file(path) as out:
        write_faces(out, mesh.vertices, mesh.faces)


def write_obj(path: Path, mesh: Mesh) -> None:
    """Write a mesh as OBJ, vertices shared, whole or not at all; millimetres, no materials."""
    with new_file(path) as out:
        out.write(b"# printd, mm\n")
        out.writelines(obj_vertices(mesh))
        out.writelines(text_rows(mesh.faces + 1, (b"f ", b" ", b" ", b"\n")))


def obj_vertices(mesh: Mesh) -> Iterator[bytes]:
    """Yield the lines of an OBJ file that say where the vertices are."""
    return text_rows(mesh.vertices, (b"v ", b" ", b" ", b"\n"), DECIMALS)


def welded(corners: Corners) -> Mesh:
    """Return the mesh of loose triangles; exactly equal corners become one vertex."""
    vertices, number = same_points(corners.reshape(-1, 3))
    return Mesh(vertices=vertices, faces=number.reshape(-1, 3).astype(np.int32))


def same_points(given: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Return each distinct point of (n, 3) once, and which of these each given one is, (n,)."""
    points = given + np.float32(0)  # makes -0 and 0 the same
    bits = np.ascontiguousarray(points).view(np.uint32).astype(np.uint64)
    # 96 bits are mixed into 64; that no two points met by chance is checked below.
    key = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    key = (key ^ (key >> np.uint64(29)) ^ bits[:, 1]) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(32)) ^ bits[:, 2]) * np.uint64(0x94D049BB133111EB)
    first, number = _distinct(key)
    if np.array_equal(points[first][number], points):
        return points[first], number
    found, inverse = np.unique(points, axis=0, return_inverse=True)
    return found, inverse.ravel()


def _distinct(key: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where each distinct key is, the lowest key first, and which of them each key is.

    As ``np.unique`` does, several times as fast.
    """
    order = np.argsort(key)
    ordered = key[order]
    is_new = np.ones(len(key), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    number = np.empty_like(order)
    number[order] = np.cumsum(is_new) - 1
    return order[is_new], number


def _check_count(count: int, limits: MeshLimits) -> None:
    if count < 4:
        raise MeshUnreadable(f"The mesh has {count} triangles; a body needs at least 4.")
    if count > limits.max_triangles:
        raise MeshUnreadable(
            f"The mesh has {count} triangles; at most {limits.max_triangles} are read."
        )


def _check_numbers(corners: Corners, limits: MeshLimits) -> None:
    if not np.isfinite(corners).all():
        raise MeshUnreadable("The mesh has coordinates that are not numbers.")
    farthest = float(np.abs(corners).max())
    if farthest > limits.max_mm:
        raise MeshUnreadable(
            f"The mesh reaches {farthest:.6g} mm from its origin; at most "
            f"{limits.max_mm:g} mm are read."
        )


def _read_text(stream: BinaryIO, limits: MeshLimits) -> Corners:
    stream.readline()  # "solid" and a name that may hold anything
    found: list[Corners] = []
    rest = b""
    while part := stream.read(TEXT_PART_BYTES):
        text = (rest + part).lower()
        end = text.rfind(b"endfacet") + len(b"endfacet")
        if end < len(b"endfacet"):
            raise MeshUnreadable("The text of this STL file makes no sense.")
        rest = text[end:]
        found.append(_triangles(text[:end]))
        if sum(map(len, found)) > limits.max_triangles:
            _check_count(sum(map(len, found)), limits)
    if not rest.strip().startswith(b"endsolid") or b"facet" in rest:
        raise MeshUnreadable("This STL file does not end with `endsolid`.")
    _check_count(sum(map(len, found)), limits)
    return np.concatenate(found)


def _triangles(text: bytes) -> Corners:
    words = text.split()
    if len(words) % 21 or any(set(words[place::21]) != {word} for place, word in _WORDS.items()):
        raise MeshUnreadable("The text of this STL file makes no sense.")
    try:
        columns = [np.array(words[place::21]).astype(np.float32) for place in _NUMBERS]
    except ValueError as error:
        raise MeshUnreadable(f"A number in this STL file makes no sense ({error}).") from error
    return np.stack(columns, axis=-1).reshape(-1, 3, 3)
