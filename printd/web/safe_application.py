"""What is answered in safe mode: the jobs as far as they can be read, and what mends it.

The same addresses and documents as always, for those who look; whoever wants to change anything is
told why not. Where no key can be checked, only users of this machine's socket see names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from printd.core.board import PrinterStatus
from printd.core.clock import utc_now
from printd.core.config import Config
from printd.core.errors import PrintdError, SafeMode
from printd.core.fleet import Fleet
from printd.core.history import Wanted
from printd.core.jobs import Because, Job, State
from printd.core.last_known import LastKnown
from printd.core.lookup import Lookup
from printd.core.matching import Offer, PrinterClass
from printd.core.shop import offers_of
from printd.web import octoprint_host
from printd.web.access import Access, Caller
from printd.web.answers import document, problem
from printd.web.api.described import PREFIX
from printd.web.asked import host_of, is_at_home
from printd.web.bounds import Bounds
from printd.web.connections import USER
from printd.web.documents import Health, Why
from printd.web.guard import READS, Guard
from printd.web.job_documents import JobDocument, JobPage, JobWithTimeline, job_values, line_of
from printd.web.keys import Keys
from printd.web.keys import Scope as KeyScope
from printd.web.logins import COOKIE, Logins
from printd.web.pages import loaded
from printd.web.pages.rendering import Rendering
from printd.web.people import People
from printd.web.printer_documents import PrinterList, printer_document
from printd.web.problems import status_of, words_of
from printd.web.state_documents import NeedsYou, StateDocument, queue_document
from printd.web.tally import Tally

VISITORS: Final = ("/kiosk", "/u/", "/t/", "/wall")  # whoever is there can mend nothing
MOST_ON_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class SafeHouse:
    """What the daemon lends to the pages of safe mode."""

    config: Config
    why: SafeMode
    store_code: str  # what is wrong with the database
    known: LastKnown
    classes: Mapping[str, PrinterClass]
    heard: Callable[[str], PrinterStatus | None]  # the last word of a printer


class SafeSite:
    """What its handlers share."""

    def __init__(self, house: SafeHouse) -> None:
        self.house = house
        self.pages = Rendering()
        database = house.known.database
        self.lookup = Lookup(database)
        self.access = Access(Keys(database), lambda _key: None, Logins(database), People(database))

    @property
    def because(self) -> Because:
        """Why nothing is done."""
        why = self.house.why
        return Because(why.code, why.problem, why.action)

    def caller(self, request: Request) -> Caller:
        """Return who may see everything.

        Raises:
            SafeMode: the keys cannot be read.
            KeyNeeded, KeyRefused, LoginNeeded, KeyTooWeak: somebody who may not.
        """
        host = host_of(request)
        if not host.startswith(USER) and not self.house.known.knows_keys:
            raise self.house.why
        cookie = request.cookies.get(COOKIE, "")
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        text = request.headers.get("x-api-key") or (bearer if scheme.lower() == "bearer" else "")
        if cookie and not text:
            return self.access.logged_in(cookie, KeyScope.OPERATE, None)
        return self.access.caller(host, text, KeyScope.OPERATE)

    def offers(self) -> list[Offer]:
        """Return the printers with their last word."""
        house = self.house
        confirmed = timedelta(hours=house.config.limits.bed_confirmed_h)
        fleet = Fleet(house.known.database)
        return [
            replace(offer, row=replace(offer.row, status=house.heard(offer.name)))
            for offer in offers_of(house.config, fleet, house.classes, utc_now(), confirmed)
        ]


async def _site(request: Request) -> SafeSite:
    site: SafeSite = request.app.state.site
    return site


TheSafeSite = Annotated[SafeSite, Depends(_site)]
router: Final = APIRouter()


def application(site: SafeSite, bounds: Bounds) -> ASGIApp:
    """Return what is served, guarded."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.site = site
    app.include_router(loaded.router)
    app.include_router(router)
    for kind in (PrintdError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _refused)
    tally = Tally(site.house.known.database)
    # Every path counts as an upload: no body is read, so none need be counted.
    guarded = _OnlyReads(app, site)
    return Guard(guarded, site.house.config.web, lambda _path: True, _refusal, tally, bounds)


class _OnlyReads:
    """Lets those in who look."""

    def __init__(self, app: ASGIApp, site: SafeSite) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what changes nothing."""
        if scope["type"] != "http" or scope["method"] in READS:
            await self._app(scope, receive, send)
            return
        answer = _said(self._site, Request(scope), self._site.house.why)
        await answer(scope, receive, send)


def _refusal(path: str, error: PrintdError) -> Response:
    if octoprint_host.is_here(path):
        return octoprint_host.refusal(error)
    return problem(status_of(type(error)), words_of(error))


def _refused(request: Request, error: Exception) -> Response:
    """Say what cannot be shown; of an address that is not there, too, why so little is."""
    site: SafeSite = request.app.state.site
    return _said(site, request, error if isinstance(error, PrintdError) else site.house.why)


def _said(site: SafeSite, request: Request, error: PrintdError) -> Response:
    path = request.url.path
    is_program = path.startswith("/api/") or octoprint_host.is_here(path)
    if is_program or "text/html" not in request.headers.get("accept", ""):
        return _refusal(path, error)
    return _shown(site, request)


@router.get("/healthz")
@router.get("/readyz")
def health(site: TheSafeSite) -> Response:
    """Say what is wrong, to everybody who watches: there is no secret in it."""
    checks = {"store": site.house.store_code, "safe_mode": "on"}
    return document(Health(ok=False, checks=checks), 503, {"Retry-After": "60"})


@router.get(f"{PREFIX}/state")
def state(site: TheSafeSite, request: Request) -> Response:
    """Show everything at once."""
    site.caller(request)
    now = utc_now()
    jobs = site.lookup.current(now)
    counts = dict.fromkeys(State, 0)
    for job in site.lookup.jobs():
        counts[job.state] += 1
    return document(
        StateDocument.model_construct(
            seq=0,
            queue=queue_document(site.because, counts),
            needs_you=_needs(site, jobs),
            jobs=[_document(job) for job in jobs],
            printers=_printer_list(site).printers,
        )
    )


def _document(job: Job) -> JobDocument:
    return JobDocument.model_construct(**_values(job))


def _values(job: Job) -> dict[str, Any]:
    """Return the values of a job's document: nothing can be done for it, no file is sent."""
    return {**job_values(job, job.because), "can": [], "files": []}


def _needs(site: SafeSite, jobs: Sequence[Job]) -> list[NeedsYou]:
    """Return what waits for a person: the database first, then the held jobs."""
    needs = [_needs_you("printd", site.because)]
    for job in jobs:
        if job.state is State.HELD and job.because is not None:
            needs.append(_needs_you(f"#{job.number} {job.name}", job.because, job.number))
    return needs


def _needs_you(of: str, why: Because, job: int | None = None) -> NeedsYou:
    because = Why(code=why.code, problem=why.problem, action=why.action)
    return NeedsYou(of=of, job=job, printer=None, because=because)


@router.get(f"{PREFIX}/printers")
def printers(site: TheSafeSite, request: Request) -> Response:
    """List the printers."""
    site.caller(request)
    return document(_printer_list(site))


def _printer_list(site: SafeSite) -> PrinterList:
    return PrinterList.model_construct(
        printers=[
            printer_document(offer, site.because, site.house.config.printers[offer.name])
            for offer in site.offers()
        ]
    )


@router.get(f"{PREFIX}/jobs")
def jobs(
    site: TheSafeSite,
    request: Request,
    cursor: Annotated[int | None, Query(ge=0, lt=1 << 62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List jobs, newest first."""
    site.caller(request)
    found = site.lookup.history(Wanted(), before=cursor, limit=limit + 1)
    page, more = found[:limit], len(found) > limit
    return document(
        JobPage.model_construct(
            jobs=[_document(job) for job in page],
            next=str(page[-1].number) if more else None,
        )
    )


@router.get(f"{PREFIX}/jobs/{{word}}")
def job(site: TheSafeSite, request: Request, word: str) -> Response:
    """Show a job with its history."""
    site.caller(request)
    job = site.lookup.find(word)
    return document(
        JobWithTimeline.model_construct(
            **_values(job),
            elsewhere=[],
            timeline=[line_of(event) for event in site.lookup.events(job.number)],
        )
    )


@router.get("/{path:path}")
def page(site: TheSafeSite, request: Request, path: str) -> Response:
    """Show the page, at whatever address."""
    if octoprint_host.is_here(f"/{path}") or f"/{path}".startswith(("/api/", "/metrics")):
        return _refusal(f"/{path}", site.house.why)
    return _shown(site, request)


def _shown(site: SafeSite, request: Request) -> Response:
    """Return the page: to strangers a sentence, on this machine what is wrong and which jobs."""
    path = request.url.path
    is_visitor = f"{path}/".startswith(VISITORS)
    try:
        caller = None if is_visitor else site.caller(request)
    except PrintdError:
        caller = None
    is_here = not is_visitor and (caller is not None or is_at_home(request))
    jobs = site.lookup.current(utc_now()) if is_here else []
    page = site.pages.page(
        request,
        "safe.html",
        status=503,
        is_visitor=is_visitor,
        is_here=is_here,
        knows_names=caller is not None,
        why=site.because,
        source=site.house.known.source,
        jobs=[_document(job) for job in jobs[-MOST_ON_PAGE:]],
        printers=[(offer.name, site.house.heard(offer.name)) for offer in site.offers()]
        if is_here
        else [],
    )
    page.headers["Retry-After"] = "60"
    return page
