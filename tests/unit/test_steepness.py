"""Steepness: cliffs become slopes, gentle parts stay, and the range is kept."""

import numpy as np
import pytest
from numpy.typing import NDArray

from printd.geometry.heights.poisson import from_slopes, slopes
from printd.geometry.heights.steepness import DEPTH, STEEPEST, bent_over, gentle

Floats = NDArray[np.float32]


def steepness(heights: Floats) -> NDArray[np.float64]:
    """Return slopes as if the map were printed at the depth that counts."""
    across, down = np.gradient(heights.astype(np.float64) * DEPTH * max(heights.shape))
    return np.asarray(np.hypot(across, down))


def cliffs(size: int) -> Floats:
    """Return a plateau with upright sides on a ground that rises a little."""
    heights = np.tile(np.linspace(0, 0.2, size, dtype=np.float32), (size, 1))
    heights[size // 4 : -size // 4, size // 4 : -size // 4] += 0.8
    return heights


def test_a_map_is_what_its_slopes_say() -> None:
    heights = np.random.default_rng(1).random((40, 61), dtype=np.float32)

    back = from_slopes(*slopes(heights), 61.0, heights)

    assert np.abs(back - heights).max() < 1e-4


def test_what_is_larger_than_asked_for_fades() -> None:
    x = np.arange(256, dtype=np.float32)
    fine, coarse = (np.tile(np.cos(2 * np.pi * x / wave), (256, 1)) for wave in (8, 256))

    back = from_slopes(*slopes((fine + coarse).astype(np.float32)), 24.0)

    assert float((back * fine).mean() / (fine * fine).mean()) > 0.9
    assert abs(float((back * coarse).mean() / (coarse * coarse).mean())) < 0.1


def test_gentle_slopes_stay_as_they_are() -> None:
    ramp = np.tile(np.linspace(0, 1, 200, dtype=np.float32), (150, 1))

    assert np.abs(bent_over(ramp, 0.1) - ramp).max() < 1e-3


@pytest.mark.parametrize("size", [128, 512])
def test_cliffs_become_slopes_over_the_whole_range(size: int) -> None:
    before = cliffs(size)

    after = gentle(before, 0.0)

    assert (steepness(before) > 1.2 * STEEPEST).mean() > 0.006
    assert (steepness(after) > 1.2 * STEEPEST).mean() < 0.001
    assert (float(after.min()), float(after.max())) == (0, 1)
    assert after[size // 2, size // 2] > after[size // 2, 4] + 0.6


def test_a_flat_map_stays_flat() -> None:
    assert not gentle(np.zeros((50, 70), np.float32), 0.001).any()
