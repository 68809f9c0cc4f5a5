"""How a finished mesh lies or stands. Nothing is mirrored: outside stays outside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from printd.geometry.mesh import Mesh
from printd.geometry.slivers import without_slivers

Floats = NDArray[np.float32]
SIGNIFICANT_BITS = 24  # of a float32


def without_rounding(heights_mm: Floats) -> Floats:
    """Return heights of which any two have an exact difference: multiples of one small step.

    What is in line in a wall must stay in line, or out of it, when ``standing`` turns the piece.
    """
    exponent = np.frexp(heights_mm.max())[1]
    step = np.ldexp(np.float32(1), exponent - SIGNIFICANT_BITS)
    stepped: Floats = np.rint(heights_mm / step) * step
    return stepped


def standing(mesh: Mesh) -> Mesh:
    """Stand a flat piece up: up in the picture is up, its back is away from the viewer.

    The lowest corner is at 0.
    """
    x_mm, y_mm, z_mm = mesh.vertices.T
    upright = np.stack([x_mm, -z_mm, y_mm], axis=1)
    return without_slivers(Mesh(vertices=upright - upright.min(axis=0), faces=mesh.faces))


def top_at_zero(mesh: Mesh) -> Mesh:
    """Move a mesh down until its highest point is at z = 0, as milling wants it."""
    down = np.array([0, 0, mesh.vertices[:, 2].max()], np.float32)
    return Mesh(vertices=mesh.vertices - down, faces=mesh.faces)
