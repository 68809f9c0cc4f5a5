"""Presets of OrcaSlicer, in a tree that the tests write: made whole, harmless, or refused."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from printd.core.config import Config
from printd.core.errors import ConfigInvalid, ProfileInvalid, ProfileMissing, SettingInvalid
from printd.core.shipped import shipped
from printd.slicers.imports import Choice, imported, place
from printd.slicers.orca_json import BED_KEYS, REQUIRED
from printd.slicers.profiles import composed, configured_profiles, load_profile

MACHINE = {
    "gcode_flavor": "marlin",
    "printable_area": ["0x0", "180x0", "180x180", "0x180"],
    "printable_height": "180",
    "nozzle_diameter": ["0.4"],
    "printer_model": "Bambu Lab A1 mini",
    "default_print_profile": "0.20mm Standard",
    "default_filament_profile": ["Plain PLA"],
    "printer_technology": "FFF",
}
FILAMENT = {
    "filament_type": ["PLA"],
    "nozzle_temperature": ["220"],
    "nozzle_temperature_initial_layer": ["220"],
    **{key: ["60"] for key in BED_KEYS},
}
Tree = dict[str, dict[str, Any]]


def whole(file: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with every key that such a file must have."""
    return {**dict.fromkeys(REQUIRED[file], "1"), **settings}


def tree() -> Tree:
    return {
        "machine/base": {"type": "machine", **whole("machine.json", MACHINE)},
        "machine/A1 mini": {
            "type": "machine",
            "from": "system",
            "instantiation": "true",
            "inherits": "base",
            "include": ["start template"],
            "setting_id": "GM001",
            "retraction_speed": ["25"],
            "retraction_length": ["nil"],
        },
        "machine/start template": {"machine_start_gcode": "G28", "retraction_speed": ["30"]},
        "process/common": {"type": "process", **whole("process.json", {"wall_loops": "2"})},
        "process/0.20mm Standard": {
            "type": "process",
            "inherits": "common",
            "layer_height": "0.2",
            "compatible_printers_condition": "nozzle_diameter[0]==0.4",
        },
        "process/0.12mm Fine": {"type": "process", "inherits": "common", "layer_height": "0.12"},
        "filament/Brand/Plain PLA": {"type": "filament", **whole("filament.json", FILAMENT)},
    }


def write(folder: Path, presets: Tree) -> Path:
    """Write presets as a vendor's folder; return the machine's file."""
    for place_, preset in presets.items():
        file = folder / "Maker" / f"{place_}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"name": file.stem, **preset}))
    return folder / "Maker/machine/A1 mini.json"


def document(folder: Path, presets: Tree, name: str, choice: Choice | None = None) -> Any:
    return json.loads(imported(write(folder, presets), choice or Choice()).documents[name])


def test_parents_come_first_then_templates_then_a_presets_own(tmp_path: Path) -> None:
    machine = document(tmp_path, tree(), "machine.json")
    assert machine["printable_height"] == "180"
    assert machine["machine_start_gcode"] == "G28"
    assert machine["retraction_speed"] == ["25"]
    assert machine["retraction_length"] == "1"  # nil stands for the parent's


def test_what_is_left_names_nobody_else(tmp_path: Path) -> None:
    for name in ("machine.json", "process.json", "filament.json"):
        preset = document(tmp_path, tree(), name)
        assert not preset.keys() & {"inherits", "include", "compatible_printers_condition"}
        assert (preset["type"], preset["from"]) == (name.removesuffix(".json"), "system")
        assert preset.get("compatible_printers", ["A1 mini"]) == ["A1 mini"]


def test_the_machine_names_its_process_and_filament(tmp_path: Path) -> None:
    assert document(tmp_path, tree(), "process.json")["layer_height"] == "0.2"
    assert document(tmp_path, tree(), "filament.json")["name"] == "Plain PLA"


def test_another_process_may_be_chosen(tmp_path: Path) -> None:
    fine = document(tmp_path, tree(), "process.json", Choice(print="0.12mm Fine"))
    assert fine["layer_height"] == "0.12"
    with pytest.raises(SettingInvalid, match=r"no print '0\.1'; there are: 0\.12mm Fine"):
        imported(tmp_path / "Maker/machine/A1 mini.json", Choice(print="0.1"))


def test_a_program_that_would_run_is_taken_out_and_said(tmp_path: Path) -> None:
    presets = tree()
    presets["process/common"]["post_process"] = ["/bin/sh -c reboot"]
    new = imported(write(tmp_path, presets), Choice())
    assert json.loads(new.documents["process.json"])["post_process"] == []
    assert "would run a program" in " ".join(new.notes)


def test_filaments_inherit_from_the_library_beside_the_vendor(tmp_path: Path) -> None:
    presets = tree()
    presets["filament/Brand/Plain PLA"] = {"type": "filament", "inherits": "Generic PLA @System"}
    file = write(tmp_path, presets)
    shared = tmp_path / "OrcaFilamentLibrary/filament/base/Generic PLA @System.json"
    shared.parent.mkdir(parents=True)
    shared.write_text(json.dumps({"type": "filament", **whole("filament.json", FILAMENT)}))
    assert json.loads(imported(file, Choice()).documents["filament.json"])["filament_type"] == (
        ["PLA"]
    )


@pytest.mark.parametrize(
    ("place_", "preset", "said"),
    [
        ("machine/base", {"inherits": "A1 mini"}, "inherits itself"),
        ("machine/A1 mini", {"inherits": "A1 mini"}, "inherits itself"),
        ("machine/A1 mini", {"inherits": "nobody"}, "no machine nobody, which A1 mini names"),
        ("machine/A1 mini", {"inherits": "../../x"}, "no machine"),
        ("process/common", {"wall_loops": 2}, "no text and no list of texts"),
        ("process/common", {"wall_loops": [{"a": "b"}]}, "no text and no list of texts"),
    ],
)
def test_a_tree_that_cannot_be_followed_is_refused(
    tmp_path: Path, place_: str, preset: dict[str, Any], said: str
) -> None:
    presets = tree()
    presets[place_] |= preset
    with pytest.raises(ProfileInvalid, match=said):
        imported(write(tmp_path, presets), Choice())


def test_a_link_out_of_the_vendors_folder_is_not_followed(tmp_path: Path) -> None:
    presets = tree()
    presets["machine/A1 mini"]["inherits"] = "outside"
    file = write(tmp_path, presets)
    (tmp_path / "outside.json").write_text(json.dumps({"type": "machine"}))
    (file.parent / "outside.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(ProfileInvalid, match="no machine outside"):
        imported(file, Choice())


def test_a_preset_that_is_no_machine_or_lies_alone_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, tree())
    with pytest.raises(SettingInvalid, match="is the preset of a process"):
        imported(file.parents[1] / "process/0.12mm Fine.json", Choice())
    alone = tmp_path / "alone.json"
    alone.write_text('{"type": "machine"}')
    with pytest.raises(ProfileInvalid, match="lies in no folder of presets"):
        imported(alone, Choice())


@pytest.mark.parametrize("content", ["{", '{"a": ' * 100_000, "{}"])
def test_what_is_no_preset_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(content)
    with pytest.raises(ProfileInvalid):
        imported(file, Choice())


def test_the_presets_of_a_known_printer_become_its_profile(tmp_path: Path) -> None:
    facts = (shipped("profiles") / "bambu-a1-mini/printer.yaml").read_bytes()
    new = imported(write(tmp_path, tree()), Choice(), facts)
    profile = place(new, tmp_path / "profiles" / "bambu-a1-mini")
    assert (profile.kind, profile.machine.max_nozzle_c) == ("orca", 300)
    assert dict(profile.settings)["layer_height"] == "0.2"
    assert [name for name, _ in profile.documents] == [
        "machine.json",
        "process.json",
        "filament.json",
    ]


def test_the_facts_of_an_unknown_printer_are_told_by_its_presets(tmp_path: Path) -> None:
    presets = tree()
    presets["machine/base"] |= {"printer_model": "Unheard Of"}
    machine = place(imported(write(tmp_path, presets), Choice()), tmp_path / "mini").machine
    assert (machine.bed_w_mm, machine.height_mm, machine.model) == (180, 180, "Unheard Of")
    assert (machine.max_nozzle_c, machine.max_bed_c, machine.firmware) == (220, 60, "")


def test_a_known_model_keeps_its_limits_and_its_firmware_under_any_name(tmp_path: Path) -> None:
    presets = tree()
    presets["machine/base"] |= {"nozzle_diameter": ["0.6"]}
    machine = place(imported(write(tmp_path, presets), Choice()), tmp_path / "mine").machine
    assert (machine.name, machine.nozzle_mm) == ("mine", 0.6)
    assert (machine.max_nozzle_c, machine.firmware) == (300, "bambu")


def test_a_quality_takes_the_place_of_the_process(tmp_path: Path) -> None:
    folder = tmp_path / "mini"
    place(imported(write(tmp_path, tree()), Choice()), folder)
    fine = imported(tmp_path / "Maker/machine/A1 mini.json", Choice(print="0.12mm Fine"))
    (folder / "qualities").mkdir()
    (folder / "qualities/fine.json").write_text(fine.documents["process.json"])
    profile = load_profile(folder)
    assert dict(composed(profile, quality="fine").settings)["layer_height"] == "0.12"
    assert composed(composed(profile, quality="fine"), quality="standard") == profile


@pytest.mark.parametrize("name", ["bambu-a1", "bambu-a1-mini", "bambu-p1s", "bambu-x1c"])
def test_a_profile_of_facts_alone_says_how_it_becomes_whole(name: str) -> None:
    with pytest.raises(ProfileMissing, match="no settings of a slicer") as refused:
        load_profile(name, [shipped("profiles")])
    remedy = f"printd profiles import PRESET.json --name {name}"
    assert remedy in refused.value.action
    config = Config.model_validate(
        {"printers": {"lab": {"kind": "folder", "path": "card", "profile": name}}}
    )
    with pytest.raises(ConfigInvalid, match=remedy):
        configured_profiles(config, [shipped("profiles")])
