"""Colours as the eye compares them: CIE Lab, in which a distance is a difference (dE)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Linear sRGB to XYZ, divided by the white of D65.
_TO_XYZ: Final = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
) / np.array([[0.9505], [1.0], [1.089]], np.float32)
_ENCODED: Final = np.linspace(0, 1, 256)
_LINEAR: Final = np.where(
    _ENCODED <= 0.04045, _ENCODED / 12.92, ((_ENCODED + 0.055) / 1.055) ** 2.4
).astype(np.float32)


def lab(colours: NDArray[np.uint8]) -> Floats:
    """Return CIE 1976 L*a*b* of sRGB colours.

    Args:
        colours: (..., 3) uint8.

    Returns:
        (..., 3) float32; L* from 0 to 100.
    """
    xyz = _LINEAR[colours] @ _TO_XYZ.T
    bent = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    result: Floats = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
    return result.astype(np.float32, copy=False)


def difference(colours: NDArray[Any], other: NDArray[Any]) -> Floats:
    """Return dE of 1976: the distance in Lab along the last axis."""
    apart = colours - other
    result: Floats = np.sqrt(np.einsum("...k,...k->...", apart, apart)).astype(np.float32)
    return result
