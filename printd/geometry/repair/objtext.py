"""OBJ files: vertices and polygons; materials, groups, normals and textures are not looked at.

Source: Wavefront OBJ, Appendix B1 of the Advanced Visualizer manual.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import MeshEmpty, MeshUnreadable
from printd.geometry.repair.raw import Part, RawMesh, ReadLimits, joined

MOST_LINE_BYTES: Final = 1 << 16
MOST_CORNERS: Final = 1_000  # of a polygon


def read_obj(content: bytes, limits: ReadLimits) -> RawMesh:
    """Read an OBJ file; polygons are cut into fans.

    Raises:
        MeshUnreadable: a line makes no sense.
        MeshEmpty, MeshTooLarge: as said.
    """
    lines = content.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").splitlines()
    if any(len(line) > MOST_LINE_BYTES for line in lines):
        raise MeshUnreadable(f"A line of this OBJ file has more than {MOST_LINE_BYTES} bytes.")
    if content.count(b"\0"):
        raise MeshUnreadable("The OBJ file holds bytes that are no text.")
    at_vertex = [number for number, line in enumerate(lines) if line[:2] in (b"v ", b"v\t")]
    at_face = [number for number, line in enumerate(lines) if line[:2] in (b"f ", b"f\t")]
    limits.check_vertices(len(at_vertex))
    limits.check_triangles(len(at_face))
    if not at_face or not at_vertex:
        raise MeshEmpty("The file holds no triangles.")
    points = _points([lines[number] for number in at_vertex])
    known = np.searchsorted(at_vertex, at_face)  # vertices before each polygon
    faces = _triangles([lines[number][2:] for number in at_face], known, limits)
    return joined([Part(points, faces)], "obj", "z", None)


def _points(lines: list[bytes]) -> NDArray[np.float64]:
    words = [line.split(None, 4)[1:4] for line in lines]  # a colour may follow
    try:
        points = np.array(words, dtype="S32").astype(np.float64)
    except ValueError as error:
        raise MeshUnreadable(f"A vertex of this OBJ file makes no sense ({error}).") from error
    if points.ndim != 2 or points.shape[1] != 3:
        raise MeshUnreadable("A vertex of this OBJ file has less than three numbers.")
    return points


def _triangles(
    lines: list[bytes], known: NDArray[np.intp], limits: ReadLimits
) -> NDArray[np.int64]:
    words = [line.split() for line in lines]
    counts = np.array([len(corners) for corners in words])
    if counts.max() > MOST_CORNERS:
        raise MeshUnreadable(f"A polygon of this OBJ file has more than {MOST_CORNERS} corners.")
    limits.check_triangles(int((counts - 2).clip(0).sum()))
    try:
        firsts = [word.split(b"/", 1)[0] for corners in words for word in corners]
        numbers = np.array(firsts, dtype="S20").astype(np.int64)
    except ValueError as error:
        raise MeshUnreadable(f"A polygon of this OBJ file makes no sense ({error}).") from error
    if (numbers == 0).any():
        raise MeshUnreadable("A polygon of this OBJ file names vertex 0; they count from 1.")
    before = np.repeat(known, counts)
    numbers = np.where(numbers < 0, before + numbers, numbers - 1)
    return fans(numbers, counts)


def fans(corners: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.int64]:
    """Cut polygons into triangles around their first corners.

    Args:
        corners: (n,) vertex numbers, polygon after polygon.
        counts: of corners, by polygon; less than three make none.
    """
    starts = np.cumsum(counts) - counts
    pieces = np.maximum(counts - 2, 0)
    first = np.repeat(starts, pieces)
    step = np.arange(len(first)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return np.stack(
        [corners[first], corners[first + step + 1], corners[first + step + 2]], axis=1
    ).astype(np.int64)
