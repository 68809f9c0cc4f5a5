"""K4c: the shapes that were made of a visitor's photo, of which they choose one themselves."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from printd.core.errors import NotPossibleNow
from printd.core.jobs import Job
from printd.core.route import CHOSEN
from printd.web.api.files import file_of
from printd.web.asked import TheSite
from printd.web.pages.kiosk.entry import START, Changing, KioskRoute, Watching, go
from printd.web.pages.kiosk.tickets import WHO, WITHIN_S, job_of
from printd.web.pages.kiosk.words import is_to_choose
from printd.web.problems import DaemonRefused, NoSuchThing, PageTooOld
from printd.web.site import Site
from printd.web.tickets import Ticket

NOT_NOW: Final = NotPossibleNow.code
Whole = Annotated[int, Form(ge=0, le=2**31)]
router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix=f"{START}/ticket")


@router.get("/shapes")
def shapes(site: TheSite, request: Request, visit: Watching) -> Response:
    """Show the shapes of the visit's job."""
    return picture(site, request, site.tickets.get(visit.ticket))


@router.post("/choose")
def chosen(site: TheSite, visit: Changing, job: Whole, seen: Whole, number: Whole) -> Response:
    """Print one of them."""
    choose(site, site.tickets.get(visit.ticket), job=job, seen=seen, number=number)
    return go(f"{START}/ticket")


def picture(site: Site, request: Request, ticket: Ticket) -> Response:
    """Send the picture of all shapes side by side, while they wait to be chosen.

    Raises:
        NoSuchThing: none waits, or there is no picture.
    """
    job = job_of(site, ticket)
    if not is_to_choose(job):
        raise NoSuchThing("No shapes wait to be chosen.")
    return file_of(site, request, job, "thumbnail")


def choose(site: Site, ticket: Ticket, *, job: int, seen: int, number: int) -> None:
    """Let the job of a ticket go on with one of its shapes; the same once more changes nothing.

    Args:
        site: the parts of the server.
        ticket: of the visitor.
        job: the number of the job that their page has shown.
        seen: its revision there.
        number: of the shape, from 1 on.

    Raises:
        PageTooOld: the job has moved on since, or is another one.
        DaemonRefused: there is no such shape.
    """
    found = job_of(site, ticket)
    if job == found.number and _is_chosen(found, number):
        return
    if (job, seen) != (found.number, found.revision) or not is_to_choose(found):
        raise PageTooOld("This job has moved on since the page was shown.")
    try:
        site.tools.done(
            "choose", {"job": job, "seen": seen, "number": number}, who=WHO, within_s=WITHIN_S
        )
    except DaemonRefused as refusal:
        after = job_of(site, ticket)
        if refusal.code != NOT_NOW or after.revision == seen:
            raise
        if not _is_chosen(after, number):
            raise PageTooOld("This job has moved on since the page was shown.") from refusal
    finally:
        site.view.forget()


def _is_chosen(job: Job, number: int) -> bool:
    return job.facts.get(CHOSEN) == number and not is_to_choose(job)
