"""Jobs, to be read: lists by pages, single ones with their history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from printd.core.history import Wanted
from printd.core.jobs import Job, State
from printd.core.shop import why_not_there
from printd.web.access import Caller
from printd.web.answers import known_document
from printd.web.api.described import PREFIX, Described, problems
from printd.web.asked import Submit, TheSite
from printd.web.job_documents import JobPage, JobWithTimeline, elsewhere_of, job_values, line_of
from printd.web.problems import RequestInvalid
from printd.web.shown import can_of, shown
from printd.web.site import Site

JobWord = Annotated[str, Path(alias="job", max_length=64, description="number, id, or `last`")]
JobId = JobWord


router = APIRouter(route_class=Described, prefix=f"{PREFIX}/jobs", tags=["jobs"])


@router.get(
    "",
    response_model=JobPage,
    responses={304: {"description": "as before"}, **problems()},
)
def jobs(
    site: TheSite,
    caller: Submit,
    request: Request,
    state: Annotated[list[State] | None, Query(description="any of these")] = None,
    printer: Annotated[str | None, Query(max_length=200, description="that has it")] = None,
    owner: Annotated[str | None, Query(max_length=200, description="such as key:shop")] = None,
    source: Annotated[
        str | None, Query(max_length=200, description="such as drop, api, slicer, page")
    ] = None,
    since: Annotated[datetime | None, Query(description="moved at or after")] = None,
    until: Annotated[datetime | None, Query(description="moved before")] = None,
    search: Annotated[str, Query(max_length=200, description="words of it")] = "",
    cursor: Annotated[str | None, Query(max_length=20, description="`next` of a page")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="jobs on a page")] = 50,
) -> Response:
    """List jobs, newest first."""
    wanted = Wanted(
        search=search,
        states=frozenset(state or ()),
        printer=printer,
        owner=owner if caller.only is None else caller.only,
        source=source,
        since=_of_utc(since),
        until=_of_utc(until),
    )
    found = site.tools.lookup.history(wanted, before=_before(cursor), limit=limit + 1)
    page, more = found[:limit], len(found) > limit
    sight = site.view.sight()
    answer = JobPage.model_construct(
        jobs=[shown(job, sight.why(job), caller.scope) for job in page],
        next=str(page[-1].number) if more else None,
    )
    return known_document(request, answer.model_dump_json().encode())


@router.get(
    "/{job}",
    response_model=JobWithTimeline,
    responses={304: {"description": "as before"}, **problems(404)},
)
def job(site: TheSite, caller: Submit, request: Request, word: JobWord) -> Response:
    """Show a job with its history."""
    found = job_of(site, caller, word)
    sight = site.view.sight()
    values = job_values(found, sight.why(found))
    answer = JobWithTimeline.model_construct(
        **{**values, "can": can_of(found, values["can"], caller.scope)},
        ahead=sight.standing.ahead.get(found.number),
        starts_at=sight.standing.starts.get(found.number),
        elsewhere=elsewhere_of(why_not_there(found, sight.offers)),
        timeline=[line_of(event) for event in site.tools.lookup.events(found.number)],
    )
    return known_document(request, answer.model_dump_json().encode())


def job_of(site: Site, caller: Caller, word: str) -> Job:
    """Return the job that is meant.

    Raises:
        NoSuchJob: there is none, or it is somebody else's and the caller sees only their own.
    """
    return site.tools.lookup.find(word, caller.only)


def _of_utc(moment: datetime | None) -> datetime | None:
    """Return a moment as the store knows moments.

    Raises:
        RequestInvalid: it has no zone, so that nobody can know which one is meant; or its year is
            none that is counted.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise RequestInvalid("A moment needs its zone, such as 2026-05-03T12:00:00Z.")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise RequestInvalid("A moment lies in the years 1 to 9999, in UTC.") from error


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise RequestInvalid("This is no cursor of a page.")
    return int(cursor)
