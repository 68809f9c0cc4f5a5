"""What the stand-in for OrcaSlicer knows of its settings, and a profile for it, written by hand.

``KEYS`` maps a setting to what PrusaSlicer calls it, with the value that stands for the one that
the real program was compiled with. ``write_profile`` writes a complete profile for a machine of
220 x 220 x 250 mm, as `printd profiles import` would make it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# key: (PrusaSlicer's name or "", compiled value)
KEYS: Mapping[str, tuple[str, str]] = {
    "gcode_flavor": ("gcode_flavor", "marlin"),
    "printable_area": ("bed_shape", "0x0,200x0,200x200,0x200"),
    "printable_height": ("max_print_height", "100"),
    "nozzle_diameter": ("nozzle_diameter", "0.4"),
    "printer_model": ("printer_model", ""),
    "printer_settings_id": ("", ""),
    "machine_start_gcode": ("start_gcode", "G28\nG1 Z5 F5000"),
    "machine_end_gcode": ("end_gcode", "M104 S0\nG28 X0\nM84"),
    "before_layer_change_gcode": ("before_layer_gcode", ""),
    "layer_change_gcode": ("layer_gcode", ""),
    "use_relative_e_distances": ("use_relative_e_distances", "1"),
    "retraction_length": ("retract_length", "0.8"),
    "retraction_speed": ("retract_speed", "30"),
    "z_hop": ("retract_lift", "0.4"),
    **{
        f"machine_max_{orca}_{axis}": (f"machine_max_{prusa}_{axis}", most)
        for orca, prusa, most in (
            ("acceleration", "acceleration", "1000"),
            ("speed", "feedrate", "200"),
            ("jerk", "jerk", "8"),
        )
        for axis in "xyze"
    },
    "machine_max_acceleration_extruding": ("machine_max_acceleration_extruding", "1500"),
    "machine_max_acceleration_retracting": ("machine_max_acceleration_retracting", "1500"),
    "machine_max_acceleration_travel": ("machine_max_acceleration_travel", "1500"),
    "layer_height": ("layer_height", "0.2"),
    "initial_layer_print_height": ("first_layer_height", "0.2"),
    "line_width": ("extrusion_width", "0.4"),
    "wall_loops": ("perimeters", "2"),
    "top_shell_layers": ("top_solid_layers", "4"),
    "bottom_shell_layers": ("bottom_solid_layers", "3"),
    "sparse_infill_density": ("fill_density", "20%"),
    "sparse_infill_pattern": ("fill_pattern", "grid"),
    "outer_wall_speed": ("external_perimeter_speed", "60"),
    "inner_wall_speed": ("perimeter_speed", "60"),
    "sparse_infill_speed": ("infill_speed", "100"),
    "internal_solid_infill_speed": ("solid_infill_speed", "100"),
    "top_surface_speed": ("top_solid_infill_speed", "100"),
    "gap_infill_speed": ("gap_fill_speed", "30"),
    "bridge_speed": ("bridge_speed", "25"),
    "travel_speed": ("travel_speed", "120"),
    "initial_layer_speed": ("first_layer_speed", "30"),
    "default_acceleration": ("default_acceleration", "500"),
    "initial_layer_acceleration": ("first_layer_acceleration", "300"),
    "brim_type": ("", "auto_brim"),
    "brim_width": ("brim_width", "0"),
    "skirt_loops": ("skirts", "1"),
    "skirt_distance": ("skirt_distance", "2"),
    "enable_support": ("support_material", "0"),
    "raft_layers": ("raft_layers", "0"),
    "curr_bed_type": ("", "Cool Plate"),
    "filament_type": ("filament_type", "PLA"),
    "filament_diameter": ("filament_diameter", "1.75"),
    "filament_density": ("filament_density", "0"),
    "filament_cost": ("filament_cost", "0"),
    "filament_flow_ratio": ("extrusion_multiplier", "1"),
    "filament_max_volumetric_speed": ("filament_max_volumetric_speed", "2"),
    "fan_min_speed": ("min_fan_speed", "20"),
    "fan_max_speed": ("max_fan_speed", "100"),
    "nozzle_temperature": ("temperature", "200"),
    "nozzle_temperature_initial_layer": ("first_layer_temperature", "200"),
    **{
        f"{plate}_plate_temp{which}": ("", warm)
        for plate, warm in (("cool", "35"), ("eng", "45"), ("hot", "45"), ("textured", "45"))
        for which in ("", "_initial_layer")
    },
}
PLATES: Mapping[str, str] = {
    "Cool Plate": "cool",
    "Engineering Plate": "eng",
    "High Temp Plate": "hot",
    "Textured PEI Plate": "textured",
}

MACHINE = "Test Machine 0.4 nozzle"
START = (
    "G90\nM83\nM140 S[bed_temperature_initial_layer_single]\nM104 S150\nG28\n"
    "M190 S[bed_temperature_initial_layer_single]\n"
    "M109 S[nozzle_temperature_initial_layer]\nG92 E0\nG1 Z2 F600"
)
END = "M104 S0\nM140 S0\nM107\nG1 X5 Y200 F6000\nM84 X Y E"
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "machine.json": {
        "type": "machine",
        "name": MACHINE,
        "from": "system",
        "instantiation": "true",
        "gcode_flavor": "marlin",
        "printable_area": ["0x0", "220x0", "220x220", "0x220"],
        "printable_height": "250",
        "nozzle_diameter": ["0.4"],
        "printer_model": "Test Machine",
        "machine_start_gcode": START,
        "machine_end_gcode": END,
        "before_layer_change_gcode": ";BEFORE_LAYER_CHANGE\nG92 E0",
        "use_relative_e_distances": "1",
        "retraction_length": ["5"],
        "retraction_speed": ["45"],
        "z_hop": ["0.2"],
        **{f"machine_max_acceleration_{axis}": ["500", "200"] for axis in "xy"},
        "machine_max_acceleration_z": ["100", "100"],
        "machine_max_acceleration_e": ["5000", "5000"],
        "machine_max_acceleration_extruding": ["500", "200"],
        "machine_max_acceleration_retracting": ["1000", "1000"],
        "machine_max_acceleration_travel": ["500", "200"],
        **{f"machine_max_speed_{axis}": ["500", "200"] for axis in "xy"},
        "machine_max_speed_z": ["10", "10"],
        "machine_max_speed_e": ["60", "60"],
        **{f"machine_max_jerk_{axis}": ["8", "8"] for axis in "xy"},
        "machine_max_jerk_z": ["0.4", "0.4"],
        "machine_max_jerk_e": ["5", "5"],
    },
    "process.json": {
        "type": "process",
        "name": "0.20mm Test",
        "from": "system",
        "instantiation": "true",
        "compatible_printers": [MACHINE],
        "layer_height": "0.2",
        "initial_layer_print_height": "0.2",
        "line_width": "0.45",
        "wall_loops": "2",
        "top_shell_layers": "5",
        "bottom_shell_layers": "4",
        "sparse_infill_density": "15%",
        "sparse_infill_pattern": "grid",
        "outer_wall_speed": "30",
        "inner_wall_speed": "50",
        "sparse_infill_speed": "60",
        "internal_solid_infill_speed": "50",
        "top_surface_speed": "40",
        "gap_infill_speed": "40",
        "bridge_speed": "30",
        "travel_speed": "120",
        "initial_layer_speed": "20",
        "default_acceleration": "500",
        "initial_layer_acceleration": "500",
        "brim_type": "no_brim",
        "brim_width": "0",
        "skirt_loops": "0",
        "skirt_distance": "2",
        "enable_support": "0",
        "raft_layers": "0",
    },
    "filament.json": {
        "type": "filament",
        "name": "Test PLA",
        "from": "system",
        "instantiation": "true",
        "filament_id": "GFL99",
        "compatible_printers": [MACHINE],
        "filament_type": ["PLA"],
        "filament_diameter": ["1.75"],
        "filament_density": ["1.24"],
        "filament_cost": ["25"],
        "filament_flow_ratio": ["1"],
        "filament_max_volumetric_speed": ["10"],
        "fan_min_speed": ["100"],
        "fan_max_speed": ["100"],
        "nozzle_temperature": ["205"],
        "nozzle_temperature_initial_layer": ["210"],
        **{
            f"{plate}_plate_temp{which}": ["60"]
            for plate in PLATES.values()
            for which in ("", "_initial_layer")
        },
    },
}
FACTS = """\
kind: orca
flavour: marlin
bed_mm: [220, 220]
height_mm: 250
nozzle_mm: 0.4
max_nozzle_c: 285
max_bed_c: 110
chamber: false
material: PLA
material_max_c: 230
margin_mm: 5
model: {model}
"""


def write_profile(
    folder: Path,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    model: str = "Test Machine",
) -> Path:
    """Write a profile; ``changes`` are laid over its files, None takes a key away."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "printer.yaml").write_text(FACTS.format(model=model))
    for name, preset in PRESETS.items():
        changed = {**preset, **(changes or {}).get(name, {})}
        if name == "machine.json":
            changed["printer_model"] = model
        kept = {key: value for key, value in changed.items() if value is not None}
        (folder / name).write_text(json.dumps(kept, indent=1))
    return folder
