"""What is done with a printer and with the queue: asked of the daemon, which alone acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from printd.core.errors import NoSuchPrinter
from printd.web.access import Caller
from printd.web.answers import document
from printd.web.api.bodies import Body, Cleared, Lit, OutOfService, Paused, Stopped
from printd.web.api.described import PREFIX, Described, problems
from printd.web.api.printers import PrinterWord
from printd.web.asked import Operate, TheSite
from printd.web.documents import PrinterDocument, QueueDocument, queue_document
from printd.web.site import Site

ANSWER_WITHIN_S: Final = 30.0
Route = Callable[[Callable[..., Response]], Callable[..., Response]]


router = APIRouter(route_class=Described, prefix=PREFIX)


def _does(verb: str) -> Route:
    return router.post(
        f"/printers/{{printer}}/{verb}",
        tags=["printers"],
        response_model=PrinterDocument,
        responses=problems(400, 404, 408, 409, 413),
    )


def _act(site: Site, caller: Caller, name: str, verb: str, told: Body | None = None) -> Response:
    if name not in site.tools.config.printers:
        raise NoSuchPrinter("There is no such printer.")
    args: dict[str, Any] = {"printer": name, **(told.model_dump() if told else {})}
    site.tools.done(verb, args, who=caller.who, within_s=ANSWER_WITHIN_S)
    site.view.forget()
    shown = {one.name: one for one in site.view.sight().printers()}
    return document(shown[name])


@_does("bed-clear")
def bed_clear(site: TheSite, caller: Operate, name: PrinterWord, told: Cleared) -> Response:
    """Say that nothing lies on its bed."""
    return _act(site, caller, name, "bed-clear", told)


@_does("out")
def out(site: TheSite, caller: Operate, name: PrinterWord, told: OutOfService) -> Response:
    """Take it out of service."""
    return _act(site, caller, name, "out", told)


@_does("in")
def back(site: TheSite, caller: Operate, name: PrinterWord) -> Response:
    """Put it back in service."""
    return _act(site, caller, name, "in")


@_does("pause")
def pause(site: TheSite, caller: Operate, name: PrinterWord) -> Response:
    """Let its print rest."""
    return _act(site, caller, name, "pause")


@_does("resume")
def resume(site: TheSite, caller: Operate, name: PrinterWord) -> Response:
    """Let its print go on."""
    return _act(site, caller, name, "resume")


@_does("stop")
def stop(
    site: TheSite, caller: Operate, name: PrinterWord, told: Stopped | None = None
) -> Response:
    """Stop what it prints: a job is cancelled by who asks."""
    return _act(site, caller, name, "stop", told)


@_does("light")
def light(site: TheSite, caller: Operate, name: PrinterWord, told: Lit) -> Response:
    """Switch its light."""
    return _act(site, caller, name, "light", told)


def _queue(verb: str) -> Route:
    return router.post(
        f"/queue/{verb}",
        tags=["queue"],
        response_model=QueueDocument,
        responses=problems(400, 408, 409, 413),
    )


def _of_queue(site: Site, caller: Caller, verb: str, told: Paused | None = None) -> Response:
    args = told.model_dump() if told else {}
    site.tools.done(verb, args, who=caller.who, within_s=ANSWER_WITHIN_S)
    site.view.forget()
    sight = site.view.sight()
    return document(queue_document(sight.paused, sight.counts))


@_queue("pause")
def pause_queue(site: TheSite, caller: Operate, told: Paused | None = None) -> Response:
    """Start nothing new; what prints goes on."""
    return _of_queue(site, caller, "queue-pause", told)


@_queue("resume")
def resume_queue(site: TheSite, caller: Operate) -> Response:
    """Let the queue go on."""
    return _of_queue(site, caller, "queue-resume")
