"""What a service takes: its fields with their types and ranges, as the document lists them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any


class Wrong(StrEnum):
    """What may be wrong with a field."""

    MISSING = auto()
    UNKNOWN = auto()
    TYPE = auto()
    RANGE = auto()
    CHOICE = auto()


@dataclass(frozen=True, slots=True)
class Problem:
    """One field that is not as it must be."""

    field: str
    wrong: Wrong
    said: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        kind: ``str``, ``int``, ``float``, ``bool``, ``list`` (of strings), ``dict`` or ``any``.
        required: whether it must be there.
        low: least value, or length of a text or list; ``high``: greatest.
        choices: all that is allowed, of a list: of its entries.
    """

    kind: str
    required: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[object, ...] = ()


TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "list": (list,),
    "dict": (dict,),
    "any": (object,),
}


def problems(given: Mapping[str, Any], fields: Mapping[str, Field]) -> list[Problem]:
    """Return whatever is wrong with what was given; empty: nothing."""
    found = [
        Problem(name, Wrong.MISSING, "field required")
        for name, field in fields.items()
        if field.required and name not in given
    ]
    for name, value in given.items():
        if name not in fields:
            found.append(Problem(name, Wrong.UNKNOWN, "no such field"))
        elif problem := _problem(name, value, fields[name]):
            found.append(problem)
    return found


def _problem(name: str, value: Any, field: Field) -> Problem | None:
    is_flag = isinstance(value, bool) and field.kind in {"int", "float"}
    if is_flag or not isinstance(value, TYPES[field.kind]):
        return Problem(name, Wrong.TYPE, f"must be {field.kind}")
    entries = value if isinstance(value, list) else [value]
    if field.kind == "list" and not all(isinstance(entry, str) for entry in entries):
        return Problem(name, Wrong.TYPE, "must be a list of strings")
    if field.choices and not all(_is_among(entry, field.choices) for entry in entries):
        return Problem(name, Wrong.CHOICE, f"must be one of {field.choices}")
    measure = _measure(value)
    if field.low is not None and measure < field.low:
        return Problem(name, Wrong.RANGE, f"must be at least {field.low}")
    if field.high is not None and measure > field.high:
        return Problem(name, Wrong.RANGE, f"must be at most {field.high}")
    return None


def _is_among(value: object, choices: tuple[object, ...]) -> bool:
    return any(value == choice and type(value) is type(choice) for choice in choices)


def _measure(value: Any) -> Any:
    return len(value) if isinstance(value, str | list) else value
