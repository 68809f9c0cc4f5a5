"""Settings of somebody else made into settings of ours: nothing runs, nothing is left open.

What would run a program, reach the network, or change the file's form is taken out and said;
what is missing is filled in and said; what only the person can know is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from printd.core.errors import ProfileInvalid
from printd.slicers.prusa_ini import REQUIRED

# What belongs to presets and to a network, not to slicing.
DROPPED = re.compile(
    r"inherits(_.*)?|compatible_.*|renamed_from|alias|default_(print|filament|sla).*|vendor"
    r"|(print|printer|filament|physical_printer|sla_.*)_settings_id|preset_names?|config_version"
    r"|print_?host.*|host_type|ssl_.*|.*apikey.*|.*password.*"
    r"|octoprint_.*|serial_(port|speed)|bed_custom_(model|texture)"
).fullmatch
# What is set whatever it was, and what to say of it when it was something else.
FIXED: Final[Mapping[str, tuple[str, str]]] = {
    "post_process": ("", "it would run a program"),
    "thumbnails": ("", "the command line draws none"),
    "gcode_substitutions": ("", "what was judged would be rewritten"),
    "gcode_label_objects": ("0", "some firmwares take labels for commands"),
    "binary_gcode": ("0", "only text can be judged"),
    "output_filename_format": ("[input_filename_base].gcode", "printd names its files"),
}
# Names that the slicer still reads, and gives no more. Source: the bundles of 2.5.0.
OLD_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "external_fill_pattern": ("top_fill_pattern", "bottom_fill_pattern"),
}
# What nobody but the owner of the machine knows: not filled in.
ASKED: Final = frozenset(
    """
    gcode_flavor bed_shape max_print_height start_gcode end_gcode
    temperature first_layer_temperature bed_temperature first_layer_bed_temperature
    layer_height
    """.split()  # noqa: SIM905 -- reads better
)
# The slicer's own defaults, which a preset means when it leaves a key out.
# Source: `--save` of 2.5.0 without a profile.
DEFAULTS: Final[Mapping[str, str]] = {
    "before_layer_gcode": "",
    "bridge_speed": "60",
    "cooling": "1",
    "default_acceleration": "0",
    "disable_fan_first_layers": "3",
    "elefant_foot_compensation": "0",
    "external_perimeter_extrusion_width": "0",
    "external_perimeter_speed": "50%",
    "extrusion_multiplier": "1",
    "extrusion_width": "0",
    "fan_always_on": "0",
    "filament_diameter": "1.75",
    "filament_max_volumetric_speed": "0",
    "filament_type": "PLA",
    "fill_density": "20%",
    "fill_pattern": "stars",
    "first_layer_acceleration": "0",
    "first_layer_extrusion_width": "200%",
    "first_layer_height": "0.35",
    "first_layer_speed": "30",
    "gap_fill_speed": "20",
    "gcode_label_objects": "0",
    "gcode_resolution": "0.0125",
    "infill_extrusion_width": "0",
    "infill_speed": "80",
    "layer_gcode": "",
    "machine_limits_usage": "time_estimate_only",
    "machine_max_acceleration_e": "10000,5000",
    "machine_max_acceleration_extruding": "1500,1250",
    "machine_max_acceleration_retracting": "1500,1250",
    "machine_max_acceleration_travel": "1500,1250",
    "machine_max_acceleration_x": "9000,1000",
    "machine_max_acceleration_y": "9000,1000",
    "machine_max_acceleration_z": "500,200",
    "machine_max_feedrate_e": "120,120",
    "machine_max_feedrate_x": "500,200",
    "machine_max_feedrate_y": "500,200",
    "machine_max_feedrate_z": "12,12",
    "machine_max_jerk_e": "2.5,2.5",
    "machine_max_jerk_x": "10,10",
    "machine_max_jerk_y": "10,10",
    "machine_max_jerk_z": "0.2,0.4",
    "max_fan_speed": "100",
    "min_fan_speed": "35",
    "min_print_speed": "10",
    "nozzle_diameter": "0.4",
    "perimeter_extrusion_width": "0",
    "perimeter_speed": "60",
    "perimeters": "3",
    "remaining_times": "0",
    "resolution": "0",
    "retract_before_travel": "2",
    "retract_length": "2",
    "retract_lift": "0",
    "retract_speed": "40",
    "silent_mode": "1",
    "slowdown_below_layer_time": "5",
    "small_perimeter_speed": "15",
    "solid_infill_extrusion_width": "0",
    "solid_infill_speed": "20",
    "top_infill_extrusion_width": "0",
    "top_solid_infill_speed": "15",
    "top_solid_layers": "3",
    "bottom_solid_layers": "3",
    "travel_speed": "130",
    "use_relative_e_distances": "0",
    "wipe": "0",
    # What is printed around and below, which a recipe may switch on.
    "skirts": "1",
    "skirt_distance": "6",
    "brim_width": "0",
    "brim_type": "outer_only",
    "raft_layers": "0",
    "support_material": "0",
    "support_material_auto": "1",
}
DENSITY_G_CM3: Final[Mapping[str, str]] = {
    "PLA": "1.24",
    "PETG": "1.27",
    "PET": "1.27",
    "FLEX": "1.21",
    "TPU": "1.21",
    "ABS": "1.04",
    "ASA": "1.07",
}
USUAL_DENSITY: Final = "1.24"
USUAL_COST: Final = "25"  # a kilogram, in whatever is paid
SHOWN_KEYS: Final = 8
EMPTY: Final = ("", '""', "0")
# Behind its settings, 2.9 repeats M84 for these models, and the file seems to be cut off.
# Source: observed on 2.9.2, where a file for an MK4 ends as it should.
_ENDS_TWICE = re.compile(r"MK2|MK3(?!\.)").match
_M84 = re.compile(r"(^|\\n)([ \t]*)M84(?![0-9])")
_FIRMWARE_CHECK = re.compile(r"(^|\\n)\s*M115 U[^\\]*", re.IGNORECASE)


def washed(settings: Mapping[str, str], name: str) -> tuple[dict[str, str], list[str]]:
    """Return complete settings, and a sentence for each thing that was changed.

    Raises:
        ProfileInvalid: they are not for one nozzle of a filament printer, or lack what only a
            person can know.
    """
    if settings.get("printer_technology", "FFF") != "FFF":
        raise ProfileInvalid(
            f"{name} holds settings for resin, which are not imported.",
            action="Copy the shipped profile generic-resin and change its values.",
        )
    missing = sorted(ASKED - settings.keys())
    if missing:
        raise ProfileInvalid(
            f"{name} does not say {', '.join(missing)}.",
            action="Export the whole configuration of the slicer and import that.",
        )
    nozzles = settings.get("nozzle_diameter", "").split(",")
    if len(nozzles) > 1:
        raise ProfileInvalid(f"{name} is for {len(nozzles)} extruders; printd prints with one.")
    kept = {key: _plain(value) for key, value in settings.items() if not DROPPED(key)}
    for old in kept.keys() & OLD_NAMES:
        kept = {**dict.fromkeys(OLD_NAMES[old], kept[old]), **kept}
        del kept[old]
    notes = [*_fixed(kept), *_filled(kept)]
    start = _FIRMWARE_CHECK.sub("", kept["start_gcode"])
    if start != kept["start_gcode"]:
        kept["start_gcode"] = start
        notes.append("start_gcode: M115 U… was taken out: it only asks for newer firmware.")
    if _ENDS_TWICE(kept.get("printer_model", "")) and _M84.search(kept["end_gcode"]):
        kept["end_gcode"] = _M84.sub(r"\1\2M18", kept["end_gcode"])
        notes.append("end_gcode: M84 is written M18, which is the same and is not moved.")
    return kept, notes


def _plain(value: str) -> str:
    """Return a text as the slicer writes it itself: quotes are marked in lists of texts only."""
    return value if value.startswith('"') else value.replace('\\"', '"')


def _fixed(settings: dict[str, str]) -> list[str]:
    notes = []
    for key, (value, why) in FIXED.items():
        was = settings.get(key, value)
        if was not in EMPTY and was != value:
            notes.append(f"{key} = {was[:60]} was taken out: {why}.")
        settings[key] = value
    return notes


def _filled(settings: dict[str, str]) -> list[str]:
    notes = []
    missing = {key: value for key, value in DEFAULTS.items() if key not in settings}
    settings |= missing
    if told := sorted(missing.keys() & REQUIRED):
        more = ", …" if len(told) > SHOWN_KEYS else ""
        shown = ", ".join(told[:SHOWN_KEYS])
        notes.append(f"{len(told)} keys as the slicer has them by default: {shown}{more}.")
    kind = settings["filament_type"].split(";")[0]
    for key, value in (
        ("filament_density", DENSITY_G_CM3.get(kind, USUAL_DENSITY)),
        ("filament_cost", USUAL_COST),
    ):
        if settings.get(key, "0") in EMPTY:
            settings[key] = value
            notes.append(f"{key} = {value}: it was not given, and weighs or costs something.")
    return notes
