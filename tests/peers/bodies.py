"""Small meshes for tests, made here."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    write_stl(path, body_of(*places))
    return path


def body_of(*places: tuple[tuple[float, float, float], tuple[float, float, float]]) -> Mesh:
    """Return some boxes as one mesh: the lowest corner of each, and its size."""
    faces = [triangle for a, b, c, d in QUADS for triangle in ((a, b, c), (a, c, d))]
    corners = [
        CORNERS * np.array(size, np.float32) + np.array(corner, np.float32)
        for corner, size in places
    ]
    numbers = [np.array(faces, np.int32) + len(CORNERS) * n for n in range(len(places))]
    return Mesh(np.concatenate(corners), np.concatenate(numbers))


def blocks(cells: Any, side_mm: float = 10.0) -> Mesh:
    """Return the skin of a heap of cubes: ``cells`` is (x, y, z), true where one is."""
    filled = np.pad(np.asarray(cells, bool), 1)
    corners: list[NDArray[np.int64]] = []
    for axis in range(3):
        for sign in (-1, 1):
            open_side = filled & ~np.roll(filled, -sign, axis)
            square = np.zeros((4, 3), np.int64)
            square[1:3, (axis + 1) % 3] = 1
            square[2:4, (axis + 2) % 3] = 1
            square[:, axis] = sign > 0
            corners += [cell + square[::sign] for cell in np.argwhere(open_side)]
    points, numbers = np.unique(np.concatenate(corners), axis=0, return_inverse=True)
    quads = numbers.reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return Mesh(((points - 1) * side_mm).astype(np.float32), faces.astype(np.int32))
