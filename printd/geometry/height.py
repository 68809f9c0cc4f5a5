"""From lightness to a height map, without a model: a light base, and detail as slopes.

Lightness itself makes a noisy, needle-like relief. Here the noise goes first, then each slope of
the lightness is bent over (``arctan``) so that a black line beside white paper becomes a step a
nozzle can make, and the slopes are put together again to a surface. A faint, smooth base keeps
bright parts above dark ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSettings
from printd.geometry.filters import (
    MAP_PX,
    from_slopes,
    gaussian,
    guided,
    noise_sigma,
    resampled,
    slopes,
    stretched,
)
from printd.geometry.lightness import read_grey

Floats = NDArray[np.float32]

FLAT: Final = 0.02  # of the lightness range: below, a photo shows one colour
KNEE: Final = 0.025  # slope per pixel of a 512 map above which slopes are bent over
FINE: Final = 0.04  # of the lightness range: texture fainter than this goes
CORE: Final = 0.0035  # slope per pixel of a 512 map below which slopes count as noise
BASE_SHARE: Final = 0.45  # height of the smooth base against the detail
DETAIL_HEIGHT: Final = 0.10  # of the 98th percentile of the detail
LARGEST: Final = 1 / 5  # of the map: detail larger than this is left to the base


def read_height_map(photo: Path, settings: ReliefSettings, longest_px: int) -> Floats:
    """Turn a photo into a height map.

    Args:
        photo: a file; links are not followed.
        settings: smoothing counts here; size, base and inversion come later.
        longest_px: the longest side of the map at most.

    Returns:
        (rows, cols) float32, 0 lowest to 1 highest, both reached, row 0 at the top of the
        picture; all 0 for a picture of one colour.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``.
    """
    return height_map(read_grey(photo, longest_px), settings.smoothing_px)


def height_map(grey: Floats, smoothing_px: float = 0.0) -> Floats:
    """Turn lightness into height: bright is high.

    Args:
        grey: (rows, cols) float32, 0 black to 1 white.
        smoothing_px: sigma in pixels of a 1024 map.

    Returns:
        As ``read_height_map``.
    """
    if float(np.ptp(grey)) < FLAT:
        return np.zeros_like(grey)
    clean = _denoised(stretched(grey, 0.002))
    heights = stretched(BASE_SHARE * _base(clean) + _detail(clean), 0.001)
    return stretched(gaussian(heights, smoothing_px * max(grey.shape) / MAP_PX))


def _denoised(grey: Floats) -> Floats:
    """Take away grain, as strongly as noise is measured, then fur and skin that no nozzle shows."""
    longest = max(grey.shape)
    scale = 2.5 * (2.5 * noise_sigma(grey) + 0.01)
    without_grain = guided(grey, max(1, round(longest / 200)), scale)
    return guided(without_grain, max(2, round(longest / 110)), FINE)


def _base(clean: Floats) -> Floats:
    """Return the large masses of light, 0..1."""
    longest = max(clean.shape)
    masses = guided(clean, max(2, round(longest / 30)), 0.2)
    return stretched(gaussian(masses, longest / 60), 0.005)


def _detail(clean: Floats) -> Floats:
    """Return what is finer than the base, in heights that compare with it."""
    longest = max(clean.shape)
    along_cols, along_rows = slopes(clean)
    steepness = gaussian(np.hypot(along_cols, along_rows), 1.0)
    knee, core = KNEE * MAP_PX / 2 / longest, CORE * MAP_PX / 2 / longest
    bend = np.arctan(steepness / knee) * knee / np.maximum(steepness, 1e-9)
    bend *= steepness**2 / (steepness**2 + core**2)
    detail = from_slopes(along_cols * bend, along_rows * bend, LARGEST * longest)
    size = float(np.quantile(np.abs(detail), 0.98))
    return detail * np.float32(DETAIL_HEIGHT / max(size, 1e-6))


def on_grid(heights: Floats, rows: int, cols: int, *, invert: bool = False) -> Floats:
    """Read a height map at the corners of a grid of ``rows`` by ``cols`` cells.

    Returns:
        (rows + 1, cols + 1) float32; 0 and 1 are reached, unless the map is flat: then all 0.
    """
    corners = stretched(resampled(heights, rows + 1, cols + 1))
    return 1 - corners if invert and corners.any() else corners
