"""What the description of the API says of every route: its problems, with an example each."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from printd.web.documents import Problem
from printd.web.plain_json import NotPlain, plain_json
from printd.web.problems import BodyInvalid, WrongType, said

PREFIX: Final = "/api/v1"
Responses = dict[int | str, dict[str, Any]]


class Described(APIRoute):
    """A route whose summary is the first line of its handler's docstring.

    A body that it takes is read strictly: JSON that says it is, and means one thing only.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        words = (endpoint.__doc__ or "").partition("\n")[0].rstrip(".")
        called = more.get("name") or endpoint.__name__
        tag = str(more["tags"][0])
        called = "show" if tag == f"{called}s" else called
        own = {
            "summary": words,
            "description": None,
            "operation_id": called if called == tag else f"{tag}_{called}".replace("-", "_"),
        }
        super().__init__(path, endpoint, **{**more, **own})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what handles a request."""
        handle = super().get_route_handler()
        takes_json = self.body_field is not None

        async def strictly(request: Request) -> Response:
            read = _Strict(request.scope, request.receive)
            if takes_json and await _body_of(read) and not _is_json(read):
                raise WrongType("The body of this request is to be application/json.")
            return await handle(read)

        return strictly


async def _body_of(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect as error:
        raise BodyInvalid("The body of this request was cut off.") from error


class _Strict(Request):
    """A request whose body is JSON as its standard has it."""

    async def json(self) -> Any:
        """Return what its body means.

        Raises:
            BodyInvalid: it means nothing, or more than one thing.
            json.JSONDecodeError, ValueError, RecursionError: it is no JSON.
        """
        try:
            return plain_json(await self.body())
        except NotPlain as error:
            raise BodyInvalid(
                f"The body of this request {error}.", action="Send JSON that means one thing only."
            ) from error


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json"


_EXAMPLES: Final = {
    400: said("body_invalid", "The body of this request cannot be read.", "Send it again, whole."),
    401: said(
        "key_needed",
        "This needs a key.",
        "Send one as `X-Api-Key`; `printd keys create` makes one.",
    ),
    403: said(
        "api_key_too_weak",
        "The key web-shop is for submit; this needs operate.",
        "Use a key of a higher scope; `printd keys create` makes one.",
    ),
    404: said("no_such_job", "There is no job #41.", "See `printd jobs`."),
    408: said(
        "body_too_slow",
        "The body of this request did not come in time.",
        "Send it again over a better connection.",
    ),
    409: said("not_possible_now", "#41 is printed already.", "Look again, then repeat."),
    412: said(
        "tag_differs",
        "It is not what If-Match names any more.",
        "Look again; an act takes the `revision` that was seen as `seen` in its body.",
    ),
    413: said("body_too_large", "A picture may have up to 60 MB.", "Send a smaller one."),
    415: said(
        "wrong_type",
        "The content type is not taken here.",
        "Send what the description at /api/v1/openapi.json asks for.",
    ),
    416: said(
        "no_such_part",
        "The file has 45905 bytes.",
        "Ask for bytes that the file has; Content-Range says how many there are.",
    ),
    421: said(
        "host_refused",
        "The name in this request's Host is not one of this server's.",
        "Add the name to `web: names:` of the configuration if it is yours.",
    ),
    422: said(
        "request_invalid",
        "query.state: Input should be 'held'.",
        "Send what the description at /api/v1/openapi.json asks for.",
        {"fields": [{"path": "query.state", "problem": "Input should be 'held'"}]},
    ),
    429: said(
        "too_many_requests",
        "Too many requests in a short time.",
        "Wait a minute, then go on more slowly.",
    ),
    500: said(
        "internal_error",
        "printd has a fault; the log has the details.",
        "Report the job number; the log has the details.",
    ),
    503: said(
        "still_busy",
        "printd has not answered within 30 s. The request is kept.",
        "Ask again in a while.",
    ),
}
_WORDS: Final = {
    400: "it cannot be read",
    401: "no key, or none that is good",
    403: "the key is for less, or another page asks",
    404: "there is no such thing, or it is not yours",
    408: "it did not come in time",
    409: "not possible in this state",
    412: "not what If-Match names",
    413: "too large",
    415: "of another type",
    416: "the file has no such part",
    421: "meant for another name",
    422: "not what is asked for here",
    429: "too often",
    500: "a fault in printd",
    503: "not now; try again",
}
_ALWAYS: Final = (401, 403, 421, 422, 429, 500, 503)


def problems(*statuses: int) -> Responses:
    """Return the responses of a route that can fail with these, beside what every route can."""
    return {status: problem_response(status) for status in sorted({*_ALWAYS, *statuses})}


def problem_response(status: int) -> dict[str, Any]:
    """Return what the description says of one status of a problem, as routes hold it."""
    content = {"application/json": {"example": _EXAMPLES[status]}}
    return {"model": Problem, "description": _WORDS[status], "content": content}


def binary(*types: str) -> Responses:
    """Return the response of a route that sends a file."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    content = dict.fromkeys(types, schema)
    return {
        200: {"description": "the file", "content": content},
        206: {"description": "a part of it", "content": content},
        304: {"description": "the one that the client has"},
        **{status: problem_response(status) for status in (412, 416)},
    }
