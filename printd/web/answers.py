"""How answers are sent: documents as JSON, known by a tag of their bytes, and problems."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from printd.core.errors import PrintdError
from printd.web.problems import (
    USUAL_WAIT_S,
    TagDiffers,
    TooManyRequests,
    Words,
    status_of,
    words_of,
)

ONLY_HEAD: Final = "printd.only_head"  # in the scope of a GET that was a HEAD
KNOWN = {"Cache-Control": "private, no-cache"}  # kept by who asked, and asked for again each time


def document(
    value: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a document as it is sent."""
    body = value.model_dump_json().encode()
    return Response(body, status, dict(headers or {}), "application/json")


def known_document(request: Request, body: bytes) -> Response:
    """Return a document, or only that it is the one which the client has."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, **KNOWN}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json")


def is_known(request: Request, tag: str) -> bool:
    """Say whether the client has what this tag names.

    Raises:
        TagDiffers: the client wants only what another tag names.
    """
    wanted = request.headers.get("if-match", "*").strip()
    if wanted != "*" and tag not in (one.strip() for one in wanted.split(",")):
        raise TagDiffers("It is not what If-Match names any more.")
    asked = request.headers.get("if-none-match", "")
    return asked.strip() == "*" or tag in (
        one.strip().removeprefix("W/") for one in asked.split(",")
    )


def without_body(request: Request, answer: Response) -> Response:
    """Return an answer whose body costs much to send: none of it where nobody wants it."""
    if not request.scope.get(ONLY_HEAD):
        return answer
    return Response(status_code=answer.status_code, headers=answer.headers)


def refusal(error: PrintdError) -> JSONResponse:
    """Return why something was not done, and when it may be tried again."""
    headers = None
    if isinstance(error, TooManyRequests):
        headers = {"Retry-After": str(math.ceil(error.again_s) or 1)}
    return problem(status_of(type(error)), words_of(error), headers)


def problem(status: int, words: Words, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return what was not done, and what to do about it."""
    extra = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if status in (429, 503):
        extra["Retry-After"] = f"{USUAL_WAIT_S:.0f}"
    return JSONResponse(words, status, {**extra, **(headers or {})})
