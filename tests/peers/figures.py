"""Closed shapes that a person might print, for tests; made here."""

from __future__ import annotations

import numpy as np
import trimesh
from scipy.spatial.transform import Rotation

from printd.geometry.mesh.mesh import Mesh
from tests.peers.bodies import blocks

T_SHAPE = blocks([[[0, 0, 1]], [[1, 1, 1]], [[0, 0, 1]]])  # stands on its stem
TABLE = blocks(
    [
        [[x in (0, 3) and y in (0, 3), x in (0, 3) and y in (0, 3), 1] for y in range(4)]
        for x in range(4)
    ]
)
CHAIR = blocks(
    [
        [
            [x in (0, 3) and y in (0, 3)] * 3 + [True] + [y == 3] * 4  # legs, seat, back
            for y in range(4)
        ]
        for x in range(4)
    ]
)


def of_trimesh(shape: trimesh.Trimesh) -> Mesh:
    points = shape.vertices - shape.vertices.min(axis=0)
    return Mesh(points.astype(np.float32), shape.faces.astype(np.int32))


def turned_by(mesh: Mesh, x: float, y: float, z: float, degrees: float) -> Mesh:
    """Return a mesh turned around an axis; its lowest corner is at 0."""
    axis = np.array([x, y, z]) / np.linalg.norm([x, y, z])
    points = Rotation.from_rotvec(axis * np.radians(degrees)).apply(mesh.vertices.astype(float))
    return Mesh((points - points.min(axis=0)).astype(np.float32), mesh.faces)


def round_body(*outline_mm: tuple[float, float], sections: int = 64) -> Mesh:
    """Return what an outline of (radius, height) makes when it is turned around."""
    return of_trimesh(trimesh.creation.revolve(outline_mm, sections=sections))


def mushroom() -> Mesh:
    """Return a round cap, 40 mm across and flat below, on a stem that is 25 mm high."""
    cap = [(20 * np.cos(angle), 25 + 20 * np.sin(angle)) for angle in np.linspace(0, 1.57, 17)]
    return round_body((0, 0), (6, 0), (6, 25), *cap[:-1], (0, 45))


def bumpy_ball(level: int = 4, radius_mm: float = 30.0) -> Mesh:
    """Return a ball with bumps, which has no flat face."""
    ball = trimesh.creation.icosphere(level, radius_mm)
    points = np.asarray(ball.vertices)
    waves = 1 + 0.1 * np.sin(points[:, :1] / 2) * np.sin(points[:, 1:2] / 3)
    points = points * waves
    return Mesh((points - points.min(axis=0)).astype(np.float32), ball.faces.astype(np.int32))


def finer_where(mesh: Mesh, is_chosen: np.ndarray, times: int) -> Mesh:
    """Return a mesh with some of its faces cut into 4, again and again, but for their edges.

    Faces are cut from their middles, so that no neighbour is touched; each round makes 3 of one.
    """
    vertices, faces, chosen = mesh.vertices, mesh.faces, np.asarray(is_chosen, bool)
    for _ in range(times):
        cut = faces[chosen]
        middles = vertices[cut].mean(axis=1)
        number = np.arange(len(cut), dtype=np.int32) + np.int32(len(vertices))
        a, b, c = cut.T
        parts = [np.stack([p, q, number], axis=1) for p, q in ((a, b), (b, c), (c, a))]
        vertices = np.concatenate([vertices, middles])
        faces = np.concatenate([faces[~chosen], *parts])
        chosen = np.arange(len(faces)) >= len(faces) - 3 * len(cut)
    return Mesh(vertices.astype(np.float32), faces.astype(np.int32))
