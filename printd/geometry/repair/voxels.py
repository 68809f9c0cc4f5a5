"""A mesh as a solid of cells: whatever its skin encloses, however it is wound, is filled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from printd.core.errors import MeshBeyondRepair
from printd.geometry.mesh.mesh import Mesh

MARGIN: Final = 5  # free cells around
CLOSING: Final = 2  # cells: gaps in the skin so wide are closed
AT_A_TIME: Final = 1 << 20
MOST_POINTS: Final = 2e8  # a hundred times what a figure has


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A solid of cells; cell (i, j, k) has its middle at ``start + step * (i, j, k)``."""

    filled: NDArray[np.bool_]
    start: NDArray[np.float64]
    step: float

    @property
    def volume(self) -> float:
        """The volume of the filled cells."""
        return int(self.filled.sum()) * self.step**3

    def distances(self) -> NDArray[np.float32]:
        """Return the distance to the skin at the middle of each cell, in cells, below 0 inside."""
        inside = ndimage.distance_transform_edt(self.filled)
        outside = ndimage.distance_transform_edt(~self.filled)
        return np.asarray(outside - inside, np.float32)


def filled(mesh: Mesh, cells: int) -> Cells:
    """Fill what the faces of a mesh enclose.

    Args:
        mesh: need not be closed.
        cells: along its longest side.
    """
    low, high = mesh.bounds_mm.astype(np.float64)
    step = float((high - low).max()) / cells
    start = low - step * MARGIN
    shape = tuple((np.ceil((high - low) / step).astype(int) + 2 * MARGIN + 1).tolist())
    skin = np.zeros(shape, bool)
    for points in spread_points(mesh, step / 2):
        i, j, k = np.rint((points - start) / step).astype(np.int64).T
        skin[i, j, k] = True
    thick = ndimage.binary_dilation(skin, _ball(), CLOSING)
    solid = ndimage.binary_erosion(ndimage.binary_fill_holes(thick), _ball(), CLOSING)
    return Cells(solid | skin, start, step)


def _ball() -> NDArray[np.bool_]:
    return np.asarray(ndimage.generate_binary_structure(3, 1))


def spread_points(mesh: Mesh, apart: float) -> Iterator[NDArray[np.float64]]:
    """Yield points on the faces, (n, 3) float64, at most so far apart, some at a time."""
    for points, _ in spread(mesh, apart):
        yield points


def spread(mesh: Mesh, apart: float) -> Iterator[tuple[NDArray[np.float64], NDArray[np.intp]]]:
    """Yield points on the faces and the number of the face of each; corners are among them.

    Raises:
        MeshBeyondRepair: very many faces, each as large as the whole.
    """
    corners = mesh.vertices.astype(np.float64)[mesh.faces]
    longest = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2).max(axis=1)
    parts = np.maximum(np.ceil(longest / apart), 1).astype(np.int64)
    if float((parts.astype(np.float64) ** 2).sum()) > MOST_POINTS:
        raise MeshBeyondRepair("The mesh is a tangle of faces, each as large as the whole.")
    for count in np.unique(parts).tolist():
        weights = _weights(count)
        chosen = np.flatnonzero(parts == count)
        most = max(1, AT_A_TIME // len(weights))
        for begin in range(0, len(chosen), most):
            some = chosen[begin : begin + most]
            points = np.einsum("pw,fwx->fpx", weights, corners[some])
            yield points.reshape(-1, 3), np.repeat(some, len(weights))


def _weights(count: int) -> NDArray[np.float64]:
    """Return the places of a triangle whose sides are cut into so many parts, (n, 3)."""
    i, j = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
    inside = i + j <= count
    return np.stack([i[inside], j[inside], (count - i - j)[inside]], axis=1) / count
