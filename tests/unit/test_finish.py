"""What a person may set about a height map: each unit, and each place in the order."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from printd.core.relief_settings import ReliefSettings
from printd.geometry.filters import bilateral, resampled, stretched
from printd.geometry.shape.finish import (
    filtered,
    fine_band,
    finished,
    noise_reduced,
    smoothed,
    surface_smoothed,
)

Floats = NDArray[np.float32]


def spot(size: int) -> Floats:
    """Return one high pixel in the middle."""
    heights = np.zeros((size, size), np.float32)
    heights[size // 2, size // 2] = 1
    return heights


def spread_px(heights: Floats) -> float:
    """Return the standard deviation of a blurred spot, in pixels along one axis."""
    weights = heights.sum(axis=0) / heights.sum()
    places = np.arange(len(weights))
    mean = (weights * places).sum()
    return float(np.sqrt((weights * (places - mean) ** 2).sum()))


def hills(size: int, seed: int = 1) -> Floats:
    """Return hills with grain and a step of 0.4 in the middle."""
    dice = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(dice.standard_normal((size, size)), size / 12)
    heights = stretched(smooth.astype(np.float32)) * np.float32(0.5)
    heights[:, size // 2 :] += np.float32(0.4)
    grain = dice.normal(0, 0.01, heights.shape)
    return np.clip(heights + grain, 0, 1).astype(np.float32)


@pytest.mark.parametrize("size", [257, 513, 1025])
def test_smoothing_is_sigma_in_pixels_of_a_1024_map(size: int) -> None:
    assert spread_px(smoothed(spot(size), 8)) == pytest.approx(8 * size / 1024, rel=0.03)


def test_noise_reduction_takes_what_is_smaller_than_its_share_of_255_and_keeps_steps() -> None:
    dice = np.random.default_rng(1)
    ground = np.full((256, 256), 0.3, np.float32)
    ground[:, 128:] = 0.7
    grain = dice.normal(0, 0.02, ground.shape).astype(np.float32)

    quiet = noise_reduced(ground + grain, 15)

    assert (quiet - ground)[:, 20:108].std() < 0.3 * 0.02
    # The step is still one pixel wide.
    assert quiet[:, 129].mean() - quiet[:, 126].mean() == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize(("strength", "kept"), [(5, 0.9), (50, 0.3)])
def test_a_small_step_stays_below_the_strength_and_goes_above_it(
    strength: float, kept: float
) -> None:
    # A bar that is 0.08 = 20/255 high and as wide as the filter reaches.
    heights = np.full((512, 512), 0.5, np.float32)
    heights[:, 255:257] += 0.08
    heights[0, 0], heights[-1, -1] = 0, 1

    left = float(noise_reduced(heights, strength)[100:400, 255:257].mean() - 0.5) / 0.08

    assert left > kept if strength == 5 else left < 1 - kept


def test_single_specks_go_whatever_the_strength() -> None:
    heights = np.full((64, 64), 0.2, np.float32)
    heights[20, 30] = 1

    assert np.abs(noise_reduced(heights, 1) - 0.2).max() < 1e-3


def test_the_grid_of_the_bilateral_filter_agrees_with_its_definition() -> None:
    values = hills(48)
    sigma, scale = 1.5, 0.1
    rows, cols = np.indices(values.shape)
    expected = np.empty_like(values)
    for row in range(48):
        for col in range(48):
            near = np.exp(
                -((rows - row) ** 2 + (cols - col) ** 2) / (2 * sigma**2)
                - (values - values[row, col]) ** 2 / (2 * scale**2)
            )
            expected[row, col] = (near * values).sum() / near.sum()

    # Binning makes the grid a little softer than the definition.
    assert np.abs(bilateral(values, sigma, scale) - expected).mean() < 0.01


@pytest.mark.parametrize("passes", [1, 4, 10])
def test_surface_smoothing_spreads_by_half_the_root_of_its_passes(passes: int) -> None:
    assert spread_px(surface_smoothed(spot(65), passes)) == pytest.approx(0.5 * passes**0.5)


def test_surface_smoothing_keeps_the_border_to_itself() -> None:
    heights = np.zeros((20, 30), np.float32)
    heights[1:-1, 1:-1] = 1

    smooth = surface_smoothed(heights, 10)

    assert not smooth[0].any()
    assert not smooth[:, -1].any()
    corner = np.zeros((20, 30), np.float32)
    corner[0, 0] = 1
    assert surface_smoothed(corner, 10)[0, 0] == 1


def test_enhancing_adds_the_fine_band_bent_over() -> None:
    stripes = np.tile(np.arange(512) // 4 % 2, (512, 1)).astype(np.float32)
    faint, strong = 0.5 + 0.02 * stripes, 0.2 + 0.6 * stripes

    def height(heights: Floats, share: float) -> float:
        return float(np.ptp(fine_band(heights, share)[100:400, 100:400]))

    assert height(faint, 1.0) == pytest.approx(2 * 0.02, rel=0.2)
    assert height(faint, 0.5) == pytest.approx(0.02, rel=0.2)
    assert height(strong, 1.0) < 4 * 0.04 * np.pi / 2


def settings_of(**values: object) -> ReliefSettings:
    return ReliefSettings.of(values)


def test_the_order_is_noise_smoothing_details_grid_surface_inversion_mirror() -> None:
    heights = hills(128)
    settings = settings_of(
        noise_reduction=20,
        smoothing_px=12,
        enhance_details=0.7,
        surface_smoothing=5,
        invert=True,
        mirror=True,
    )

    quiet = noise_reduced(heights, 20)
    shaped = stretched(smoothed(quiet, 12) + fine_band(quiet, 0.7), 0.001)
    expected = 1 - stretched(surface_smoothed(resampled(shaped, 91, 91), 5))

    assert np.allclose(finished(heights, settings, 90, 90), expected[:, ::-1], atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"noise_reduction": 0},
        {"smoothing_px": 0},
        {"enhance_details": 0},
        {"surface_smoothing": 0},
        {"invert": False},
        {"mirror": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_setting_matters(change: dict[str, object]) -> None:
    values: dict[str, object] = {
        "noise_reduction": 20,
        "smoothing_px": 12,
        "enhance_details": 0.7,
        "surface_smoothing": 5,
        "invert": True,
        "mirror": True,
    }
    heights = hills(128)

    whole = finished(heights, settings_of(**values), 100, 100)
    without = finished(heights, settings_of(**values | change), 100, 100)

    assert np.abs(whole - without).max() > 0.01


def test_smoothing_does_not_take_the_enhanced_details() -> None:
    heights = hills(256)
    smooth = filtered(heights, settings_of(smoothing_px=20))
    crisp = filtered(heights, settings_of(smoothing_px=20, enhance_details=1))

    def fine(values: Floats) -> float:
        return float((values - ndimage.gaussian_filter(values, 2)).std())

    assert fine(crisp) > 2 * fine(smooth)


@pytest.mark.parametrize("name", ["invert", "mirror"])
def test_doing_it_twice_is_doing_nothing(name: str) -> None:
    heights = stretched(resampled(hills(64), 101, 101))
    once = finished(heights, settings_of(**{name: True}), 100, 100)
    plain = finished(heights, settings_of(), 100, 100)

    back = 1 - once if name == "invert" else once[:, ::-1]
    assert np.allclose(back, plain, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 300), (300, 1)])
def test_tiny_maps_pass(size: tuple[int, int]) -> None:
    heights = np.random.default_rng(1).random(size, dtype=np.float32)
    settings = settings_of(
        noise_reduction=50, smoothing_px=20, enhance_details=1, surface_smoothing=10, invert=True
    )

    corners = finished(heights, settings, 16, 16)

    assert corners.shape == (17, 17)
    assert np.isfinite(corners).all()


def test_a_flat_map_stays_flat_through_everything() -> None:
    settings = settings_of(
        noise_reduction=50, smoothing_px=20, enhance_details=1, surface_smoothing=10, invert=True
    )

    assert not finished(np.zeros((40, 60), np.float32), settings, 64, 96).any()
