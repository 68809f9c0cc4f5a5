"""How thick the walls of a body are, against what a nozzle can lay.

Lines along the three axes go through the body; where one enters through a face and leaves through
a nearly parallel one, the wall between them is as thick as the line is long, times the slant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.mesh.mesh import Mesh
from printd.geometry.repair.columns import Grid, crossings

PITCH: Final = 1 / 160  # of the longest side, between the lines
FACING: Final = 0.55  # of a face's normal along the axis; else another axis sees it better
PARALLEL: Final = -0.8  # cosine between both sides of a wall; edges are thin and no walls
THINNEST: Final = 0.002  # of the skin: below, it is chance


@dataclass(frozen=True, slots=True)
class Walls:
    """What was measured of a body's walls."""

    thinnest_mm: float | None  # that a noticeable share of the skin is; None: no walls were met
    thin_share: float  # of the skin that is over a wall thinner than the nozzle


def walls_of(mesh: Mesh, nozzle_mm: float) -> Walls:
    """Measure the walls of a closed mesh."""
    a, b, c = mesh.vertices.astype(np.float64)[mesh.faces].swapaxes(0, 1)
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    pitch = max(float(np.ptp(mesh.vertices, axis=0).max()) * PITCH, nozzle_mm / 2)
    thickness: list[NDArray[np.float64]] = []
    weight: list[NDArray[np.float64]] = []
    entered = 0.0
    for axis in range(3):
        met = crossings(mesh, axis, Grid.over(mesh, axis, pitch))
        along = np.abs(normals[met.faces, axis])
        into = np.flatnonzero((met.signs[:-1] < 0) & (met.lines[1:] == met.lines[:-1]))
        into = into[along[into] > FACING]
        slant = along[into]
        entered += float((1 / slant).sum())
        facing = np.einsum("ij,ij->i", normals[met.faces[into]], normals[met.faces[into + 1]])
        walls = facing < PARALLEL
        long = met.heights[into + 1] - met.heights[into]
        thickness.append((long * slant)[walls])
        weight.append((1 / slant)[walls])
    found, shares = np.concatenate(thickness), np.concatenate(weight) / max(entered, 1e-12)
    if not len(found):
        return Walls(None, 0.0)
    order = np.argsort(found)
    reached = int(np.searchsorted(np.cumsum(shares[order]), THINNEST))
    thinnest = float(found[order][min(reached, len(found) - 1)])
    return Walls(thinnest, float(shares[found < nozzle_mm].sum()))
