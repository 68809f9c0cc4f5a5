"""Settings of a relief: ranges, what wins over what, and the size that follows."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.errors import SettingInvalid
from printd.core.relief_presets import PRESETS
from printd.core.relief_settings import ReliefSettings


def test_without_settings_a_piece_is_80_mm_wide() -> None:
    size = ReliefSettings().resolve(aspect=1.6)

    assert (size.width_mm, size.height_mm) == (80, 50)
    assert size.relief_mm == pytest.approx(8)
    assert size.base_mm == pytest.approx(4)
    assert (size.cols, size.rows) == (512, 320)


def test_fractions_are_of_the_longest_side() -> None:
    upright = ReliefSettings(width_mm=50).resolve(aspect=0.5)

    assert upright.longest_mm == 100
    assert (upright.relief_mm, upright.base_mm) == (10, 5)


def test_the_longest_side_can_be_given_instead_of_the_width() -> None:
    settings = ReliefSettings(longest_mm=100)

    assert settings.resolve(2.0).height_mm == 50
    assert settings.resolve(0.5).width_mm == 50


def test_millimetres_win_over_fractions() -> None:
    settings = ReliefSettings(depth_intensity=0.3, relief_mm=2, base_thickness=0.5, base_mm=0.2)

    size = settings.resolve(1.0)

    assert (size.relief_mm, size.base_mm) == (2, 0.2)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"depth_intensity": 0.31}, "depth_intensity: 0.31 is not a number from 0 to 0.3"),
        ({"base_thickness": 0}, "base_thickness: 0 is not a number from 0.01 to 0.5"),
        ({"smoothing_px": -1}, "smoothing_px: -1 is not a number from 0 to 20"),
        ({"noise_reduction": 51}, "noise_reduction: 51 is not a number from 0 to 50"),
        ({"enhance_details": 1.1}, "enhance_details: 1.1 is not a number from 0 to 1"),
        ({"surface_smoothing": 11}, "surface_smoothing: 11 is not a whole number from 0 to 10"),
        ({"style": "grand"}, "style: 'grand' is not detailed or organic"),
        ({"mask": "face"}, "mask: 'face' is not auto or none"),
        ({"mirror": "left"}, "mirror: 'left' is not true or false"),
        ({"mesh_quality": 100}, "mesh_quality: 100 is not a whole number from 128 to 4096"),
        ({"mesh_quality": 300.5}, "mesh_quality: 300.5 is not a whole number"),
        ({"width_mm": float("nan")}, "width_mm: nan is not a number from 5 to 2000"),
        ({"base_mm": 0.1}, "base_mm: 0.1 is not a number from 0.2"),
        ({"invert": "perhaps"}, "invert: 'perhaps' is not true or false"),
        (
            {"colour": "red"},
            "colour: no such setting; it is none of a relief and stands in the recipe itself.",
        ),
        ({1: 2}, "1: no such setting"),
        ({"width_mm": 80, "longest_mm": 80}, "exclude each other"),
        ({"depth_cutoff_pct": 96}, "depth_cutoff_pct: 96 is not a number from 0 to 95"),
        ({"mode": "hollow"}, "mode: 'hollow' is not solid or planar"),
        ({"outline": "star"}, "outline: 'star' is not rectangle or rounded or circle"),
        ({"holes": 3}, "holes: 3 is not a whole number from 0 to 2"),
        ({"bend_deg": 361}, "bend_deg: 361 is not a number from 5 to 360"),
        ({"draft_deg": 46}, "draft_deg: 46 is not a number from 0 to 45"),
        ({"line_mm": 3}, "line_mm: 3 is not a number from 0 to 2"),
        ({"crop": "wide"}, "crop: 'wide' is not none, square, a ratio such as 4:3"),
        ({"plate_steps": "1:50 2:60"}, "2 mm must let less light through than 1 mm"),
        ({"thinnest_mm": 4}, "thinnest_mm must be less than thickest_mm"),
        ({"z_zero": "top"}, "z_zero top is for mode planar"),
        ({"feet_mm": 10, "standing": True, "outline": "heart"}, "feet_mm is for flat pieces"),
        ({"feet_mm": 10}, "feet_mm is for standing pieces"),
        ({"z_zero": "top", "mode": "planar", "bend": "outer"}, "z_zero top is for mode planar"),
    ],
)
def test_a_wrong_value_is_refused_with_its_range(values: dict[Any, Any], words: str) -> None:
    with pytest.raises(SettingInvalid) as refused:
        ReliefSettings.of(values)

    assert words in refused.value.problem
    assert "pydantic" not in refused.value.problem


def test_a_base_thinner_than_a_layer_is_refused() -> None:
    with pytest.raises(SettingInvalid, match=r"a base of 0.1 mm; at least 0.2 mm"):
        ReliefSettings(base_thickness=0.01, width_mm=10).resolve(1.0)


def test_a_later_layer_says_size_and_heights_anew() -> None:
    preset = {"width_mm": 120, "relief_mm": 6}

    settings = ReliefSettings.of(preset, {"longest_mm": 60, "depth_intensity": 0.05})

    assert settings.resolve(1.0).width_mm == 60
    assert settings.resolve(1.0).relief_mm == 3


def test_settings_that_were_kept_read_back_the_same() -> None:
    settings = ReliefSettings.of({"relief_mm": 3, "longest_mm": 70, "invert": True})

    assert ReliefSettings.of(settings.model_dump(exclude_none=True)) == settings
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - made here


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_possible(name: str) -> None:
    settings = ReliefSettings.of(PRESETS[name])

    assert settings.resolve(1.5).base_mm >= (0.2 if settings.mode == "solid" else 0)


@given(quality=st.integers(128, 4096), ratio=st.floats(1, 20))
def test_adaptive_cells_are_nearly_square_too(quality: int, ratio: float) -> None:
    size = ReliefSettings(mesh_quality=quality).resolve(ratio)

    oblong = (size.width_mm / size.cols) / (size.height_mm / size.rows)
    assert 1 / 1.021 <= oblong <= 1.021
    assert abs(size.cols - quality) <= max(16, 0.1 * quality)


@given(quality=st.integers(128, 4096), ratio=st.floats(1, 20))
def test_cells_are_square_within_two_per_cent(quality: int, ratio: float) -> None:
    dense = ReliefSettings(mesh_quality=quality, triangulation="dense")
    wide, tall = dense.resolve(ratio), dense.resolve(1 / ratio)

    oblong = (wide.width_mm / wide.cols) / (wide.height_mm / wide.rows)
    assert 1 / 1.021 <= oblong <= 1.021
    assert abs(wide.cols - quality) <= ratio / 2 + 1
    assert (tall.cols, tall.rows) == (wide.rows, wide.cols)


def test_a_lithophane_is_as_thick_as_its_plate_whatever_the_fractions_say() -> None:
    settings = ReliefSettings.of(PRESETS["lithophane"], {"depth_intensity": 0.3, "width_mm": 100})

    size = settings.resolve(1.0)

    assert size.base_mm == 0.8
    assert size.relief_mm == pytest.approx(2.4)


def test_a_rim_is_a_share_of_the_longest_side_unless_millimetres_are_given() -> None:
    coin = ReliefSettings.of(PRESETS["coin"], {"longest_mm": 50})
    wider = ReliefSettings.of(PRESETS["coin"], {"longest_mm": 50, "rim_mm": 4})

    assert coin.rim_width_mm(coin.resolve(1.0)) == pytest.approx(1.5)
    assert wider.rim_width_mm(wider.resolve(1.0)) == 4


def test_a_piece_that_becomes_too_long_by_its_shape_is_refused() -> None:
    with pytest.raises(SettingInvalid, match="80 x 4000 mm is too long; up to 2000 mm"):
        ReliefSettings(width_mm=80).resolve(0.02)
