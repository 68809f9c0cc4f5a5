"""The surface that a draft has with some settings, by the functions that the mesh is made by."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from printd.core.crop import crop_box
from printd.core.relief_settings import ReliefSize
from printd.depth.base import DepthMap
from printd.meshers.making import part_that_counts
from printd.meshers.preview.draft import Wanted
from printd.meshers.preview.maps import height_map, quiet_map

if TYPE_CHECKING:
    from printd.geometry.shape.surface import Surface


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """A surface for a screen."""

    surface: Surface
    size: ReliefSize  # of the piece, on the grid of ``surface``
    mesh_size: ReliefSize  # on that of the final mesh
    found: DepthMap  # its warnings and source
    photo_warnings: tuple[str, ...]
    raw_s: float  # what making or reading the height map took
    shape_s: float

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the photo and its height map are warned of: ``code: sentence``."""
        return (*self.photo_warnings, *self.found.warnings)


def shaped(wanted: Wanted) -> Shaped:
    """Make the surface that a draft has with some settings.

    Raises:
        PhotoRefused, SettingInvalid, DepthMissing, DepthUnfit: as ``make_relief``.
    """
    from printd.geometry.decode.photo import PhotoFacts
    from printd.geometry.shape.surface import surface_of
    from printd.geometry.shape.view_field import grid_for

    began_s = time.perf_counter()
    settings = wanted.settings
    whole = PhotoFacts(**wanted.photo)
    part = part_that_counts(whole, crop_box(settings.crop, whole.width_px, whole.height_px))
    mesh_size = settings.resolve(part.aspect)
    size = grid_for(mesh_size, settings)
    found, key = height_map(wanted, max(size.cols, size.rows))
    had_s = time.perf_counter()
    heights = quiet_map(wanted, found, key)
    # The noise is gone already; for the rest the map is what a source of depth has made.
    without = settings.model_copy(update={"noise_reduction": 0.0})
    surface = surface_of(heights, found.mask, without, size)
    done_s = time.perf_counter()
    return Shaped(surface, size, mesh_size, found, part.warnings, had_s - began_s, done_s - had_s)
