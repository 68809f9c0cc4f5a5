"""Who is logged in: a random word in a cookie of the browser, its hash in the store, and an end.

Links that log somebody in once are made for those who can read the data folder; they live in
memory, for ten minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from printd.core.clock import from_text, to_text, utc_now
from printd.core.database import Database
from printd.web.keys import Scope
from printd.web.problems import LinkGone

COOKIE: Final = "printd_login"  # of the browser, in which the word is
LASTS: Final = timedelta(hours=12)  # a day's work; then the password is asked for again
WORD_BYTES: Final = 32
LINK_S: Final = 600.0
MOST_LINKS: Final = 100
FORM_WORDS: Final = b"printd form"


@dataclass(frozen=True, slots=True)
class Login:
    """One browser in which somebody is logged in."""

    sha256: str
    person: str
    scope: Scope
    expires_at: datetime


class Logins:
    """Those in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, person: str, scope: Scope) -> str:
        """Log somebody in; return the word for their browser."""
        word, now = secrets.token_urlsafe(WORD_BYTES), utc_now()
        with self._database.write() as connection:
            connection.execute("DELETE FROM login WHERE expires_at < ?", (to_text(now),))
            connection.execute(
                "INSERT INTO login(sha256, person, scope, began_at, expires_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (_hash_of(word), person, scope, to_text(now), to_text(now + LASTS)),
            )
        return word

    def known(self, word: str) -> Login | None:
        """Return the login that a browser shows; None: it has ended, or never was."""
        row = self._database.row("SELECT * FROM login WHERE sha256 = ?", _hash_of(word))
        if row is None or from_text(row["expires_at"]) <= utc_now():
            return None
        until = from_text(row["expires_at"])
        return Login(row["sha256"], row["person"], Scope(row["scope"]), until)

    def is_good(self, sha256: str) -> bool:
        """Return whether a login has not ended since it was shown."""
        row = self._database.row("SELECT expires_at FROM login WHERE sha256 = ?", sha256)
        return row is not None and from_text(row["expires_at"]) > utc_now()

    def end(self, word: str) -> None:
        """Log out."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM login WHERE sha256 = ?", (_hash_of(word),))


class Links:
    """Links that log in once, in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, tuple[str, Scope, float]] = {}

    def make(self, person: str, scope: Scope) -> str:
        """Return the word of a new link."""
        word = secrets.token_urlsafe(WORD_BYTES)
        with self._lock:
            while len(self._made) >= MOST_LINKS:
                del self._made[next(iter(self._made))]
            self._made[_hash_of(word)] = person, scope, time.monotonic() + LINK_S
        return word

    def use(self, word: str) -> tuple[str, Scope]:
        """Return whom a link logs in; it is gone then.

        Raises:
            LinkGone: it was used, is too old, or never was.
        """
        with self._lock:
            person, scope, until_s = self._made.pop(_hash_of(word), ("", Scope.SUBMIT, 0.0))
        if time.monotonic() >= until_s:
            raise LinkGone("This link has been used, or is too old.")
        return person, scope


def form_word(word: str) -> str:
    """Return what the forms of a logged-in browser carry: another page cannot read it."""
    return hmac.new(word.encode(), FORM_WORDS, hashlib.sha256).hexdigest()


def is_form_word(said: str, word: str) -> bool:
    """Return whether a form comes from a page of this login."""
    return hmac.compare_digest(said.encode(), form_word(word).encode())


def _hash_of(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()
