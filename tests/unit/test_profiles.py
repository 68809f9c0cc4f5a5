"""Profiles are refused with the key or line that is wrong, before anything is sliced."""

import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest

from printd.core.bed_layout import layout_of
from printd.core.config import Config
from printd.core.errors import (
    ConfigInvalid,
    InternalError,
    ProfileInvalid,
    ProfileMissing,
    SettingInvalid,
)
from printd.core.shipped import shipped
from printd.slicers.profiles import (
    Profile,
    composed,
    configured_profiles,
    load_profile,
    with_settings,
)
from printd.slicers.prusa_ini import REQUIRED, differences, read_ini

GENERIC = shipped("profiles") / "generic"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(GENERIC, tmp_path / "mine")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def generic() -> Profile:
    return load_profile("generic", [shipped("profiles")])


def test_the_shipped_profile_is_what_it_promises() -> None:
    machine = generic().machine
    assert (machine.bed_w_mm, machine.bed_d_mm, machine.height_mm) == (220, 220, 250)
    assert (machine.max_nozzle_c, machine.max_bed_c, machine.has_chamber) == (285, 110, False)
    assert machine.nozzle_limit_c == 240  # PLA, 230 and 10


def test_a_model_fits_with_its_margin() -> None:
    machine = generic().machine
    assert layout_of(machine, (210, 210, 250), 1)
    assert not layout_of(machine, (210.1, 10, 10), 1)
    assert not layout_of(machine, (10, 210.1, 10), 1)
    assert not layout_of(machine, (10, 10, 250.1), 1)


def test_what_travels_with_the_program_is_found_or_said() -> None:
    assert shipped("config.example.yaml").is_file()
    with pytest.raises(InternalError):
        shipped("nothing")


def test_a_profile_crosses_processes_unchanged() -> None:
    assert pickle.loads(pickle.dumps(generic())) == generic()  # noqa: S301 -- our own bytes


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("prusa.ini", "layer_height = 0.2\n", "layer_height = 0.25\n"),
        ("printer.yaml", "margin_mm: 5", "margin_mm: 6"),
    ],
)
def test_the_hash_follows_every_setting_and_fact(
    folder: Path, file: str, old: str, new: str
) -> None:
    before = load_profile(folder)
    replace(folder / file, old, new)
    assert load_profile(folder).hash != before.hash


def test_the_hash_does_not_follow_remarks_and_order(folder: Path) -> None:
    before = load_profile(folder)
    lines = (folder / "prusa.ini").read_text().splitlines()
    (folder / "prusa.ini").write_text("\n".join(["# mine", *reversed(lines)]) + "\n")
    assert load_profile(folder).hash == before.hash


def test_a_material_changes_the_settings_and_the_limit_of_heat() -> None:
    petg = composed(generic(), material="petg")
    assert (petg.material, petg.machine.material, petg.machine.nozzle_limit_c) == (
        *("PETG", "PETG"),
        260,
    )
    assert dict(petg.settings)["bed_temperature"] == "80"
    assert petg.hash != generic().hash


def test_what_was_chosen_before_does_not_matter() -> None:
    there_and_back = composed(composed(generic(), "TPU", "lithophane"), "PLA", "standard")
    assert there_and_back == composed(generic())
    assert composed(composed(generic(), "TPU"), quality="fine") == composed(
        composed(generic(), quality="fine"), "TPU"
    )


def test_a_profile_as_it_is_read_is_that_of_its_own_material_and_quality() -> None:
    assert composed(generic(), "PLA", "standard") == generic()


@pytest.mark.parametrize("words", [{"material": "ABS"}, {"quality": "ultra"}])
def test_what_a_profile_does_not_have_is_said(words: dict[str, str]) -> None:
    with pytest.raises(SettingInvalid, match="the profile generic has"):
        composed(generic(), **words)


def test_a_layer_sets_only_what_the_settings_below_name(folder: Path) -> None:
    with (folder / "qualities/fine.ini").open("a") as stream:
        stream.write("ironing = 1\n")
    with pytest.raises(ProfileInvalid, match=r"ironing must be named in prusa\.ini, too"):
        load_profile(folder)


def test_a_material_too_hot_for_the_machine_is_refused_when_the_profile_is_read(
    folder: Path,
) -> None:
    replace(folder / "materials/petg.ini", "\ntemperature = 235", "\ntemperature = 270")
    with pytest.raises(ProfileInvalid, match="above the limit of 260"):
        load_profile(folder)


def test_a_material_without_its_file_is_named(folder: Path) -> None:
    (folder / "materials/white-pla.ini").unlink()
    with pytest.raises(ProfileMissing, match=r"materials/white-pla\.ini"):
        load_profile(folder)


def test_a_layer_that_runs_a_program_is_refused(folder: Path) -> None:
    with (folder / "qualities/fine.ini").open("a") as stream:
        stream.write("post_process = /bin/sh -c x\n")
    with pytest.raises(ProfileInvalid, match="post_process must be empty"):
        load_profile(folder)


def test_single_settings_lie_over_all_others() -> None:
    mine = with_settings(composed(generic(), quality="fine"), {"layer_height": "0.16"})
    assert dict(mine.settings)["layer_height"] == "0.16"
    assert "layer_height = 0.16\n" in dict(mine.documents)["prusa.ini"]


def test_a_name_is_looked_for_in_the_order_given(folder: Path) -> None:
    folder.rename(folder.with_name("generic"))
    assert load_profile("generic", [folder.parent, shipped("profiles")]).folder.parent == (
        folder.parent
    )


def test_a_missing_profile_names_the_places(tmp_path: Path) -> None:
    with pytest.raises(ProfileMissing, match=str(tmp_path)):
        load_profile("nowhere", [tmp_path])


def test_a_missing_settings_file_is_named(folder: Path) -> None:
    (folder / "prusa.ini").unlink()
    with pytest.raises(ProfileMissing, match=r"mine/prusa\.ini"):
        load_profile(folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("post_process =", "post_process = /bin/sh -c x", "post_process must be empty"),
        ("post_process =\n", "", "missing post_process"),
        ("layer_height = 0.2\n", "layer_height = 0.2\nlayer_height = 0.3\n", "is set twice"),
        ("# Machine\n", "[print:fine]\n", "is a section"),
        ("silent_mode = 0", "silent_mode", "not a `key = value` line"),
        ("filament_density = 1.24\n", "", "missing filament_density"),
        ("max_print_height = 250", "max_print_height = 300", "printer.yaml says 250"),
        ("nozzle_diameter = 0.4", "nozzle_diameter = 0.6", "printer.yaml says 0.4"),
        ("220x220,0x220", "300x220,0x220", "is not the bed of printer.yaml"),
        ("gcode_flavor = marlin2", "gcode_flavor = klipper", "printer.yaml says marlin2"),
        ("\nlayer_height = 0.2", "\nlayer_height = abc", "layer_height = abc is not a number"),
        ("\nlayer_height = 0.2", "\nlayer_height = 20%", "layer_height = 20% is not a number"),
        ("\nlayer_height = 0.2", "\nlayer_height = 0.5", "a nozzle of 0.4 mm lays"),
        ("\nperimeters = 2", "\nperimeters = three", "perimeters = three is not a number"),
        ("\nfill_density = 15%", "\nfill_density =", "fill_density =  is not a number"),
        ("\ntemperature = 205", "\ntemperature = 260", "above the limit of 240"),
        ("\nbed_temperature = 60", "\nbed_temperature = 120", "above the limit of 110"),
        ("\nbed_temperature = 60", "\nbed_temperature = warm", "is not a number"),
    ],
)
def test_settings_that_cannot_be_trusted_are_refused(
    folder: Path, old: str, new: str, said: str
) -> None:
    replace(folder / "prusa.ini", old, new)
    with pytest.raises(ProfileInvalid, match=said):
        load_profile(folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("height_mm: 250", "heigth_mm: 250", "height_mm: Field required"),
        ("chamber: false", "chamber: false\nvolts: 24", "volts: Extra inputs"),
        ("bed_mm: [220, 220]", "bed_mm: [220]", "bed_mm"),
        ("nozzle_mm: 0.4", "nozzle_mm: -1", "nozzle_mm"),
        ("kind: prusa", "kind: [prusa", "line"),
        ("kind: prusa", "kind: wood", "kind"),
        ("kind: prusa", "kind: &a prusa\nmodel: *a", "more than lines such as"),
        ("kind: prusa", "kind: prusa\nallow: " + "[" * 2000, "nested too deeply"),
        ("  PETG: 250", "  ../../x: 250", "materials_max_c"),
    ],
)
def test_machine_facts_that_make_no_sense_are_refused(
    folder: Path, old: str, new: str, said: str
) -> None:
    replace(folder / "printer.yaml", old, new)
    with pytest.raises(ProfileInvalid, match=said):
        load_profile(folder)


def test_a_byte_order_mark_and_crlf_do_no_harm(folder: Path) -> None:
    text = (folder / "prusa.ini").read_bytes().replace(b"\n", b"\r\n")
    (folder / "prusa.ini").write_bytes(b"\xef\xbb\xbf" + text)
    assert dict(load_profile(folder).settings) == dict(generic().settings)


def test_every_required_key_is_set_in_the_shipped_profile() -> None:
    settings = read_ini((GENERIC / "prusa.ini").read_text(), "generic")
    assert settings.keys() >= REQUIRED
    assert len(settings) >= 75


def test_settings_that_became_others_are_found() -> None:
    asked = {"layer_height": "0.2", "wipe": "0", "new_key": "1"}
    made = {"layer_height": "0.3", "wipe": "0.0"}
    assert differences(asked, made, (2, 9)) == [
        "layer_height = 0.2 became 0.3",
        "new_key is not known to PrusaSlicer 2.9",
    ]


def test_a_key_that_the_version_lacks_is_not_missed() -> None:
    assert differences({"binary_gcode": "0"}, {}, (2, 5)) == []
    assert differences({"binary_gcode": "0"}, {}, (2, 9)) != []


def test_a_new_word_for_an_old_value_is_no_difference() -> None:
    asked = {"gcode_label_objects": "0"}
    assert differences(asked, {"gcode_label_objects": "disabled"}, (2, 9)) == []
    assert differences(asked, {"gcode_label_objects": "firmware"}, (2, 9)) != []


# What recipes ask for.


RECIPES: dict[str, dict[str, Any]] = {
    "recipes.r.quality: 'silky'; the profiles have draft, fine, lithophane, standard.": {
        "quality": "silky"
    },
    "recipes.r.material: 'CHEESE'; the profiles have PETG, PLA, TPU, resin, white PLA.": {
        "material": "CHEESE"
    },
    "recipes.r.material: 'PLA'; the profiles have resin.": {"material": "PLA", "printers": ["sl1"]},
}


def shop_of(**recipe: Any) -> Config:
    printers = {
        "p1": {"kind": "virtual"},
        "sl1": {"kind": "folder", "path": "card", "profile": "generic-resin"},
    }
    return Config.model_validate({"printers": printers, "recipes": {"r": recipe}})


@pytest.mark.parametrize("fault", RECIPES)
def test_a_recipe_that_none_of_its_printers_can_do_is_a_fault(fault: str) -> None:
    with pytest.raises(ConfigInvalid) as invalid:
        configured_profiles(shop_of(**RECIPES[fault]), [shipped("profiles")])
    assert invalid.value.problem == fault


@pytest.mark.parametrize(
    "recipe",
    [
        {"material": "petg", "quality": "Fine"},
        {"material": "resin"},
        {"material": ""},
        {"printers": ["sl1"]},  # nobody has written PLA
    ],
)
def test_a_recipe_that_one_of_its_printers_can_do_is_none(recipe: dict[str, Any]) -> None:
    assert configured_profiles(shop_of(**recipe), [shipped("profiles")]).keys() == {"p1", "sl1"}
