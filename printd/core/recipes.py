"""What a recipe and a side file make of a photo: settings frozen into the job when it is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from printd.core.config import Config
from printd.core.errors import RecipeUnknown, SettingInvalid, SideFileInvalid
from printd.core.relief_settings import ReliefSettings

SIDE_FILE_BYTES = 64 * 1024
WORDS = ("recipe", "name")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made of one photo."""

    recipe: str
    settings: Mapping[str, Any]  # mesher, material, relief: kept with the job
    name: str | None = None


def order_for(config: Config, recipe: str, overrides: Mapping[str, Any]) -> Order:
    """Return the order that a recipe and a person's own values make.

    Raises:
        RecipeUnknown: there is no such recipe.
        SettingInvalid: a value is outside its range.
    """
    chosen = config.recipes.get(recipe)
    if chosen is None:
        known = ", ".join(config.recipes)
        raise RecipeUnknown(f"There is no recipe {recipe!r}; there are: {known}.")
    preset = config.all_presets()[chosen.preset] if chosen.preset else {}
    relief = ReliefSettings.of(preset, chosen.overrides(), overrides)
    return Order(
        recipe,
        {
            "mesher": chosen.mesher,
            "material": chosen.material,
            "relief": relief.model_dump(exclude_none=True),
        },
    )


def side_file_order(config: Config, recipe: str, content: bytes) -> Order:
    """Return the order that a side file beside a photo asks for.

    Args:
        config: the configuration.
        recipe: that of the folder the photo lies in; the side file may name another.
        content: YAML: ``recipe``, ``name``, and relief settings such as ``width_mm``.

    Raises:
        SideFileInvalid: it is not YAML, or asks for what is not known or out of range.
    """
    if len(content) > SIDE_FILE_BYTES:
        raise SideFileInvalid("The side file is longer than 64 kB.")
    try:
        asked = yaml.safe_load(content) or {}
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise SideFileInvalid(
            f"The side file is not YAML: {' '.join(str(error).split())}."
        ) from error
    if not isinstance(asked, dict):
        raise SideFileInvalid("The side file must hold lines such as `width_mm: 60`.")
    words = {key: asked.pop(key) for key in WORDS if key in asked}
    if not all(isinstance(value, str) for value in words.values()):
        raise SideFileInvalid("`recipe` and `name` in the side file must be words.")
    try:
        order = order_for(config, words.get("recipe", recipe), asked)
    except (RecipeUnknown, SettingInvalid, TypeError) as error:
        problem = getattr(error, "problem", str(error))
        raise SideFileInvalid(f"The side file asks for what cannot be done: {problem}") from error
    return Order(order.recipe, order.settings, words.get("name"))
