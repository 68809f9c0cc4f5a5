"""What can be made of a picture."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from printd.core.errors import RecipeUnknown
from printd.web.access import Caller
from printd.web.answers import known_document
from printd.web.api.described import PREFIX, problems
from printd.web.documents import RecipeDocument, RecipeList, recipe_document
from printd.web.keys import Scope
from printd.web.problems import NoSuchThing
from printd.web.site import Site


def router(site: Site) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix=f"{PREFIX}/recipes", tags=["recipes"])
    submit = Depends(site.access.needs(Scope.SUBMIT))

    @routes.get(
        "",
        summary="List the recipes",
        response_model=RecipeList,
        responses={304: {"description": "as before"}, **problems()},
    )
    def recipes(request: Request, _caller: Caller = submit) -> Response:
        config = site.tools.config
        answer = RecipeList(recipes=[recipe_document(config, name) for name in config.recipes])
        return known_document(request, answer.model_dump_json().encode())

    @routes.get(
        "/{recipe}",
        summary="Show a recipe",
        response_model=RecipeDocument,
        responses={304: {"description": "as before"}, **problems(404)},
    )
    def recipe(
        request: Request,
        name: Annotated[str, Path(alias="recipe", max_length=64)],
        _caller: Caller = submit,
    ) -> Response:
        config = site.tools.config
        if name not in config.recipes:
            known = RecipeUnknown(f"There are: {', '.join(config.recipes)}.")
            raise NoSuchThing(f"There is no such recipe. {known.problem}")
        answer = recipe_document(config, name)
        return known_document(request, answer.model_dump_json().encode())

    return routes
