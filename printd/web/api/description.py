"""The description of the API as OpenAPI: what the framework knows of the routes, and the rest.

The rest is what holds for many routes alike: examples, tags of documents, parts of files, when to
come again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from fastapi import FastAPI

from printd.web.api.described import problem_response
from printd.web.api.examples import EXAMPLES
from printd.web.documents import Problem
from printd.web.state_documents import EventDocument

SCHEMAS: Final = "#/components/schemas/{model}"
PROBLEM: Final = SCHEMAS.format(model=Problem.__name__)
TAG: Final = {"description": "names just this content", "schema": {"type": "string"}}
PLACE: Final = {"description": "where it is", "schema": {"type": "string"}}
AGAIN: Final = {"description": "seconds to wait before", "schema": {"type": "integer"}}
HAVE: Final = {
    "name": "If-None-Match",
    "in": "header",
    "description": "tags that the client has: 304 instead of the same again",
    "schema": {"type": "string", "maxLength": 1000},
}
PARTS: Final = {
    "name": "Range",
    "in": "header",
    "description": "some bytes of it, such as `bytes=0-99`",
    "schema": {"type": "string", "maxLength": 1000},
}
PLACED: Final = ("jobs_create", "drafts_create", "drafts_job", "keys_create")  # say Location


class DescribedApp(FastAPI):
    """An application whose description says everything."""

    _one_makes_it: ClassVar = threading.Lock()

    def openapi(self) -> dict[str, Any]:
        """Return the description; made once, whoever asks at the same time."""
        with self._one_makes_it:
            if self.openapi_schema is None:
                complete(super().openapi())
            return super().openapi()


def complete(description: dict[str, Any]) -> None:
    """Add to a description what holds for many of its routes."""
    schemas = description["components"]["schemas"]
    event = EventDocument.model_json_schema(ref_template=SCHEMAS)
    for name, schema in event.pop("$defs").items():
        schemas.setdefault(name, schema)
    schemas[EventDocument.__name__] = event
    for name, example in EXAMPLES.items():
        schemas[name]["example"] = example
    for operation, is_read in _operations(description):
        _complete(operation, is_read=is_read)


def _operations(description: dict[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    for methods in description["paths"].values():
        for method, operation in methods.items():
            yield operation, method == "get"


def _complete(operation: dict[str, Any], *, is_read: bool) -> None:
    responses = operation["responses"]
    parameters = operation.setdefault("parameters", [])
    has_tag = "304" in responses
    if has_tag or not is_read:
        responses["412"] = _problem(412)
    if has_tag:
        parameters.append(HAVE)
        for status in {"200", "206", "304"} & {*responses}:
            responses[status]["headers"] = {"ETag": TAG}
    if "206" in responses:
        parameters.append(PARTS)
    if operation["operationId"] in PLACED:
        for status in {"200", "201"} & {*responses}:
            responses[status].setdefault("headers", {})["Location"] = PLACE
    for status in {"429", "503"} & {*responses}:
        if _is_problem(responses[status]):
            responses[status]["headers"] = {"Retry-After": AGAIN}
    operation["responses"] = dict(sorted(responses.items()))


def _problem(status: int) -> dict[str, Any]:
    """Return what is said of one status of a problem, as the description holds it."""
    found = problem_response(status)
    del found["model"]
    found["content"]["application/json"]["schema"] = {"$ref": PROBLEM}
    return found


def _is_problem(response: dict[str, Any]) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return bool(schema.get("$ref") == PROBLEM)
