"""PrusaSlicer's flat settings file: read strictly, checked, compared with what came of it.

The program itself ignores unknown keys, a file with ``[sections]`` and, in part, wrong values,
all with exit code 0. So a settings file is judged here before it is used, and the settings that
the result says it was made with are compared with it afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from printd.core.errors import ProfileInvalid
from printd.core.machine import Machine
from printd.slicers.checks import must_be, must_be_layer, must_be_numbers, must_not_exceed

Version = tuple[int, int]
SHOWN = 60  # characters of a value; a start G-code has thousands

# Whoever leaves one of these out gets the slicer's default, and those heat no bed, weigh no
# filament and fill with stars.
REQUIRED_KEYS = """
gcode_flavor bed_shape max_print_height nozzle_diameter filament_diameter
temperature first_layer_temperature bed_temperature first_layer_bed_temperature
filament_density filament_cost filament_type filament_max_volumetric_speed
layer_height first_layer_height fill_pattern fill_density
perimeters top_solid_layers bottom_solid_layers
perimeter_speed external_perimeter_speed small_perimeter_speed infill_speed
solid_infill_speed top_solid_infill_speed gap_fill_speed bridge_speed travel_speed
first_layer_speed default_acceleration first_layer_acceleration
machine_max_acceleration_e machine_max_acceleration_extruding
machine_max_acceleration_retracting machine_max_acceleration_travel
machine_max_acceleration_x machine_max_acceleration_y machine_max_acceleration_z
machine_max_feedrate_e machine_max_feedrate_x machine_max_feedrate_y
machine_max_feedrate_z machine_max_jerk_e machine_max_jerk_x machine_max_jerk_y
machine_max_jerk_z machine_limits_usage
retract_length retract_speed retract_lift retract_before_travel wipe
use_relative_e_distances start_gcode end_gcode before_layer_gcode layer_gcode
cooling fan_always_on min_fan_speed max_fan_speed disable_fan_first_layers
slowdown_below_layer_time min_print_speed
extrusion_width first_layer_extrusion_width external_perimeter_extrusion_width
perimeter_extrusion_width infill_extrusion_width solid_infill_extrusion_width
top_infill_extrusion_width extrusion_multiplier elefant_foot_compensation
silent_mode remaining_times resolution gcode_resolution
gcode_label_objects post_process output_filename_format
skirts skirt_distance brim_width raft_layers support_material
"""
REQUIRED = frozenset(REQUIRED_KEYS.split())
WORD_KEYS = """
gcode_flavor bed_shape filament_type fill_pattern machine_limits_usage gcode_label_objects
start_gcode end_gcode before_layer_gcode layer_gcode post_process output_filename_format
"""
NUMBERS = REQUIRED - frozenset(WORD_KEYS.split())

# First version that knows the key; an older one passes over it without a word, so its result
# does not name it either.
# Source: the config blocks of 2.5.0 and 2.9.2 (Debian 12 and 13); versions from the changelogs.
KNOWN_SINCE: Mapping[str, Version] = {
    "arc_fitting": (2, 7),
    "autoemit_temperature_commands": (2, 7),
    "binary_gcode": (2, 7),
}
# Words that newer versions write for a value they still accept in its old form.
SAME_VALUE: Mapping[str, Mapping[str, str]] = {
    "gcode_label_objects": {"0": "disabled", "1": "octoprint"},
    "ensure_vertical_shell_thickness": {"0": "disabled", "1": "enabled"},
}
# Flavours that a firmware reads beside its own: PrusaSlicer 2.5 has no other word for Klipper.
ALSO_READ: Mapping[str, tuple[str, ...]] = {"klipper": ("marlin2",)}
# Settings that hold a temperature of the nozzle, and of the bed.
NOZZLE_KEYS = ("temperature", "first_layer_temperature")
BED_KEYS = ("bed_temperature", "first_layer_bed_temperature")


def read_ini(text: str, name: str) -> dict[str, str]:
    """Read ``key = value`` lines.

    Raises:
        ProfileInvalid: a section, a key named twice, or a line that is neither.
    """
    settings: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not bare or bare.startswith(("#", ";")):
            continue
        if bare.startswith("["):
            raise ProfileInvalid(
                f"{name}, line {number}: {bare[:40]} is a section; PrusaSlicer would ignore "
                "every key of a file that has one."
            )
        key, found, value = bare.partition("=")
        key = key.strip()
        if not found or not key.replace("_", "").isalnum():
            raise ProfileInvalid(f"{name}, line {number}: not a `key = value` line.")
        if key in settings:
            raise ProfileInvalid(f"{name}, line {number}: {key} is set twice.")
        settings[key] = value.strip()
    return settings


def ini_text(settings: Mapping[str, str]) -> str:
    """Return settings as a file of them: equal settings make equal bytes."""
    return "".join(f"{key} = {settings[key]}".rstrip() + "\n" for key in sorted(settings))


def check_ini(settings: Mapping[str, str], machine: Machine, name: str) -> None:
    """Refuse settings that are incomplete, run programs, or are meant for another machine.

    Raises:
        ProfileInvalid: with the key that is wrong and what it should be.
    """
    missing = sorted(REQUIRED - settings.keys())
    if missing:
        raise ProfileInvalid(f"{name}: missing {', '.join(missing)}.")
    if settings["post_process"] not in ("", '""'):
        raise ProfileInvalid(f"{name}: post_process must be empty; it would run a program.")
    must_be_numbers(name, settings, NUMBERS)
    must_be(name, settings, "max_print_height", machine.height_mm)
    must_be(name, settings, "nozzle_diameter", machine.nozzle_mm)
    must_be_layer(name, settings, machine.nozzle_mm)
    bed = f"0x0,{machine.bed_w_mm:g}x0,{machine.bed_w_mm:g}x{machine.bed_d_mm:g},"
    bed += f"0x{machine.bed_d_mm:g}"
    if settings["bed_shape"].replace(" ", "") != bed:
        raise ProfileInvalid(
            f"{name}: bed_shape = {settings['bed_shape']} is not the bed of printer.yaml ({bed})."
        )
    if settings["gcode_flavor"] not in (machine.flavour, *ALSO_READ.get(machine.flavour, ())):
        raise ProfileInvalid(
            f"{name}: gcode_flavor = {settings['gcode_flavor']}, but printer.yaml says "
            f"{machine.flavour}."
        )
    must_not_exceed(name, settings, NOZZLE_KEYS, machine.nozzle_limit_c)
    must_not_exceed(name, settings, BED_KEYS, machine.max_bed_c)


def differences(
    asked: Mapping[str, str], made_with: Mapping[str, str], version: Version
) -> list[str]:
    """Return one sentence for each setting that the result was not made with.

    Args:
        asked: the settings of the profile.
        made_with: the settings block of the G-code.
        version: of the slicer that made it.
    """
    found = []
    for key, value in asked.items():
        if KNOWN_SINCE.get(key, version) > version:
            continue
        made = made_with.get(key)
        if made is None:
            found.append(f"{key} is not known to PrusaSlicer {version[0]}.{version[1]}")
        elif not _equal(value, made) and made != SAME_VALUE.get(key, {}).get(value):
            found.append(f"{key} = {value[:SHOWN]} became {made[:SHOWN]}")
    return found


def _equal(asked: str, made: str) -> bool:
    if asked == made or {asked, made} == {"", '""'}:
        return True
    try:
        return [float(part) for part in asked.split(",")] == [
            float(part) for part in made.split(",")
        ]
    except ValueError:
        return False


def settings_in(path: Path, tail_bytes: int = 256 * 1024) -> dict[str, str]:
    """Return the settings block at the end of a G-code file; empty when there is none."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - tail_bytes))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    settings: dict[str, str] = {}
    inside = False
    for line in lines:
        if line == "; prusaslicer_config = begin":
            inside = True
        elif line == "; prusaslicer_config = end":
            return settings
        elif inside:
            key, found, value = line.removeprefix("; ").partition(" =")
            if found:
                settings[key] = value.strip()
    return {}
