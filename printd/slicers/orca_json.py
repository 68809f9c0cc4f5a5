"""OrcaSlicer's three settings files: read strictly, checked, compared with what came of them.

The program takes a machine, a process and a filament, told apart by what they say of themselves.
Its command line does not look up what they inherit, and replaces what is missing by what it was
compiled with, with exit code 0. So files must be complete, and are judged here before they are
used; the settings that the result says it was made with are compared with them afterwards.
Source: its sources and issues, read, not measured; the keys as OrcaSlicer 2.3 writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from printd.core.errors import ProfileInvalid
from printd.core.machine import Machine
from printd.slicers.checks import must_be, must_be_layer, must_be_numbers, must_not_exceed

FILES: Final = ("machine.json", "process.json", "filament.json")
Value = str | list[str]
Preset = Mapping[str, Value]

# What a file says of itself; no settings.
ABOUT_KEYS: Final = """
type name from inherits include instantiation setting_id filament_id version renamed_from
description is_custom_defined base_id user_id updated_time
compatible_printers compatible_printers_condition compatible_prints
compatible_prints_condition upward_compatible_machine
"""
ABOUT: Final = frozenset(ABOUT_KEYS.split())
# Settings that no result names: private ones, and names of presets that it replaces by its own.
UNTOLD_KEYS: Final = """
print_host print_host_webui printhost_apikey printhost_authorization_type printhost_cafile
printhost_password printhost_port printhost_ssl_ignore_revoke printhost_user
printer_settings_id print_settings_id filament_settings_id default_print_profile
default_filament_profile post_process
"""
UNTOLD: Final = frozenset(UNTOLD_KEYS.split())
FROM: Final = ("system", "user", "User")  # anything else is refused by the program

NOZZLE_KEYS: Final = ("nozzle_temperature", "nozzle_temperature_initial_layer")
BED_KEYS: Final = tuple(
    f"{plate}_plate_temp{which}"
    for plate in ("cool", "eng", "hot", "textured")
    for which in ("", "_initial_layer")
)
# Whoever leaves one of these out gets what the program was compiled with.
MACHINE_KEYS: Final = """
gcode_flavor printable_area printable_height nozzle_diameter printer_model
machine_start_gcode machine_end_gcode before_layer_change_gcode
machine_max_acceleration_e machine_max_acceleration_extruding
machine_max_acceleration_retracting machine_max_acceleration_travel
machine_max_acceleration_x machine_max_acceleration_y machine_max_acceleration_z
machine_max_jerk_e machine_max_jerk_x machine_max_jerk_y machine_max_jerk_z
machine_max_speed_e machine_max_speed_x machine_max_speed_y machine_max_speed_z
retraction_length retraction_speed use_relative_e_distances
"""
PROCESS_KEYS: Final = """
layer_height initial_layer_print_height line_width wall_loops top_shell_layers
bottom_shell_layers sparse_infill_density sparse_infill_pattern
outer_wall_speed inner_wall_speed sparse_infill_speed internal_solid_infill_speed
top_surface_speed gap_infill_speed bridge_speed travel_speed initial_layer_speed
default_acceleration initial_layer_acceleration
brim_type brim_width skirt_loops skirt_distance enable_support raft_layers
"""
FILAMENT_KEYS: Final = """
filament_type filament_diameter filament_density filament_cost filament_flow_ratio
filament_max_volumetric_speed fan_min_speed fan_max_speed
"""
REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "machine.json": frozenset(MACHINE_KEYS.split()),
    "process.json": frozenset(PROCESS_KEYS.split()),
    "filament.json": frozenset((*NOZZLE_KEYS, *BED_KEYS, *FILAMENT_KEYS.split())),
}
# Of those, what is said in words.
WORD_KEYS: Final = """
gcode_flavor printable_area printer_model machine_start_gcode machine_end_gcode
before_layer_change_gcode sparse_infill_pattern brim_type filament_type
"""
NUMBERS: Final = frozenset().union(*REQUIRED.values()) - frozenset(WORD_KEYS.split())


def read_settings(contents: Mapping[str, bytes], machine: Machine, folder: str) -> dict[str, str]:
    """Read and check the three files; return their settings as one.

    Args:
        contents: by the names of ``FILES``.
        machine: what ``printer.yaml`` says.
        folder: name of the profile, for the sentences.

    Raises:
        ProfileInvalid: with the file and key that are wrong.
    """
    presets = {file: read_preset(content, f"{folder}/{file}") for file, content in contents.items()}
    for file, preset in presets.items():
        _check_alone(file, preset, f"{folder}/{file}")
    _check_compatible(presets, folder)
    settings = _together(presets, folder)
    _check_machine(settings, machine, folder)
    return settings


def read_preset(content: bytes, name: str) -> Preset:
    """Read one file: an object whose values are texts or lists of texts.

    Raises:
        ProfileInvalid: it is something else, or names a key twice.
    """

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                raise ProfileInvalid(f"{name}: {key} is set twice.")
        return dict(pairs)

    try:
        loaded = json.loads(content.decode("utf-8-sig"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise ProfileInvalid(f"{name}: not JSON: {error}.") from error
    if not isinstance(loaded, dict):
        raise ProfileInvalid(f"{name}: not an object of settings.")
    for key, value in loaded.items():
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, str) for part in parts):
            raise ProfileInvalid(f"{name}: {key} is no text and no list of texts.")
        if "nil" in parts:
            raise ProfileInvalid(f"{name}: {key} = nil stands for a value of another file.")
    return loaded


def _check_alone(file: str, preset: Preset, name: str) -> None:
    kind = file.removesuffix(".json")
    if preset.get("type") != kind:
        raise ProfileInvalid(f"{name}: type must be {kind}.")
    if not preset.get("name"):
        raise ProfileInvalid(f"{name}: name is missing.")
    if preset.get("from") not in FROM:
        raise ProfileInvalid(f"{name}: from must be one of {', '.join(FROM)}.")
    for key in ("inherits", "include"):
        if preset.get(key):
            raise ProfileInvalid(
                f"{name}: {key} names another file, which the command line does not look up.",
                action="Import the preset, so that all its settings stand in one file.",
            )
    missing = sorted(REQUIRED[file] - preset.keys())
    if missing:
        raise ProfileInvalid(f"{name}: missing {', '.join(missing)}.")
    if any(preset.get("post_process", ())):
        raise ProfileInvalid(f"{name}: post_process must be empty; it would run a program.")


def _check_compatible(presets: Mapping[str, Preset], folder: str) -> None:
    """Refuse what the program calls incompatible: it takes the list by its letters."""
    printer = presets["machine.json"]["name"]
    for file in ("process.json", "filament.json"):
        preset = presets[file]
        if preset.get("compatible_printers_condition"):
            raise ProfileInvalid(
                f"{folder}/{file}: compatible_printers_condition is not followed by the command "
                "line; name the machine in compatible_printers."
            )
        named = preset.get("compatible_printers", [])
        if printer not in named and (named or file == "process.json"):
            raise ProfileInvalid(f"{folder}/{file}: compatible_printers must name {printer}.")


def _together(presets: Mapping[str, Preset], folder: str) -> dict[str, str]:
    settings: dict[str, str] = {}
    for file, preset in presets.items():
        for key, value in preset.items():
            if key in ABOUT:
                continue
            text = value if isinstance(value, str) else ",".join(value)
            if settings.get(key, text) != text:
                raise ProfileInvalid(f"{folder}/{file}: {key} is set in another file, too.")
            settings[key] = text
    return settings


def _check_machine(settings: Mapping[str, str], machine: Machine, folder: str) -> None:
    must_be_numbers(folder, settings, NUMBERS)
    must_be(folder, settings, "printable_height", machine.height_mm)
    must_be(folder, settings, "nozzle_diameter", machine.nozzle_mm)
    must_be_layer(folder, settings, machine.nozzle_mm)
    bed = f"0x0,{machine.bed_w_mm:g}x0,{machine.bed_w_mm:g}x{machine.bed_d_mm:g},"
    bed += f"0x{machine.bed_d_mm:g}"
    if settings["printable_area"].replace(" ", "") != bed:
        raise ProfileInvalid(
            f"{folder}: printable_area = {settings['printable_area']} is not the bed of "
            f"printer.yaml ({bed})."
        )
    for key, wanted in (("gcode_flavor", machine.flavour), ("printer_model", machine.model)):
        if settings[key] != wanted:
            raise ProfileInvalid(
                f"{folder}: {key} = {settings[key]}, but printer.yaml says {wanted or 'nothing'}."
            )
    must_not_exceed(folder, settings, NOZZLE_KEYS, machine.nozzle_limit_c)
    must_not_exceed(folder, settings, BED_KEYS, machine.max_bed_c)


def differences(asked: Mapping[str, str], made_with: Mapping[str, str], version: str) -> list[str]:
    """Return one sentence for each setting that the result was not made with.

    Args:
        asked: the settings of the profile.
        made_with: the settings block of the G-code.
        version: of the slicer that made it.
    """
    found = []
    for key, value in asked.items():
        if key in UNTOLD:
            continue
        made = made_with.get(key)
        if made is None:
            found.append(f"{key} is not known to version {version} of the slicer")
        elif not _equal(value, made):
            found.append(f"{key} = {value[:60]} became {made[:60]}")
    return found


def _equal(asked: str, made: str) -> bool:
    wanted, got = _parts(asked), _parts(made)
    if wanted == got:
        return True
    # A value for each variant of an extruder: one for all is written out, or drawn together.
    return len(set(wanted)) == len(set(got)) == 1 and wanted[0] == got[0]


def _parts(value: str) -> list[str | float]:
    """Return the values of a list, whatever it was quoted and separated with."""
    plain = value.replace("\r\n", "\n").replace("\n", "\\n").replace('\\"', '"').replace('"', "")
    return [_number_or_text(part.strip()) for part in plain.replace(";", ",").split(",")]


def _number_or_text(part: str) -> str | float:
    try:
        return float(part)
    except ValueError:
        return part
