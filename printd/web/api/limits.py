"""How much the owner of a job has had of what they may have."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from printd.core.clock import utc_now
from printd.core.jobs import Job
from printd.core.usage import Had, allowance_of
from printd.web.answers import document
from printd.web.api.described import PREFIX, Described, problems
from printd.web.api.jobs import JobWord, job_of
from printd.web.asked import Operate, TheSite
from printd.web.documents import Document
from printd.web.site import Site

router = APIRouter(route_class=Described, prefix=f"{PREFIX}/jobs/{{job}}", tags=["jobs"])


class HadDocument(Document):
    """How much of one limit is used."""

    of: Literal["prints", "grams", "hours", "money", "waiting"]
    used: str = Field(description="a decimal number; this job is counted")
    most: str = Field(description="a decimal number")


class LimitsDocument(Document):
    """What binds the owner of a job."""

    holder: str = Field(description="in words")
    within_h: float | None = Field(description="counted over so long; null: for ever")
    had: list[HadDocument] = Field(description="empty: nothing binds them")


def limits_document(site: Site, job: Job) -> LimitsDocument:
    """Return what the owner of a job has had, as it is sent."""
    allowed = allowance_of(site.tools.reading, site.tools.config, job, utc_now())
    if allowed is None:
        return LimitsDocument(holder=job.owner, within_h=None, had=[])
    return LimitsDocument(
        holder=str(allowed.holder),
        within_h=allowed.within_h,
        had=[_had(each) for each in allowed.had],
    )


def _had(had: Had) -> HadDocument:
    return HadDocument(of=had.of, used=f"{had.used:f}", most=f"{had.most:f}")


@router.get("/limits", response_model=LimitsDocument, responses=problems(404))
def limits(site: TheSite, caller: Operate, word: JobWord) -> Response:
    """Show how much its owner has had of what they may have."""
    return document(limits_document(site, job_of(site, caller, word)))
