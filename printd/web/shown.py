"""Jobs as somebody is shown them: what can be done with each hangs on what their key is for."""

from __future__ import annotations

from collections.abc import Iterable

from printd.core.holds import possible_for_owner
from printd.core.jobs import Because, Job
from printd.web.job_documents import JobDocument, job_document
from printd.web.keys import Scope


def shown(job: Job, why: Because | None, scope: Scope) -> JobDocument:
    """Return a job as it is sent to somebody with a key of this scope."""
    document = job_document(job, why)
    if scope.covers(Scope.OPERATE):
        return document
    return document.model_copy(update={"can": can_of(job, document.can, scope)})


def can_of(job: Job, can: Iterable[str], scope: Scope) -> list[str]:
    """Return what of ``can`` a key of this scope may ask for a job of its owner."""
    return [*can] if scope.covers(Scope.OPERATE) else [*possible_for_owner(job, can)]
