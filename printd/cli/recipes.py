"""``printd recipes``: what can be made of a picture."""

from __future__ import annotations

import argparse

from printd.cli.output import show_json, show_text, table
from printd.cli.session import configuration
from printd.core.config import Config
from printd.core.errors import RecipeUnknown
from printd.core.recipe_config import RecipeConfig
from printd.core.recipe_words import lines_of, may_change_of, title_of


def recipes(args: argparse.Namespace) -> int:
    """List the recipes, or show one."""
    config = configuration(args).config
    if args.act == "show":
        return _show(config, args.name, as_json=args.json)
    if args.json:
        show_json([_as_json(config, name) for name in config.recipes])
        return 0
    table((name, recipe.label, "; ".join(lines_of(recipe))) for name, recipe in _all(config))
    return 0


def _all(config: Config) -> list[tuple[str, RecipeConfig]]:
    return list(config.recipes.items())


def _show(config: Config, name: str, *, as_json: bool) -> int:
    recipe = config.recipes.get(name)
    if recipe is None:
        known = ", ".join(config.recipes)
        raise RecipeUnknown(f"There is no recipe {name!r}; there are: {known}.")
    if as_json:
        show_json(_as_json(config, name))
        return 0
    show_text(title_of(name, recipe))
    for line in lines_of(recipe):
        show_text(f"  {line}")
    show_text(f"  {may_change_of(recipe)}")
    for key, value in recipe.overrides().items():
        show_text(f"  {key}: {value}")
    return 0


def _as_json(config: Config, name: str) -> dict[str, object]:
    recipe = config.recipes[name]
    return {"name": name, **recipe.model_dump(mode="json"), "lines": list(lines_of(recipe))}
