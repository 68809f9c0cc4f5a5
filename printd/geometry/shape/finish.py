"""What a person may do to a finished height map, and the order it is done in.

These filters work on any map of heights from 0 to 1, wherever it came from, so that a map that
was paid for is asked for once. Widths are in pixels of a map of 1024, whatever the map's size.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSettings
from printd.geometry.filters import (
    MAP_PX,
    bilateral,
    gaussian,
    guided,
    resampled,
    stretched,
    without_specks,
)

Floats = NDArray[np.float32]

TAIL: Final = 0.001  # of the heights at either end, which single specks may not set
NOISE_REACH_PX: Final = 3.0
FINE_RADIUS: Final = 0.01  # of the map: details larger than this are no details
FINE_SCALE: Final = 0.1  # of the depth: larger steps belong to the body
FINE_KNEE: Final = 0.04  # of the depth: details higher than this are bent over
SHARE: Final = 0.5  # of the way to the neighbours' mean, in one pass


def finished(heights: Floats, settings: ReliefSettings, rows: int, cols: int) -> Floats:
    """Apply every setting of the height map, in its order, and read it on the mesh grid.

    Noise reduction, smoothing, enhancing, the grid, smoothing of the surface, inversion, mirror.

    Args:
        heights: (any, any), 0 to 1, as a source of depth made it.
        settings: what to apply.
        rows: cells of the grid.
        cols: cells of the grid.

    Returns:
        (rows + 1, cols + 1) float32; 0 and 1 are reached, unless the map is flat: then all 0.
        The tones of a lithophane keep what they are.
    """
    shaped = filtered(heights, settings)
    corners = resampled(shaped, rows + 1, cols + 1)
    are_tones = settings.surface == "lithophane"
    corners = _ranged(surface_smoothed(corners, settings.surface_smoothing), settings)
    if settings.invert and (are_tones or corners.any()):
        corners = 1 - corners
    return np.ascontiguousarray(corners[:, ::-1]) if settings.mirror else corners


def filtered(heights: Floats, settings: ReliefSettings) -> Floats:
    """Apply what comes before the mesh grid; the range is that of ``finished``."""
    quiet = noise_reduced(heights, settings.noise_reduction)
    smooth = smoothed(quiet, settings.smoothing_px)
    if settings.enhance_details <= 0:
        return _ranged(smooth, settings)
    return _ranged(smooth + fine_band(quiet, settings.enhance_details), settings, TAIL)


def _ranged(values: Floats, settings: ReliefSettings, tail: float = 0.0) -> Floats:
    """Spread heights over 0 to 1; a tone is white or grey by itself, whatever else there is."""
    if settings.surface == "lithophane":
        return np.clip(values, 0, 1)
    return stretched(values, tail)


def noise_reduced(heights: Floats, strength: float) -> Floats:
    """Take away specks, then variations smaller than ``strength`` 255ths of the depth.

    Args:
        heights: (rows, cols), 0 to 1.
        strength: 0 to 50; 0 leaves the map as it is.
    """
    if strength <= 0 or not heights.any():
        return heights
    reach_px = NOISE_REACH_PX * max(heights.shape) / MAP_PX
    return bilateral(without_specks(heights), reach_px, strength / 255)


def smoothed(heights: Floats, sigma_px: float) -> Floats:
    """Blur by a Gaussian whose sigma is in pixels of a map of 1024."""
    return gaussian(heights, sigma_px * max(heights.shape) / MAP_PX)


def fine_band(heights: Floats, share: float) -> Floats:
    """Return the details to add back, high ones bent over so that edges do not ring.

    Args:
        heights: (rows, cols), 0 to 1, without noise.
        share: 0 to 1.
    """
    radius = max(1, round(FINE_RADIUS * max(heights.shape)))
    fine = heights - guided(heights, radius, FINE_SCALE)
    bent = 2 * share * FINE_KNEE * np.arctan(fine / FINE_KNEE)
    return np.asarray(bent, np.float32)


def surface_smoothed(corners: Floats, passes: int) -> Floats:
    """Move each corner of the mesh grid half way to its neighbours' mean, some times.

    Corners on the border look along the border only and those at its ends stay, so the outline
    keeps its shape and walls stay upright.

    Args:
        corners: (rows, cols).
        passes: 0 to 10; ten equal a Gaussian of 1.58 cells.
    """
    for _ in range(passes):
        mean = corners.copy()
        mean[1:-1, 1:-1] = (
            corners[:-2, 1:-1] + corners[2:, 1:-1] + corners[1:-1, :-2] + corners[1:-1, 2:]
        ) / 4
        for end in (0, -1):
            mean[end, 1:-1] = (corners[end, :-2] + corners[end, 2:]) / 2
            mean[1:-1, end] = (corners[:-2, end] + corners[2:, end]) / 2
        corners = corners + np.float32(SHARE) * (mean - corners)
    return corners
