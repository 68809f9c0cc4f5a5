"""The calls of a fake service: what is routed where, what is refused, and what bodies must be."""

import functools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tests.peers.services_faults import Call
from tests.peers.services_http import Reply, Request


class Refused(Exception):
    """A request is refused.

    Args:
        status: of HTTP.
        said: what is wrong, in words.
        code: the service's own, where it has one.
        retry_s: the hint when to come again.
        more: what else the body holds.
    """

    def __init__(
        self,
        status: int,
        said: str = "",
        *,
        code: str | int = "",
        retry_s: int | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(said)
        self.status = status
        self.said = said or HTTPStatus(status).phrase
        self.code = code
        self.retry_s = retry_s
        self.more = more or {}


@dataclass(frozen=True, slots=True)
class Route:
    """One call: ``act`` gets the request and the groups of ``path``, a pattern."""

    method: str
    path: str
    call: Call
    act: Callable[..., Reply]
    is_open: bool = False  # needs no credential


@dataclass(slots=True)
class Seen:
    """One request; ``status`` is 0 while, or when, no answer left."""

    call: Call | None
    method: str
    path: str
    status: int = 0


def check_bearer(request: Request, key: str, words: tuple[str, ...] = ("Bearer",)) -> None:
    """Refuse a request whose ``Authorization`` is not one of these words and the key.

    Raises:
        Refused: 401.
    """
    shown = request.headers.get("authorization", "")
    if shown not in {f"{word} {key}" for word in words}:
        raise Refused(401)


def json_object(request: Request, status: int = 400) -> dict[str, Any]:
    """Return the body.

    Raises:
        Refused: it is no object in JSON.
    """
    try:
        content = request.json()
    except ValueError as error:
        raise Refused(status, f"the body is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise Refused(status, "the body is no object")
    return content


def events(steps: Iterator[tuple[str, dict[str, Any]]]) -> Iterator[bytes]:
    """Return server-sent events; one without a name is a comment that keeps the line alive."""
    for name, content in steps:
        yield f"event: {name}\ndata: {json.dumps(content)}\n\n".encode() if name else b": ping\n\n"


def found(routes: list[Route], request: Request) -> tuple[Route | None, tuple[str, ...]]:
    """Return the route of a request and the groups of its path; None when there is none."""
    for route in routes:
        match = _pattern(route.path).fullmatch(request.path)
        if match and route.method == request.method:
            return route, match.groups()
    return None, ()


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path)
