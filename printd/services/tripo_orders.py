"""Orders at Tripo, whatever is made: sent with an upload of their own, known again by it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from printd.core.errors import (
    ResultGone,
    ResultUnusable,
    ServiceFailed,
    ServiceModerated,
    SettingInvalid,
)
from printd.services import tripo
from printd.services.inline import content_of, mime_of
from printd.services.line import Line
from printd.services.lost import the_only_one
from printd.services.sent import sending, sent, sent_at
from printd.services.terms import (
    Terms,
    again_s,
    age_s,
    is_overdue,
    still_working,
    ticket_of,
    too_slow,
    unknown_order,
    while_in_doubt,
    while_ordered,
)
from printd.services.ticket import Ticket

FIRST_S: Final = 2.0
LONGEST_S: Final = 30.0
MODERATED: Final = 2008
ENDINGS: Final[Mapping[str, str]] = {"image/png": "png", "image/webp": "webp"}


def order(line: Line, by: str, path: str, picture: Path, fields: Mapping[str, Any]) -> Ticket:
    """Upload a picture and order what is made of it, once.

    Args:
        line: to Tripo.
        by: who orders, as in the configuration.
        path: of what is ordered.
        picture: JPEG or PNG.
        fields: beside the picture; only what differs from the provider's defaults.

    Raises:
        ServiceError, ServiceAway, InDoubt: as ``Line.order``.
    """
    content = content_of(picture)
    mime = mime_of(content) or "image/jpeg"
    name = f"picture.{ENDINGS.get(mime, 'jpg')}"
    token = tripo.upload(line, name, content, mime)
    with sending(picture, by, token=token):
        task = tripo.create(line, path, {"input": token, **fields})
    return ticket_of(by, task)


def find(
    terms: Terms,
    by: str,
    picture: Path,
    since: datetime,
    taken: Collection[str] | None,
    *,
    is_shared: bool,
) -> Ticket | None:
    """Return the lost order of a picture: the one that was given our upload.

    Raises:
        OrderInDoubt, InDoubt: as ``the_only_one``, where Tripo does not show what was given.
    """
    note = sent(picture, by)
    if note is None:
        return None
    with while_in_doubt(terms.line):
        used = tripo.used_since(terms.line, since)
        tasks = [tripo.task(terms.line, one.name) for one in used if one.name not in (taken or ())]
    unclear = []
    for task in filter(None, tasks):
        texts = set(_texts(task.given))
        if note["token"] in texts:
            return ticket_of(by, task.name, at=sent_at(note))
        if not texts:
            unclear.append(task.name)
    found = the_only_one(terms, note, unclear, taken, is_shared=is_shared)
    return None if found is None else ticket_of(by, found, at=sent_at(note))


def known(by: str, name: str) -> Ticket:
    """Return the ticket of a task that a person names.

    Raises:
        SettingInvalid: it cannot be one.
    """
    if tripo.TASK_NAME.fullmatch(name) is None:
        raise SettingInvalid(
            f"{name!r} is no task of Tripo.",
            action="Copy the ID of the task from your account at Tripo.",
        )
    return ticket_of(by, name)


def address(terms: Terms, ticket: Ticket, names: tuple[str, ...], what: str) -> str:
    """Return where the result of an order lies: a fresh address.

    Args:
        terms: of the service.
        ticket: of the order.
        names: of the output that is wanted, the best first.
        what: it is.

    Raises:
        NotYet: it is not ready, or cannot be asked for.
        ServiceFailure: it never will be.
    """
    with while_ordered():
        task = tripo.task(terms.line, ticket.order)
    if task is None:
        raise unknown_order(terms, ticket)
    if task.status == tripo.EXPIRED:
        raise ResultGone(f"{terms.label} has no task {ticket.order} (any more).")
    if task.status == tripo.SUCCESS:
        if (url := task.url(names)) is None:
            raise ResultUnusable(f"The answer of {terms.label} names no {what}.")
        return url
    words = task.said or "no reason given"
    failed = task.status in tripo.FAILED
    if task.status == tripo.BANNED or (failed and task.code == MODERATED):
        raise ServiceModerated(f"{terms.label} will not have this picture: {words}.")
    if failed:
        raise ServiceFailed(f"{terms.label} could not make a {what}: {words}.")
    if is_overdue(terms, ticket):
        raise too_slow(terms)
    wait_s = again_s(age_s(ticket), FIRST_S, LONGEST_S)
    raise still_working(terms, ticket, what, far=f"{task.progress} %", wait_s=wait_s)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
