"""What happens, as it happens: a stream that goes on where its reader has left it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from printd.web.access import Caller
from printd.web.api.described import PREFIX, Described, problems
from printd.web.asked import Submit, TheSite
from printd.web.hub import Message
from printd.web.problems import RequestInvalid
from printd.web.state_documents import EventDocument
from printd.web.stream import Stream

EXAMPLE: Final = (
    "id: 812\nevent: job\n"
    'data: {"type": "job.held", "at": "2026-05-03T12:00:00Z", "who": "ana", "text": "Held by ana.",'
    ' "job": {…}, "printer": null}\n\n'
)
STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "messages `job`, `printer`, `queue`, `notice`; their data are documents "
        "like `EventDocument`, their ids numbers of events; a comment at least every 15 s. An id "
        "without data is the place to go on from",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}},
    }
}
router = APIRouter(route_class=Described, prefix=PREFIX, tags=["state"])


@router.get(
    "/events",
    response_class=Response,
    responses={**STREAM, **problems()},
    openapi_extra={"x-event": EventDocument.__name__},
)
def events(
    site: TheSite,
    caller: Submit,
    last_event_id: Annotated[
        str | None, Header(description="go on after this event; up to 1000 are told again")
    ] = None,
    after: Annotated[str | None, Query(description="the same, for the first time")] = None,
) -> Response:
    """Follow what happens."""
    said = last_event_id or after
    seen = None if not said else _number(said)
    place = site.hub.join(caller.only)
    try:
        newest, missed = (site.watch.newest(), []) if seen is None else site.watch.missed(seen)
    except BaseException:
        site.hub.leave(caller.only)
        raise
    return Stream(
        site.hub,
        caller.only,
        place,
        newest,
        missed,
        lambda message: _text_for(caller, message),
        lambda: site.access.is_still_good(caller),
        site.bounds,
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise RequestInvalid("This is no number of an event.")
    return int(text)


def _text_for(caller: Caller, message: Message) -> bytes:
    """Return what somebody is told; b"": it is none of their business."""
    if caller.only is None or message.is_for_all:
        return message.text
    return message.own or message.text if message.owner == caller.only else b""
