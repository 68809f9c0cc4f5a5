"""Outlines: led to the edges of the picture, smooth, and as wide as a step prints."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from printd.geometry.heights.outline import GIVEN_REACH, led, widened

Floats = NDArray[np.float32]
SIZE = 512


def away(size: int = SIZE) -> NDArray[np.float64]:
    """Return the distance from the middle, 1 at a circle of a third of the size."""
    return np.asarray(np.hypot(*np.indices((size, size)) - size / 2) / (size / 3))


def disc_picture(ours: tuple[int, int, int], theirs: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return a disc on a ground, both with some grain."""
    grain = np.random.default_rng(1).normal(0, 6, (SIZE, SIZE, 3))
    colours = np.where((away() < 1)[..., None], ours, theirs)
    return (colours + grain).clip(0, 255).astype(np.uint8)


def agreement(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("radius", [0.97, 1.03])
def test_a_found_outline_goes_to_the_edge_of_the_colours(radius: float) -> None:
    # As light as each other: only the hue tells them apart.
    picture = disc_picture((176, 60, 60), (70, 110, 60))
    guess = away(256) < radius

    mask = led(guess, picture)

    assert mask.shape == (SIZE, SIZE)
    assert agreement(mask > 0.5, away() < 1) > 0.985 > agreement(away() < radius, away() < 1)


def test_a_drawn_outline_is_left_nearly_where_it_was() -> None:
    drawn = away() < 0.9

    mask = led(drawn, disc_picture((176, 60, 60), (70, 110, 60)), GIVEN_REACH)

    assert agreement(mask > 0.5, drawn) > 0.98


def test_an_outline_in_one_colour_stays_and_is_smooth() -> None:
    guess = away(128) < 1  # steps of four pixels, a fortieth of the radius

    mask = led(guess, disc_picture((120, 120, 120), (120, 120, 120)))

    outline = (mask > 0.5) & ~ndimage.binary_erosion(mask > 0.5)
    assert agreement(mask > 0.5, away() < 1) > 0.95
    assert float(away()[outline].std()) < 0.012


@pytest.mark.parametrize("size", [300, 512, 1500])
def test_a_step_is_two_printed_lines_wide_at_any_size(size: int) -> None:
    bar = np.zeros((size // 4, size), np.float32)
    bar[:, size // 2 :] = 1
    line_px = 0.4 / 100 * size

    step = widened(bar, line_px)

    width = 1 / float(np.abs(np.diff(step[size // 8])).max())
    assert width == pytest.approx(max(2 * line_px, 2), rel=0.35)
    assert step[0, 0] == pytest.approx(0, abs=1e-3)
    assert step[0, -1] == pytest.approx(1, abs=1e-3)
