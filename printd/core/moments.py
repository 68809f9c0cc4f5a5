"""Moments and spans of time in the words of people.

One rule for all of them: a time is that of the zone which this machine is set to (``TZ``), and
names it; opening and quiet hours are told in the zone that they are written in, and name that one.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Final

SAME_NAME_DAYS: Final = 7  # from there on a weekday's name could be that of an earlier day


def stamp(moment: datetime, *, year: bool = False, seconds: bool = False) -> str:
    """Return a moment as sentences have it: ``3 May 14:00 CEST``."""
    clock = "%H:%M:%S %Z" if seconds else "%H:%M %Z"
    return f"{day(moment, year=year)} {moment.astimezone():{clock}}"


def day(moment: datetime, *, year: bool = False) -> str:
    """Return the day of a moment: ``3 May``."""
    here = moment.astimezone()
    return f"{here.day} {here:%b %Y}" if year else f"{here.day} {here:%b}"


def hour(moment: datetime) -> str:
    """Return the time of a moment of today: ``14:00 CEST``."""
    return f"{moment.astimezone():%H:%M %Z}"


def is_same_day(one: datetime, other: datetime) -> bool:
    """Say whether two moments are of one day."""
    return one.astimezone().date() == other.astimezone().date()


def moment_words(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """Return a moment to come as it is said where ``zone`` holds: tomorrow at 09:00 CEST."""
    then, today = moment.astimezone(zone), now.astimezone(zone).date()
    days = (then.date() - today).days
    if days == 0:
        name = "today"
    elif days == 1:
        name = "tomorrow"
    elif 0 < days < SAME_NAME_DAYS:
        name = f"on {then:%A}"
    else:
        name = f"on {then.day} {then:%b}"
    return f"{name} at {then:%H:%M %Z}"


def span_words(span: timedelta) -> str:
    """Return a length of time: 2 h 30 min, 40 min."""
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
