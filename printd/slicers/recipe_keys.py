"""What a recipe asks for, in the keys of each slicer; laid over the profile last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from printd.core.errors import SettingInvalid
from printd.core.machine import Machine
from printd.core.print_settings import PrintSettings
from printd.slicers.profiles import Profile, composed, with_settings

FULL_PCT: Final = 100.0
THICKEST_RESIN_MM: Final = 0.2  # twice what resins are sold for
LITHOPHANE: Final = "lithophane"  # the quality that shipped profiles have for it


def prepared(
    profile: Profile,
    asked: PrintSettings,
    *,
    material: str = "",
    is_lithophane: bool = False,
) -> Profile:
    """Return the profile as one job is sliced with it: material, quality, what a recipe asks for.

    Args:
        profile: of a printer, for what it has loaded.
        asked: by the recipe.
        material: the recipe's; one that the profile has no file for is left to matching.
        is_lithophane: light shines through it: it is printed full, as its own quality says where
            the profile has one, unless the recipe asks for something else.

    Raises:
        SettingInvalid, ProfileInvalid: they cannot be had together.
    """
    names = {layer.name.casefold() for layer in profile.materials}
    quality = asked.quality
    if is_lithophane and quality is None:
        if LITHOPHANE in {layer.name for layer in profile.qualities}:
            quality = LITHOPHANE
        elif asked.infill_pct is None:
            asked = asked.model_copy(update={"infill_pct": FULL_PCT})
    chosen = composed(profile, material if material.casefold() in names else None, quality)
    return with_recipe(chosen, asked)


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
        SettingInvalid: a brim or an infill is asked for, or layers too thick for light.
    """
    wanted = {"brim_mm": asked.brim_mm, "infill_pct": asked.infill_pct not in (None, FULL_PCT)}
    if lines := [key for key, is_asked in wanted.items() if is_asked]:
        raise SettingInvalid(
            f"{' and '.join(lines)}: a resin printer lays no lines.",
            action="Leave that out of the recipe, or choose another printer.",
        )
    keys: dict[str, str] = {}
    if asked.supports is not None:
        # The model stays on the platform: it is what the pad goes around. Without one,
        # PrusaSlicer puts supported models on stilts.
        on = _flag(asked.supports == "auto")
        keys |= {"supports_enable": on, "pad_enable": on, "pad_around_object": on}
    if asked.layer_mm is not None:
        if asked.layer_mm > THICKEST_RESIN_MM:
            raise SettingInvalid(
                f"layer_mm: {asked.layer_mm:g}; resin does not harden through more than "
                f"{THICKEST_RESIN_MM:g} mm.",
                action="Use a value within the range, or choose another printer.",
            )
        keys |= {"layer_height": f"{asked.layer_mm:g}"}
    return keys


def _flag(on: bool) -> str:  # noqa: FBT001 -- a value, not a switch
    return "1" if on else "0"


KEYS: Final[Mapping[str, Callable[[PrintSettings, Machine], dict[str, str]]]] = {
    "prusa": prusa_keys,
    "orca": orca_keys,
    "resin": resin_keys,
}
