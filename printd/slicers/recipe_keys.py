"""What a recipe asks for, in the keys of each slicer; laid over the profile last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from printd.core.errors import SettingInvalid
from printd.core.machine import Machine
from printd.core.print_settings import PrintSettings
from printd.slicers.profiles import Profile, with_settings

FULL_PCT: Final = 100.0


def with_recipe(profile: Profile, asked: PrintSettings) -> Profile:
    """Return the profile with what a recipe asks for laid over it.

    Raises:
        SettingInvalid: a value that the machine cannot print, or not this kind of machine.
    """
    keys = KEYS[profile.kind](asked, profile.machine)
    return with_settings(profile, keys) if keys else profile


def prusa_keys(asked: PrintSettings, machine: Machine) -> dict[str, str]:
    """Return the keys of PrusaSlicer.

    Raises:
        SettingInvalid: the nozzle cannot lay such layers.
    """
    asked.check_nozzle(machine.nozzle_mm)
    keys: dict[str, str] = {}
    if asked.supports is not None:
        keys |= {"support_material": _flag(asked.supports == "auto"), "support_material_auto": "1"}
    if asked.brim_mm is not None:
        keys |= {"brim_width": f"{asked.brim_mm:g}", "brim_type": "outer_only"}
    if asked.layer_mm is not None:
        keys |= {"layer_height": f"{asked.layer_mm:g}"}
    if asked.infill_pct is not None:
        keys |= {"fill_density": f"{asked.infill_pct:g}%"}
        if asked.infill_pct == FULL_PCT:  # most patterns are refused when full
            keys |= {"fill_pattern": "rectilinear"}
    return keys


def orca_keys(asked: PrintSettings, machine: Machine) -> dict[str, str]:
    """Return the keys of OrcaSlicer and Bambu Studio, all of the process.

    Source: their sources, read, not measured.

    Raises:
        SettingInvalid: the nozzle cannot lay such layers.
    """
    asked.check_nozzle(machine.nozzle_mm)
    keys: dict[str, str] = {}
    if asked.supports is not None:
        auto = asked.supports == "auto"
        keys |= {"enable_support": _flag(auto), "support_type": "normal(auto)"}
    if asked.brim_mm is not None:
        brim_type = "outer_only" if asked.brim_mm else "no_brim"
        keys |= {"brim_width": f"{asked.brim_mm:g}", "brim_type": brim_type}
    if asked.layer_mm is not None:
        keys |= {"layer_height": f"{asked.layer_mm:g}"}
    if asked.infill_pct is not None:
        keys |= {"sparse_infill_density": f"{asked.infill_pct:g}%"}
        if asked.infill_pct == FULL_PCT:  # most patterns are refused when full
            keys |= {"sparse_infill_pattern": "concentric"}
    return keys


def resin_keys(asked: PrintSettings, _machine: Machine) -> dict[str, str]:
    """Return the keys for resin: layers and supports; it is solid, and has no brim.

    Raises:
        SettingInvalid: a brim or an infill is asked for.
    """
    if asked.brim_mm or asked.infill_pct not in (None, FULL_PCT):
        raise SettingInvalid(
            "brim_mm and infill_pct: a resin printer has no lines to lay them with.",
            action="Leave them out of the recipe, or choose another printer.",
        )
    keys: dict[str, str] = {}
    if asked.supports is not None:
        keys |= {"supports_enable": _flag(asked.supports == "auto")}
    if asked.layer_mm is not None:
        keys |= {"layer_height": f"{asked.layer_mm:g}"}
    return keys


def _flag(on: bool) -> str:  # noqa: FBT001 -- a value, not a switch
    return "1" if on else "0"


KEYS: Final[Mapping[str, Callable[[PrintSettings, Machine], dict[str, str]]]] = {
    "prusa": prusa_keys,
    "orca": orca_keys,
    "resin": resin_keys,
}
