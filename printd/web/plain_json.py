"""JSON as its standard has it, and means one thing only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


class NotPlain(ValueError):
    """JSON that its standard does not know, or leaves open; the words say what it does."""


def plain_json(text: str | bytes) -> Any:
    """Return what is written in JSON.

    Raises:
        NotPlain: it holds NaN, or says a name twice: another reader could take the other value.
            Source: RFC 8259, sections 4 and 6.
        ValueError, RecursionError: it is none.
    """
    return json.loads(text, parse_constant=_no_number, object_pairs_hook=_object)


def _no_number(word: str) -> float:
    raise NotPlain(f"holds {word}, which is no number of JSON")


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotPlain("says a name twice")
    return found
