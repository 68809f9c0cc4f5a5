"""A recipe in words: what it makes, on what terms, and what a picture may say of itself; pure.

The same lines stand in the README.txt of its drop folder and in ``printd recipes show``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from printd.core.recipe_config import RecipeConfig

# By its beginning a README.txt is known as ours, and may be renewed.
BEGINNING: Final = "Put pictures here (JPEG, PNG, WebP, HEIC)"
README: Final = """{beginning}; printd makes of each: {title}.

{lines}

Settings of one picture: a text file beside it, named like it with .yaml at the end
(mia.jpg.yaml), with lines such as

    width_mm: 60
    name: Mia

{may_change}
{more}What was printed before, and is wanted once more, goes into again/ of the drop folder.
Pictures that cannot be used are moved to _failed/ with a text that says why.
What is waiting, and why, stands in _status.txt of the drop folder.
"""


def title_of(name: str, recipe: RecipeConfig) -> str:
    """Return what a recipe makes, as people call it."""
    return f"{recipe.label} (recipe {name!r})" if recipe.label else f"recipe {name!r}"


def lines_of(recipe: RecipeConfig) -> Iterator[str]:
    """Return one line for each thing that a person may want to know before using it."""
    size = _size(recipe)
    made = ", ".join(filter(None, (size, recipe.preset and f"as {recipe.preset}")))
    yield made or "as large as is usual"
    material = " ".join(filter(None, (recipe.colour, recipe.material))) or "any material"
    yield ", ".join(filter(None, (material, recipe.quality)))
    if recipe.copies > 1:
        yield f"{recipe.copies} of each picture"
    if recipe.copies_on_bed and recipe.copies_on_bed > 1:
        yield f"{recipe.copies_on_bed} side by side in one print"
    if recipe.printers:
        yield f"printed on {' or '.join(recipe.printers)}"
    if recipe.approval == "always":
        yield "a person looks at each first"


def may_change_of(recipe: RecipeConfig) -> str:
    """Return the sentence about what one picture may have otherwise."""
    if recipe.may_change == "all":
        return "Every setting of the recipe may be changed so."
    if not recipe.may_change:
        return "Nothing of this recipe may be changed."
    return f"May be changed: {', '.join(recipe.may_change)}."


def readme_of(name: str, recipe: RecipeConfig) -> str:
    """Return the text that lies in the drop folder of a recipe."""
    return README.format(
        beginning=BEGINNING,
        title=title_of(name, recipe),
        lines="\n".join(f"  {line}" for line in lines_of(recipe)),
        may_change=may_change_of(recipe),
        more="".join(f"{line}\n" for line in _more(recipe)),
    )


def _more(recipe: RecipeConfig) -> Iterator[str]:
    """Return what else than pictures is taken."""
    yield "Meshes (STL, OBJ, 3MF, GLB) are taken, too."
    if recipe.pictures is not None:
        yield "Words in a file that ends in .prompt.txt are drawn first, if somebody agrees."


def _size(recipe: RecipeConfig) -> str:
    if recipe.longest_mm:
        return f"{recipe.longest_mm:g} mm along the longest side"
    return f"{recipe.width_mm:g} mm wide" if recipe.width_mm else ""
