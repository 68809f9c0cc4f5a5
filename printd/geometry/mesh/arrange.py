"""Copies of a piece, side by side on a bed."""

from __future__ import annotations

import math

import numpy as np

from printd.core.bed_layout import GAP_MM, BedLayout
from printd.geometry.mesh.mesh import Mesh


def turned(mesh: Mesh) -> Mesh:
    """Turn a mesh by a quarter around the upright axis; its lowest corner stays at 0."""
    x_mm, y_mm, z_mm = mesh.vertices.T
    around = np.stack([-y_mm, x_mm, z_mm], axis=1)
    return Mesh(around - around.min(axis=0), mesh.faces)


def arranged(mesh: Mesh, copies: int, layout: BedLayout) -> Mesh:
    """Return so many copies as one mesh, in rows of nearly equal length, the first at the origin.

    Args:
        mesh: one piece.
        copies: at most ``layout.places``.
        layout: how they lie.
    """
    piece = turned(mesh) if layout.is_turned else mesh
    if copies == 1:
        return piece
    low, high = piece.bounds_mm
    width_mm, depth_mm, _ = (high - low) + GAP_MM
    rows = math.ceil(copies / layout.columns)
    columns = math.ceil(copies / rows)
    places = [divmod(number, columns) for number in range(copies)]
    steps = [np.array([column * width_mm, row * depth_mm, 0], np.float32) for row, column in places]
    start = piece.vertices - low
    faces = [piece.faces + np.int32(number * len(start)) for number in range(copies)]
    return Mesh(np.concatenate([start + step for step in steps]), np.concatenate(faces))
