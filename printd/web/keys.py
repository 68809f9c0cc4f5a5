"""Keys of the API: shown once, kept as hashes, each with a scope, an owner and an end.

A key is ``pd_<id>_<secret>``: the id finds its row, the secret is 256 random bits. What has so much
chance needs no slow hash: SHA-256 is kept, and compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from printd.core.clock import from_text, to_text, utc_now
from printd.core.database import Database
from printd.core.errors import NotPossibleNow, SettingInvalid
from printd.core.moments import day, stamp
from printd.core.moves import write_event
from printd.core.names import display_name
from printd.web.problems import KeyExpired, KeyRefused, KeyRevoked, NoSuchKey

SECRET_BYTES: Final = 32
NAMED: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
SHAPE: Final = re.compile(r"pd_([a-z0-9]{10})_([A-Za-z0-9_-]{43})")
USED_EVERY: Final = timedelta(minutes=1)  # a write for each request would wear the disk


class Scope(StrEnum):
    """What a key is for; each may do what those before it may."""

    SUBMIT = "submit"  # hand in, and see one's own jobs
    OPERATE = "operate"  # the queue and the printers
    ADMIN = "admin"  # keys, and the daemon itself

    def covers(self, other: Scope) -> bool:
        """Return whether this one is enough where ``other`` is asked for."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Key:
    """One key, as the store knows it: without its secret."""

    id: str
    name: str
    owner: str  # the person or program that holds it, in words
    scope: Scope
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    @property
    def who(self) -> str:
        """Return what its acts are signed with, and its jobs belong to."""
        return f"key:{self.name}"


class Keys:
    """The keys in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        name: str,
        scope: Scope,
        *,
        by: str,
        owner: str = "",
        expires_at: datetime | None = None,
    ) -> tuple[Key, str]:
        """Make a key.

        Returns:
            The key, and its text: it is never shown again.

        Raises:
            SettingInvalid: the name cannot be one, or the end has passed.
            NotPossibleNow: another key has the name.
        """
        now = utc_now()
        if NAMED.fullmatch(name) is None:
            raise SettingInvalid(
                "This is no name for a key.",
                action="Use up to 32 small letters, digits, - and _, such as web-shop.",
            )
        until = None if expires_at is None else _end_of(expires_at, now)
        number = secrets.token_hex(5)
        text = f"pd_{number}_{secrets.token_urlsafe(SECRET_BYTES)}"
        shown = display_name(owner or name)
        try:
            with self._database.write() as connection:
                connection.execute(
                    "INSERT INTO api_key(id, name, owner, scope, sha256, created_at, created_by,"
                    " expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (number, name, shown, scope, _hash_of(text), to_text(now), by, until),
                )
                said = f"{name} ({scope}) for {shown}"
                write_event(connection, None, "key.created", text=said, who=by)
        except sqlite3.IntegrityError as error:
            raise NotPossibleNow(
                f"A key is called {name} already.",
                action=f"Choose another name, or run `printd keys revoke {name}` first.",
            ) from error
        return self.get(number), text

    def all(self) -> list[Key]:
        """Return every key, those that are revoked too, oldest first."""
        rows = self._database.rows("SELECT * FROM api_key ORDER BY created_at, id")
        return [_key_of(row) for row in rows]

    def get(self, number: str) -> Key:
        """Return a key by its id.

        Raises:
            NoSuchKey: there is none.
        """
        row = self._database.row("SELECT * FROM api_key WHERE id = ?", number)
        if row is None:
            raise NoSuchKey("There is no such key.")
        return _key_of(row)

    def revoke(self, word: str, *, by: str) -> Key:
        """End a key, by its id or by the name of one that is not revoked.

        Raises:
            NoSuchKey: there is none.
        """
        row = self._database.row(
            "SELECT id FROM api_key WHERE revoked_at IS NULL AND (id = ? OR name = ?)", word, word
        )
        if row is None:
            raise NoSuchKey(f"No key that works is called {display_name(word)!r}.")
        with self._database.write() as connection:
            connection.execute(
                "UPDATE api_key SET revoked_at = ? WHERE id = ?", (to_text(utc_now()), row["id"])
            )
            write_event(connection, None, "key.revoked", text=self.get(row["id"]).name, who=by)
        return self.get(row["id"])

    def known(self, text: str) -> Key:
        """Return the key that somebody shows.

        Raises:
            KeyRefused: it is none of ours.
            KeyRevoked, KeyExpired: it was one.
        """
        shape = SHAPE.fullmatch(text)
        number = shape.group(1) if shape else ""
        row = self._database.row("SELECT * FROM api_key WHERE id = ?", number)
        # Compared also where there is no such row: the time tells nothing.
        right = hmac.compare_digest(row["sha256"] if row else "", _hash_of(text))
        if row is None or not right:
            raise KeyRefused("This key is not known here.")
        key = _key_of(row)
        still_good(key, utc_now())
        return key

    def used(self, key: Key) -> None:
        """Note that a key has just been used; at most once a minute."""
        now = utc_now()
        if key.used_at is not None and now - key.used_at < USED_EVERY:
            return
        with self._database.write() as connection:
            connection.execute(
                "UPDATE api_key SET used_at = ? WHERE id = ?", (to_text(now), key.id)
            )


def still_good(key: Key, now: datetime) -> None:
    """Check that a key has not ended.

    Raises:
        KeyRevoked, KeyExpired: it has.
    """
    if key.revoked_at is not None:
        raise KeyRevoked(f"The key {key.name} was revoked on {day(key.revoked_at, year=True)}.")
    if key.expires_at is not None and key.expires_at <= now:
        raise KeyExpired(f"The key {key.name} ended on {stamp(key.expires_at, year=True)}.")


def _end_of(expires_at: datetime, now: datetime) -> str:
    """Return the end of a new key as the store keeps it."""
    try:
        end = expires_at.astimezone(UTC)
    except OverflowError as error:
        raise SettingInvalid(
            "A key cannot end after the year 9999.", action="Leave its end out: it has none then."
        ) from error
    if end <= now:
        raise SettingInvalid(
            "The end of this key has passed already.", action="Say when it ends from now on."
        )
    return to_text(end)


def _hash_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _key_of(row: sqlite3.Row) -> Key:
    moments = {
        name: from_text(row[name]) if row[name] else None
        for name in ("expires_at", "revoked_at", "used_at")
    }
    return Key(
        row["id"],
        row["name"],
        row["owner"],
        Scope(row["scope"]),
        from_text(row["created_at"]),
        row["created_by"],
        **moments,
    )
