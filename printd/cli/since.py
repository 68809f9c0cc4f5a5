"""How a moment of the past is typed: a day, a day and a time, or how long ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from printd.core.clock import utc_now
from printd.core.errors import SettingInvalid

UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST: Final = 10_000  # of a unit


def moment_of(word: str) -> datetime:
    """Return the moment that ``2026-05-03``, ``2026-05-03T14:00`` or ``7d`` means, here.

    Raises:
        SettingInvalid: it means none.
    """
    ago = re.fullmatch(r"(\d{1,5})([mhdw])", word)
    if ago and int(ago[1]) <= LONGEST:
        return utc_now() - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        return datetime.fromisoformat(word).astimezone()
    except (ValueError, OverflowError) as error:
        raise SettingInvalid(
            f"{word!r} is no moment.", action="Write it as 2026-05-03, or as 7d, 12h, 30m ago."
        ) from error
