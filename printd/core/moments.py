"""Moments and spans of time in the words of people."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Final

SAME_NAME_DAYS: Final = 7  # from there on a weekday's name could be that of an earlier day


def moment_words(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """Return a moment to come as it is said where ``zone`` holds: tomorrow at 09:00 CEST."""
    then, today = moment.astimezone(zone), now.astimezone(zone).date()
    days = (then.date() - today).days
    if days == 0:
        day = "today"
    elif days == 1:
        day = "tomorrow"
    elif 0 < days < SAME_NAME_DAYS:
        day = f"on {then:%A}"
    else:
        day = f"on {then.day} {then:%b}"
    return f"{day} at {then:%H:%M %Z}"


def span_words(span: timedelta) -> str:
    """Return a length of time: 2 h 30 min, 40 min."""
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
