"""W1, the board on the wall: what prints now, what comes next, what lies ready."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from printd.core.clock import utc_now
from printd.core.history import Wanted
from printd.core.jobs import Job, State
from printd.web.api.files import file_of, has_file
from printd.web.asked import TheSite
from printd.web.pages.kiosk.entry import AtKiosk, KioskRoute, screen
from printd.web.pages.kiosk.products import picture_of
from printd.web.pages.kiosk.words import Said, said_of
from printd.web.problems import NoSuchThing
from printd.web.site import Site

NOW: Final = 6
NEXT: Final = 5
READY: Final = 8
READY_FOR: Final = timedelta(hours=24)
LINE: Final = (State.SLICED, State.ASSIGNED, State.UPLOADED)
router = APIRouter(route_class=KioskRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Card:
    """One job on the wall."""

    number: int
    name: str  # "": nobody has agreed to be named
    said: Said
    kind: str  # picture of such a piece, below ``img/kiosk/``
    picture: str = ""  # address of that of the piece itself, where its visitor has agreed


@router.get("/wall")
def wall(site: TheSite, request: Request, kiosk: AtKiosk) -> Response:
    """Show the board."""
    names = site.tickets.shown_names()
    language = kiosk.languages[0]

    def card(job: Job) -> Card:
        name = names.get(job.number, "")
        said = said_of(site, job, language, deletes_photo=False)
        is_seen = bool(name) and has_file(site, job, "thumbnail")
        return Card(
            job.number,
            name,
            said,
            picture_of(site.tools.config, job.recipe),
            f"/wall/{job.number}/picture?{job.revision}" if is_seen else "",
        )

    sight = site.view.sight()
    ahead = sight.standing.ahead
    in_line = sorted(
        (job for job in sight.jobs if job.state in LINE),
        key=lambda job: (job.state is State.SLICED, ahead.get(job.number, 0), job.number),
    )
    return screen(
        site,
        request,
        "wall.html",
        now_printing=[card(job) for job in sight.jobs if job.state is State.PRINTING][:NOW],
        next_jobs=[card(job) for job in in_line[:NEXT]],
        more=max(0, len(in_line) - NEXT),
        ready=[card(job) for job in _ready(site)],
    )


@router.get("/wall/{number}/picture")
def picture(site: TheSite, request: Request, _kiosk: AtKiosk, number: int) -> Response:
    """Show a piece that is being printed and may be seen."""
    job = {job.number: job for job in site.view.sight().jobs}.get(number)
    if job is None or job.state is not State.PRINTING or number not in site.tickets.shown_names():
        raise NoSuchThing("There is no such picture.")
    return file_of(site, request, job, "thumbnail")


def _ready(site: Site) -> list[Job]:
    """Return what was printed lately and lies ready, newest first."""
    wanted = Wanted(states=frozenset({State.PRINTED}), since=utc_now() - READY_FOR)
    return site.tools.lookup.history(wanted, before=None, limit=READY)
