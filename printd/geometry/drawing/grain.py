"""How a second colour runs through a material, by the place in the piece.

Places are (3, n): x, y and z as shares of the piece's longest side, so that a grain looks the same
at every size. Shares are 0 to 1.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float32]

BLOCK: Final = 48  # values of noise along a side, repeated in all directions


def sawn(place: Floats) -> Floats:
    """Return the share of dark wood: year rings of a board, and the fibres in it."""
    _, y, z = place
    wobble = _noise(place, (1.5, 6, 6))
    from_heart = np.hypot(y - 0.42 + 0.10 * wobble, 0.35 + z)
    ring = (22 * from_heart + 0.35 * wobble) % 1
    late = ring**3
    fibres = _noise(place, (9, 260, 260))
    return np.asarray(np.clip(0.5 * late + 0.5 * (fibres - 0.4), 0, 1), np.float32)


def veined(place: Floats) -> Floats:
    """Return the share of dark veins in marble."""
    coarse = _noise(place, (3, 3, 3))
    fine = _noise(place, (11, 11, 11))
    x, y, z = place
    run = 5.5 * (x + 0.6 * y + 0.3 * z) + 3.2 * coarse + 0.9 * fine
    thin = 1 - np.abs(np.sin(np.pi * run))
    return np.asarray(np.clip(0.75 * thin**5 * fine + 0.5 * (coarse - 0.45), 0, 1), np.float32)


def speckled(place: Floats) -> Floats:
    """Return the share of dark grains in stone, in faint layers."""
    grains = _noise(place, (160, 160, 160))
    layers = _noise(place, (2, 9, 9))
    return np.asarray(np.clip(1.3 * (grains - 0.5) + 0.5 * (layers - 0.4), 0, 1), np.float32)


def fired(place: Floats) -> Floats:
    """Return the share of darker clay."""
    cloud = _noise(place, (5, 5, 5))
    grains = _noise(place, (120, 120, 120))
    return np.asarray(np.clip(0.5 * (cloud - 0.3) + 0.7 * (grains - 0.6), 0, 1), np.float32)


@cache
def _block() -> Floats:
    return np.random.default_rng(1).random((BLOCK, BLOCK, BLOCK), np.float32)


def _noise(place: Floats, often: tuple[float, float, float]) -> Floats:
    """Return 0 to 1, changing so often along the longest side, in each direction."""
    at = place * np.array(often, np.float32)[:, None]
    noise: Floats = ndimage.map_coordinates(_block(), at, np.float32, order=1, mode="grid-wrap")
    return noise
