"""Visits at the kiosk: who stands there now is a random word in a cookie, and nothing on the disk.

A visit ends when somebody says so, when nothing was heard of it for ten minutes, or with the
daemon; what it has not handed in by then is erased. Jobs name a visit by its ``id``, which opens
nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from printd.web.access import Caller
from printd.web.keys import Scope
from printd.web.problems import PhoneLinkGone, VisitOver

COOKIE: Final = "printd_visit"
PATH: Final = "/kiosk"  # where the cookie is sent to
WORD_BYTES: Final = 32
ID_BYTES: Final = 6
LINK_BYTES: Final = 16  # 128 bits: nobody guesses it within its ten minutes
IDLE_S: Final = 600.0
LINK_S: Final = 600.0
MOST: Final = 64  # of one house; of more the one that was used longest ago ends
MOST_LINKS: Final = 8  # of one visit: each look at the page of sources may make one


@dataclass(slots=True)
class Visit:
    """What one visitor has done so far."""

    word: str  # in the cookie; a secret
    id: str  # in jobs
    lock: threading.Lock = field(default_factory=threading.Lock)  # one tap at a time
    used_s: float = 0.0  # of ``time.monotonic()``
    recipe: str = ""
    draft: str | None = None  # the photo, while it is no job yet
    settings: dict[str, Any] = field(default_factory=dict)  # chosen for it
    name: str = ""
    is_shown: bool = False  # whether the name may stand on the wall
    press: str = ""  # the word of this photo's job: pressing twice makes one
    job: int | None = None
    ticket: str = ""

    @property
    def owner(self) -> str:
        """Return whose jobs and photos those of the visit are."""
        return f"visit:{self.id}"

    @property
    def caller(self) -> Caller:
        """Return who asks: somebody who may hand in, and sees what is theirs."""
        return Caller(self.owner, Scope.SUBMIT)

    def takes(self, draft: str) -> str | None:
        """Go on with another photo; return the one of before."""
        before, self.draft = self.draft, draft
        self.settings = {}
        self.press = secrets.token_urlsafe(WORD_BYTES)
        self.job, self.ticket = None, ""
        return before


class Visits:
    """All visits under way, in memory.

    Args:
        erase: called with a visit that has ended; its photo must go.
        now_s: ``time.monotonic``.
    """

    def __init__(
        self, erase: Callable[[Visit], None], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._erase = erase
        self._now_s = now_s
        self._lock = threading.Lock()
        self._visits: dict[str, Visit] = {}  # by the hash of the word; used longest ago first
        self._links: dict[str, tuple[str, float]] = {}  # by the hash of the link: visit, until

    def begin(self) -> Visit:
        """Begin a visit."""
        visit = Visit(secrets.token_urlsafe(WORD_BYTES), secrets.token_hex(ID_BYTES))
        with self._lock:
            over = [self._taken(key) for key in self._idle()]
            while len(self._visits) >= MOST:
                over.append(self._taken(next(iter(self._visits))))
            visit.used_s = self._now_s()
            self._visits[_hash_of(visit.word)] = visit
        self._erased(over)
        return visit

    def known(self, word: str) -> Visit:
        """Return the visit of a cookie; it counts as used now.

        Raises:
            VisitOver: it has ended, or never was.
        """
        key = _hash_of(word)
        with self._lock:
            over = [self._taken(idle) for idle in self._idle()]
            visit = self._visits.pop(key, None)
            if visit is not None:
                visit.used_s = self._now_s()
                self._visits[key] = visit  # used last
        self._erased(over)
        if visit is None:
            raise VisitOver("This visit has ended.")
        return visit

    def end(self, word: str) -> None:
        """End a visit, if there is one; what it has not handed in is erased."""
        with self._lock:
            key = _hash_of(word)
            over = [self._taken(key)] if key in self._visits else []
        self._erased(over)

    def sweep(self) -> None:
        """End what nothing was heard of for too long."""
        with self._lock:
            over = [self._taken(key) for key in self._idle()]
        self._erased(over)

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            over = [self._taken(key) for key in list(self._visits)]
        self._erased(over)

    def __len__(self) -> int:
        """Return how many are under way."""
        return len(self._visits)

    def link(self, visit: Visit) -> str:
        """Return the word of a new link by which a phone sends a photo, once."""
        word = secrets.token_urlsafe(LINK_BYTES)
        with self._lock:
            self._forget_links()
            key = _hash_of(visit.word)
            own = [link for link, (of, _) in self._links.items() if of == key]
            for link in own[: len(own) - MOST_LINKS + 1]:
                del self._links[link]
            self._links[_hash_of(word)] = key, self._now_s() + LINK_S
        return word

    def linked(self, word: str) -> Visit:
        """Return for which visit a link is good; looking at it does not use it up.

        Raises:
            PhoneLinkGone: it was used, is too old, or never was one.
        """
        with self._lock:
            key, until_s = self._links.get(_hash_of(word), ("", 0.0))
            visit = self._visits.get(key)
        if visit is None or self._now_s() >= until_s:
            raise PhoneLinkGone("This link has been used, or is too old.")
        return visit

    def use_link(self, word: str) -> Visit:
        """Return for which visit a link is good; it is gone then.

        Raises:
            PhoneLinkGone: it was gone already.
        """
        visit = self.linked(word)
        with self._lock:
            if self._links.pop(_hash_of(word), None) is None:
                raise PhoneLinkGone("This link has been used, or is too old.")
            visit.used_s = self._now_s()
        return visit

    def _idle(self) -> list[str]:
        since_s = self._now_s() - IDLE_S
        return [key for key, visit in self._visits.items() if visit.used_s <= since_s]

    def _taken(self, key: str) -> Visit:
        """Take a visit out, with its links."""
        visit = self._visits.pop(key)
        for link in [link for link, (of, _) in self._links.items() if of == key]:
            del self._links[link]
        return visit

    def _forget_links(self) -> None:
        now_s = self._now_s()
        for link in [link for link, (_, until_s) in self._links.items() if until_s <= now_s]:
            del self._links[link]

    def _erased(self, over: list[Visit]) -> None:
        for visit in over:
            self._erase(visit)


def _hash_of(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()
