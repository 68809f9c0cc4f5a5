"""What is done with jobs, printers and the queue: asked of the daemon, which alone acts.

Every act is a row of a table; its route answers, when it is done, with what it was done to.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter
from types import UnionType
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from printd.core.errors import NoSuchPrinter
from printd.core.holds import IN_LINE
from printd.web.access import Caller
from printd.web.answers import document
from printd.web.api.bodies import (
    Body,
    Chosen,
    Cleared,
    Copied,
    Lit,
    LoadedNow,
    Moved,
    OrderFound,
    OutOfService,
    Overruled,
    PaidFor,
    Paused,
    Placed,
    Resolved,
    Retried,
    Seen,
    SentBack,
    SignedOff,
    Stopped,
    WithReason,
)
from printd.web.api.client_key import ClientKey, checked_key
from printd.web.api.described import PREFIX, Described, problems
from printd.web.api.jobs import JobWord, job_of
from printd.web.api.printers import PrinterWord
from printd.web.asked import Operate, Submit, TheSite
from printd.web.job_documents import JobDocument
from printd.web.once import hash_of, key_of, posted_once
from printd.web.printer_documents import PrinterDocument
from printd.web.shown import shown
from printd.web.site import Site
from printd.web.state_documents import QueueDocument, queue_document

ANSWER_WITHIN_S: Final = 30.0
SEEN: Final = ("seen", "looked_at")  # said by who asks: it counts for every act
KEYWORD: Final = Parameter.KEYWORD_ONLY


@dataclass(frozen=True, slots=True)
class Act:
    """One act: its verb at the daemon, what the description says, what has to be told."""

    verb: str
    words: str
    body: Any = None  # the annotation of what is told; None: nothing is
    of_owner: bool = False  # a key that only hands in may ask it of its own jobs, while they wait


@dataclass(frozen=True, slots=True)
class Target:
    """What acts are done to."""

    path: str
    tag: str
    word: Any  # the annotation of its name in the path; None: there is only one
    answers: type[JobDocument | PrinterDocument | QueueDocument]
    do: Callable[[Site, Caller, str, str, Body | None, str | None], Response]


def _do_job(
    site: Site, caller: Caller, word: str, verb: str, told: Body | None, key: str | None
) -> Response:
    job = job_of(site, caller, word)
    more: dict[str, Any] = told.model_dump(exclude={"seen"}, by_alias=True) if told else {}
    looked_at = told.seen if isinstance(told, Seen) else None
    seen = {"seen": job.revision} if looked_at is None else dict.fromkeys(SEEN, looked_at)
    only = {} if caller.only is None else {"only": [*IN_LINE]}  # it may be started meanwhile
    args = {"job": job.number, **seen, **more, **only}
    if (client_key := checked_key(key)) is None:
        answer = site.tools.done(verb, args, who=caller.who, within_s=ANSWER_WITHIN_S)
    else:
        said = hash_of(["act", verb, job.number, told.model_dump() if told else {}])
        kept = key_of(caller.who, client_key)
        seq, _ = posted_once(site.tools, kept, said, verb, args, who=caller.who)
        answer = site.tools.answer_done(seq, ANSWER_WITHIN_S)
    site.view.forget()
    after = site.tools.lookup.job(int(answer.values["job"]))
    return document(shown(after, site.view.sight().why(after), caller.scope))


def _do_printer(
    site: Site, caller: Caller, word: str, verb: str, told: Body | None, _key: str | None
) -> Response:
    if word not in site.tools.config.printers:
        raise NoSuchPrinter("There is no such printer.")
    args: dict[str, Any] = {"printer": word, **(told.model_dump() if told else {})}
    site.tools.done(verb, args, who=caller.who, within_s=ANSWER_WITHIN_S)
    site.view.forget()
    shown = {one.name: one for one in site.view.sight().printers()}
    return document(shown[word])


def _do_queue(
    site: Site, caller: Caller, _word: str, verb: str, told: Body | None, _key: str | None
) -> Response:
    args = told.model_dump() if told else {}
    site.tools.done(f"queue-{verb}", args, who=caller.who, within_s=ANSWER_WITHIN_S)
    site.view.forget()
    sight = site.view.sight()
    return document(queue_document(sight.paused, sight.counts))


JOB: Final = Target("/jobs/{job}", "acts", JobWord, JobDocument, _do_job)
PRINTER: Final = Target(
    "/printers/{printer}", "printers", PrinterWord, PrinterDocument, _do_printer
)
QUEUE: Final = Target("/queue", "queue", None, QueueDocument, _do_queue)

JOB_ACTS: Final[Sequence[Act]] = (
    Act(
        "cancel",
        "Cancel a job, at the printer too; a `submit` key its own jobs, while they wait",
        WithReason | None,
        of_owner=True,
    ),
    Act("hold", "Stop a job before it is printed", WithReason | None),
    Act(
        "release",
        "Let a held job go on; say that one which has waited long is still wanted",
        Seen | None,
    ),
    Act("approve", "Let a job be made that a person has looked at", Seen | None),
    Act("send-back", "Do not make it, and say why", SentBack),
    Act("retry", "Let a stopped job go on, or make a failed one again", Retried | None),
    Act("again", "Print it again: a new job of the same picture", Retried | None),
    Act("resolve", "Say what became of a job in doubt", Resolved),
    Act("start-anyway", "Overrule the reason that it waits for", Overruled),
    Act("move", "Let only one printer take it, or any again", Moved),
    Act("reorder", "Put it before another one in line", Placed),
    Act("copies", "Want more or fewer of it", Copied),
    Act("sign-off", "Say how the piece has turned out", SignedOff),
    Act("forget", "Delete its files; numbers are kept", Seen | None),
    Act("pay", "Agree to what the next order at a service costs", PaidFor | None),
    Act("choose", "Print one of its shapes", Chosen),
    Act("final", "Order the final shape of a draft", Seen | None),
    Act("resolve-order", "Say what became of an order that is in doubt", OrderFound),
)
PRINTER_ACTS: Final[Sequence[Act]] = (
    Act("bed-clear", "Say that nothing lies on its bed", Cleared),
    Act("out", "Take it out of service", OutOfService),
    Act("in", "Put it back in service"),
    Act("pause", "Let its print rest"),
    Act("resume", "Let its print go on"),
    Act("stop", "Stop what it prints: a job is cancelled by who asks", Stopped | None),
    Act("light", "Switch its light", Lit),
    Act("load", "Say what filament is loaded, from the next print on", LoadedNow),
)
QUEUE_ACTS: Final[Sequence[Act]] = (
    Act("pause", "Start nothing new; what prints goes on", Paused | None),
    Act("resume", "Let the queue go on"),
)


def _asks(target: Target, act: Act) -> inspect.Signature:
    """Return what the route of an act asks for, as the framework reads it."""
    asks = Submit if act.of_owner else Operate
    key = ClientKey if target is JOB else None
    asked = {"site": TheSite, "caller": asks, "word": target.word, "told": act.body, "key": key}
    missing = {"key": None, **({"told": None} if isinstance(act.body, UnionType) else {})}
    return inspect.Signature(
        [
            Parameter(name, KEYWORD, annotation=of, default=missing.get(name, Parameter.empty))
            for name, of in asked.items()
            if of is not None
        ]
    )


def _route(router: APIRouter, target: Target, act: Act) -> None:
    def handler(
        site: Site,
        caller: Caller,
        word: str = "",
        told: Body | None = None,
        key: str | None = None,
    ) -> Response:
        return target.do(site, caller, word, act.verb, told, key)

    handler.__doc__ = f"{act.words}."
    handler.__signature__ = _asks(target, act)  # type: ignore[attr-defined]
    router.add_api_route(
        f"{target.path}/{act.verb}",
        handler,
        methods=["POST"],
        name=act.verb.replace("-", "_"),
        tags=[target.tag],
        response_model=target.answers,
        responses=problems(400, *([] if target.word is None else [404]), 408, 409, 413),
    )


router = APIRouter(route_class=Described, prefix=PREFIX)
for _target, _acts in ((JOB, JOB_ACTS), (PRINTER, PRINTER_ACTS), (QUEUE, QUEUE_ACTS)):
    for _act in _acts:
        _route(router, _target, _act)
