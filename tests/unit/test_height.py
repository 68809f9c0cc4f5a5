"""The height map: its range, its symmetries, and what tone may not do."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSettings
from printd.geometry.filters import gaussian, noise_sigma, resampled, stretched
from printd.geometry.height import height_map, on_grid, read_height_map
from printd.geometry.lightness import read_grey
from tests.photos import ASTRONAUT, CAT

Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def grey() -> Floats:
    return read_grey(ASTRONAUT, 256)


@pytest.mark.parametrize("photo", [ASTRONAUT, CAT])
@pytest.mark.parametrize("smoothing_px", [0, 20])
def test_both_ends_of_the_range_are_reached(photo: Path, smoothing_px: float) -> None:
    heights = read_height_map(photo, ReliefSettings(smoothing_px=smoothing_px), 256)

    assert heights.dtype == np.float32
    assert (heights.min(), heights.max()) == (0, 1)


@pytest.mark.parametrize("shade", [0.0, 0.5, 1.0])
def test_one_colour_is_flat(shade: float) -> None:
    grain = np.random.default_rng(1).normal(shade, 0.001, (64, 64)).astype(np.float32)

    assert not height_map(np.full((64, 64), shade, np.float32)).any()
    assert not height_map(grain).any()


def test_bright_is_high() -> None:
    half = np.zeros((64, 64), np.float32)
    half[:, 32:] = 1

    heights = height_map(half)

    assert heights[:, :20].mean() + 0.5 < heights[:, 44:].mean()


def test_a_thin_line_is_not_taken_for_one_colour() -> None:
    paper = np.ones((400, 400), np.float32)
    paper[200, 200:240] = 0

    assert height_map(paper)[200, 215:225].mean() < height_map(paper).mean() - 0.1


def test_slopes_are_gentler_than_those_of_lightness(grey: Floats) -> None:
    def steep(heights: Floats) -> float:
        slope = np.hypot(*np.gradient(heights * 0.1 * max(heights.shape)))
        return float((slope > np.tan(np.radians(60))).mean())

    assert steep(height_map(grey)) < 0.5 * steep(stretched(grey, 0.002))


def test_grain_leaves_flat_parts_smooth() -> None:
    dice = np.random.default_rng(1)
    disc = (np.hypot(*np.indices((256, 256)) - 128.0) < 80).astype(np.float32) * 0.6 + 0.2
    noisy = (disc + dice.normal(0, 0.03, disc.shape)).astype(np.float32)

    roughness = np.std(
        height_map(noisy)[110:146, 110:146] - gaussian(height_map(noisy), 4)[110:146, 110:146]
    )

    assert noise_sigma(noisy) == pytest.approx(0.03, rel=0.1)
    assert roughness < 0.01


def test_a_turned_photo_gives_the_turned_map(grey: Floats) -> None:
    assert np.allclose(height_map(np.rot90(grey).copy()), np.rot90(height_map(grey)), atol=0.03)


def test_a_mirrored_photo_gives_the_mirrored_map(grey: Floats) -> None:
    mirrored = height_map(np.ascontiguousarray(grey[:, ::-1]))[:, ::-1]

    assert np.allclose(mirrored, height_map(grey), atol=0.03)


def test_smoothing_looks_the_same_at_every_quality() -> None:
    fine, coarse = (
        read_height_map(ASTRONAUT, ReliefSettings(smoothing_px=20), size) for size in (512, 256)
    )

    assert np.abs(resampled(fine, 256, 256) - resampled(coarse, 256, 256)).mean() < 0.03


def test_a_grid_reaches_from_border_to_border() -> None:
    ramp = np.tile(np.linspace(0, 1, 50, dtype=np.float32), (30, 1))

    corners = on_grid(ramp, 60, 100)

    assert corners.shape == (61, 101)
    assert (corners[:, 0] == 0).all()
    assert (corners[:, -1] == 1).all()
    assert corners[30, 50] == pytest.approx(0.5, abs=0.01)


def test_inverting_turns_high_into_low(grey: Floats) -> None:
    heights = height_map(grey)

    upright, inverted = on_grid(heights, 100, 100), on_grid(heights, 100, 100, invert=True)

    assert np.array_equal(inverted, 1 - upright)


def test_a_flat_map_stays_low_when_inverted() -> None:
    assert not on_grid(np.zeros((50, 50), np.float32), 64, 64, invert=True).any()
