"""The form of an upload as the description of the API says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

FORM: Final = "multipart/form-data"
A_PICTURE: Final = "image/*, application/octet-stream"


def file_field(words: str) -> dict[str, str]:
    """Return a field that is a file, in words."""
    return {"type": "string", "format": "binary", "description": words}


def form_of(
    fields: Mapping[str, Mapping[str, Any]],
    types: Mapping[str, str],
    example: Mapping[str, Any],
    beside: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a route that takes an upload adds to its description.

    Args:
        fields: by their names, as schemas; `file` has to be sent.
        types: of the fields that are files.
        example: of the fields that are none.
        beside: other bodies that it takes, by their types.
    """
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["file"],
        "properties": {name: dict(schema) for name, schema in fields.items()},
    }
    encoding = {name: {"contentType": kind} for name, kind in types.items()}
    form = {"schema": schema, "example": dict(example), "encoding": encoding}
    return {"requestBody": {"required": True, "content": {FORM: form, **(beside or {})}}}
