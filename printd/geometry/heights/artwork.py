"""Flat artwork: logos, text, silhouettes. Colours become plateaus, the paper stays low.

What counts is how far a colour is from that of the border, not how bright it is: dark on light
and light on dark both come out raised.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from printd.geometry.decode.colour import difference, lab
from printd.geometry.decode.lightness import Picture
from printd.geometry.filters import gaussian, stretched
from printd.geometry.heights.clusters import Clusters, clusters, nearest_centre

Floats = NDArray[np.float32]

SAMPLE_PX: Final = 112  # longest side of the sample that the test looks at
INKS: Final = 6
NEAR: Final = 6.0  # dE; closer colours are the same ink
FLAT_SHARE: Final = 0.75  # of the pixels that have one of the inks
# Six greys of this width cover any photo without colours; three narrow ones only a drawing.
GREY_CHROMA: Final = 4.0  # mean chroma below which a picture counts as grey
GREY_INKS: Final = 3
GREY_NEAR: Final = 3.0  # of the picture's own range of lightness, 0 to 100
GREY_SHARE: Final = 0.8
FAINT: Final = 0.6  # exponent: faint inks rise more than their distance from the paper
ON_ALPHA: Final = 0.6  # height of a paper-coloured part of a picture that is cut out


def is_artwork(picture: Picture) -> bool:
    """Say whether a few flat colours make up the picture."""
    colours = _without_specks(_sample(picture))
    points = colours.reshape(-1, 3)
    if _share(points, INKS, NEAR) < FLAT_SHARE:
        return False
    if np.hypot(points[:, 1], points[:, 2]).mean() > GREY_CHROMA:
        return True
    grey = points * np.array([1, 0, 0], np.float32)
    grey[:, 0] = 100 * stretched(grey[:, 0], 0.002)
    return _share(grey, GREY_INKS, GREY_NEAR) > GREY_SHARE


def plateaus(picture: Picture, mask: Floats | None, line_px: float) -> Floats:
    """Turn artwork into heights.

    Args:
        picture: for which ``is_artwork`` holds, or a person says so.
        mask: (rows, cols) what belongs to the piece; None: the paper is found by its colour.
        line_px: width of the bevel at each edge, one printed line.

    Returns:
        (rows, cols) float32, 0 or more; 0 on the paper.
    """
    colours = _without_specks(lab(picture.colours))
    inks = clusters(_sample(picture).reshape(-1, 3), INKS)
    paper = _paper(colours, inks) if mask is None else np.array([100, 0, 0], np.float32)
    from_paper = _snapped(colours, inks, paper)
    most = max(float(np.quantile(from_paper, 0.998)), NEAR)
    heights = np.clip(from_paper / most, 0, 1) ** np.float32(FAINT)
    if mask is not None:
        heights = mask * (ON_ALPHA + (1 - ON_ALPHA) * heights)
    # At its steepest the slope is that of a ramp one line wide.
    return gaussian(heights.astype(np.float32, copy=False), line_px / np.sqrt(2 * np.pi))


def _snapped(colours: Floats, inks: Clusters, paper: Floats) -> Floats:
    """Return dE to the paper, the same one all over an ink; edges keep what they have."""
    number, apart = nearest_centre(colours, inks.centres)
    of_ink = difference(inks.centres, paper)
    of_ink = np.where(of_ink < NEAR, 0, of_ink)
    own = np.maximum(difference(colours, paper) - NEAR / 2, 0)
    return np.where(apart < NEAR, of_ink[number], own).astype(np.float32)


def _paper(colours: Floats, inks: Clusters) -> Floats:
    """Return the commonest ink of the border."""
    border = np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]])
    number, _ = nearest_centre(border, inks.centres)
    commonest = int(np.bincount(number, minlength=len(inks.centres)).argmax())
    paper: Floats = np.median(border[number == commonest], axis=0)
    return paper


def _sample(picture: Picture) -> Floats:
    """Return some of the pixels, unmixed: a mean of two inks would be a third one."""
    step = max(1, picture.longest // SAMPLE_PX)
    rows, cols = (slice(min(step, side) // 2, None, step) for side in picture.lightness.shape)
    return lab(np.ascontiguousarray(picture.colours[rows, cols]))


def _without_specks(colours: Floats) -> Floats:
    result: Floats = ndimage.median_filter(colours, (3, 3, 1), mode="nearest")
    return result


def _share(points: Floats, count: int, near: float) -> float:
    _, apart = nearest_centre(points, clusters(points, count).centres)
    return float((apart < near).mean())
