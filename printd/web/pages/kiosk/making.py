"""K1: what to make."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from printd.core.errors import NotPossibleNow
from printd.web.asked import TheSite
from printd.web.pages.kiosk.entry import START, Changing, KioskRoute, Visiting, go, screen
from printd.web.pages.kiosk.products import products

router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix=START)


@router.get("/make")
def choose(site: TheSite, request: Request, visit: Visiting) -> Response:
    """Show the tiles."""
    return screen(site, request, "make.html", visit, products=products(site))


@router.post("/make")
def chosen(
    site: TheSite, visit: Changing, recipe: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """Go on with one of them."""
    known = {product.recipe: product for product in products(site)}
    if recipe not in known or known[recipe].why_not:
        raise NotPossibleNow("This cannot be made now.")
    with visit.lock:
        if visit.recipe != recipe:
            visit.settings = {}
        visit.recipe = recipe
    return go(f"{START}/photo")
