"""What a person reads when a value of a setting cannot be: its name and what is allowed."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from printd.core.print_settings import PrintSettings

# What may be said of a picture beside the settings of its relief.
BESIDE: Final = ("recipe", "name", "copies", "material", "colour", *PrintSettings.model_fields)


def in_words(model: type[BaseModel], error: ValidationError) -> str:
    """Return one sentence for each fault."""
    return " ".join(_sentence(model, fault) for fault in error.errors(include_url=False))


def _sentence(model: type[BaseModel], fault: Any) -> str:
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] in {"extra_forbidden", "invalid_key"}:
        return f"{name}: no such setting; {_hint(model, name)}"
    said = fault["msg"].removeprefix("Value error, ")
    if not name:
        return f"{said}."
    if fault["type"] == "value_error":
        return f"{name}: {said}."
    allowed = _allowed(model, name)
    return f"{name}: {fault['input']!r} is not {allowed or 'possible'}."


def _hint(model: type[BaseModel], name: str) -> str:
    """Return what may have been meant, or where all of them stand."""
    if name in BESIDE:
        return "it is none of a relief and stands in the recipe itself."
    near = get_close_matches(name, [*model.model_fields, *BESIDE], n=1)
    return f"did you mean {near[0]}?" if near else "`printd config example` shows all there are."


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
