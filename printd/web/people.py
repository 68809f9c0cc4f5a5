"""Who may log in at the pages: names with a scope and a password, kept as an argon2id hash."""

from __future__ import annotations

import base64
import re
import secrets
import sqlite3
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from printd.core.clock import from_text, to_text, utc_now
from printd.core.database import Database
from printd.core.errors import NotPossibleNow, SettingInvalid
from printd.core.moves import write_event
from printd.core.names import display_name
from printd.web.keys import Scope
from printd.web.problems import NoSuchPerson, PasswordRefused

NAMED: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}")
LEAST: Final = 8  # characters of a password; NIST SP 800-63B
MOST: Final = 200
# Each look at a password takes 64 MiB for a moment: so many at once, whoever asks.
AT_ONCE: Final = threading.BoundedSemaphore(2)
_HASHER: Final = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Person:
    """One person, without their password."""

    name: str
    scope: Scope
    created_at: datetime
    created_by: str


class People:
    """The people in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, scope: Scope, password: str, *, by: str) -> Person:
        """Let somebody log in.

        Raises:
            SettingInvalid: the name or the password cannot be one.
            NotPossibleNow: somebody has the name.
        """
        if NAMED.fullmatch(name) is None:
            raise SettingInvalid(
                "This is no name for a person.",
                action="Use up to 32 small letters, digits, . - and _, such as ana.",
            )
        hashed = hash_of(password)
        try:
            with self._database.write() as connection:
                connection.execute(
                    "INSERT INTO person(name, scope, password, created_at, created_by)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (name, scope, hashed, to_text(utc_now()), by),
                )
                write_event(connection, None, "person.added", text=f"{name} ({scope})", who=by)
        except sqlite3.IntegrityError as error:
            raise NotPossibleNow(
                f"Somebody is called {name} already.",
                action=f"Choose another name, or run `printd people password {name}`.",
            ) from error
        return self.get(name)

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        return [
            _person_of(row) for row in self._database.rows("SELECT * FROM person ORDER BY name")
        ]

    def get(self, name: str) -> Person:
        """Return a person.

        Raises:
            NoSuchPerson: there is none of this name.
        """
        row = self._database.row("SELECT * FROM person WHERE name = ?", name)
        if row is None:
            raise NoSuchPerson(f"Nobody is called {display_name(name)!r}.")
        return _person_of(row)

    def set_password(self, name: str, password: str, *, by: str) -> Person:
        """Give somebody another password; wherever they are logged in, that ends.

        Raises:
            NoSuchPerson: there is none of this name.
            SettingInvalid: it cannot be a password.
        """
        person, hashed = self.get(name), hash_of(password)
        with self._database.write() as connection:
            connection.execute("UPDATE person SET password = ? WHERE name = ?", (hashed, name))
            connection.execute("DELETE FROM login WHERE person = ?", (name,))
            write_event(connection, None, "person.password", text=name, who=by)
        return person

    def remove(self, name: str, *, by: str) -> Person:
        """Let somebody log in no more; wherever they are logged in, that ends.

        Raises:
            NoSuchPerson: there is none of this name.
        """
        person = self.get(name)
        with self._database.write() as connection:
            connection.execute("DELETE FROM person WHERE name = ?", (name,))
            connection.execute("DELETE FROM login WHERE person = ?", (name,))
            write_event(connection, None, "person.removed", text=name, who=by)
        return person

    def known(self, name: str, password: str) -> Person:
        """Return who logs in with this password.

        Raises:
            PasswordRefused: nobody; it is not said whether the name is known.
        """
        row = self._database.row("SELECT * FROM person WHERE name = ?", name)
        if not is_right(row["password"] if row else NOBODY, password) or row is None:
            raise PasswordRefused("The name or the password is not right.")
        return _person_of(row)


def hash_of(password: str) -> str:
    """Return what is kept of a password.

    Raises:
        SettingInvalid: it cannot be one.
    """
    if not LEAST <= len(password) <= MOST:
        raise SettingInvalid(f"A password has {LEAST} to {MOST} characters.")
    with AT_ONCE:
        return _HASHER.hash(password)


def _of_nobody() -> str:
    """Return what no password has, without the work of a hash: a daemon starts sooner."""
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (_HASHER.salt_len, _HASHER.hash_len)
    )
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${digest}"


# Somebody who is not there takes as long as somebody who is.
NOBODY: Final = _of_nobody()


def is_right(hashed: str, password: str) -> bool:
    """Return whether this password, or PIN, is the one that was kept."""
    with AT_ONCE:
        try:
            return _HASHER.verify(hashed, password[: MOST + 1])
        except (VerificationError, InvalidHashError):
            return False


def _person_of(row: sqlite3.Row) -> Person:
    return Person(row["name"], Scope(row["scope"]), from_text(row["created_at"]), row["created_by"])
