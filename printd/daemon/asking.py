"""What every verb at the desk works with: the arguments of a request, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from printd.core.errors import NotPossibleNow
from printd.core.holds import possible
from printd.core.jobs import Because, Job
from printd.core.lookup import Lookup
from printd.core.requests import Request

OF_FILES: Final = frozenset({"again", "retry", "copies", "forget"})  # cannot be done without them
Values = Mapping[str, Any]
Verb = Callable[[Request], Values]


def arg(request: Request, name: str) -> Any:
    """Return an argument; a request of an older printd may lack it, and must not end this one."""
    if name not in request.args:
        raise NotPossibleNow(f"The request does not say {name!r}.", action="Ask again.")
    return request.args[name]


def words(request: Request, name: str) -> str:
    """Return words that a person may have added; "": none."""
    return str(request.args.get(name) or "")


def answer(job: Job) -> Values:
    """Return what is said of a job afterwards."""
    return {"job": job.number, "state": job.state}


def job_of(store: Lookup, request: Request, verb: str = "") -> Job:
    """Return the job that is spoken of.

    Args:
        store: of the jobs.
        request: which names it.
        verb: that must be possible for it; "": whatever is asked.

    Raises:
        NotPossibleNow: it is not; or who asks has said which one they looked at, and it is another.
    """
    job = store.job(int(arg(request, "job")))
    _check_seen(job, request.args.get("looked_at"))
    if verb:
        check_possible(verb, job)
    return job


def seen_job(store: Lookup, request: Request, verb: str = "") -> Job:
    """Return the job that a person has looked at, if it has not moved on since; as ``job_of``."""
    job = job_of(store, request)
    _check_seen(job, arg(request, "seen"))
    if verb:
        check_possible(verb, job)
    return job


def _check_seen(job: Job, seen: object) -> None:
    if seen is not None and job.revision != int(str(seen)):
        raise NotPossibleNow(
            f"#{job.number} has moved on since you looked: it is {job.state}.",
            action="Look again, then repeat.",
        )


def check_possible(verb: str, job: Job, why: Because | None = None) -> None:
    """Refuse what cannot be done for a job as it is.

    Raises:
        NotPossibleNow: saying what can.
    """
    can = possible(job, why)
    if verb in can:
        return
    if job.in_doubt:
        raise NotPossibleNow(
            f"#{job.number} is in doubt.",
            action=job.because.action if job.because else "Run `printd resolve JOB …` first.",
        )
    if job.files_gone_at is not None and verb in OF_FILES:
        raise NotPossibleNow(
            f"The files of #{job.number} are deleted; its numbers are all that is kept.",
            action="Hand it in again.",
        )
    held = f" ({job.because.code})" if job.because and not job.is_final else ""
    raise NotPossibleNow(
        f"#{job.number} is {job.state}{held}; `{verb}` is not possible.",
        action=f"Possible now: {', '.join(can)}." if can else "Nothing can be done for it.",
    )
