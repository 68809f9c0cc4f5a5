"""Which way a mesh faces: at its triangles, and smoothly at its vertices.

Points and directions are (3, n), a coordinate a row: products of whole rows run far quicker than
of columns of three.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

FACES_AT_A_TIME: Final = 1 << 15  # so that what is made of them stays in the cache
SMALLEST: Final = np.float32(1e-30)  # what is divided by, at least


def in_chunks(count: int) -> Iterator[slice]:
    """Yield slices of so many faces, one after the other."""
    for start in range(0, count, FACES_AT_A_TIME):
        yield slice(start, start + FACES_AT_A_TIME)


def normals(points: Floats, faces: Ints) -> tuple[Floats, Floats]:
    """Return unit normals of the faces, (3, m), and mean unit normals around vertices, (3, n).

    Around a vertex a face counts by the sine of its angle there: however finely a surface is
    divided, it counts the same. What has no area, or no face, gets 0.

    Args:
        points: (3, n).
        faces: (3, m), counter-clockwise seen from where the normals point to.
    """
    of_faces: Floats = np.empty(faces.shape, np.float32)
    sines = np.empty(faces.shape, np.float32)
    for part in in_chunks(faces.shape[1]):
        a, b, c = (np.stack([axis.take(corner) for axis in points]) for corner in faces[:, part])
        ab, bc, ca = b - a, c - b, a - c
        across = _across(ca, ab)
        area = _length(across)
        of_faces[:, part] = across / np.maximum(area, SMALLEST)
        of_ab, of_bc, of_ca = _length(ab), _length(bc), _length(ca)
        for corner, product in enumerate((of_ab * of_ca, of_ab * of_bc, of_bc * of_ca)):
            sines[corner, part] = area / np.maximum(product, SMALLEST)
    sums = np.zeros(points.shape, np.float32)
    for corners, sine in zip(faces, sines, strict=True):
        numbers = corners.astype(np.intp)
        for axis, normal in enumerate(of_faces):
            sums[axis] += np.bincount(numbers, sine * normal, points.shape[1])
    return of_faces, np.asarray(sums / np.maximum(_length(sums), SMALLEST), np.float32)


def _across(one: Floats, two: Floats) -> Floats:
    """Return the cross products of two rows of vectors, (3, n)."""
    (ux, uy, uz), (vx, vy, vz) = one, two
    return np.stack([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx])


def _length(vectors: Floats) -> Floats:
    x, y, z = vectors
    lengths: Floats = np.sqrt(x * x + y * y + z * z)
    return lengths
