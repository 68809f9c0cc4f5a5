"""The outline of a mask: led to the edges of the picture, smooth, and as wide as a step prints."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from printd.geometry.filters import enlarged, gaussian, reduced

Floats = NDArray[np.float32]

SMALL_SMOOTH_PX: Final = 1.2  # of the small mask, whose steps would show
LED_PX: Final = 512  # longest side at which outlines are led, and widened
LEADS: Final = 2
FOUND_REACH: Final = 1 / 70  # of the map: how far a found outline may move to meet an edge
GIVEN_REACH: Final = 1 / 250  # ... a drawn one
FAR: Final = 0.03  # of the blurred mask, from 0 and 1: the outline does not come here
BESIDE_STEP: Final = 4  # colours beside an outline are those of every fourth pixel
BESIDE_REACH: Final = 4.0  # times the reach: side of the square in which they are looked for
ALIKE: Final = 20.0  # of 255: sides that differ less say little
SMOOTH_PX: Final = 1.6  # of the outline that was led
SHARPEN: Final = 2.0  # ... whose blur would show
STEP_LINES: Final = 2.0  # width of the step at an outline, in printed lines
LEAST_STEP_PX: Final = 2.0
STEP_WIDTH: Final = 2.5  # of a blurred step, in standard deviations
STEP_SHARPEN: Final = 1.3  # ... whose foot would show as a glow


def led(
    mask: Floats | NDArray[np.bool_], colours: NDArray[np.uint8], reach: float = FOUND_REACH
) -> Floats:
    """Bring a mask to the size of the picture; its outline follows the picture's edges.

    Near the outline a pixel belongs to the side whose colour it has; where both sides have the
    same colour the outline stays where it was.

    Args:
        mask: (any, any), smaller or of the picture's size.
        colours: (rows, cols, 3) sRGB of the picture.
        reach: how far the outline may move, as a share of the picture.

    Returns:
        (rows, cols) float32, 0 to 1.
    """
    rows, cols = colours.shape[:2]
    step = max(1, round(max(rows, cols) / LED_PX))
    guide = np.asarray(Image.fromarray(colours).reduce(step)).astype(np.float32)
    outlined = enlarged(gaussian(mask.astype(np.float32), SMALL_SMOOTH_PX), *guide.shape[:2])
    for _ in range(LEADS):
        outlined = _moved(outlined, guide, max(2.0, reach * max(guide.shape)))
    return np.clip(enlarged(outlined, rows, cols, factor=step), 0, 1)


def widened(mask: Floats, line_px: float) -> Floats:
    """Return a mask whose outline is a slope as wide as a printer can show.

    Args:
        mask: (rows, cols), 0 to 1.
        line_px: one printed line.
    """
    step = max(1, max(mask.shape) // LED_PX)
    width = max(STEP_LINES * line_px / step, LEAST_STEP_PX)
    blurred = _sharpened(gaussian(reduced(mask, step), width / STEP_WIDTH), STEP_SHARPEN)
    return np.clip(enlarged(blurred, *mask.shape, factor=step), 0, 1)


def colours_beside(
    mask: Floats, colours: Floats, step: int, size_px: float
) -> tuple[Floats, Floats]:
    """Return the mean colours of the mask, and of the rest, around each ``step``-th place.

    Args:
        mask: (rows, cols), 0 to 1.
        colours: (rows, cols, 3).
        step: of the grid of the results.
        size_px: side of the squares that are averaged.
    """
    bands = [np.ascontiguousarray(colours[..., band]) for band in range(3)]
    coarse = np.stack([reduced(band, step) for band in bands], axis=-1)
    part = reduced(mask, step)
    size = 2 * round(size_px / step / 2) + 1
    inside, outside = np.clip(2 * part - 1, 0, 1), np.clip(1 - 2 * part, 0, 1)
    return _weighted_mean(coarse, inside, size), _weighted_mean(coarse, outside, size)


def _moved(mask: Floats, guide: Floats, radius_px: float) -> Floats:
    """Move the outline towards the edge between the colours on its two sides."""
    blurred = gaussian(mask, radius_px / 2)
    near = np.nonzero((blurred > FAR) & (blurred < 1 - FAR))
    inside, outside = colours_beside(mask, guide, BESIDE_STEP, BESIDE_REACH * radius_px)
    places = near[0] // BESIDE_STEP, near[1] // BESIDE_STEP
    across = inside[places] - outside[places]
    apart = np.einsum("nk,nk->n", across, across)
    share = np.einsum("nk,nk->n", guide[near] - outside[places], across) / np.maximum(apart, 1e-6)
    before = blurred[near] - np.float32(0.5)
    # Colours say less, the farther a pixel lies from the outline as it was.
    say = apart / (apart + ALIKE**2) * (1 - 2 * np.abs(before))
    sides = (blurred > 0.5).astype(np.float32)
    sides[near] = np.clip(0.5 + before + say * (np.clip(share, 0, 1) - 0.5), 0, 1)
    return _sharpened(gaussian(sides, SMOOTH_PX), SHARPEN)


def _sharpened(mask: Floats, times: float) -> Floats:
    sharp: Floats = np.clip((mask - np.float32(0.5)) * np.float32(times) + np.float32(0.5), 0, 1)
    return sharp


def _weighted_mean(colours: Floats, weight: Floats, size_px: int) -> Floats:
    """Return the mean colour over squares of what has weight; near 0 where nothing has."""
    sums = ndimage.uniform_filter(colours * weight[..., None], (size_px, size_px, 1))
    around = ndimage.uniform_filter(weight, size_px) + np.float32(1e-4)
    result: Floats = sums / around[..., None]
    return result
