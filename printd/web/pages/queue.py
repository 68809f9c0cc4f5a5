"""O2, the queue: jobs in the order in which they will start, and those that are over.

Who may only hand in sees their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from printd.core.clock import utc_now
from printd.core.history import Wanted
from printd.core.jobs import FINAL, Job, State
from printd.web.asked import TheSite
from printd.web.pages.looks import SOURCES
from printd.web.pages.visitors import Submitter
from printd.web.shown import shown
from printd.web.view import Sight

PAGE: Final = 40
SOON: Final = timedelta(minutes=5)  # what waits although it could start says why instead
# What is nearest to its print comes first; who waits for a printer stands as in line.
NEARNESS: Final = (
    State.PRINTING,
    State.UPLOADED,
    State.ASSIGNED,
    State.SLICED,
    State.PRINTABLE,
    State.MESHED,
    State.ORDERED,
    State.DRAWN,
    State.RECEIVED,
    State.HELD,
)
Text = Annotated[str, Query(max_length=200)]
router = APIRouter(include_in_schema=False)


@router.get("/queue")
def queue(
    site: TheSite,
    request: Request,
    caller: Submitter,
    search: Text = "",
    state: Annotated[State | Literal[""], Query()] = "",
    printer: Text = "",
    owner: Text = "",
    source: Text = "",
    show: Annotated[str, Query(pattern="^(line|history)$")] = "line",
    cursor: Annotated[str, Query(pattern=r"^\d{0,18}$")] = "",
) -> Response:
    """Show the jobs that are not over; `show=history`: those that are."""
    sight = site.view.sight()
    is_history = show == "history"
    states = frozenset({State(state)} if state else State)
    wanted = Wanted(
        search=search,
        states=states & (FINAL if is_history else frozenset(State) - FINAL),
        printer=printer or None,
        owner=caller.only or owner or None,
        source=source or None,
    )
    before = int(cursor) if cursor else None
    limit = PAGE + 1 if is_history else None
    found = site.tools.lookup.history(wanted, before=before, limit=limit) if wanted.states else []
    page = found[:PAGE] if is_history else in_order(found, sight)
    return site.pages.page(
        request,
        "queue.html",
        caller,
        show=show,
        rows=[shown(job, sight.why(job), caller.scope) for job in page],
        line=list(sight.standing.ahead),
        starts=soon_left_out(sight.standing.starts),
        ahead=sight.standing.ahead,
        paused=sight.paused,
        printers=list(site.tools.config.printers),
        sources=list(SOURCES),
        states=[of for of in State if (of in FINAL) is is_history],
        asked={
            "search": search,
            "state": state,
            "printer": printer,
            "owner": owner,
            "source": source,
        },
        next=page[-1].number if is_history and len(found) > PAGE else None,
    )


def in_order(jobs: Iterable[Job], sight: Sight) -> Sequence[Job]:
    """Return jobs in the order in which they will start, as far as that is known."""
    ahead = sight.standing.ahead

    def place(job: Job) -> tuple[int, int, int]:
        return NEARNESS.index(job.state), ahead.get(job.number, 0), job.number

    return sorted(jobs, key=place)


def soon_left_out(starts: Mapping[int, datetime]) -> dict[int, datetime]:
    """Return when jobs are likely to start, without those that only wait to be let."""
    later = utc_now() + SOON
    return {job: at for job, at in starts.items() if at > later}
