"""Preview materials: what each is named after, in a light that never glares."""

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid
from printd.geometry.drawing.light import lit
from printd.geometry.drawing.materials import MATERIALS, material_named

Floats = NDArray[np.float32]


def sphere() -> Floats:
    """Return all directions that a surface seen by the viewer may face, (3, n)."""
    right, up = np.meshgrid(*2 * [np.linspace(-1, 1, 101)])
    inside = np.hypot(right, up) < 0.98
    right, up = right[inside], up[inside]
    return np.stack([right, up, np.sqrt(1 - right**2 - up**2)]).astype(np.float32)


def places(count: int) -> Floats:
    return np.random.default_rng(4).random((3, count), np.float32)


def shown(name: str, hollow: float = 0.0) -> Floats:
    facing = sphere()
    count = facing.shape[1]
    return lit(MATERIALS[name], facing, np.full(count, hollow, np.float32), places(count))


def test_there_are_twelve_with_plain_names() -> None:
    assert len(MATERIALS) == 12
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in MATERIALS)


@pytest.mark.parametrize("name", MATERIALS)
def test_colours_are_colours_and_light_is_soft(name: str) -> None:
    colours = shown(name)

    assert colours.dtype == np.float32
    assert colours.min() >= 0
    assert colours.max() <= 1
    assert (colours.min(axis=0) > 0.985).mean() < 0.05


@pytest.mark.parametrize("name", MATERIALS)
def test_the_side_of_the_lamp_is_the_bright_one(name: str) -> None:
    facing, brightness = sphere(), shown(name).mean(axis=0)
    aside = (facing[1] - facing[0]) / np.sqrt(2)  # to the upper left

    assert brightness[aside > 0.3].mean() > 1.25 * brightness[aside < -0.3].mean()


@pytest.mark.parametrize("name", MATERIALS)
def test_hollows_are_darker_and_ridges_are_not(name: str) -> None:
    open_, hollow, ridge = (shown(name, depth).mean() for depth in (0.0, 0.6, -0.6))

    assert hollow < 0.92 * open_
    assert ridge >= open_


def test_materials_have_the_colours_they_are_named_after() -> None:
    red, green, blue = (
        dict(zip(MATERIALS, row, strict=True))
        for row in np.transpose([shown(name).mean(axis=1) for name in MATERIALS])
    )

    for name in ("gold", "bronze", "wood", "terracotta", "sandstone"):
        assert red[name] > green[name] > blue[name]
    for name in ("white-pla", "grey-pla", "black-pla", "silver", "marble"):
        assert max(red[name], green[name], blue[name]) - min(red[name], blue[name]) < 0.06
    assert green["white-pla"] > green["grey-pla"] + 0.15 > green["black-pla"] + 0.3
    assert green["gold"] > green["bronze"] + 0.1


@pytest.mark.parametrize("name", [name for name, made in MATERIALS.items() if made.grain])
def test_grain_is_a_share_that_changes_with_the_place(name: str) -> None:
    grain = MATERIALS[name].grain
    assert grain is not None
    here, there = grain(places(4000)), grain(places(4000))

    assert np.array_equal(here, there)
    assert here.min() >= 0
    assert here.max() <= 1
    assert here.std() > 0.05


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingInvalid) as caught:
        material_named("White-PLA")

    assert "'White-PLA'" in caught.value.problem
    assert all(name in caught.value.action for name in MATERIALS)
