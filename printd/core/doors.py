"""Whether prints may be started at a printer now: its opening hours without its quiet hours.

Pure. Opening hours say when somebody is there, quiet hours when nobody wants the noise. A print
that would last beyond closing, or into quiet hours, starts all the same or waits, as configured.
While the clock cannot be believed, no hour is known: then doors that have hours stay closed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Final

from printd.core.hours import IN_SIGHT, SEARCHED, Hours, closed_for, closes_at, opens_at, opens_for
from printd.core.jobs import Because
from printd.core.moments import moment_words, span_words

NO_TIME: Final = timedelta()
SET_IT: Final = (
    "Set the clock. What has to be printed now can be let go: `printd start-anyway JOB`. "
    "An hour after the clock was changed printd believes it."
)
LONGEST: Final = timedelta(days=14)  # no print takes longer: an end beyond is no end


@dataclass(frozen=True, slots=True)
class Times:
    """When a printer may be started; without hours whenever."""

    opening: Hours | None = None
    quiet: Hours | None = None
    may_outlast: bool = True  # a print may go on after closing
    may_disturb: bool = True  # a print may go on into quiet hours

    @property
    def counts_length(self) -> bool:
        """How long a print takes says whether it may start."""
        return not (self.may_outlast and self.may_disturb)

    @property
    def is_always(self) -> bool:
        """Nothing is said of any hour."""
        return (self.opening is None or self.opening.is_always) and self.quiet is None


@dataclass(frozen=True, slots=True)
class Doors:
    """The hours of a printer as they are at one moment; asked again and again in one pass."""

    times: Times
    now: datetime
    starts_at: datetime | None  # from when a print of no length may be started; None: never
    ends_by: datetime | None  # a print that is started now must be over by then; None: whenever
    odd: str = ""  # what is wrong with the clock; "": nothing is
    _said: dict[timedelta, tuple[str, str]] = field(default_factory=dict, compare=False)

    def may_start(self, lasting_s: float | None = None) -> bool:
        """Return whether a print may be started now.

        Args:
            lasting_s: how long it takes; None: not known.
        """
        if self.starts_at != self.now:
            return False
        return self.ends_by is None or self.now + _lasting(lasting_s) <= self.ends_by

    def why_closed(self, name: str, lasting_s: float | None = None) -> Because | None:
        """Return why a print may not be started now on the printer ``name``; None: it may."""
        if self.may_start(lasting_s):
            return None
        if self.odd:
            problem = f"{name} has hours, and the clock of this computer {self.odd}."
            return Because("closed_hours", problem, SET_IT)
        counts = self.times.counts_length and self.starts_at is not None
        lasting = _lasting(lasting_s) if counts else NO_TIME
        if lasting not in self._said:
            self._said[lasting] = _words(self, lasting)
        words, action = self._said[lasting]
        return Because("closed_hours", f"{name} {words}", action)


def _lasting(lasting_s: float | None) -> timedelta:
    """Return how long a print takes, in whole minutes."""
    return timedelta(minutes=math.ceil((lasting_s or 0.0) / 60))


def doors_at(times: Times, now: datetime, odd: str = "") -> Doors:
    """Return how the hours of a printer are at ``now``, which ``odd`` says is none."""
    if times.is_always:
        return Doors(times, now, now, None)
    if odd:
        return Doors(times, now, None, None, odd)
    starts_at = start_at(times, now)
    ends: list[datetime | None] = []
    if starts_at == now:
        if times.opening and not times.may_outlast:
            ends.append(closes_at(times.opening, now, LONGEST))
        if times.quiet and not times.may_disturb:
            ends.append(opens_at(times.quiet, now))
    return Doors(times, now, starts_at, min((end for end in ends if end), default=None))


def doors_of(times: Mapping[str, Times], now: datetime, odd: str = "") -> dict[str, Doors]:
    """Return how the hours of several printers are at ``now``; what they share is asked once."""
    known = {id(one): one for one in times.values()}
    doors = {key: doors_at(one, now, odd) for key, one in known.items()}
    return {name: doors[id(one)] for name, one in times.items()}


def start_at(times: Times, at: datetime, lasting: timedelta = NO_TIME) -> datetime | None:
    """Return the first moment from ``at`` on when a print may be started; None: none in sight.

    Args:
        times: the hours.
        at: the moment.
        lasting: how long it takes; counts where it may not go on beyond the hours.
    """
    in_opening = NO_TIME if times.may_outlast else lasting
    in_peace = NO_TIME if times.may_disturb else lasting
    found: datetime | None = at
    while found is not None and found - at <= (SEARCHED if lasting else IN_SIGHT):
        before = found
        if times.opening:
            found = opens_for(times.opening, found, in_opening)
        if times.quiet and found is not None:
            found = closed_for(times.quiet, found, in_peace)
        if found == before:
            return found
    return None


def next_change(times: Times, after: datetime) -> datetime | None:
    """Return the next moment after ``after`` from which prints may be started again."""
    at: datetime | None = after
    if start_at(times, after) == after:
        at = _end_of_start(times, after)
    return None if at is None else start_at(times, at)


def next_opening(times: Mapping[str, Times], after: datetime) -> datetime | None:
    """Return the next moment at which any of several printers may be started again."""
    known = {id(one): one for one in times.values()}
    changes = [next_change(one, after) for one in known.values()]
    return min((change for change in changes if change), default=None)


def _end_of_start(times: Times, at: datetime) -> datetime | None:
    """Return until when prints may be started, as they may at ``at``."""
    ends = [
        closes_at(times.opening, at) if times.opening else None,
        opens_at(times.quiet, at) if times.quiet else None,
    ]
    return min((end for end in ends if end), default=None)


# The sentences.


def _words(doors: Doors, lasting: timedelta) -> tuple[str, str]:
    """Return what is said of a printer whose doors are closed, and what to do."""
    start = start_at(doors.times, doors.now, lasting)
    if start is None:
        what = f"a print of {span_words(lasting)}" if lasting else "anything"
        action = "Change its hours in the configuration, or choose another printer."
        return f"never starts {what} ({_which(doors.times)}).", action
    which = _which(doors.times, doors.now, lasting)
    short = doors.starts_at == doors.now
    until = f"; until then there is no time for {span_words(lasting)}" if short else ""
    when = moment_words(start, doors.now, _zone(doors.times))
    return f"starts {when} ({which}{until}).", "It starts by itself then."


def _which(times: Times, now: datetime | None = None, lasting: timedelta = NO_TIME) -> str:
    """Return which hours there are, or only those that do not let a print start ``now``."""
    names = []
    if times.opening:
        in_opening = NO_TIME if times.may_outlast else lasting
        if now is None or opens_for(times.opening, now, in_opening) != now:
            names.append("opening hours")
    if times.quiet:
        in_peace = NO_TIME if times.may_disturb else lasting
        if now is None or closed_for(times.quiet, now, in_peace) != now:
            names.append("quiet hours")
    return " and ".join(names)


def _zone(times: Times) -> tzinfo:
    hours = times.opening or times.quiet
    if hours is None:
        raise ValueError("without hours nothing is closed")
    return hours.zone
