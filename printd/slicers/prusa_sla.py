"""PrusaSlicer's settings for resin: another technology, other keys, the same flat file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printd.core.errors import ProfileInvalid
from printd.core.machine import Machine
from printd.slicers.checks import must_be, must_be_numbers, numbers_of

# Left out, these come from the slicer's defaults: the display and the resin of an Original Prusa
# SL1. Source: `--save` of 2.5.0 without a profile.
REQUIRED_KEYS = """
printer_technology bed_shape max_print_height
display_width display_height display_pixels_x display_pixels_y
display_mirror_x display_mirror_y display_orientation
gamma_correction absolute_correction relative_correction
elefant_foot_compensation elefant_foot_min_width
fast_tilt_time slow_tilt_time area_fill
min_exposure_time max_exposure_time min_initial_exposure_time max_initial_exposure_time
layer_height initial_layer_height exposure_time initial_exposure_time faded_layers
material_type material_density bottle_volume bottle_weight bottle_cost
material_correction material_print_speed
slice_closing_radius slicing_mode hollowing_enable pad_enable supports_enable
output_filename_format
"""
REQUIRED: Final = frozenset(REQUIRED_KEYS.split())
WORD_KEYS = """
printer_technology bed_shape display_orientation material_type material_print_speed slicing_mode
output_filename_format
"""
NUMBERS: Final = REQUIRED - frozenset(WORD_KEYS.split())


def check_sla(settings: Mapping[str, str], machine: Machine, name: str) -> None:
    """Refuse settings that are incomplete or meant for another machine.

    Raises:
        ProfileInvalid: with the key that is wrong and what it should be.
    """
    missing = sorted(REQUIRED - settings.keys())
    if missing:
        raise ProfileInvalid(f"{name}: missing {', '.join(missing)}.")
    if settings["printer_technology"] != "SLA":
        raise ProfileInvalid(f"{name}: printer_technology must be SLA.")
    if settings.get("post_process", "") not in ("", '""'):
        raise ProfileInvalid(f"{name}: post_process must be empty; it would run a program.")
    must_be_numbers(name, settings, NUMBERS)
    must_be(name, settings, "max_print_height", machine.height_mm)
    must_be(name, settings, "display_width", machine.bed_w_mm)
    must_be(name, settings, "display_height", machine.bed_d_mm)
    must_be(name, settings, "display_pixels_x", machine.pixels[0])
    must_be(name, settings, "display_pixels_y", machine.pixels[1])
    for key in ("exposure_time", "initial_exposure_time"):
        seconds = numbers_of(name, key, settings[key])
        least, most = (
            numbers_of(name, limit, settings[limit])[0] for limit in (f"min_{key}", f"max_{key}")
        )
        if not all(least <= each <= most for each in seconds):
            raise ProfileInvalid(
                f"{name}: {key} = {settings[key]} is not between {least:g} and {most:g} s."
            )
