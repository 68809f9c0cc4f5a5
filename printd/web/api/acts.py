"""What is done with a job: asked of the daemon, which alone acts, and answered when it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from printd.web.access import Caller
from printd.web.answers import document
from printd.web.api.bodies import (
    Chosen,
    Copied,
    Moved,
    OrderFound,
    Overruled,
    PaidFor,
    Placed,
    Resolved,
    Retried,
    Seen,
    SentBack,
    SignedOff,
    WithReason,
)
from printd.web.api.described import PREFIX, Described, problems
from printd.web.api.jobs import JobWord, job_of
from printd.web.asked import Operate, TheSite
from printd.web.documents import JobDocument, job_document
from printd.web.site import Site

ANSWER_WITHIN_S: Final = 30.0
Route = Callable[[Callable[..., Response]], Callable[..., Response]]


router = APIRouter(route_class=Described, prefix=f"{PREFIX}/jobs/{{job}}", tags=["acts"])


def _does(verb: str) -> Route:
    return router.post(
        f"/{verb}",
        response_model=JobDocument,
        responses=problems(400, 404, 408, 409, 413),
    )


def _act(site: Site, caller: Caller, word: str, verb: str, told: Seen | None) -> Response:
    job = job_of(site, caller, word)
    more: dict[str, Any] = told.model_dump(exclude={"seen"}, by_alias=True) if told else {}
    seen = told.seen if told is not None and told.seen is not None else job.revision
    args = {"job": job.number, "seen": seen, **more}
    answer = site.tools.done(verb, args, who=caller.who, within_s=ANSWER_WITHIN_S)
    site.view.forget()
    after = site.tools.lookup.job(int(answer.values["job"]))
    return document(job_document(after, site.view.sight().why(after)))


@_does("cancel")
def cancel(
    site: TheSite, caller: Operate, word: JobWord, told: WithReason | None = None
) -> Response:
    """Cancel a job, at the printer too."""
    return _act(site, caller, word, "cancel", told)


@_does("hold")
def hold(site: TheSite, caller: Operate, word: JobWord, told: WithReason | None = None) -> Response:
    """Stop a job before it is printed."""
    return _act(site, caller, word, "hold", told)


@_does("release")
def release(site: TheSite, caller: Operate, word: JobWord, told: Seen | None = None) -> Response:
    """Let a held job go on; say that one which has waited long is still wanted."""
    return _act(site, caller, word, "release", told)


@_does("approve")
def approve(site: TheSite, caller: Operate, word: JobWord, told: Seen | None = None) -> Response:
    """Let a job be made that a person has looked at."""
    return _act(site, caller, word, "approve", told)


@_does("send-back")
def send_back(site: TheSite, caller: Operate, word: JobWord, told: SentBack) -> Response:
    """Do not make it, and say why."""
    return _act(site, caller, word, "send-back", told)


@_does("retry")
def retry(site: TheSite, caller: Operate, word: JobWord, told: Retried | None = None) -> Response:
    """Let a stopped job go on, or make a failed one again."""
    return _act(site, caller, word, "retry", told)


@_does("again")
def again(site: TheSite, caller: Operate, word: JobWord, told: Retried | None = None) -> Response:
    """Print it again: a new job of the same picture."""
    return _act(site, caller, word, "again", told)


@_does("resolve")
def resolve(site: TheSite, caller: Operate, word: JobWord, told: Resolved) -> Response:
    """Say what became of a job in doubt."""
    return _act(site, caller, word, "resolve", told)


@_does("start-anyway")
def start_anyway(site: TheSite, caller: Operate, word: JobWord, told: Overruled) -> Response:
    """Overrule the reason that it waits for."""
    return _act(site, caller, word, "start-anyway", told)


@_does("move")
def move(site: TheSite, caller: Operate, word: JobWord, told: Moved) -> Response:
    """Let only one printer take it, or any again."""
    return _act(site, caller, word, "move", told)


@_does("reorder")
def reorder(site: TheSite, caller: Operate, word: JobWord, told: Placed) -> Response:
    """Put it before another one in line."""
    return _act(site, caller, word, "reorder", told)


@_does("copies")
def copies(site: TheSite, caller: Operate, word: JobWord, told: Copied) -> Response:
    """Want more or fewer of it."""
    return _act(site, caller, word, "copies", told)


@_does("sign-off")
def sign_off(site: TheSite, caller: Operate, word: JobWord, told: SignedOff) -> Response:
    """Say how the piece has turned out."""
    return _act(site, caller, word, "sign-off", told)


@_does("forget")
def forget(site: TheSite, caller: Operate, word: JobWord, told: Seen | None = None) -> Response:
    """Delete its files; numbers are kept."""
    return _act(site, caller, word, "forget", told)


@_does("pay")
def pay(site: TheSite, caller: Operate, word: JobWord, told: PaidFor | None = None) -> Response:
    """Agree to what the next order at a service costs."""
    return _act(site, caller, word, "pay", told)


@_does("choose")
def choose(site: TheSite, caller: Operate, word: JobWord, told: Chosen) -> Response:
    """Print one of its shapes."""
    return _act(site, caller, word, "choose", told)


@_does("final")
def final(site: TheSite, caller: Operate, word: JobWord, told: Seen | None = None) -> Response:
    """Order the final shape of a draft."""
    return _act(site, caller, word, "final", told)


@_does("resolve-order")
def resolve_order(site: TheSite, caller: Operate, word: JobWord, told: OrderFound) -> Response:
    """Say what became of an order that is in doubt."""
    return _act(site, caller, word, "resolve-order", told)
