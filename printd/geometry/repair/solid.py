"""Closed skins as solids: united where they overlap, and with no more triangles than are seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import manifold3d
import numpy as np
from numpy.typing import NDArray

from printd.geometry.mesh.mesh import Mesh
from printd.geometry.repair.columns import Crossings, Grid, crossings

PITCH: Final = 1 / 160  # of the longest side, between the lines that look for overlaps
COARSER: Final = 1.6  # times the tolerance, again and again, until there are few enough triangles
MOST_ROUNDS: Final = 12


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of a mesh lies in itself twice or more, or is inside out, as shares of it."""

    doubled: float
    inside_out: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.doubled + self.inside_out


def solid_of(mesh: Mesh) -> manifold3d.Manifold | None:
    """Return a mesh as a solid, its skins united; None: it is not closed.

    Skins that look outwards are added up, those that look inwards are cavities.
    """
    given = built(mesh)
    if given is None:
        return None
    skins = given.decompose()
    if len(skins) == 1:
        return given
    bodies = [skin for skin in skins if skin.volume() > 0]
    hollows = [skin for skin in skins if skin.volume() <= 0]
    if not bodies:
        return None
    united = manifold3d.Manifold.batch_boolean(bodies, manifold3d.OpType.Add)
    turned = [_inside_out(hollow) for hollow in hollows if hollow.volume() < 0]
    for hollow in turned:
        if hollow is not None:
            united -= hollow
    return united if united.status() == manifold3d.Error.NoError else None


def _inside_out(hollow: manifold3d.Manifold) -> manifold3d.Manifold | None:
    mesh = mesh_of(hollow)
    return built(Mesh(mesh.vertices, mesh.faces[:, ::-1]))


def built(mesh: Mesh) -> manifold3d.Manifold | None:
    """Return a mesh as a solid, its skins as they are; None: it is not closed."""
    vertices = np.ascontiguousarray(mesh.vertices, np.float32)
    faces = np.ascontiguousarray(mesh.faces, np.uint32)
    solid = manifold3d.Manifold(manifold3d.Mesh(vertices, faces))
    is_one = solid.status() == manifold3d.Error.NoError and not solid.is_empty()
    return solid if is_one else None


def mesh_of(solid: manifold3d.Manifold) -> Mesh:
    """Return the skin of a solid."""
    mesh = solid.to_mesh()
    vertices = np.array(mesh.vert_properties, np.float32)[:, :3]
    return Mesh(np.ascontiguousarray(vertices), np.array(mesh.tri_verts, np.int32))


def simplified(
    solid: manifold3d.Manifold, tolerance_mm: float, most_triangles: int
) -> tuple[manifold3d.Manifold, float]:
    """Return a solid with fewer triangles, its skin nowhere moved by more than a tolerance.

    Returns:
        The solid, and the tolerance that was needed, larger where there were too many triangles.
    """
    simple = solid.simplify(tolerance_mm)
    for _ in range(MOST_ROUNDS):
        if simple.num_tri() <= most_triangles:
            break
        tolerance_mm *= COARSER
        simple = simple.simplify(tolerance_mm)
    return simple, tolerance_mm


def overlap_of(mesh: Mesh) -> Overlap:
    """Find how much of a closed mesh lies within itself, by lines along z."""
    longest = float(np.ptp(mesh.vertices, axis=0).max())
    met = crossings(mesh, 2, Grid.over(mesh, 2, longest * PITCH))
    depths, lengths = _stretches(met)
    whole = max(float(lengths[depths != 0].sum()), 1e-12)
    return Overlap(
        float(lengths[depths > 1].sum()) / whole, float(lengths[depths < 0].sum()) / whole
    )


def _stretches(met: Crossings) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return how deep lines are within the mesh between one crossing and the next, and how long."""
    same = met.lines[1:] == met.lines[:-1]
    return met.depths()[:-1][same], np.diff(met.heights)[same]
