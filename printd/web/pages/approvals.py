"""O5, approvals: what waits for somebody to look at it before it is made."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from printd.core.holds import APPROVAL
from printd.core.jobs import Job, State
from printd.core.recipe_words import lines_of
from printd.web.api.limits import limits_document
from printd.web.asked import TheSite
from printd.web.job_documents import job_document
from printd.web.pages.make import can_change
from printd.web.pages.visitors import Operator
from printd.web.site import Site

router = APIRouter(include_in_schema=False)


@router.get("/approvals")
def approvals(site: TheSite, request: Request, caller: Operator) -> Response:
    """Show what waits to be approved, the longest waiting first."""
    sight = site.view.sight()
    waiting = [
        job
        for job in sight.jobs
        if job.state is State.HELD and job.because is not None and job.because.code == APPROVAL
    ]
    return site.pages.page(
        request,
        "approvals.html",
        caller,
        jobs=[job_document(job, sight.why(job)) for job in waiting],
        limits={job.number: limits_document(site, job) for job in waiting},
        can_look={job.number for job in waiting if can_change(site, job)},
        lines={job.number: _lines(site, job) for job in waiting},
        currency=site.tools.config.price.currency,
    )


def _lines(site: Site, job: Job) -> list[str]:
    """Return what is made of it, in words; a recipe that is gone has none."""
    recipe = site.tools.config.recipes.get(job.recipe)
    return [*lines_of(recipe)] if recipe is not None else []
