"""O7, recipes and profiles: what can be made, on what, and whether the slicer takes it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from printd.core.recipe_words import title_of
from printd.web.api.profiles import profile_documents
from printd.web.asked import TheSite
from printd.web.documents import recipe_document
from printd.web.pages.visitors import Operator

router = APIRouter(include_in_schema=False)


@router.get("/recipes")
def recipes(site: TheSite, request: Request, caller: Operator) -> Response:
    """Show the recipes and the profiles."""
    config = site.tools.config
    return site.pages.page(
        request,
        "recipes.html",
        caller,
        recipes=[recipe_document(config, name) for name in config.recipes],
        titles={name: title_of(name, recipe) for name, recipe in config.recipes.items()},
        profiles=profile_documents(site),
    )
