"""What a person reads when a value of a setting cannot be: its name and what is allowed."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError


def in_words(model: type[BaseModel], error: ValidationError) -> str:
    """Return one sentence for each fault."""
    return " ".join(_sentence(model, fault) for fault in error.errors(include_url=False))


def _sentence(model: type[BaseModel], fault: Any) -> str:
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] in {"extra_forbidden", "invalid_key"}:
        known = ", ".join(model.model_fields)
        return f"{name}: no such setting; known are {known}."
    said = fault["msg"].removeprefix("Value error, ")
    if not name:
        return f"{said}."
    if fault["type"] == "value_error":
        return f"{name}: {said}."
    allowed = _allowed(model, name)
    return f"{name}: {fault['input']!r} is not {allowed or 'possible'}."


def _allowed(model: type[BaseModel], name: str) -> str:
    field = model.model_fields.get(name)
    if field is None:
        return ""
    limits = {
        key: value
        for part in field.metadata
        for key in ("ge", "le")
        if (value := getattr(part, key, None)) is not None
    }
    if limits:
        kind = "a whole number" if field.annotation is int else "a number"
        return f"{kind} from {limits['ge']:g} to {limits['le']:g}"
    if field.annotation is bool:
        return "true or false"
    return " or ".join(word for word in get_args(field.annotation) if isinstance(word, str))
