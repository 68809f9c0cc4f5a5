"""Filters that are done in another way than the plain one, which they must agree with."""

import numpy as np
import pytest
from scipy import ndimage

from printd.geometry.filters import bilateral, without_specks


@pytest.mark.parametrize("shape", [(120, 87), (3, 3), (1, 6), (2, 2), (1, 1)])
def test_the_median_of_nine_is_scipys(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(2).random(shape, np.float32)
    plain = ndimage.median_filter(values, 3, mode="nearest")
    assert (without_specks(values) == plain).all()


@pytest.mark.parametrize("range_sigma", [0.004, 0.02, 0.2])
def test_tiles_leave_no_seams(range_sigma: float) -> None:
    rng = np.random.default_rng(3)
    values = np.cumsum(rng.normal(size=(230, 190)), axis=1).astype(np.float32)
    values = (values - values.min()) / np.ptp(values)
    values[100, 100], values[100, 101] = 0, 1  # the ends of the range lie in every part
    whole = bilateral(values, 1.0, range_sigma)
    part = bilateral(values[13:, 9:], 1.0, range_sigma)  # tiles begin elsewhere now
    assert np.abs(whole[23:, 19:] - part[10:, 10:]).max() < 1e-5
    assert np.abs(whole - values).max() > range_sigma / 10
