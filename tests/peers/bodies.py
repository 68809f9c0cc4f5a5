"""Small meshes for tests, made here."""

from pathlib import Path

import numpy as np

from printd.geometry.files.meshio import write_stl
from printd.geometry.mesh.mesh import Mesh

CORNERS = np.array(
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]],
    np.float32,
)
QUADS = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))


def box(path: Path, width_mm: float, depth_mm: float, height_mm: float) -> Path:
    """Write a box as STL, a corner at the origin."""
    return boxes(path, ((0, 0, 0), (width_mm, depth_mm, height_mm)))


def boxes(
    path: Path, *places: tuple[tuple[float, float, float], tuple[float, float, float]]
) -> Path:
    """Write some boxes as STL: the lowest corner of each, and its size."""
    faces = [triangle for a, b, c, d in QUADS for triangle in ((a, b, c), (a, c, d))]
    corners = [
        CORNERS * np.array(size, np.float32) + np.array(corner, np.float32)
        for corner, size in places
    ]
    numbers = [np.array(faces, np.int32) + len(CORNERS) * n for n in range(len(places))]
    write_stl(path, Mesh(np.concatenate(corners), np.concatenate(numbers)))
    return path
