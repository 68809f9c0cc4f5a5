"""How sharp a photo is: how many pixels its clearest edges take from dark to bright.

That depends on no content, as a count of fine detail would: a smooth vase with a sharp outline is
sharp. Edges are measured along rows and along columns apart, because what moves is blurred in one
direction alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy import ndimage

from printd.geometry.photo_check.looking import Look
from printd.geometry.photo_check.rule import Check, Rule

# A sharp photo has 2.0 to 3.2 (a cat's fur), one blurred by a Gaussian of 1 px at most 4.3, of
# 2 px 4.8 to 5.9, of 3 px 6.4 to 7.5, moved by 21 px 8 to 10.
SHARPNESS: Final = Rule(
    "sharpness",
    "px wide edges",
    poor=4.5,
    bad=6.3,
    fault="is blurred",
    advice="Hold the camera still, tap on the subject to focus, and send the original file.",
)
WINDOW_PX: Final = 15  # in which an edge is looked for: the widest that can be told
LEAST_STEP: Final = 0.15  # of lightness; less may be noise
STRONG: Final = 0.9  # quantile of the steps: the clearest edges count
SHARP: Final = 0.25  # quantile of their widths: not all need to be in focus
ENOUGH: Final = 50  # pixels beside clear edges


def sharpness(look: Look) -> Iterator[Check]:
    """Judge the edges of the subject; says nothing where there are none."""
    widths = [width for axis in (0, 1) if (width := _edge_px(look, axis)) is not None]
    if widths:
        yield SHARPNESS.judged(max(widths))


def _edge_px(look: Look, axis: int) -> float | None:
    """Return the width of the clearest edges along an axis."""
    lightness, inside = look.lightness, look.inside
    high = ndimage.maximum_filter1d(lightness, WINDOW_PX, axis)
    step = (high - ndimage.minimum_filter1d(lightness, WINDOW_PX, axis))[inside]
    slope = np.abs(np.gradient(lightness, axis=axis))
    steepest = ndimage.maximum_filter1d(slope, WINDOW_PX, axis)[inside]
    clear = step >= max(LEAST_STEP, float(np.quantile(step, STRONG)))
    if np.count_nonzero(clear) < ENOUGH:
        return None
    return float(np.quantile(step[clear] / steepest[clear], SHARP))
