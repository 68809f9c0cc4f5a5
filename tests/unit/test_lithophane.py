"""From lightness to thickness, the picture with the light on, and the step wedge."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import ndimage

from printd.core.errors import SettingInvalid
from printd.core.plate_steps import plate_steps
from printd.geometry.mesh.build import build
from printd.geometry.mesh.mesh import check_closed, volume_mm3
from printd.geometry.shape.lithophane import light_on, step_wedge, thickness, wedge_steps_mm
from printd.geometry.shape.plate import Plate

Floats = NDArray[np.float32]

PEARL = Plate.exponential(0.69)
MEASURED = Plate.from_steps(plate_steps("0.8:61 1.4:38 2.0:24 2.6:16 3.2:11"))
THIN_MM, THICK_MM = 0.8, 3.2


def lightness_of(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE 1976, 0 to 100, by its definition."""
    cubic = 116 * np.cbrt(light) - 16
    return np.where(light > (6 / 29) ** 3, cubic, light * (29 / 3) ** 3)


def linear(encoded: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Undo the sRGB curve."""
    value = encoded / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("plate", [PEARL, MEASURED, Plate.exponential(2)])
def test_equal_steps_of_lightness_are_equal_steps_in_the_plate(plate: Plate) -> None:
    wanted = np.linspace(0, 1, 21, dtype=np.float32)[None]

    made = thickness(wanted, plate, THIN_MM, THICK_MM)

    seen = lightness_of(plate.transmission(made) / plate.transmission(THIN_MM))
    assert np.diff(seen) == pytest.approx(np.ptp(seen) / 20, abs=0.01)
    assert seen.max() == pytest.approx(100)


def test_a_hand_made_case() -> None:
    # Half of the light at 1 mm, 0.8 to 3.2 mm: black is 0.5^2.4 = 0.1895 of white, L* 50.6.
    plate = Plate.exponential(np.log(2))
    middle = 50.63 + (100 - 50.63) / 2
    light = ((middle + 16) / 116) ** 3

    made = thickness(np.array([[0, 0.5, 1]], np.float32), plate, 0.8, 3.2)

    assert made.dtype == np.float32
    assert made[0] == pytest.approx([3.2, 0.8 - np.log2(light), 0.8], abs=1e-3)


@pytest.mark.parametrize(
    ("tone", "expected"), [(0, THICK_MM), (1, THIN_MM), (-0.5, THICK_MM), (1.5, THIN_MM)]
)
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (40, 30)])
def test_a_picture_of_one_tone_is_a_plate_of_one_thickness(
    tone: float, expected: float, shape: tuple[int, int]
) -> None:
    made = thickness(np.full(shape, tone, np.float32), MEASURED, THIN_MM, THICK_MM)

    assert made.shape == shape
    assert (made == np.float32(expected)).all()


@given(arrays(np.float32, (3, 8), elements=st.floats(0, 1, width=32)))
def test_darker_is_never_thinner(lightness: Floats) -> None:
    made = thickness(lightness, MEASURED, THIN_MM, THICK_MM).ravel()

    ordered = made[np.argsort(lightness.ravel())]
    assert (np.diff(ordered) <= 0).all()
    assert ordered.min() >= np.float32(THIN_MM)
    assert ordered.max() <= np.float32(THICK_MM)


def test_the_table_of_tones_is_finer_than_anything_printed() -> None:
    lightness = np.linspace(0, 1, 1_000_003, dtype=np.float32)[None]

    made = thickness(lightness, Plate.exponential(2), 0.6, 3.0)

    assert np.abs(np.diff(made)).max() < 0.001


@pytest.mark.parametrize("limits", [(0.0, 3.0), (3.0, 0.8), (1.0, 1.0), (-1.0, 3.0), (1.0, np.inf)])
@pytest.mark.parametrize(
    "work", [lambda *limits: thickness(np.ones((2, 2), np.float32), PEARL, *limits), step_wedge]
)
def test_a_plate_without_a_range_is_refused(
    limits: tuple[float, float], work: Callable[..., object]
) -> None:
    with pytest.raises(SettingInvalid, match="thinner than its thickest"):
        work(*limits)


def test_with_the_light_on_luminance_is_the_light_that_passes() -> None:
    fields = np.repeat(np.linspace(THIN_MM, THICK_MM, 9, dtype=np.float32), 40)
    plate = np.tile(fields, (20, 1))

    picture = light_on(plate, MEASURED, 0.1)

    assert picture.shape == (20, 360, 3)
    assert picture.dtype == np.uint8
    middles = picture[10, 20::40]
    seen = linear(middles) @ [0.2126, 0.7152, 0.0722]
    light = MEASURED.transmission(fields[20::40])
    assert seen / seen[0] == pytest.approx(light / light[0], abs=0.005)


def test_a_lamp_is_warm_and_its_plate_warmer_where_it_is_thick() -> None:
    plate = np.array([[1.0] * 50 + [3.0] * 50], np.float32)

    thin, thick = linear(light_on(plate, MEASURED, 0.1)[0, ::99])

    assert thin[0] == 1
    assert thin[0] / thin[2] > 1.4
    assert thick[0] / thick[2] > thin[0] / thin[2] * 1.2


def test_light_spreads_sideways_by_a_fifth_of_a_millimetre() -> None:
    plate = np.full((1, 200), 3.0, np.float32)
    plate[:, 100:] = 1.0

    picture = light_on(plate, PEARL, 0.05)[0]

    light = linear(picture) @ [0.2126, 0.7152, 0.0722]
    share = (light - light[0]) / (light[-1] - light[0])
    # One standard deviation from the edge, 16 % and 84 % of the way.
    assert share[100 - 4] == pytest.approx(0.17, abs=0.03)
    assert share[100 + 3] == pytest.approx(0.83, abs=0.03)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1)])
def test_a_tiny_plate_has_a_picture(shape: tuple[int, int]) -> None:
    assert light_on(np.full(shape, 1.0, np.float32), PEARL, 0.1).shape == (*shape, 3)


@pytest.mark.parametrize("steps", [2, 5, 9, 10])
def test_a_wedge_has_its_fields_side_by_side(steps: int) -> None:
    heights, size = step_wedge(0.6, 3.0, steps)

    assert heights.shape == (size.rows + 1, size.cols + 1)
    assert (size.width_mm, size.height_mm) == (12 * steps, 20)
    cell_mm = size.width_mm / size.cols
    fields = heights[: round(15 / cell_mm) + 1, :-1].reshape(-1, steps, size.cols // steps)
    expected = wedge_steps_mm(0.6, 3.0, steps)
    assert expected == pytest.approx(np.geomspace(0.6, 3.0, steps))
    assert np.ptp(fields, axis=(0, 2)).max() == 0
    assert fields[0, :, 0] == pytest.approx(expected)
    assert (heights.min(), heights.max()) == pytest.approx((0.6, 3.0))
    assert (size.base_mm, size.relief_mm) == pytest.approx((0.6, 2.4))


def test_as_many_pits_under_a_field_as_its_number() -> None:
    heights, _ = step_wedge(0.6, 3.0, 10)
    foot = heights[-(round(5 / 0.25)) :, :-1]

    counts = [ndimage.label(field < 3)[1] for field in np.split(foot, 10, axis=1)]
    assert counts == list(range(1, 11))
    assert (foot[-1] == 3).all()
    assert foot.min() == pytest.approx(1.8)


@pytest.mark.parametrize("triangulation", ["adaptive", "dense"])
def test_a_wedge_is_a_closed_body(triangulation: Literal["adaptive", "dense"]) -> None:
    heights, size = step_wedge(0.8, 3.2)

    mesh = build(heights, size, triangulation=triangulation)

    assert check_closed(mesh).is_closed
    fields_mm3 = 12 * 15 * sum(wedge_steps_mm(0.8, 3.2))
    assert volume_mm3(mesh) == pytest.approx(fields_mm3 + 108 * 5 * 3.2, rel=0.03)
    assert np.ptp(mesh.vertices, axis=0) == pytest.approx((108, 20, 3.2))


@pytest.mark.parametrize("steps", [0, 1, 11])
def test_too_few_or_too_many_steps_are_refused_with_the_range(steps: int) -> None:
    with pytest.raises(SettingInvalid, match="from 2 to 10"):
        step_wedge(0.8, 3.2, steps)
