"""Where a picture of a mesh is taken from, and where its points lie in the picture.

The projection is flat: what is far away is not smaller. Points and directions are (3, n).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.mesh.mesh import Mesh

Floats = NDArray[np.float32]

MARGIN: Final = 0.05  # of the picture, free on each side
LEAST_MM: Final = 1e-6  # what a mesh without any extent is taken for


@dataclass(frozen=True, slots=True)
class View:
    """Where the picture is taken from: angles at the middle of the mesh."""

    azimuth_deg: float = 9.0  # to the right of the front
    elevation_deg: float = 62.0  # above the bed; 90 looks straight down


FRONT: Final = View()  # of what lies on the bed
STANDING: Final = View(azimuth_deg=16.0, elevation_deg=15.0)


def natural_view(mesh: Mesh) -> View:
    """Return where a mesh is seen best from: ``STANDING`` if it is higher than it is deep."""
    _, depth_mm, height_mm = mesh.bounds_mm[1] - mesh.bounds_mm[0]
    return STANDING if height_mm > depth_mm else FRONT


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """Turns a mesh towards the viewer and fits it into the picture."""

    axes: Floats  # (3, 3), rows: to the right, upwards, towards the viewer
    bounds_mm: Floats  # (2, 3), of the mesh
    turned_mm: Floats  # (2, 3, 1), bounds of the turned mesh
    scale: float  # pixels per mm
    width_px: int
    height_px: int

    @classmethod
    def at(cls, mesh: Mesh, view: View, width_px: int, height_px: int) -> tuple[Camera, Floats]:
        """Return the camera, and the vertices along its axes, (3, n) in mm."""
        bounds = mesh.bounds_mm
        axes = _axes(view)
        turned: Floats = axes @ (mesh.vertices - bounds.mean(axis=0)).T
        low, high = turned.min(axis=1), turned.max(axis=1)
        room = np.array([width_px, height_px]) * (1 - 2 * MARGIN)
        scale = float((room / np.maximum(high - low, LEAST_MM)[:2]).min())
        limits = np.stack([low, high])[..., None]
        return cls(axes, bounds, limits, scale, width_px, height_px), turned

    @property
    def depth_mm(self) -> float:
        """How much nearer the nearest point is than the farthest."""
        return max(float(self.turned_mm[1, 2, 0] - self.turned_mm[0, 2, 0]), LEAST_MM)

    def seen(self, turned: Floats) -> Floats:
        """Return x (to the right) and y (downwards) in pixels, and nearness from 0 to 1."""
        x, y, near = turned - self._middle()
        return np.stack(
            [
                x * np.float32(self.scale) + np.float32(self.width_px / 2),
                np.float32(self.height_px / 2) - y * np.float32(self.scale),
                near / np.float32(self.depth_mm),
            ]
        )

    def places(self, x_px: NDArray[Any], y_px: NDArray[Any], near: Floats) -> Floats:
        """Return where points of the picture lie in the mesh: x, y, z, 1 for its longest side."""
        x = (x_px - self.width_px / 2) / self.scale
        y = (self.height_px / 2 - y_px) / self.scale
        turned = np.stack([x, y, near * self.depth_mm]).astype(np.float32) + self._middle()
        low, high = self.bounds_mm
        from_low = self.axes.T @ turned + ((high - low) / 2)[:, None]
        places: Floats = from_low / np.maximum((high - low).max(), np.float32(LEAST_MM))
        return places

    def _middle(self) -> Floats:
        """Return the middle of the turned mesh, but how far its farthest point is, (3, 1)."""
        low, high = self.turned_mm
        return np.stack([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])


def _axes(view: View) -> Floats:
    around, above = np.radians(view.azimuth_deg), np.radians(view.elevation_deg)
    right = np.array([np.cos(around), np.sin(around), 0])
    towards = np.array(
        [np.sin(around) * np.cos(above), -np.cos(around) * np.cos(above), np.sin(above)]
    )
    return np.stack([right, np.cross(towards, right), towards]).astype(np.float32)
