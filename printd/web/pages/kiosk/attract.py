"""K0, and what is on every screen: how a visit begins and ends, and in which language."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from printd.web import visits
from printd.web.asked import FORM_HEADER, TheSite, host_of
from printd.web.pages.kiosk.entry import (
    START,
    AtKiosk,
    Changing,
    KioskRoute,
    check_form,
    go,
    screen,
    visit_if_any,
)
from printd.web.pages.kiosk.products import Product, house_now, products
from printd.web.pages.visitors import way_back
from printd.web.problems import TooManyRequests
from printd.web.site import Site

SHOWN: Final = 4  # finished objects on the first screen
router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix=START)
Word = Annotated[str, Form(max_length=200)]


@router.get("")
def attract(site: TheSite, request: Request, _kiosk: AtKiosk) -> Response:
    """Show what can be made, and invite."""
    shown: dict[str, Product] = {}
    for product in products(site):
        shown.setdefault(product.picture, product)
    return screen(
        site, request, "attract.html", shown=list(shown.values())[:SHOWN], house=house_now(site)
    )


@router.post("/start")
def start(site: TheSite, request: Request, kiosk: AtKiosk, language: Word = "") -> Response:
    """Begin a visit; one that was left open ends."""
    if not site.visits.may_begin(host_of(request)):
        raise TooManyRequests("Too many visits have begun in a short time.")
    end(site, request)
    visit = site.visits.begin()
    visit.language = language if language in kiosk.languages else ""
    answer = go(f"{START}/make")
    answer.set_cookie(
        visits.COOKIE,
        visit.word,
        path=visits.PATH,
        samesite="strict",
        httponly=True,
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/over")
def over(site: TheSite, request: Request, _visit: Changing) -> Response:
    """End the visit; what was not handed in is erased."""
    end(site, request)
    answer = go(START)
    answer.delete_cookie(visits.COOKIE, path=visits.PATH)
    return answer


@router.post("/language")
def language(
    kiosk: AtKiosk, visit: Changing, language: Word = "", back: Annotated[str, Form()] = START
) -> Response:
    """Speak another language for the rest of the visit."""
    if language in kiosk.languages:
        visit.language = language
    to = way_back(back[:200])
    return go(to if to.startswith(START) else START)


@router.post("/here")
def here(site: TheSite, request: Request, _kiosk: AtKiosk, form: Word = "") -> Response:
    """Take note that somebody still touches the screen; a visit that is over stays so."""
    visit = visit_if_any(site, request)
    if visit is not None:
        check_form(visit, request.headers.get(FORM_HEADER, "") or form)
        site.visits.touch(visit)
    return Response(status_code=204)


def end(site: Site, request: Request) -> None:
    """End the visit of a browser, if there is one."""
    site.visits.end(request.cookies.get(visits.COOKIE, ""))
