"""Where a photo's ground lies in shadow: of its hue, as smooth as it, and much darker."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import ndimage

from printd.geometry.decode.luminance import LUMINANCE
from printd.geometry.filters import gaussian
from printd.geometry.photo_check.looking import Bools, Look

LIT: Final = 0.8  # quantile of the ground's luminance that counts as lit
SHADED: Final = (0.12, 0.55)  # of that luminance: darker is black paint, brighter a soft shade
SAME_HUE: Final = 0.04  # difference of the shares of red, green, blue
FLAT: Final = 0.03  # of lightness a pixel: a shaded ground shows no more
OPEN_PX: Final = 2  # crumbs narrower than twice this are no shadow
ENOUGH: Final = 50  # pixels of ground, to know what it looks like


def shaded(look: Look) -> Bools:
    """Return where the ground is in shadow, on the small copy.

    Also within the mask, which takes in a shadow beside its subject.
    """
    ground = look.small_ground
    # An exact curve would change nothing here: only ratios are compared.
    linear = (look.small_colours.astype(np.float32) / np.float32(255)) ** np.float32(2.2)
    luminance = linear @ np.asarray(LUMINANCE, np.float32)
    lit = float(np.quantile(luminance[ground], LIT)) if ground.any() else 0.0
    if lit <= 0:
        return np.zeros(ground.shape, np.bool_)
    hue = linear / (linear.sum(axis=-1, keepdims=True) + np.float32(1e-3))
    of_ground = np.median(hue[ground & (luminance > 0.6 * lit)], axis=0)
    dark = (luminance > SHADED[0] * lit) & (luminance < SHADED[1] * lit)
    alike = np.abs(hue - of_ground).max(axis=-1) < SAME_HUE
    flat = np.hypot(*np.gradient(gaussian(look.small_lightness, 0.7))) < FLAT
    opened: Bools = ndimage.binary_opening(dark & alike & flat, iterations=OPEN_PX)
    return opened
