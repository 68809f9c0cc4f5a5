"""What a plate lets through: a table, its reading both ways, and what a person writes of it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.errors import SettingInvalid
from printd.core.plate_steps import plate_steps
from printd.geometry.shape.plate import Plate

MEASURED = "0.8:61 1.4:38 2.0:24 2.6:16 3.2:11"


@st.composite
def plates(draw: st.DrawFn) -> Plate:
    """Return any plate of 2 to 9 steps."""
    count = draw(st.integers(2, 9))
    shares = st.floats(0.05, 1)
    thick = np.cumsum(draw(st.lists(shares, min_size=count, max_size=count)))
    light = np.cumprod(draw(st.lists(st.floats(0.2, 0.95), min_size=count, max_size=count)))
    return Plate.from_steps(zip(thick.tolist(), light.tolist(), strict=True))


def test_an_exponential_plate_follows_its_law_at_any_thickness() -> None:
    plate = Plate.exponential(0.69)

    thickness = np.array([0.0, 0.3, 1.0, 2.7, 10.0])
    assert plate.transmission(thickness) == pytest.approx(np.exp(-0.69 * thickness))
    assert plate.thickness(0.5) == pytest.approx(math.log(2) / 0.69)


def test_a_measured_plate_is_read_at_its_steps_between_and_beyond() -> None:
    plate = Plate.from_steps(plate_steps(MEASURED))

    assert plate.transmission([0.8, 2.0, 3.2]) == pytest.approx([0.61, 0.24, 0.11])
    # Halfway between two steps lies their geometric mean; beyond, the last ratio goes on.
    assert plate.transmission(1.1) == pytest.approx(math.sqrt(0.61 * 0.38))
    assert plate.transmission(3.8) == pytest.approx(0.11 * 0.11 / 0.16)
    assert plate.transmission(0.2) == pytest.approx(0.61 * 0.61 / 0.38)


@given(plates(), st.lists(st.floats(0.001, 12), min_size=1, max_size=20))
def test_there_and_back_is_the_same_thickness(plate: Plate, thickness: list[float]) -> None:
    assert plate.thickness(plate.transmission(thickness)) == pytest.approx(thickness, abs=1e-6)


@given(plates())
def test_thicker_is_darker_everywhere(plate: Plate) -> None:
    assert (np.diff(plate.transmission(np.linspace(0.01, 12, 500))) < 0).all()


def test_no_light_at_all_is_a_thickness_too() -> None:
    assert np.isfinite(Plate.exponential(0.69).thickness([0.0, -1.0])).all()


@pytest.mark.parametrize("absorption", [0.0, -1.0, math.nan, math.inf, 60.0])
def test_an_impossible_absorption_is_refused(absorption: float) -> None:
    with pytest.raises(SettingInvalid, match="per mm"):
        Plate.exponential(absorption)
