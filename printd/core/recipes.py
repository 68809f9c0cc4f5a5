"""What a recipe and a side file make of a photo: settings frozen into the job when it is taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from printd.core.config import Config
from printd.core.errors import NeedsApproval, RecipeUnknown, SettingInvalid, SideFileInvalid
from printd.core.filaments import colour_of
from printd.core.given import KEY, Given
from printd.core.names import display_name
from printd.core.prices import Amount, rates_settings
from printd.core.print_settings import PrintSettings, material_of
from printd.core.prompts import PromptsOff
from printd.core.recipe_config import CUT, KEEP, RecipeConfig
from printd.core.relief_settings import ReliefSettings
from printd.core.route import (
    ARTIST,
    BACKGROUND,
    CHOOSE,
    DEPTH_RETRIES,
    FINAL,
    MESHER,
    ROUTE,
    WANTED,
)
from printd.core.spending import CONSENT

PHOTO_CHECK = "photo_check"  # in the settings of a job: whether a doubtful photo is held
SIDE_FILE_BYTES = 64 * 1024
WORDS = ("recipe", "name")
DEEPEST = 2  # one mapping, and room to say that a value in it is none
LARGEST = 2**63
MOST_COPIES = 100
SAID_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made of one photo."""

    recipe: str
    settings: Mapping[str, Any]  # mesher, material, relief, print: kept with the job
    name: str | None = None
    copies: int = 1

    @property
    def is_sized(self) -> bool:
        """Somebody says how large the piece is to be."""
        relief = self.settings.get("relief", {})
        return any(relief.get(key) for key in ("width_mm", "longest_mm"))

    @property
    def hold(self) -> NeedsApproval | None:
        """Why its job waits for a person before anything is made of it."""
        if self.settings.get("approval") != "always":
            return None
        return NeedsApproval(
            f"Everything with recipe {self.recipe} is looked at by a person first."
        )


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
    of_print = {key: value for key, value in overrides.items() if key in PrintSettings.model_fields}
    others = {key: value for key, value in overrides.items() if key not in of_print}
    copies = copies_of(others.pop("copies", chosen.copies))
    material = material_of(others.pop("material", chosen.material))
    colour = _colour_of(others.pop("colour", chosen.colour))
    relief = ReliefSettings.of(preset, chosen.overrides(), others)
    printed = PrintSettings.of(chosen.print_settings(), of_print)
    return Order(
        recipe,
        {
            **_route_of(chosen),
            "material": material,
            **({"colour": colour} if colour else {}),
            "relief": relief.model_dump(exclude_none=True),
            "print": printed.model_dump(exclude_none=True),
            **rates_settings(config.rates(recipe)),
            **_terms_of(chosen),
        },
        copies=copies,
    )


def _route_of(recipe: RecipeConfig) -> dict[str, Any]:
    """Return who makes the mesh, of which picture, how often, and what that may cost."""
    route = recipe.meshers()
    found: dict[str, Any] = {MESHER: route[0]}
    if len(route) > 1:
        found[ROUTE] = list(route)
    if recipe.candidates > 1:
        found[WANTED] = recipe.candidates
    if recipe.background == CUT:
        found[BACKGROUND] = CUT
    elif recipe.background != KEEP:
        found[ARTIST] = recipe.background
    if recipe.depth_retries:
        found[DEPTH_RETRIES] = recipe.depth_retries
    if recipe.photo_check != "hold":
        found[PHOTO_CHECK] = recipe.photo_check
    if recipe.consent:
        found[CONSENT] = str(recipe.consent)
    return found


def as_draft(config: Config, order: Order) -> Order:
    """Return the order as a quick shape to look at first; a person then asks for the real one.

    Raises:
        SettingInvalid: its recipe names nobody who makes drafts.
    """
    recipe = config.recipes[order.recipe]
    if recipe.draft is None:
        raise SettingInvalid(
            f"Recipe {order.recipe} names no mesher for drafts.",
            action="Write `draft: MESHER` into the recipe, or leave the draft out.",
        )
    others = {key: value for key, value in order.settings.items() if key not in (ROUTE, WANTED)}
    wishes = {MESHER: recipe.draft, CHOOSE: True, FINAL: list(recipe.meshers())}
    return replace(order, settings={**others, **wishes})


def of_kind(config: Config, order: Order, given: Given) -> Order:
    """Return the order for what was given; of a mesh nobody has to make one.

    Raises:
        PromptsOff: words were given, and the recipe names nobody who draws.
    """
    if given is Given.PHOTO:
        return order
    if given is Given.WORDS:
        artist = config.recipes[order.recipe].pictures
        if artist is None:
            raise PromptsOff(f"Recipe {order.recipe} draws no pictures from words.")
        return replace(order, settings={**order.settings, KEY: given, ARTIST: artist})
    gone = (ROUTE, WANTED, CONSENT, ARTIST, BACKGROUND)
    settings = {key: value for key, value in order.settings.items() if key not in gone}
    return replace(order, settings={**settings, KEY: given})


def wished(config: Config, order: Order, *, draft: bool, consent: str | None) -> Order:
    """Return the order as whoever hands the picture in wishes it.

    Args:
        config: the configuration.
        order: of its recipe.
        draft: a quick shape is to be looked at first.
        consent: so much may be paid to services for it, instead of what the recipe says.

    Raises:
        SettingInvalid: there is no draft, or the sum is none.
    """
    chosen = as_draft(config, order) if draft else order
    if consent is None:
        return chosen
    try:
        amount = TypeAdapter(Amount).validate_python(consent)
    except ValidationError as error:
        raise SettingInvalid(
            f"consent: {consent!r} is no sum of money.", action="Write it like 0.50."
        ) from error
    return replace(chosen, settings={**chosen.settings, CONSENT: str(amount)})


def _terms_of(recipe: RecipeConfig) -> dict[str, Any]:
    """Return on what terms a recipe is printed, as far as it names any."""
    terms: dict[str, Any] = {}
    if recipe.printers:
        terms["printers"] = list(recipe.printers)
    if recipe.approval != "never":
        terms["approval"] = recipe.approval
    return terms


def copies_of(asked: object) -> int:
    """Return how many pieces a person asks for.

    Raises:
        SettingInvalid: it is no number from 1 to 100.
    """
    if isinstance(asked, int) and not isinstance(asked, bool) and 1 <= asked <= MOST_COPIES:
        return asked
    raise SettingInvalid(f"copies: {asked!r} is no number from 1 to {MOST_COPIES}.")


def check_allowed(config: Config, recipe: str, overrides: Collection[str]) -> None:
    """Refuse what a recipe does not let people change.

    Raises:
        SettingInvalid: naming it, and what may be changed.
    """
    chosen = config.recipes.get(recipe)
    if chosen is None or chosen.may_change == "all":
        return
    wrong = [key for key in overrides if key not in chosen.may_change]
    if wrong:
        may = ", ".join(chosen.may_change) or "nothing"
        raise SettingInvalid(
            f"{', '.join(wrong)}: recipe {recipe} does not let that be changed; it lets: {may}.",
            action="Leave it out, or choose another recipe.",
        )


def _colour_of(asked: object) -> str:
    """Return the colour that a person asks for, as they wrote it; "": any.

    Raises:
        SettingInvalid: nobody knows it.
    """
    try:
        colour_of(str(asked))
    except ValueError as error:
        raise SettingInvalid(f"colour: {error}.") from error
    return str(asked)


def side_file_order(config: Config, recipe: str, content: bytes) -> Order:
    """Return the order that a side file beside a photo asks for.

    Args:
        config: the configuration.
        recipe: that of the folder the photo lies in; the side file may name another.
        content: YAML: ``recipe``, ``name``, ``copies``, ``material``, and settings of
            relief and print such as ``width_mm``, as far as the recipe lets them be changed.

    Raises:
        SideFileInvalid: it is not YAML, or asks for what is not known or out of range.
    """
    asked = _lines(content)
    words = {key: asked.pop(key) for key in WORDS if key in asked}
    if not all(isinstance(value, str) for value in words.values()):
        raise SideFileInvalid("`recipe` and `name` in the side file must be words.")
    chosen = words.get("recipe", recipe)
    try:
        check_allowed(config, chosen, [*asked, *(key for key in words if key != "recipe")])
        order = order_for(config, chosen, asked)
    except (RecipeUnknown, SettingInvalid) as error:
        said = display_name(error.problem, SAID_CHARACTERS)
        raise SideFileInvalid(f"The side file asks for what cannot be done: {said}") from error
    return replace(order, name=words.get("name"))


def _lines(content: bytes) -> dict[str, Any]:
    """Return the keys and values of a side file, which a stranger may have written."""
    if len(content) > SIDE_FILE_BYTES:
        raise SideFileInvalid("The side file is longer than 64 kB.")
    try:
        _check_shape(content)
        asked = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError) as error:
        said = display_name(" ".join(str(error).split()), SAID_CHARACTERS)
        raise SideFileInvalid(f"The side file is not YAML: {said}.") from error
    if asked is None:
        return {}
    if not isinstance(asked, dict):
        raise SideFileInvalid("The side file must hold lines such as `width_mm: 60`.")
    for key, value in asked.items():
        is_huge = isinstance(value, int) and abs(value) >= LARGEST
        if not isinstance(key, str) or not isinstance(value, str | int | float) or is_huge:
            where = display_name(key) if isinstance(key, str) else "a key"
            raise SideFileInvalid(f"The side file: {where} must be one word or one number.")
    return asked


def _check_shape(content: bytes) -> None:
    """Refuse what a few lines of YAML can grow into: aliases that multiply, endless nesting."""
    depth = 0
    for event in yaml.parse(content, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise SideFileInvalid("The side file uses YAML aliases; write the values out.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise SideFileInvalid("The side file must hold lines such as `width_mm: 60`.")
