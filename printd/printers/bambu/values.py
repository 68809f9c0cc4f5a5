"""Values of a Bambu printer's reports: a wild one is None or empty, never an error.

Types drift between models and firmwares: numbers come as text, text as numbers.
"""

from __future__ import annotations

import math
from typing import Any, Final

from printd.core.names import display_name

LONGEST: Final = 200  # characters of a text that are kept; ours are at most 64
MOST_DIGITS: Final = 20  # more is no number of a printer, and slow to read


def whole(value: object) -> int | None:
    """Read a whole number, also from text and from 3.0."""
    found = number(value)
    return None if found is None or not found.is_integer() else int(found)


def number(value: object) -> float | None:
    """Read a finite number, also from text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and (len(value) > MOST_DIGITS or not value.isascii()):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) < 2**53 else None


def bits(value: object) -> int | None:
    """Read the flags of a hexadecimal text."""
    if not isinstance(value, str) or not 0 < len(value) <= MOST_DIGITS or not value.isalnum():
        return None
    try:
        return int(value, 16)
    except ValueError:
        return None


def text(value: object) -> str:
    """Read a text, also from a number; what cannot be shown is replaced."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return ""
    try:
        return display_name(str(value), LONGEST)
    except ValueError:  # an integer with too many digits
        return ""


def identity(value: object) -> str:
    """Read an id; "" and "0" both mean that there is none."""
    found = text(value)
    return "" if found == "0" else found


def record(value: object) -> dict[str, Any]:
    """Read an object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: object) -> list[dict[str, Any]]:
    """Read a list of objects; what else is in it is left out."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
