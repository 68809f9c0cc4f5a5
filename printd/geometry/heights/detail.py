"""Fine relief from the slopes of a photo's lightness, not from its tones.

A step from light skin to dark cloth is no step of the surface, but a wrinkle and an eyelid are
where lightness changes. Steep slopes are bent over, and slopes of the size of the noise go, as do
those no steeper than all around them: fur, grass and cloth are no shape.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.filters import enlarged, gaussian, guided_by, reduced
from printd.geometry.heights.poisson import from_slopes, slopes
from printd.geometry.heights.style import Style

Floats = NDArray[np.float32]

FINEST_PX: Final = 0.75  # of a blur; a wider one is made on a smaller copy
ROLLS: Final = 2
EDGE: Final = 0.02  # of the lightness range: steps above it stay sharp
NOISE: Final = 2.0  # ... if they are this many times the noise
PER_PX_OF: Final = 512  # slopes of a style are per pixel of a map of this size
WEIGHED_PX: Final = 512  # longest side at which slopes are compared with each other
AROUND: Final = 1 / 48  # of the map: how far around a slope the others are looked at
OUTLINE: Final = 1 / 250  # of the map: how far around an outline there is no detail
TYPICAL: Final = 0.98  # the quantile of the heights that is scaled to 1
BUSY: Final = 0.8  # the quantile of the slopes of the detail ...
RUGGED: Final = 80  # ... that is no steeper than so many typical heights per longest side
INSIDE: Final = 0.5  # of the mask: what counts as the subject's


def calmed(lightness: Floats, noise: float, style: Style) -> Floats:
    """Take away grain, and what is smaller than the style's texture; larger edges stay sharp.

    A blurred copy leads a filter that looks at the picture again: what the blur has lost does not
    come back, edges that it has kept do.

    Source: Zhang, Shen, Xu, Jia, Rolling Guidance Filter, 2014.

    Args:
        lightness: (rows, cols), 0 to 1.
        noise: its standard deviation.
        style: the size of texture.
    """
    reach = style.texture * max(lightness.shape)
    step = max(1, int(reach / FINEST_PX))
    small, reach = reduced(lightness, step), reach / step
    calm = gaussian(small, reach)
    for _ in range(ROLLS):
        calm = guided_by(small, calm, max(2, round(2 * reach)), EDGE + NOISE * noise / step)
    return np.clip(enlarged(calm, *lightness.shape, factor=step), 0, 1)


def detail(
    calm: Floats, noise: float, style: Style, mask: Floats | None = None, on_ground: float = 1.0
) -> Floats:
    """Return what the slopes of the lightness say about the surface.

    The outline of a subject is no detail: an edge of the photo on top of the step there would be
    a lip or a moat.

    Args:
        calm: lightness without grain, (rows, cols), 0 to 1.
        noise: standard deviation of the lightness before that.
        style: knee, coring and size.
        mask: (rows, cols), 0 to 1: the subject, if there is one.
        on_ground: how much the detail outside the mask counts.

    Returns:
        (rows, cols) float32 around 0; 98 of 100 values of the subject lie between -1 and 1.
    """
    longest = max(calm.shape)
    along_cols, along_rows = slopes(calm)
    keep = _kept(along_cols, along_rows, noise, style)
    if mask is not None:
        keep *= _off_outline(mask)
    along_cols *= keep
    along_rows *= keep
    heights = from_slopes(along_cols, along_rows, longest / style.largest)
    typical = _typical(heights, mask)
    if mask is not None:
        heights *= on_ground + (1 - on_ground) * mask
    heights *= np.float32(1 / max(typical, 1e-6))
    return heights


def _kept(along_cols: Floats, along_rows: Floats, noise: float, style: Style) -> Floats:
    """Return how much of each slope is kept."""
    longest = max(along_cols.shape)
    step = max(1, longest // WEIGHED_PX)
    squared = along_cols * along_cols
    squared += along_rows * along_rows
    squared = gaussian(reduced(squared, step), 1.0)
    steepness = np.sqrt(squared)
    knee = style.knee * PER_PX_OF / longest
    core = (style.core_noise * noise + style.core) * PER_PX_OF / longest
    around = style.surround * gaussian(steepness, AROUND * longest / step)
    keep = np.arctan(steepness * np.float32(1 / knee))
    keep *= steepness
    keep *= np.float32(knee)
    keep /= squared + np.float32(core**2) + around * around
    return enlarged(keep, *along_cols.shape, factor=step)


def _off_outline(mask: Floats) -> Floats:
    """Return 1 away from the outline of a mask and 0 on it."""
    longest = max(mask.shape)
    step = max(1, longest // WEIGHED_PX)
    blurred = gaussian(reduced(mask, step), OUTLINE * longest / step)
    return enlarged((1 - 2 * blurred) ** 2, *mask.shape, factor=step)


def _typical(heights: Floats, mask: Floats | None) -> float:
    """Return the height that is to become 1, so that the subject is neither faint nor rugged."""
    longest = int(max(heights.shape))
    step = max(1, longest // PER_PX_OF)
    corners = (heights[:-1, :-1], heights[:-1, 1:], heights[1:, :-1])
    height, right, below = (part[::step, ::step] for part in corners)
    steepness = np.hypot(right - height, below - height)
    if mask is not None and mask.max() > INSIDE:
        inside = mask[:-1, :-1][::step, ::step] > INSIDE
        height, steepness = height[inside], steepness[inside]
    if not height.size:
        return 0.0
    rugged = float(np.quantile(steepness, BUSY)) * float(longest) / RUGGED
    return max(float(np.quantile(np.abs(height), TYPICAL)), rugged)
