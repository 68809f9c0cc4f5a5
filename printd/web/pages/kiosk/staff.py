"""The staff corner: a minute behind a number, to clear beds, approve, pause, or leave."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from printd.core.errors import NoSuchPrinter
from printd.core.jobs import State
from printd.web.asked import TheSite
from printd.web.logins import form_word, is_form_word
from printd.web.pages.kiosk.attract import end
from printd.web.pages.kiosk.entry import START, AtKiosk, KioskRoute, go, screen
from printd.web.problems import FormRefused, LoginNeeded

WHO: Final = "kiosk staff"
COOKIE: Final = "printd_staff"
PATH: Final = f"{START}/staff"
OPEN_S: Final = 60.0  # from the number, whatever is done in it
WITHIN_S: Final = 30.0
APPROVAL: Final = "needs_approval"
NO_BED: Final = frozenset({"clear"})
router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix=PATH)
Digits = Annotated[str, Form(max_length=64)]
Word = Annotated[str, Form(max_length=200)]


class Corner:
    """Who has opened the corner: one at a time, in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._word = ""
        self._until_s = 0.0

    def open(self) -> str:
        """Return the word of a new opening; the one of before is over."""
        with self._lock:
            self._word, self._until_s = secrets.token_urlsafe(32), time.monotonic() + OPEN_S
            return self._word

    def left_s(self, word: str) -> float:
        """Return for how long it is open to a browser; 0: it is not."""
        with self._lock:
            is_it = bool(self._word) and secrets.compare_digest(word.encode(), self._word.encode())
            return max(0.0, self._until_s - time.monotonic()) if is_it else 0.0

    def close(self) -> None:
        """Close it."""
        with self._lock:
            self._word = ""


CORNER: Final = Corner()


@router.get("")
def corner(site: TheSite, request: Request, _kiosk: AtKiosk) -> Response:
    """Ask for the number, or show what staff can do."""
    word = request.cookies.get(COOKIE, "")
    left_s = CORNER.left_s(word)
    if not left_s:
        return screen(site, request, "pin.html", refusal=None)
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
    site.staff.try_(digits)
    end(site, request)
    answer = go(PATH)
    answer.set_cookie(
        COOKIE,
        CORNER.open(),
        path=PATH,
        samesite="strict",
        httponly=True,
        secure=request.url.scheme == "https",
        max_age=int(OPEN_S),
    )
    return answer


def _check(request: Request, form: str) -> None:
    """Let only staff act.

    Raises:
        LoginNeeded, FormRefused: somebody else asks, or not from the page.
    """
    word = request.cookies.get(COOKIE, "")
    if not CORNER.left_s(word):
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
    _check(request, form)
    if printer not in site.tools.config.printers:
        raise NoSuchPrinter("There is no such printer.")
    site.tools.done("bed-clear", {"printer": printer, "seen": seen}, who=WHO, within_s=WITHIN_S)
    site.view.forget()
    return go(PATH)


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
    _check(request, form)
    site.tools.done("approve", {"job": job, "seen": seen}, who=WHO, within_s=WITHIN_S)
    site.view.forget()
    return go(PATH)


@router.post("/queue")
def queue(
    site: TheSite,
    request: Request,
    _kiosk: AtKiosk,
    form: Word = "",
    verb: Annotated[str, Form(pattern="^(pause|resume)$")] = "pause",
) -> Response:
    """Pause the queue, or let it go on."""
    _check(request, form)
    args = {"note": ""} if verb == "pause" else {}
    site.tools.done(f"queue-{verb}", args, who=WHO, within_s=WITHIN_S)
    site.view.forget()
    return go(PATH)


@router.post("/leave")
def leave(
    request: Request,
    _kiosk: AtKiosk,
    form: Word = "",
    to: Annotated[str, Form(pattern="^(kiosk|printd)$")] = "kiosk",
) -> Response:
    """Close the corner: back to the visitors, or out of the kiosk."""
    _check(request, form)
    CORNER.close()
    answer = go(START if to == "kiosk" else "/")
    answer.delete_cookie(COOKIE, path=PATH)
    return answer
