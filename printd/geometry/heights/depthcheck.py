"""Does a depth picture belong to its photo? Edges of the one are looked for in the other.

A generator of depth pictures may redraw a scene: shifted, scaled, or another one altogether.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from printd.geometry.filters import gaussian
from printd.geometry.heights.depthimage import resized

Floats = NDArray[np.float32]

SIDE_PX: Final = 128  # longest side at which edges are compared
BLUR_PX: Final = 1.0
REACH: Final = 0.1  # of the longest side: how far apart the two are looked for
MOST_SHIFT: Final = 0.02  # ... and may be
STRONG: Final = 0.8  # quantile of the slopes from which an edge is an edge, however steep
ALIKE: Final = 0.2  # correlation from which a shift is believed (own maps 0.2 to 1)
BETTER: Final = 0.05  # by which it has to be better than no shift
STRANGE: Final = 0.1  # correlation below which two pictures show nothing in common


def placement_faults(lightness: Floats, heights: Floats) -> tuple[str, ...]:
    """Return what a person should know of how a depth map lies on its photo.

    Args:
        lightness: (rows, cols) of the photo.
        heights: (any, any) of the same shape in the world, 0 to 1.

    Returns:
        "code: sentence" of at most one fault.
    """
    if not heights.any():
        return ()
    here, best, shift = agreement(lightness, heights)
    if best >= ALIKE and best > here + BETTER and shift > MOST_SHIFT:
        return (
            f"depth_shifted: The depth map lies {100 * shift:.0f} % of the picture beside its "
            "photo. Make it again, or move it.",
        )
    if best < STRANGE:
        return (
            "depth_strange: The depth map has hardly an edge where the photo has one. Is it of "
            "this photo?",
        )
    return ()


def agreement(lightness: Floats, heights: Floats) -> tuple[float, float, float]:
    """Return how well the edges agree as they lie, at best, and how far apart that is, 0 to 1.

    Args:
        lightness: (rows, cols) of the photo.
        heights: (any, any) of the same shape in the world, 0 to 1.
    """
    rows, cols = lightness.shape
    scale = SIDE_PX / max(rows, cols)
    size = max(8, round(rows * scale)), max(8, round(cols * scale))
    ours, theirs = _edges(resized(lightness, size)), _edges(resized(heights, size))
    norm = float(np.sqrt((ours * ours).sum() * (theirs * theirs).sum()))
    if norm == 0:
        return 0.0, 0.0, 0.0
    padded = [2 * side for side in size]
    spectrum = fft.rfft2(ours, padded) * np.conj(fft.rfft2(theirs, padded))
    correlation = fft.irfft2(spectrum, padded) / norm
    reach = [min(side - 1, round(REACH * max(size))) for side in size]
    shifts = [np.arange(-far, far + 1) for far in reach]
    near = correlation[np.ix_(*shifts)]  # negative shifts count from the end
    row, col = np.unravel_index(int(near.argmax()), near.shape)
    away = np.hypot(shifts[0][row], shifts[1][col]) / max(size)
    return float(correlation[0, 0]), float(near.max()), float(away)


def _edges(values: Floats) -> Floats:
    """Return how much of an edge each point is, around 0; very steep ones count little more."""
    steep = np.hypot(*np.gradient(gaussian(values, BLUR_PX)))
    bent = np.arctan(steep / max(float(np.quantile(steep, STRONG)), 1e-6))
    around: Floats = (bent - bent.mean()).astype(np.float32)
    return around
