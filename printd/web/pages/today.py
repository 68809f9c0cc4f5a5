"""O1, today: who is needed, the printers, the next jobs, what has been done.

Who may only hand in has no part in that, and begins with their own jobs.
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from printd.core.history import Wanted
from printd.core.jobs import State
from printd.core.signing import REASONS
from printd.web.asked import TheSite
from printd.web.job_documents import job_document
from printd.web.keys import Scope
from printd.web.pages.printers import printed_on
from printd.web.pages.visitors import Submitter
from printd.web.view import state_document

NEXT: Final = 10
SEE_OTHER: Final = 303
COUNTED: Final = (State.PRINTED, State.FAILED, State.CANCELLED)
router = APIRouter(include_in_schema=False)


@router.get("/")
def today(site: TheSite, request: Request, caller: Submitter) -> Response:
    """Show what is going on now."""
    if not caller.scope.covers(Scope.OPERATE):
        return RedirectResponse("/queue", SEE_OTHER)
    sight = site.view.sight()
    state = state_document(sight)
    in_line = [job for job in state.jobs if job.state is not State.HELD]
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    over = Wanted(states=frozenset(COUNTED), since=midnight)
    counts = site.tools.lookup.counts(over)
    return site.pages.page(
        request,
        "today.html",
        caller,
        state=state,
        jobs={job.number: job_document(job, sight.why(job)) for job in sight.jobs},
        on_bed=printed_on(site, state.printers),
        reasons=REASONS,
        next_jobs=list(islice(in_line, NEXT)),
        more=max(0, len(in_line) - NEXT),
        counts={of: counts.get(of, 0) for of in COUNTED},
    )
