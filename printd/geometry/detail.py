"""Fine relief from the slopes of a photo's lightness, not from its tones.

A step from light skin to dark cloth is no step of the surface, but a wrinkle and an eyelid are
where lightness changes. Steep slopes are bent over, slopes of the size of the noise go, and the
rest is put together again so that nothing larger than a given size keeps a height of its own.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.filters import from_slopes, gaussian, guided, noise_sigma, slopes
from printd.geometry.style import Style

Floats = NDArray[np.float32]

PER_PX_OF: Final = 512  # slopes of a style are per pixel of a map of this size
TYPICAL: Final = 0.98  # the quantile of the heights that is scaled to 1


def denoised(lightness: Floats, style: Style) -> Floats:
    """Take grain away, as strongly as it is measured; edges stay.

    Args:
        lightness: (rows, cols), 0 to 1.
        style: how thoroughly.
    """
    longest = max(lightness.shape)
    scale = style.denoise * (2.5 * noise_sigma(lightness) + 0.01)
    calm = guided(lightness, max(2, round(longest / 200)), scale)
    if style.second_pass > 0:
        calm = guided(calm, max(2, round(longest / 110)), style.second_pass)
    return calm


def detail(calm: Floats, noise: float, weight: Floats | float, style: Style) -> Floats:
    """Return what the slopes of the lightness say about the surface.

    Args:
        calm: lightness without grain, (rows, cols), 0 to 1.
        noise: standard deviation of the lightness before that.
        weight: how much slopes count, by place: (rows, cols), 0 to 1.
        style: knee, coring and size.

    Returns:
        (rows, cols) float32 around 0; 98 of 100 values lie between -1 and 1.
    """
    longest = max(calm.shape)
    along_cols, along_rows = slopes(calm)
    steepness = gaussian(np.hypot(along_cols, along_rows), 1.0)
    knee = style.knee * PER_PX_OF / longest
    core = (style.core_noise * noise + style.core) * PER_PX_OF / longest
    bent = np.arctan(steepness / knee) * knee / np.maximum(steepness, 1e-9)
    keep = (bent * steepness**2 / (steepness**2 + core**2) * weight).astype(np.float32)
    heights = from_slopes(along_cols * keep, along_rows * keep, longest / style.largest)
    step = max(1, longest // PER_PX_OF)
    typical = float(np.quantile(np.abs(heights[::step, ::step]), TYPICAL))
    return heights / np.float32(max(typical, 1e-6))
