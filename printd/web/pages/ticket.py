"""The page of a ticket, on a visitor's phone: ``/t/<word>``. The word in the address is the key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from printd.core.jobs import Job, State
from printd.web.api.files import file_of, has_file
from printd.web.api.printers import STILL
from printd.web.asked import TheSite, host_of
from printd.web.pages.kiosk import shapes, tickets
from printd.web.pages.kiosk.entry import SEE_OTHER, KioskRoute
from printd.web.pages.kiosk.words import Said
from printd.web.pages.languages import COOKIE, language_of
from printd.web.problems import NoSuchThing, TicketGone, TooManyRequests
from printd.web.site import Site
from printd.web.tickets import Ticket

router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix="/t")
Word = Annotated[str, Form(max_length=16)]


def _found(site: Site, request: Request, word: str) -> Ticket:
    """Return a ticket.

    Raises:
        TicketGone: nobody has such a one.
        TooManyRequests: somebody tries words.
    """
    if not site.tools.config.kiosk.enabled:
        raise NoSuchThing("Nothing is at this address.")
    try:
        return site.tickets.get(word)
    except TicketGone:
        if not site.visits.may_guess(host_of(request)):
            raise TooManyRequests("Too many tickets that are none.") from None
        raise


@router.get("/{word}")
def ticket(site: TheSite, request: Request, word: str) -> Response:
    """Show how the job is."""
    return _page(site, request, word, "ticket_page.html")


@router.get("/{word}/now")
def now(site: TheSite, request: Request, word: str) -> Response:
    """Show the part of it that changes; asked again and again by the page."""
    return _page(site, request, word, "said.html")


@router.post("/{word}")
def act(site: TheSite, request: Request, word: str, act: Word = "") -> Response:
    """Take the job back, or have its photo deleted."""
    found = _found(site, request, word)
    if act == "cancel":
        tickets.cancel(site, found)
    elif act == "delete":
        tickets.delete_photo(site, found)
    elif act == "keep":
        site.tickets.wish(found, deletes_photo=False)
    return RedirectResponse(f"/t/{word}", SEE_OTHER)


@router.get("/{word}/picture")
def picture(site: TheSite, request: Request, word: str) -> Response:
    """Show the piece."""
    return file_of(site, request, tickets.job_of(site, _found(site, request, word)), "thumbnail")


@router.get("/{word}/camera.jpg")
def camera(site: TheSite, request: Request, word: str) -> Response:
    """Show what the camera of its printer sees, as of ten seconds ago at most."""
    job = tickets.job_of(site, _found(site, request, word))
    if job.printer is None or not _is_filmed(site, job):
        raise NoSuchThing("There is no such picture.")
    still = site.tools.still(job.printer)
    return Response(still, headers={"Cache-Control": "no-store"}, media_type=STILL)


@router.get("/{word}/shapes")
def shown_shapes(site: TheSite, request: Request, word: str) -> Response:
    """Show the shapes of the job."""
    return shapes.picture(site, request, _found(site, request, word))


@router.post("/{word}/choose")
def choose(
    site: TheSite,
    request: Request,
    word: str,
    job: shapes.Whole,
    seen: shapes.Whole,
    number: shapes.Whole,
) -> Response:
    """Print one of them."""
    shapes.choose(site, _found(site, request, word), job=job, seen=seen, number=number)
    return RedirectResponse(f"/t/{word}", SEE_OTHER)


def _page(site: Site, request: Request, word: str, template: str) -> Response:
    _found(site, request, word)
    language = language_of(
        request.cookies.get(COOKIE, ""), request.headers.get("accept-language", "")
    )
    shown = tickets.shown(site, word, language, f"/t/{word}")
    return site.pages.page(
        request,
        f"kiosk/{template}",
        language=language,
        kiosk=site.tools.config.kiosk,
        word=word,
        form_word="",  # the word in the address is the key
        **{
            **shown,
            "piece": _piece(site, word, shown["job"], shown["said"]),
            "still": f"/t/{word}/camera.jpg" if _is_filmed(site, shown["job"]) else "",
        },
    )


def _is_filmed(site: Site, job: Job) -> bool:
    """Return whether a visitor may see the bed: it is theirs, and the house shows it."""
    config = site.tools.config
    printer = config.printers.get(job.printer or "")
    if printer is None or job.state is not State.PRINTING:
        return False
    return config.kiosk.camera and printer.has_camera


def _piece(site: Site, word: str, job: Job, said: Said) -> str:
    """Return where the picture of the piece is; "": there is none, or shapes are shown instead."""
    is_there = not said.shapes and has_file(site, job, "thumbnail")
    return f"/t/{word}/picture?{job.revision}" if is_there else ""
