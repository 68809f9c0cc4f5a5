"""How a finished mesh lies or stands. Nothing is mirrored: outside stays outside."""

from __future__ import annotations

import numpy as np

from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.slivers import without_slivers


def standing(mesh: Mesh, top_faces: int = 0) -> Mesh:
    """Stand a flat piece up: up in the picture is up, its back is away from the viewer.

    The lowest corner is at 0.

    Args:
        mesh: closed or open.
        top_faces: so many faces, the first ones, are the picture's surface and stay as they are,
            for the picture lies on them. Heights are rounded anew, but seen from the front each
            of them keeps its area.
    """
    x_mm, y_mm, z_mm = mesh.vertices.T
    upright = np.stack([x_mm, -z_mm, y_mm], axis=1)
    moved = Mesh(vertices=upright - upright.min(axis=0), faces=mesh.faces)
    return without_slivers(moved, top_faces)


def top_at_zero(mesh: Mesh) -> Mesh:
    """Move a mesh down until its highest point is at z = 0, as milling wants it."""
    down = np.array([0, 0, mesh.vertices[:, 2].max()], np.float32)
    return Mesh(vertices=mesh.vertices - down, faces=mesh.faces)
