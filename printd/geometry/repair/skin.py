"""Hollow or solid, and the outer skin of what should be solid.

Generators often close a figure by a second skin inside the first. Every test for holes is content
with that, and the print would be a shell of a few hundredths of its volume. What the mesh encloses
by its faces is therefore compared with what its skin encloses in space: 0.13 was measured for
double shells, joined by tunnels or not, and at least 0.85 for solids, tori, open cups and vases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import ndimage

from printd.geometry.mesh.mesh import Mesh, volume_mm3
from printd.geometry.repair.holes import face_areas
from printd.geometry.repair.parts import part_numbers
from printd.geometry.repair.seams import used
from printd.geometry.repair.voxels import Cells, filled

CELLS: Final = 96  # along the longest side
HOLLOW: Final = 0.6  # less of the enclosed room than this is no solid
DEEP: Final = 4.0  # cells below the skin; a plate that has no such cells cannot be hollow
DEEP_SHARE: Final = 0.03
LOOK: Final = 3.0  # cells that are looked up and down from a face


@dataclass(frozen=True, slots=True, eq=False)
class Hollowness:
    """How much of the room that a skin encloses the mesh fills."""

    share: float
    cells: Cells
    is_hollow: bool


def hollowness(mesh: Mesh) -> Hollowness:
    """Compare the volume of a closed mesh with the room that its skin encloses."""
    cells = filled(mesh, CELLS)
    share = abs(volume_mm3(mesh)) / max(cells.volume, 1e-12)
    is_hollow = False
    if share < HOLLOW:
        deep = np.count_nonzero(cells.distances() < -DEEP)
        is_hollow = bool(deep > DEEP_SHARE * np.count_nonzero(cells.filled))
    return Hollowness(share, cells, is_hollow)


def outer_skin(mesh: Mesh, cells: Cells) -> Mesh:
    """Return the faces that look out of the room which the mesh encloses, the largest part.

    Args:
        mesh: of one winding, turned outwards.
        cells: what it encloses.

    Returns:
        An open or closed mesh: where tunnels led inwards there are holes.
    """
    distances = cells.distances()
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    middles = (corners.mean(axis=1) - cells.start) / cells.step
    above, below = (
        ndimage.map_coordinates(distances, (middles + way * normals).T, order=1, mode="nearest")
        for way in (LOOK, -LOOK)
    )
    outward = used(Mesh(mesh.vertices, mesh.faces[above > below]))
    count, number = part_numbers(outward)
    if count == 1:
        return outward
    largest = np.bincount(number, face_areas(outward)).argmax()
    return used(Mesh(outward.vertices, outward.faces[number == largest]))
