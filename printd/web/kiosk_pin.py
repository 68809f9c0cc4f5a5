"""The number that opens the staff corner of the kiosk: kept as an argon2id hash, tried five times.

Whoever has tried five wrong ones locks the corner for five minutes, for everybody: a number of
four digits is safe only while it cannot be tried often.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

from printd.core.clock import to_text, utc_now
from printd.core.database import Database
from printd.core.errors import SettingInvalid
from printd.core.moves import write_event
from printd.web.people import hash_of, is_right
from printd.web.problems import PinLocked, PinRefused

log = logging.getLogger(__name__)
STANDING: Final = "kiosk_pin"  # its row among the notes that stand for the house
DIGITS: Final = re.compile(r"[0-9]{4,12}")
TRIES: Final = 5
LOCKED_S: Final = 300.0
OPEN_S: Final = 60.0  # from the number, whatever is done in the corner


class KioskPin:
    """The number in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, digits: str, *, by: str) -> None:
        """Open the corner by this number from now on.

        Raises:
            SettingInvalid: it is none.
        """
        if DIGITS.fullmatch(digits) is None:
            raise SettingInvalid("A PIN has 4 to 12 digits.")
        hashed = hash_of(_padded(digits))
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO standing(name, value, at, who) VALUES (?, ?, ?, ?)",
                (STANDING, hashed, to_text(utc_now()), by),
            )
            write_event(connection, None, "kiosk.pin", who=by)

    def remove(self, *, by: str) -> None:
        """Close the corner for good."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM standing WHERE name = ?", (STANDING,))
            write_event(connection, None, "kiosk.pin", text="removed", who=by)

    @property
    def is_set(self) -> bool:
        """Return whether there is one."""
        return self._database.row("SELECT 1 FROM standing WHERE name = ?", STANDING) is not None

    def is_this(self, digits: str) -> bool:
        """Return whether it is this one."""
        row = self._database.row("SELECT value FROM standing WHERE name = ?", STANDING)
        if row is None or DIGITS.fullmatch(digits) is None:
            return False
        return is_right(row["value"], _padded(digits))


class StaffCorner:
    """The corner behind the number: who tries it, and who is in it; one at a time, in memory.

    Args:
        pin: the number.
        now_s: ``time.monotonic``.
    """

    def __init__(self, pin: KioskPin, now_s: Callable[[], float] = time.monotonic) -> None:
        self._pin = pin
        self._now_s = now_s
        self._lock = threading.Lock()
        self._wrong = 0
        self._locked_until_s = 0.0
        self._word = ""
        self._until_s = 0.0

    def open(self, digits: str) -> str:
        """Return the word of a new opening; whoever was in it before is out.

        Raises:
            PinRefused: the number is not right.
            PinLocked: it is locked for some minutes.
        """
        with self._lock:  # one at a time: many at once would be many tries
            if self._now_s() < self._locked_until_s:
                raise PinLocked("Too many wrong numbers; this is locked for five minutes.")
            if not self._pin.is_this(digits):
                self._count()
                raise PinRefused("This number is not right.")
            self._wrong = 0
            self._word, self._until_s = secrets.token_urlsafe(32), self._now_s() + OPEN_S
            return self._word

    def left_s(self, word: str) -> float:
        """Return for how long it is open to a browser; 0: it is not."""
        with self._lock:
            is_it = bool(self._word) and secrets.compare_digest(word.encode(), self._word.encode())
            return max(0.0, self._until_s - self._now_s()) if is_it else 0.0

    def close(self) -> None:
        """Close it."""
        with self._lock:
            self._word = ""

    def _count(self) -> None:
        self._wrong += 1
        if self._wrong >= TRIES:
            self._wrong, self._locked_until_s = 0, self._now_s() + LOCKED_S
            log.warning("the staff corner of the kiosk: %s wrong numbers, locked", TRIES)


def _padded(digits: str) -> str:
    """Return what is hashed: passwords are longer than a PIN may be."""
    return f"pin {digits:*>12}"
