"""Hours by the clock on the wall: weekdays and dates, over midnight and through clock changes.

Pure: every moment is handed in, aware. A time of day means the first moment at which the clock on
the wall shows it or more. So a time that a change leaves out is the moment of the change, one that
comes twice is its first coming, and no range is ever twice.
"""

from __future__ import annotations

import difflib
import itertools
import os
import re
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Final

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY: Final = "daily"
DAY_MIN: Final = 24 * 60
DAY: Final = timedelta(days=1)
LOOKED_DAYS: Final = 400  # further ahead nothing is looked for: a year, and its exceptions
IN_SIGHT: Final = timedelta(days=LOOKED_DAYS - 5)  # whatever the zone, that far is looked
SEARCHED: Final = timedelta(days=90)  # hours that are long enough are looked for so far
NEAREST: Final = timedelta(seconds=1)  # how exactly the moment of a clock change is found
LOCAL_ZONE: Final = Path("/etc/localtime")
_RANGE: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """A part of a day, in minutes after its midnight; what ends beyond 1440 ends the next day."""

    opens_min: int
    closes_min: int

    @classmethod
    def of(cls, text: str) -> Range:
        """Return what ``09:00-18:00`` means; ``22:00-06:00`` goes over midnight.

        Raises:
            ValueError: it is no range, or an empty one.
        """
        found = _RANGE.fullmatch(text)
        numbers = [int(number) for number in found.groups()] if found else []
        if not numbers or numbers[2:] > [24, 0]:
            raise ValueError(f"{text!r} is no range such as 09:00-18:00")
        opens, closes = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
        if opens == closes:
            raise ValueError(f"{text!r} is empty; a whole day is 00:00-24:00")
        return cls(opens, closes if closes > opens else closes + DAY_MIN)

    def __str__(self) -> str:
        closes = self.closes_min if self.closes_min <= DAY_MIN else self.closes_min - DAY_MIN
        return f"{_clock(self.opens_min)}-{_clock(closes)}"


Ranges = tuple[Range, ...]
WHOLE_DAY: Final[Ranges] = (Range(0, DAY_MIN),)


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """The ranges of each weekday, Monday first, and of single dates; each belongs to its first day.

    A date has its own ranges instead of its weekday's. What began the evening before goes on.
    """

    zone: tzinfo
    week: tuple[Ranges, ...]
    dates: Mapping[date, Ranges] = field(default_factory=dict)

    def on(self, day: date) -> Ranges:
        """Return the ranges that begin on ``day``."""
        return self.dates.get(day, self.week[day.weekday()])

    @property
    def is_always(self) -> bool:
        """Every day is whole, so nothing has to be looked up."""
        return not self.dates and all(ranges == WHOLE_DAY for ranges in self.week)

    @property
    def is_never(self) -> bool:
        """No day has a range."""
        return not any(self.week) and not any(self.dates.values())


def is_open(hours: Hours, at: datetime) -> bool:
    """Return whether ``at`` lies in a range; its end does not."""
    return opens_at(hours, at) == at


def opens_at(hours: Hours, at: datetime) -> datetime | None:
    """Return the first moment from ``at`` on that lies in a range; None: none in sight."""
    if hours.is_always:
        return at
    start = next((start for start, _end in _pieces(hours, at)), None)
    return None if start is None else max(at, start)


def opens_for(hours: Hours, at: datetime, lasting: timedelta) -> datetime | None:
    """Return the first moment from ``at`` on from which it stays open for ``lasting``."""
    if hours.is_always:
        return at
    start = end = at
    for piece_start, piece_end in _pieces(hours, at):
        if piece_start > end:
            start = piece_start
        end = max(end, piece_end)
        if end > start and end - start >= lasting:
            return start
        if lasting and start - at > SEARCHED:
            return None
    return None


def closed_for(hours: Hours, at: datetime, lasting: timedelta) -> datetime | None:
    """Return the first moment from ``at`` on from which nothing is open for ``lasting``."""
    if hours.is_always:
        return None
    end = at
    for start, piece_end in _pieces(hours, at):
        if start > end and start - end >= lasting:
            return end
        end = max(end, piece_end)
    return end if end - at <= IN_SIGHT else None


def closes_at(hours: Hours, at: datetime, at_least: timedelta = IN_SIGHT) -> datetime | None:
    """Return when what is open at ``at`` ends, through midnights; ``at`` itself when it is closed.

    Args:
        hours: the ranges.
        at: the moment.
        at_least: further ahead is not looked: an end that comes later is not told apart.

    Returns:
        None: not within ``at_least``.
    """
    if hours.is_always:
        return None
    end = at
    for start, piece_end in _pieces(hours, at):
        if start > end:
            return end
        end = max(end, piece_end)
        if end - at > at_least:
            return None
    return end


def _pieces(hours: Hours, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield start and end of each range that ends after ``at``, in order of their starts."""
    if hours.is_never:
        return
    first = at.astimezone(hours.zone).date() - DAY  # its ranges may go over midnight
    for number in range(LOOKED_DAYS):
        day = first + number * DAY
        for part in sorted(hours.on(day)):
            start = _moment(hours.zone, day, part.opens_min)
            end = _moment(hours.zone, day, part.closes_min)
            if end > max(start, at):
                yield start, end


def _moment(zone: tzinfo, day: date, minutes: int) -> datetime:
    """Return the first moment at which the wall shows ``minutes`` after midnight, or more."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    # The wall never shows it: the change lies between what the two offsets make of it.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first
    while after - before > NEAREST:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) >= wall:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


# What a person writes.


def days_of(text: str) -> Sequence[int]:
    """Return the weekdays that ``mon``, ``mon-fri``, ``sat-mon`` or ``daily`` mean; 0 is Monday.

    Raises:
        ValueError: no such day.
    """
    if text == DAILY:
        return range(len(WEEKDAYS))
    first, is_more, last = text.partition("-")
    last = last if is_more else first
    if first not in WEEKDAYS or last not in WEEKDAYS:
        raise ValueError(f"{text!r} is no day such as {', '.join(WEEKDAYS)}, mon-fri, {DAILY}")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    return [(start + step) % 7 for step in range((end - start) % 7 + 1)]


def week_of(days: Mapping[str, Ranges]) -> tuple[Ranges, ...]:
    """Return the ranges of each weekday; one that is not named has none.

    Raises:
        ValueError: a day is no day, is named twice, or two ranges overlap.
    """
    named: dict[int, str] = {}
    week: list[Ranges] = [()] * 7
    for text, ranges in days.items():
        for day in days_of(text):
            other = named.setdefault(day, text)
            if other != text:
                raise ValueError(f"{WEEKDAYS[day]} is named twice, by `{other}` and by `{text}`")
            week[day] = tuple(sorted(ranges))
    for day, ranges in enumerate(week):
        check_apart(WEEKDAYS[day], ranges)
        _check_midnight(day, ranges, week[(day + 1) % 7])
    return tuple(week)


def check_apart(where: str, ranges: Ranges) -> None:
    """Refuse ranges of one day that overlap.

    Raises:
        ValueError: naming two that do.
    """
    ordered = sorted(ranges)
    for one, other in itertools.pairwise(ordered):
        if other.opens_min < one.closes_min:
            raise ValueError(f"{where}: {one} and {other} overlap")


def _check_midnight(day: int, ranges: Ranges, following: Ranges) -> None:
    last = max(ranges, key=lambda one: one.closes_min, default=None)
    first = min(following, default=None)
    if last and first and last.closes_min - DAY_MIN > first.opens_min:
        days = f"{WEEKDAYS[day]} and {WEEKDAYS[(day + 1) % 7]}"
        raise ValueError(f"{days}: {last} and {first} overlap")


def zone_of(name: str | None) -> tzinfo:
    """Return a time zone; without a name that of this machine.

    Raises:
        ValueError: there is none of this name here.
    """
    if name is None:
        return _zone_here()
    try:
        return zoneinfo.ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        known = zoneinfo.available_timezones()
        if not known:
            raise ValueError("this machine knows no time zones; `apt install tzdata`") from error
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "one is Europe/Berlin"
        raise ValueError(f"{name!r} is no time zone; {hint}") from error


def _zone_here() -> tzinfo:
    """Return the zone that ``TZ`` or the machine is set to; UTC where it is set to none."""
    try:
        if os.environ.get("TZ"):
            return zoneinfo.ZoneInfo(os.environ["TZ"].removeprefix(":"))
        with LOCAL_ZONE.open("rb") as file:
            return zoneinfo.ZoneInfo.from_file(file)
    except (LookupError, ValueError, OSError):
        return UTC


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
