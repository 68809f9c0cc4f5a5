"""OrcaSlicer's settings files: complete, for this machine, and what the result made of them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from printd.core.errors import ProfileInvalid
from printd.core.machine import Machine
from printd.slicers.orca_json import FILES, REQUIRED, differences, read_preset, read_settings
from tests.peers.orca_presets import MACHINE, PRESETS

FACTS = Machine("m", "marlin", 220, 220, 250, 0.4, 285, 110, model="Test Machine")


def read(
    changes: Mapping[str, Mapping[str, Any]] | None = None, machine: Machine = FACTS
) -> dict[str, str]:
    contents = {}
    for file in FILES:
        preset = {**PRESETS[file], **(changes or {}).get(file, {})}
        kept = {key: value for key, value in preset.items() if value is not None}
        contents[file] = json.dumps(kept).encode()
    return read_settings(contents, machine, "mine")


def test_the_three_files_become_one_list_of_settings() -> None:
    settings = read()
    assert settings["printable_area"] == "0x0,220x0,220x220,0x220"
    assert settings["layer_height"] == "0.2"
    assert settings["nozzle_temperature"] == "205"
    assert not {"type", "name", "from", "compatible_printers"} & settings.keys()


@pytest.mark.parametrize(
    ("file", "key"), [(f, k) for f, keys in REQUIRED.items() for k in sorted(keys)]
)
def test_a_key_that_is_missing_is_named(file: str, key: str) -> None:
    with pytest.raises(ProfileInvalid, match=f"mine/{file}: missing {key}"):
        read({file: {key: None}})


@pytest.mark.parametrize(
    ("file", "key", "value", "said"),
    [
        ("machine.json", "type", "process", "type must be machine"),
        ("process.json", "type", None, "type must be process"),
        ("filament.json", "name", "", "name is missing"),
        ("filament.json", "from", "project", "from must be one of"),
        ("filament.json", "from", None, "from must be one of"),
        ("process.json", "inherits", "0.20mm Standard", "does not look up"),
        ("machine.json", "include", ["start"], "does not look up"),
        ("process.json", "post_process", ["/bin/sh -c x"], "post_process must be empty"),
        ("process.json", "post_process", "x", "post_process must be empty"),
        ("process.json", "compatible_printers", [], f"must name {MACHINE}"),
        ("process.json", "compatible_printers", ["Another"], f"must name {MACHINE}"),
        ("process.json", "compatible_printers", None, f"must name {MACHINE}"),
        ("filament.json", "compatible_printers", ["Another"], f"must name {MACHINE}"),
        ("process.json", "compatible_printers_condition", "nozzle==0.4", "is not followed"),
        ("process.json", "layer_height", 0.2, "layer_height is no text"),
        ("process.json", "layer_height", {"a": "b"}, "layer_height is no text"),
        ("process.json", "layer_height", "nil", "layer_height = nil"),
        ("process.json", "nozzle_diameter", ["0.6"], "nozzle_diameter is set in another file"),
        ("machine.json", "nozzle_diameter", ["0.6"], "printer.yaml says 0.4"),
        ("machine.json", "printable_height", "300", "printer.yaml says 250"),
        ("machine.json", "printable_area", ["0x0", "9x0"], "is not the bed"),
        ("machine.json", "gcode_flavor", "klipper", "printer.yaml says marlin"),
        ("machine.json", "printer_model", "Another", "printer.yaml says Test Machine"),
        ("filament.json", "nozzle_temperature", ["300"], "above the limit of 240"),
        ("filament.json", "nozzle_temperature_initial_layer", ["210", "241"], "above the limit"),
        ("filament.json", "textured_plate_temp", ["120"], "above the limit of 110"),
        ("filament.json", "nozzle_temperature", ["hot"], "is not a number"),
        ("filament.json", "nozzle_temperature", ["nan"], "nan is not a number"),
        ("process.json", "layer_height", "abc", "layer_height = abc is not a number"),
        ("process.json", "layer_height", "0", "more than 0 mm"),
        ("process.json", "outer_wall_speed", "fast", "outer_wall_speed = fast is not a number"),
    ],
)
def test_what_the_program_would_refuse_or_misunderstand_is_refused_before(
    file: str, key: str, value: object, said: str
) -> None:
    with pytest.raises(ProfileInvalid, match=said):
        read({file: {key: value}})


def test_an_empty_list_of_programs_to_run_is_fine() -> None:
    assert read({"process.json": {"post_process": []}})["post_process"] == ""


def test_a_filament_for_any_machine_is_fine() -> None:
    assert read({"filament.json": {"compatible_printers": None}})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not an object"),
        (b'{"a": "1", "a": "2"}', "a is set twice"),
    ],
)
def test_what_is_no_settings_file_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ProfileInvalid, match=said):
        read_preset(content, "mine/machine.json")


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ("0.20", "0.2"),
        ("15%", "15%"),
        ("500,200", "500,200"),
        ("PLA", "PLA"),
        ("PLA,PETG", "PLA;PETG"),
        ("0.4", "0.4,0.4"),  # written out for each variant of an extruder
        ("205,205", "205"),
        ("G28\nG92 E0", "G28\\nG92 E0"),
        ("; end\n", '"; end\\n"'),
        ('M862.3 P "X"', '"M862.3 P \\"X\\""'),
        ("", ""),
    ],
)
def test_equal_settings_are_equal_however_they_are_written(asked: str, made: str) -> None:
    assert differences({"key": asked}, {"key": made}, "2.3.2") == []


@pytest.mark.parametrize(
    ("asked", "made"),
    [("0.2", "0.3"), ("500,200", "500"), ("205", "205,210"), ("grid", "gyroid"), ("", "x")],
)
def test_a_setting_that_became_another_is_named(asked: str, made: str) -> None:
    assert differences({"key": asked}, {"key": made}, "2.3.2") == [f"key = {asked} became {made}"]


def test_a_key_that_the_slicer_does_not_know_is_named() -> None:
    assert differences({"layer_hight": "0.2"}, {}, "2.3.2") == [
        "layer_hight is not known to version 2.3.2 of the slicer"
    ]


def test_what_no_result_names_is_not_missed() -> None:
    assert differences({"print_host": "x", "printer_settings_id": "y"}, {}, "2.3.2") == []
