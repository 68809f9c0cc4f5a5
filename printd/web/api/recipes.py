"""What can be made of a picture."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from printd.core.errors import RecipeUnknown
from printd.web.answers import known_document
from printd.web.api.described import PREFIX, Described, problems
from printd.web.asked import Submit, TheSite
from printd.web.documents import RecipeDocument, RecipeList, recipe_document
from printd.web.problems import NoSuchThing

router = APIRouter(route_class=Described, prefix=f"{PREFIX}/recipes", tags=["recipes"])


@router.get(
    "",
    response_model=RecipeList,
    responses={304: {"description": "as before"}, **problems()},
)
def recipes(site: TheSite, _caller: Submit, request: Request) -> Response:
    """List the recipes."""
    config = site.tools.config
    answer = RecipeList(recipes=[recipe_document(config, name) for name in config.recipes])
    return known_document(request, answer.model_dump_json().encode())


@router.get(
    "/{recipe}",
    response_model=RecipeDocument,
    responses={304: {"description": "as before"}, **problems(404)},
)
def recipe(
    site: TheSite,
    _caller: Submit,
    request: Request,
    name: Annotated[str, Path(alias="recipe", max_length=64, description="its name")],
) -> Response:
    """Show a recipe."""
    config = site.tools.config
    if name not in config.recipes:
        known = RecipeUnknown(f"There are: {', '.join(config.recipes)}.")
        raise NoSuchThing(f"There is no such recipe. {known.problem}")
    answer = recipe_document(config, name)
    return known_document(request, answer.model_dump_json().encode())
