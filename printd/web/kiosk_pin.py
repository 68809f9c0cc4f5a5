"""The number that opens the staff corner of the kiosk: kept as an argon2id hash, tried five times.

Whoever has tried five wrong ones locks the corner for five minutes, for everybody: a number of
four digits is safe only while it cannot be tried often.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Final

from printd.core.clock import to_text, utc_now
from printd.core.database import Database
from printd.core.errors import SettingInvalid
from printd.core.moves import write_event
from printd.web.people import hash_of, is_right
from printd.web.problems import PinRefused, TooManyRequests

STANDING: Final = "kiosk_pin"  # its row among the notes that stand for the house
DIGITS: Final = re.compile(r"[0-9]{4,12}")
TRIES: Final = 5
LOCKED_S: Final = 300.0


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


class PinDoor:
    """Counts the tries.

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

    def try_(self, digits: str) -> None:
        """Open it.

        Raises:
            PinRefused: the number is not right.
            TooManyRequests: it is locked for some minutes.
        """
        with self._lock:  # one at a time: many at once would be many tries
            if self._now_s() < self._locked_until_s:
                raise TooManyRequests("Too many wrong numbers; this is locked for five minutes.")
            if self._pin.is_this(digits[:64]):
                self._wrong = 0
                return
            self._wrong += 1
            if self._wrong >= TRIES:
                self._wrong, self._locked_until_s = 0, self._now_s() + LOCKED_S
        raise PinRefused("This number is not right.")


def _padded(digits: str) -> str:
    """Return what is hashed: passwords are longer than a PIN may be."""
    return f"pin {digits:*>12}"
