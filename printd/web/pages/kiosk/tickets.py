"""K6, and what the page of a ticket shares with it: how the job is, taking it back, its photo."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from printd.core.errors import NotPossibleNow
from printd.core.jobs import Job
from printd.web.asked import TheSite
from printd.web.pages.kiosk.addresses import code_of, phone_base
from printd.web.pages.kiosk.entry import (
    START,
    Changing,
    KioskRoute,
    Visiting,
    Watching,
    go,
    screen,
)
from printd.web.pages.kiosk.estimates import numbers_of
from printd.web.pages.kiosk.flow import step
from printd.web.pages.kiosk.when import COMING
from printd.web.pages.kiosk.words import CANCELLABLE, Said, said_of
from printd.web.site import Site
from printd.web.tickets import Ticket
from printd.web.visits import Visit

WHO: Final = "the visitor"
WITHIN_S: Final = 30.0
router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix=START)


@router.get("/ticket")
def ticket(site: TheSite, request: Request, visit: Visiting) -> Response:
    """Show the ticket."""
    if (other := step(site, visit, "ticket")) is not None:
        return go(other)
    base = phone_base(site)
    address = f"{base}/t/{visit.ticket}" if base else ""
    return screen(
        site,
        request,
        "ticket.html",
        visit,
        code=code_of(address) if address else None,
        ticket_address=address,
        **_shown_at_kiosk(site, visit),
    )


@router.get("/ticket/now")
def now(site: TheSite, request: Request, visit: Watching) -> Response:
    """Show how the job is now; asked again and again by the page."""
    if not visit.ticket:
        return go(START)
    return screen(site, request, "said.html", visit, **_shown_at_kiosk(site, visit))


@router.post("/ticket/photo")
def photo(
    site: TheSite,
    visit: Changing,
    deletes: Annotated[bool, Form()] = False,  # noqa: FBT002  a box of a form
) -> Response:
    """Have the photo deleted after printing, or not."""
    if visit.ticket:
        site.tickets.wish(site.tickets.get(visit.ticket), deletes_photo=deletes)
    return go(f"{START}/ticket")


def _shown_at_kiosk(site: Site, visit: Visit) -> dict[str, Any]:
    language = visit.language or site.tools.config.kiosk.languages[0]
    known = shown(site, visit.ticket, language, f"{START}/ticket")
    said: Said = known["said"]
    if visit.ready_at is None or said.done_at or said.state not in COMING:
        return known
    # Until the print has its place in line, what the summary has said holds.
    return {**known, "said": replace(said, done_at=numbers_of(language).clock(visit.ready_at))}


def shown(site: Site, word: str, language: str, at: str) -> dict[str, Any]:
    """Return what a page shows of a ticket.

    Args:
        site: the parts of the server.
        word: of the ticket.
        language: to say it in.
        at: the path of the page, below which the shapes of the job are chosen.

    Raises:
        TicketGone: it is not known.
    """
    found = site.tickets.get(word)
    job = job_of(site, found)
    return {
        "ticket": found,
        "job": job,
        "said": said_of(site, job, language, deletes_photo=found.deletes_photo),
        "at": at,
        "piece": "",
        "still": "",
    }


def job_of(site: Site, ticket: Ticket) -> Job:
    """Return the job of a ticket as it is now."""
    return site.tools.lookup.job(site.tickets.job_now(ticket))


def cancel(site: Site, ticket: Ticket) -> None:
    """Take the job back while it waits.

    Raises:
        NotPossibleNow, DaemonRefused: it waits no more.
    """
    job = job_of(site, ticket)
    if job.state not in CANCELLABLE:
        raise NotPossibleNow("This job does not wait any more.")
    args = {
        "job": job.number,
        "only": [*CANCELLABLE],  # it may be printing by the time that the daemon comes to it
        "reason": "taken back with its ticket",
    }
    site.tools.done("cancel", args, who=WHO, within_s=WITHIN_S)
    site.view.forget()


def delete_photo(site: Site, ticket: Ticket) -> None:
    """Delete the photo now, or when the job is over.

    Raises:
        DaemonRefused: it cannot be.
    """
    site.tickets.wish(ticket, deletes_photo=True)
    job = job_of(site, ticket)
    if job.is_final and job.files_gone_at is None:
        site.tools.done("forget", {"job": job.number}, who=WHO, within_s=WITHIN_S)
        site.view.forget()
