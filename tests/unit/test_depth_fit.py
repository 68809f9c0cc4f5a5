"""Depth maps and their photos: crop, subject, fine detail, and whether they belong together."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from printd.core.relief_settings import ReliefSettings
from printd.geometry.decode.lightness import read_grey
from printd.geometry.heights.depthcheck import placement_faults
from printd.geometry.heights.depthfit import part_of, spread_over_photo, subject_of, tones_of
from printd.geometry.heights.depthnet import heights_of, shown, shown_size
from printd.geometry.heights.height import height_map_of
from tests.looks import MASKS, PHOTOS, mask_of
from tests.photos import ASTRONAUT, CAT, textured

Floats = NDArray[np.float32]
SCENE = ReliefSettings(mask="none")


def ramp(rows: int, cols: int) -> Floats:
    return np.tile(np.linspace(0, 1, cols, dtype=np.float32), (rows, 1))


# The part that counts.


def test_a_crop_takes_the_same_part_of_the_map_as_of_the_photo() -> None:
    settings = ReliefSettings(crop="0.25,0.5,0.75,1")

    part = part_of(ramp(100, 150), CAT, settings, 512)

    assert part.shape == (50, 75)
    np.testing.assert_allclose(part, ramp(50, 75), atol=0.02)


def test_a_square_is_square_whatever_the_map_was_squeezed_into() -> None:
    settings = ReliefSettings(crop="square", mask="none")

    fitted = spread_over_photo(ramp(64, 64), CAT, settings, 200)

    rows, cols = fitted.heights.shape
    assert abs(rows - cols) <= 1


def test_a_map_is_never_larger_than_asked() -> None:
    assert part_of(ramp(400, 600), CAT, SCENE, 90).shape == (60, 90)
    assert max(spread_over_photo(ramp(40, 60), CAT, SCENE, 90).heights.shape) == 90


# The subject.


def test_the_range_is_the_subjects() -> None:
    # A far wall and a near table; the subject lies in the middle fifth of the depth.
    mask = mask_of("astronaut", (256, 256))
    heights = np.where(mask, 0.4 + 0.2 * ramp(256, 256).T, 0.0).astype(np.float32)
    heights[255:] = 1.0

    whole = spread_over_photo(heights, ASTRONAUT, SCENE, 256).heights
    drawn = MASKS / "astronaut.png"
    fitted = spread_over_photo(heights, ASTRONAUT, ReliefSettings(), 256, drawn)

    inside = mask & (np.arange(256) < 240)[:, None]
    assert np.ptp(whole[inside]) < 0.25
    assert (
        np.quantile(fitted.heights[inside], 0.95) - np.quantile(fitted.heights[inside], 0.05) > 0.6
    )
    assert fitted.mask is not None
    assert fitted.mask.shape == fitted.heights.shape
    assert fitted.warnings == ()


def test_a_given_mask_says_what_the_subject_is(tmp_path: Path) -> None:
    left = np.zeros((40, 40), np.uint8)
    left[:, :20] = 255
    Image.fromarray(left).save(tmp_path / "mask.png")

    fitted = spread_over_photo(
        ramp(256, 256), ASTRONAUT, ReliefSettings(), 256, mask=tmp_path / "mask.png"
    ).heights

    assert fitted[:, 140:].min() > 0.98
    assert fitted[0, 64] == pytest.approx(0.5, abs=0.05)


def test_a_flat_subject_does_not_blow_up_its_noise() -> None:
    noise = np.random.default_rng(5).random((256, 256)).astype(np.float32) * 0.01
    mask = mask_of("astronaut", (256, 256))
    heights = np.where(mask, 0.9 + noise, ramp(256, 256) * 0.5).astype(np.float32)

    fitted = spread_over_photo(heights, ASTRONAUT, ReliefSettings(), 256).heights

    assert fitted[mask].std() < 0.05


def test_a_subject_that_is_not_sought_is_not_found() -> None:
    assert subject_of(ASTRONAUT, SCENE, 128, None).values is None
    assert subject_of(ASTRONAUT, ReliefSettings(), 128, None).values is not None


@pytest.mark.parametrize("crop", ["0.5,0,0.501,1", "0,0.5,1,0.501", "0.5,0.5,0.501,0.501"])
@pytest.mark.filterwarnings("error")
def test_a_sliver_of_a_photo_has_heights_too(crop: str) -> None:
    settings = ReliefSettings(crop=crop)

    fitted = spread_over_photo(ramp(64, 64), ASTRONAUT, settings, 256, fine=1.0)

    assert min(fitted.heights.shape) == 1
    assert np.isfinite(fitted.heights).all()
    assert min(part_of(ramp(64, 64), ASTRONAUT, settings, 256).shape) == 1


# Tones.


def test_the_tones_of_a_picture_are_its_lightness() -> None:
    box = (0.25, 0.25, 0.75, 0.75)

    np.testing.assert_array_equal(
        tones_of(ASTRONAUT, 128, box), read_grey(ASTRONAUT, 128, crop=box)
    )


def test_the_tones_of_an_array_are_its_numbers(tmp_path: Path) -> None:
    np.save(tmp_path / "d.npy", 7 + ramp(100, 200))

    whole = tones_of(tmp_path / "d.npy", 64)
    part = tones_of(tmp_path / "d.npy", 64, (0.25, 0, 0.75, 1))

    np.testing.assert_allclose(whole, ramp(32, 64), atol=0.02)
    assert part.shape == (64, 64)
    np.testing.assert_allclose(part, 0.25 + 0.5 * ramp(64, 64), atol=0.02)


# Detail.


def test_detail_of_the_photo_is_added_in_its_measure() -> None:
    smooth = ramp(64, 64)

    rough = [
        float(
            np.abs(
                np.diff(spread_over_photo(smooth, ASTRONAUT, SCENE, 256, fine=fine).heights, axis=0)
            ).mean()
        )
        for fine in (0.0, 0.3, 1.0)
    ]

    assert rough[0] < 1e-4
    assert 2 < rough[2] / rough[1] < 4


def test_detail_is_fainter_on_the_ground_of_a_sure_subject() -> None:
    smooth = np.full((64, 64), 0.5, np.float32)
    smooth[0, 0], smooth[0, 1] = 0, 1
    ground = ~mask_of("astronaut", (256, 256))

    def on_ground(settings: ReliefSettings) -> float:
        made = spread_over_photo(smooth, ASTRONAUT, settings, 256, fine=1.0).heights
        return float(np.abs(np.diff(made, axis=0))[ground[1:]].mean())

    assert on_ground(ReliefSettings()) < 0.5 * on_ground(SCENE)


# Whether a map is of this photo.


@cache
def of_photo(name: str) -> Floats:
    return height_map_of(PHOTOS[name], ReliefSettings(), 128).heights


@pytest.mark.parametrize("name", PHOTOS)
def test_a_map_of_the_photo_lies_on_it(name: str) -> None:
    assert placement_faults(read_grey(PHOTOS[name], 128), of_photo(name)) == ()


@pytest.mark.parametrize("name", PHOTOS)
def test_a_map_that_was_moved_is_said(name: str) -> None:
    heights = of_photo(name)
    moved = np.roll(heights, round(0.04 * max(heights.shape)), axis=1)

    (fault,) = placement_faults(read_grey(PHOTOS[name], 128), moved)

    assert re.match("depth_shifted: The depth map lies [345] % of the picture", fault)


def test_a_map_of_something_else_is_said(tmp_path: Path) -> None:
    textured(400, 400, seed=7).save(tmp_path / "other.png")
    heights = read_grey(tmp_path / "other.png", 256)

    (fault,) = placement_faults(read_grey(ASTRONAUT, 256), heights)

    assert fault.startswith("depth_strange")


def test_a_flat_map_lies_anywhere() -> None:
    assert placement_faults(read_grey(CAT, 64), np.zeros((64, 64), np.float32)) == ()


# What a network is shown, and says.


@pytest.mark.parametrize(
    ("photo", "size_px", "side", "multiple", "seen"),
    [
        ((4000, 3000), 518, "short", 14, (686, 518)),
        ((3000, 4000), 518, "short", 14, (518, 686)),
        ((4000, 3000), 504, "long", 14, (504, 378)),
        ((4000, 200), 518, "short", 14, (1036, 56)),
        ((4000, 3000), 1536, "both", 1, (1536, 1536)),
        ((16, 300), 28, "long", 14, (14, 28)),
        ((640, 480), 500, "short", 14, (672, 504)),
    ],
)
def test_a_network_sees_whole_multiples(
    photo: tuple[int, int], size_px: int, side: str, multiple: int, seen: tuple[int, int]
) -> None:
    assert shown_size(*photo, size_px, side, multiple) == seen  # type: ignore[arg-type]


def test_colours_are_shown_by_planes_less_mean_by_deviation() -> None:
    colours = np.zeros((2, 3, 3), np.uint8)
    colours[0, 0] = (255, 51, 0)

    planes = shown(colours, (3, 2), (0.5, 0.2, 0.1), (0.5, 0.1, 0.2))

    assert planes.shape == (3, 2, 3)
    np.testing.assert_allclose(planes[:, 0, 0], (1, 0, -0.5), atol=1e-6)
    np.testing.assert_allclose(planes[:, 1, 2], (-1, -2, -0.5), atol=1e-6)


def test_a_wall_far_behind_leaves_the_range_to_the_person() -> None:
    distance = np.full((64, 64), 40.0)  # metres
    distance[16:, 16:48] = np.linspace(1.0, 1.5, 48)[:, None]

    heights = heights_of(distance, "farther", 1.0)

    assert heights is not None
    person = heights[16:, 16:48]
    assert float(np.ptp(person)) > 0.25
    assert float(heights[0, 0]) == 0
    assert float(person[0].mean()) == pytest.approx(1, abs=0.02)


def test_sky_without_a_distance_is_far_and_nothing_divides_by_nought() -> None:
    distance = np.linspace(0, 9, 4096).reshape(64, 64)
    distance[0, :8] = np.inf
    distance[1, :8] = -3

    heights = heights_of(distance, "farther", 1.0)

    assert heights is not None
    assert np.isfinite(heights).all()
    assert heights_of(np.full((8, 8), np.nan), "nearer", 1.0) is None
    flat = heights_of(np.full((8, 8), 3.0), "farther", 1.0)
    assert flat is not None
    assert not flat.any()
