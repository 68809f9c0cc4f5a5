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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from printd.core.kiosk_config import KioskConfig
from printd.web.access import LOOPBACK, Caller
from printd.web.keys import Scope
from printd.web.problems import PhoneLinkGone, VisitOver
from printd.web.rates import Buckets, Rate

COOKIE: Final = "printd_visit"
PATH: Final = "/kiosk"  # where the cookie is sent to
WORD_BYTES: Final = 32
ID_BYTES: Final = 6
LINK_BYTES: Final = 16  # 128 bits: nobody guesses it within its ten minutes
IDLE_S: Final = 600.0  # at least; a house may let its screens stand for longer
TOLD_S: Final = 120.0  # a screen tells of touches once a minute
LINK_S: Final = 600.0
GUESSES: Final = Rate(at_once=20, per_s=0.1)  # of words that nobody knows, from one address
UPLOADS: Final = Rate(at_once=12, per_s=0.1)  # from one address
BEGINNINGS: Final = Rate(at_once=30, per_s=0.5)  # likewise
MOST: Final = 64  # of one house; of more the one that was used longest ago ends


@dataclass(slots=True)
class Visit:
    """What one visitor has done so far."""

    word: str  # in the cookie; a secret
    id: str  # in jobs
    lock: threading.Lock = field(default_factory=threading.Lock)  # one tap at a time
    used_s: float = 0.0  # of ``time.monotonic()``
    language: str = ""  # that it speaks; "": that of the house
    link: tuple[str, float] | None = None  # the word by which a phone sends a photo, until when
    recipe: str = ""
    draft: str | None = None  # the photo, while it is no job yet
    is_over: bool = False  # nothing is to be kept for it any more
    receiving: int = 0  # photos that are on their way from phones
    settings: dict[str, Any] = field(default_factory=dict)  # chosen for it
    name: str = ""
    is_shown: bool = False  # whether the name may stand on the wall
    press: str = ""  # the word of this photo's job: pressing twice makes one
    job: int | None = None
    ticket: str = ""
    ready_at: datetime | None = None  # about, as its summary has said

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
        self.job, self.ticket, self.ready_at = None, "", None
        return before


class Visits:
    """All visits under way, in memory.

    Args:
        erase: called with a visit that has ended; its photo must go.
        now_s: ``time.monotonic``.
        idle_s: for how long nothing may be heard of one.
    """

    def __init__(
        self,
        erase: Callable[[Visit], None],
        now_s: Callable[[], float] = time.monotonic,
        idle_s: Callable[[], float] = lambda: IDLE_S,
    ) -> None:
        self._erase = erase
        self._now_s = now_s
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._visits: dict[str, Visit] = {}  # by the hash of the word; used longest ago first
        self._links: dict[str, Visit] = {}  # by the hash of the link
        self._guesses, self._uploads, self._beginnings = map(
            Buckets, (GUESSES, UPLOADS, BEGINNINGS)
        )

    def begin(self) -> Visit:
        """Begin a visit."""
        visit = Visit(secrets.token_urlsafe(WORD_BYTES), secrets.token_hex(ID_BYTES))
        with self._lock:
            over = []
            while len(self._visits) >= MOST:
                over.append(self._taken(next(iter(self._visits))))
            visit.used_s = self._now_s()
            self._visits[_hash_of(visit.word)] = visit
        self._erased(over)
        return visit

    def known(self, word: str, *, touches: bool = True) -> Visit:
        """Return the visit of a cookie, at once: nothing is waited for.

        Args:
            word: in the cookie.
            touches: somebody did something; False: a page has asked by itself.

        Raises:
            VisitOver: it has ended, or never was.
        """
        key, now_s = _hash_of(word), self._now_s()
        with self._lock:
            visit = self._visits.get(key)
            if visit is None or (visit.used_s <= now_s - self._idle_s() and not visit.receiving):
                raise VisitOver("This visit has ended.")
            if touches:
                visit.used_s = now_s
                self._visits[key] = self._visits.pop(key)  # used last
            return visit

    @contextmanager
    def receiving(self, visit: Visit) -> Iterator[None]:
        """Let a visit not end while a photo is on its way to it."""
        with self._lock:
            visit.receiving += 1
        try:
            yield
        finally:
            with self._lock:
                visit.receiving -= 1
                visit.used_s = self._now_s()

    def touch(self, visit: Visit) -> None:
        """Count a visit as used now, if it has not ended."""
        with self._lock:
            if _hash_of(visit.word) in self._visits:
                visit.used_s = self._now_s()

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

    def may_guess(self, host: str) -> bool:
        """Count a word that nobody knows; return whether its sender may ask again."""
        return self._guesses.take(host, self._now_s())

    def may_upload(self, host: str) -> bool:
        """Count a photo; return whether it may come. At the kiosk itself nobody is in a hurry."""
        return host in LOOPBACK or self._uploads.take(host, self._now_s())

    def may_begin(self, host: str) -> bool:
        """Count a visit; return whether it may begin."""
        return host in LOOPBACK or self._beginnings.take(host, self._now_s())

    def __len__(self) -> int:
        """Return how many are under way."""
        return len(self._visits)

    def link(self, visit: Visit) -> str:
        """Return the word of a link by which a phone sends a photo, once.

        The one that was shown before is shown again while it is good for some minutes.
        """
        with self._lock:
            now_s = self._now_s()
            if visit.link is not None and visit.link[1] - now_s > LINK_S / 2:
                return visit.link[0]
            self._forget_link(visit)
            visit.link = secrets.token_urlsafe(LINK_BYTES), now_s + LINK_S
            if _hash_of(visit.word) in self._visits:  # else it has ended just now
                self._links[_hash_of(visit.link[0])] = visit
            return visit.link[0]

    def has_link(self, visit: Visit) -> bool:
        """Return whether the link that its page shows is still good."""
        return visit.link is not None and self._now_s() < visit.link[1]

    def forget_link(self, visit: Visit) -> None:
        """Take no photo by a link any more: there is one."""
        with self._lock:
            self._forget_link(visit)

    def linked(self, word: str) -> Visit:
        """Return for which visit a link is good; looking at it does not use it up.

        Raises:
            PhoneLinkGone: it was used, is too old, or never was one.
        """
        with self._lock:
            visit = self._links.get(_hash_of(word))
        if visit is None or not self.has_link(visit):
            raise PhoneLinkGone("This link has been used, or is too old.")
        return visit

    def _idle(self) -> list[str]:
        since_s = self._now_s() - self._idle_s()
        return [
            key
            for key, visit in self._visits.items()
            if visit.used_s <= since_s and not visit.receiving
        ]

    def _taken(self, key: str) -> Visit:
        """Take a visit out, with its links."""
        visit = self._visits.pop(key)
        self._forget_link(visit)
        return visit

    def _forget_link(self, visit: Visit) -> None:
        if visit.link is not None:
            self._links.pop(_hash_of(visit.link[0]), None)
            visit.link = None

    def _erased(self, over: list[Visit]) -> None:
        for visit in over:
            with visit.lock:  # a photo that is just being taken is erased after that
                visit.is_over = True
                self._erase(visit)


def idle_s(kiosk: KioskConfig) -> float:
    """Return for how long nothing need be heard of a visit: its screen asks before it ends."""
    return max(IDLE_S, kiosk.idle_s + kiosk.warn_s + TOLD_S)


def _hash_of(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()
