"""What a recipe asks of slicing: ranges, and the keys that each slicer has for it."""

import json
from pathlib import Path
from typing import Any

import pytest

from printd.core.errors import SettingInvalid
from printd.core.print_settings import PrintSettings
from printd.core.shipped import shipped
from printd.slicers.layers import with_keys
from printd.slicers.profiles import load_profile
from printd.slicers.prusa_ini import read_ini
from printd.slicers.recipe_keys import orca_keys, prusa_keys, resin_keys, with_recipe

PROFILE = load_profile("generic", [shipped("profiles")])
MACHINE = PROFILE.machine
EVERYTHING = PrintSettings(supports="auto", brim_mm=4, layer_mm=0.12, infill_pct=100)


def test_what_is_not_asked_for_stays_as_it_is() -> None:
    assert with_recipe(PROFILE, PrintSettings()) == PROFILE
    assert prusa_keys(PrintSettings(), MACHINE) == orca_keys(PrintSettings(), MACHINE) == {}


def test_every_wish_has_its_keys_of_prusaslicer() -> None:
    assert prusa_keys(EVERYTHING, MACHINE) == {
        "support_material": "1",
        "support_material_auto": "1",
        "brim_width": "4",
        "brim_type": "outer_only",
        "layer_height": "0.12",
        "fill_density": "100%",
        "fill_pattern": "rectilinear",
    }
    assert prusa_keys(PrintSettings(supports="none"), MACHINE)["support_material"] == "0"


def test_every_wish_has_its_keys_of_orcaslicer() -> None:
    assert orca_keys(EVERYTHING, MACHINE) == {
        "enable_support": "1",
        "support_type": "normal(auto)",
        "brim_width": "4",
        "brim_type": "outer_only",
        "layer_height": "0.12",
        "sparse_infill_density": "100%",
        "sparse_infill_pattern": "concentric",
    }
    assert orca_keys(PrintSettings(brim_mm=0), MACHINE)["brim_type"] == "no_brim"


def test_a_pattern_is_left_alone_below_full() -> None:
    assert prusa_keys(PrintSettings(infill_pct=12.5), MACHINE) == {"fill_density": "12.5%"}


def test_every_key_is_one_that_the_shipped_profiles_name() -> None:
    for printer in ("generic", "prusa-mk3s", "prusa-mk4", "voron-250"):
        settings = dict(load_profile(printer, [shipped("profiles")]).settings)
        assert settings.keys() >= prusa_keys(EVERYTHING, MACHINE).keys()


def test_a_recipe_lies_over_the_profile_and_in_its_hash() -> None:
    asked = with_recipe(PROFILE, EVERYTHING)
    assert dict(asked.settings)["layer_height"] == "0.12"
    assert asked.hash != PROFILE.hash
    assert asked == with_recipe(asked, EVERYTHING)


def test_a_recipe_sets_the_process_of_orcaslicer() -> None:
    below = {"machine.json": "{}", "process.json": '{"layer_height": "0.2"}', "filament.json": "{}"}
    laid = with_keys("orca", below, {"layer_height": "0.12"})
    assert json.loads(laid["process.json"]) == {"layer_height": "0.12"}
    assert {**laid, "process.json": ""} == {**below, "process.json": ""}


def test_a_resin_printer_has_neither_brim_nor_infill() -> None:
    assert resin_keys(PrintSettings(supports="none", layer_mm=0.05), MACHINE) == {
        "supports_enable": "0",
        "pad_enable": "0",
        "pad_around_object": "0",
        "layer_height": "0.05",
    }
    for words in ({"brim_mm": 3.0}, {"infill_pct": 20.0}):
        with pytest.raises(SettingInvalid, match="resin"):
            resin_keys(PrintSettings.of(words), MACHINE)


def test_resin_of_thick_layers_would_not_harden() -> None:
    assert resin_keys(PrintSettings(layer_mm=0.2), MACHINE) == {"layer_height": "0.2"}
    with pytest.raises(SettingInvalid, match="harden"):
        resin_keys(PrintSettings(layer_mm=0.25), MACHINE)


def test_supports_in_resin_stand_around_a_model_that_stays_on_the_platform() -> None:
    assert resin_keys(PrintSettings(supports="auto"), MACHINE) == {
        "supports_enable": "1",
        "pad_enable": "1",
        "pad_around_object": "1",
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"supports": "trees"}, "supports: 'trees'"),
        ({"brim_mm": -1}, "brim_mm: -1"),
        ({"brim_mm": 51}, "brim_mm: 51"),
        ({"infill_pct": 101}, "infill_pct: 101"),
        ({"layer_mm": 0}, "layer_mm: 0"),
        ({"layer_mm": float("nan")}, "layer_mm"),
        ({"layer_mm": "thin"}, "layer_mm: 'thin'"),
        ({"infill": 20}, "infill: not known; known: quality, supports, brim_mm"),
    ],
)
def test_a_wish_outside_its_range_is_refused(words: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingInvalid, match=said):
        PrintSettings.of(words)


@pytest.mark.parametrize(("layer_mm", "ok"), [(0.04, True), (0.32, True), (0.33, False)])
def test_layers_are_such_as_the_nozzle_can_lay(layer_mm: float, ok: bool) -> None:
    asked = PrintSettings(layer_mm=layer_mm)
    if ok:
        assert prusa_keys(asked, MACHINE)["layer_height"] == f"{layer_mm:g}"
    else:
        with pytest.raises(SettingInvalid, match=r"not between 0\.04 and 0\.32 mm"):
            prusa_keys(asked, MACHINE)


def test_later_wishes_win() -> None:
    asked = PrintSettings.of({"brim_mm": 3, "layer_mm": 0.2}, {"brim_mm": 5})
    assert (asked.brim_mm, asked.layer_mm) == (5, 0.2)


@pytest.mark.parametrize("printer", ["generic", "prusa-mk3s", "prusa-mk4", "voron-250"])
def test_a_lithophane_is_full_thin_and_slow(printer: str) -> None:
    folder = Path(shipped("profiles")) / printer
    base = read_ini((folder / "prusa.ini").read_text(), "base")
    plate = read_ini((folder / "qualities/lithophane.ini").read_text(), "lithophane")
    assert plate["fill_density"] == "100%"
    assert 0.1 <= float(plate["layer_height"]) <= 0.12
    for key in ("perimeter_speed", "external_perimeter_speed", "infill_speed"):
        assert float(plate[key]) < float(base[key])
