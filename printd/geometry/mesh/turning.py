"""Turning a mesh over: which rotation brings a way down, and how the footprint comes to lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from printd.core.bed_layout import SLACK_MM
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.slivers import without_slivers

Array = NDArray[np.float64]
Room = tuple[float, float, float]  # width, depth, height; mm

DOWN: Final = np.array([0.0, 0.0, -1.0])
NARROWER: Final = 0.95  # of the footprint's area, to be worth another turn on the bed


def turn_down(way: Array) -> Array:
    """Return the matrix that turns ``way`` down, the shortest way round."""
    cosine = float(way @ DOWN)
    if cosine > 1 - 1e-12:
        return np.eye(3)
    if cosine < -1 + 1e-12:
        return np.diag([1.0, -1.0, -1.0])
    axis = np.cross(way, DOWN)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.asarray(np.eye(3) + cross + cross @ cross / (1 + cosine))


def rotation(corners: Array, way: Array, rooms: Sequence[Room]) -> Array | None:
    """Return the matrix that turns ``way`` down and lets the mesh lie where there is room.

    What is turned over comes to lie askew; so it is laid along the bed where that makes it
    narrower. What ``way`` is down of already stays as it is if it fits so.

    Args:
        corners: (n, 3), of the hull.
        way: of length 1.
        rooms: one of them must have room. None: any size will do.

    Returns:
        (3, 3); None: it fits nowhere.
    """
    down = turn_down(way)
    points = corners @ down.T
    straight = _along_bed(points[:, :2])
    laid = straight @ down
    choices = [down, laid]
    if way @ DOWN < 1 and _footprint(points @ straight.T) < NARROWER * _footprint(points):
        choices = [laid, down]
    return next((choice for choice in choices if _has_room(corners @ choice.T, rooms)), None)


def turned_over(mesh: Mesh, matrix: Array) -> Mesh:
    """Turn a closed mesh; its lowest corner is at 0 then."""
    around = mesh.vertices.astype(np.float64) @ matrix.T
    return without_slivers(Mesh((around - around.min(axis=0)).astype(np.float32), mesh.faces))


def degrees_of(matrix: Array) -> float:
    """Return by how much a rotation turns, 0 to 180."""
    return float(np.degrees(np.arccos(np.clip((np.trace(matrix) - 1) / 2, -1, 1))))


def _has_room(points: Array, rooms: Sequence[Room]) -> bool:
    """Return whether there is room for it, or for it turned by a quarter."""
    width, depth, height = np.ptp(points, axis=0) - SLACK_MM
    narrow, wide = sorted((width, depth))
    fits = (
        narrow <= min(room[:2]) and wide <= max(room[:2]) and height <= room[2] for room in rooms
    )
    return not rooms or any(fits)


def _along_bed(flat: Array) -> Array:
    """Return the turn on the bed, (3, 3), that gives the points, (n, 2), the least rectangle."""
    outline = flat[ConvexHull(flat).vertices]
    edges = np.roll(outline, -1, axis=0) - outline
    along = edges / np.linalg.norm(edges, axis=1)[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    areas = np.ptp(outline @ along.T, axis=0) * np.ptp(outline @ across.T, axis=0)
    x, y = along[areas.argmin()]
    while not (x > 0 and abs(y) <= x + 1e-9):  # by the nearest of its four quarters
        x, y = -y, x
    return np.array([[x, y, 0], [-y, x, 0], [0, 0, 1]])


def _footprint(points: Array) -> float:
    width, depth = np.ptp(points[:, :2], axis=0)
    return float(width * depth)
