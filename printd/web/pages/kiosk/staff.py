"""The staff corner: a minute behind a number, to clear beds, approve, pause, or leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from printd.core.errors import NoSuchPrinter
from printd.core.jobs import State
from printd.web.asked import TheSite
from printd.web.kiosk_pin import OPEN_S
from printd.web.logins import form_word, is_form_word
from printd.web.pages.kiosk.attract import end
from printd.web.pages.kiosk.entry import START, AtKiosk, KioskRoute, go, screen
from printd.web.problems import FormRefused, LoginNeeded
from printd.web.site import Site

WHO: Final = "kiosk staff"
COOKIE: Final = "printd_staff"
PATH: Final = f"{START}/staff"
WITHIN_S: Final = 30.0
APPROVAL: Final = "needs_approval"
router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix=PATH)
Digits = Annotated[str, Form(max_length=64)]
Word = Annotated[str, Form(max_length=200)]


@router.get("")
def corner(site: TheSite, request: Request, _kiosk: AtKiosk) -> Response:
    """Ask for the number, or show what staff can do."""
    word = request.cookies.get(COOKIE, "")
    left_s = site.staff.left_s(word)
    if not left_s:
        return screen(site, request, "pin.html")
    sight = site.view.sight()
    return screen(
        site,
        request,
        "staff.html",
        form=form_word(word),
        left_s=int(left_s),
        printers=[one for one in sight.printers() if one.bed is not None],
        approvals=[
            job
            for job in sight.jobs
            if job.state is State.HELD and job.because and job.because.code == APPROVAL
        ],
        paused=sight.paused,
    )


@router.post("/open")
def open_corner(site: TheSite, request: Request, _kiosk: AtKiosk, digits: Digits = "") -> Response:
    """Open it by the number."""
    word = site.staff.open(digits)
    end(site, request)
    answer = go(PATH)
    answer.set_cookie(
        COOKIE,
        word,
        path=PATH,
        samesite="strict",
        httponly=True,
        secure=request.url.scheme == "https",
        max_age=int(OPEN_S),
    )
    return answer


def _check(site: Site, request: Request, form: str) -> None:
    """Let only staff act.

    Raises:
        LoginNeeded, FormRefused: somebody else asks, or not from the page.
    """
    word = request.cookies.get(COOKIE, "")
    if not site.staff.left_s(word):
        raise LoginNeeded("The staff corner is closed.")
    if not is_form_word(form, word):
        raise FormRefused("This does not come from the staff corner.")


@router.post("/bed")
def bed_clear(
    site: TheSite,
    request: Request,
    _kiosk: AtKiosk,
    form: Word = "",
    printer: Annotated[str, Form(max_length=64)] = "",
    seen: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Say that the bed of a printer is clear."""
    _check(site, request, form)
    if printer not in site.tools.config.printers:
        raise NoSuchPrinter("There is no such printer.")
    return _acted(site, "bed-clear", {"printer": printer, "seen": seen})


@router.post("/approve")
def approve(
    site: TheSite,
    request: Request,
    _kiosk: AtKiosk,
    form: Word = "",
    job: Annotated[int, Form(ge=1)] = 0,
    seen: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Let a job be made."""
    _check(site, request, form)
    return _acted(site, "approve", {"job": job, "seen": seen})


@router.post("/queue")
def queue(
    site: TheSite,
    request: Request,
    _kiosk: AtKiosk,
    form: Word = "",
    verb: Annotated[str, Form(pattern="^(pause|resume)$")] = "pause",
) -> Response:
    """Pause the queue, or let it go on."""
    _check(site, request, form)
    args = {"note": ""} if verb == "pause" else {}
    return _acted(site, f"queue-{verb}", args)


@router.post("/leave")
def leave(
    site: TheSite,
    request: Request,
    _kiosk: AtKiosk,
    form: Word = "",
    to: Annotated[str, Form(pattern="^(kiosk|printd)$")] = "kiosk",
) -> Response:
    """Close the corner: back to the visitors, or out of the kiosk."""
    _check(site, request, form)
    site.staff.close()
    answer = go(START if to == "kiosk" else "/")
    answer.delete_cookie(COOKIE, path=PATH)
    return answer


def _acted(site: Site, verb: str, args: Mapping[str, Any]) -> Response:
    """Do what staff asked for, and show the corner again."""
    site.tools.done(verb, args, who=WHO, within_s=WITHIN_S)
    site.view.forget()
    return go(PATH)
