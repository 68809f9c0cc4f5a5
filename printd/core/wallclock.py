"""Whether the wall clock can be believed: while it cannot, nothing is done because of the hour.

A clock that has gone back, leapt ahead, or stands before what has happened already, may say
anything. It is believed again when it is back where it was, or has kept its pace for an hour.
What was found stands in the store, so that every display says the same.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from printd.core.clock import from_text, to_text
from printd.core.database import Database
from printd.core.moves import write_event

STANDING: Final = "clock_odd"  # its row among the notes that stand for the house
BACK_S: Final = 5.0  # no clock that is kept right goes back so far
AHEAD_S: Final = 3600.0  # beyond what has passed
STEADY_S: Final = 3600.0  # after so long it is the old hour that was wrong


def what_is_odd(database: Database) -> str:
    """Return what is wrong with the clock, as part of a sentence; "": nothing is."""
    row = database.row("SELECT value FROM standing WHERE name = ?", STANDING)
    return str(row[0]) if row else ""


@dataclass(frozen=True, slots=True)
class _Odd:
    """A clock that is not believed."""

    what: str
    offset_s: float  # of the wall clock from the time since the machine started
    since_s: float  # by the latter
    is_behind: bool = False  # what has happened before: anything later may be right


class WallClock:
    """Compares the wall clock with the time since the machine started, again and again.

    Args:
        database: where the newest event says what the hour was before, and where it is noted.
        now: the wall clock.
        boot_s: ``CLOCK_BOOTTIME``.
    """

    def __init__(self, database: Database, now: datetime, boot_s: float) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._trusted_s = now.timestamp() - boot_s
        self._odd: _Odd | None = None
        newest = database.row("SELECT at FROM event ORDER BY seq DESC LIMIT 1")
        behind_s = (from_text(newest[0]) - now).total_seconds() if newest else 0.0
        if behind_s > BACK_S:
            what = f"stands {_span(behind_s)} before what has happened already"
            self._odd = _Odd(what, self._trusted_s, boot_s, is_behind=True)
            self._trusted_s += behind_s

    def look(self, now: datetime, boot_s: float) -> str:
        """Look once; return what is odd, as part of a sentence; "": the clock is believed."""
        offset_s = now.timestamp() - boot_s
        with self._lock:
            if self._is_believed(offset_s, boot_s):
                if self._odd is not None:
                    self._trusted_s = offset_s
                self._odd = None
                return ""
            if self._odd is None or not _keeps_pace(offset_s, self._odd.offset_s):
                ahead_s = offset_s - self._trusted_s
                where = "ahead" if ahead_s > 0 else "back"
                what = f"has gone {where} by {_span(abs(ahead_s))}"
                self._odd = _Odd(what, offset_s, boot_s)
            return self._odd.what

    def note(self, now: datetime, boot_s: float) -> bool:
        """Look, and write what is odd where programs beside the daemon read it.

        Returns:
            Whether that is news.

        Raises:
            CannotWriteNow: it is written with a later look.
        """
        what = self.look(now, boot_s)
        if what_is_odd(self._database) == what:
            return False
        with self._database.write() as connection:
            connection.execute("DELETE FROM standing WHERE name = ?", (STANDING,))
            if what:
                connection.execute(
                    "INSERT INTO standing(name, value, at, who) VALUES (?, ?, ?, 'printd')",
                    (STANDING, what, to_text(now)),
                )
            kind, text = ("clock.odd", f"the clock {what}") if what else ("clock.believed", "")
            write_event(connection, None, kind, text=text)
        return True

    def _is_believed(self, offset_s: float, boot_s: float) -> bool:
        ahead_s = offset_s - self._trusted_s
        odd = self._odd
        if odd is None:
            return -BACK_S <= ahead_s < AHEAD_S
        is_right_again = ahead_s >= -BACK_S and (odd.is_behind or ahead_s <= BACK_S)
        is_steady = boot_s - odd.since_s >= STEADY_S and _keeps_pace(offset_s, odd.offset_s)
        return is_right_again or is_steady


def _keeps_pace(offset_s: float, before_s: float) -> bool:
    return -BACK_S <= offset_s - before_s < AHEAD_S


def _span(seconds: float) -> str:
    for unit, one_s in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * one_s:
            return f"{seconds / one_s:.0f} {unit}"
    return f"{seconds:.0f} s"
