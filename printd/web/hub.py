"""Who listens, and what they are told: one ring of messages, each reader at a place in it.

Readers have no queues: whoever falls behind the ring is dropped, and comes back with the number of
the last event that it has seen. A message is formatted once, whoever reads it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from printd.web.problems import TooManyAtOnce

KEPT: Final = 2000  # messages; the fastest printers of fifty make some in each second
MOST_READERS: Final = 200
MOST_OF_ONE: Final = 20  # of a key that hears of its own jobs only: the rest is for others


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a stream, ready to be sent."""

    text: bytes
    seq: int | None = None  # of the event; None: something that is soon out of date
    owner: str | None = None  # whose job it is about; None: it is for everybody in the house
    own: bytes | None = None  # the same for its owner, where they may do less than the house
    is_for_all: bool = False  # also for those who hear of their own jobs only


class Hub:
    """The ring, and those who read it. Messages come from any thread; readers are on one loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ring: deque[tuple[int, Message]] = deque(maxlen=KEPT)
        self._newest = 0
        self._news = asyncio.Event()
        self._lock = threading.Lock()
        self._readers: Counter[str | None] = Counter()  # by whose jobs alone they hear of
        self.is_closed = False

    def begin(self) -> None:
        """Begin, on the loop that readers are on."""
        self._loop = asyncio.get_running_loop()

    @property
    def readers(self) -> int:
        """How many read, or are about to."""
        return self._readers.total()

    def join(self, of: str | None = None) -> int:
        """Begin to read: from now on messages are made; returns the place in the ring.

        Args:
            of: whose jobs alone the reader hears of; None: of everything.

        Raises:
            TooManyAtOnce: others read.
        """
        with self._lock:
            if self._readers.total() >= MOST_READERS:
                raise TooManyAtOnce(f"{MOST_READERS} streams are open.")
            if of is not None and self._readers[of] >= MOST_OF_ONE:
                raise TooManyAtOnce(f"{MOST_OF_ONE} streams of this key are open.")
            self._readers[of] += 1
            return self._newest

    def leave(self, of: str | None = None) -> None:
        """Read no more."""
        with self._lock:
            self._readers[of] -= 1
            if not self._readers[of]:
                del self._readers[of]

    def tell(self, messages: Sequence[Message]) -> None:
        """Tell every reader; from any thread."""
        if self._loop is not None and not self.is_closed:
            self._loop.call_soon_threadsafe(self._put, messages)

    def close(self) -> None:
        """End every stream; on the loop."""
        self.is_closed = True
        self._wake()

    def after(self, place: int) -> list[tuple[int, Message]] | None:
        """Return what has come after a place; None: some of it is gone from the ring."""
        if place == self._newest:
            return []
        if self._ring[0][0] > place + 1:
            return None
        fresh = self._newest - place
        return [self._ring[index] for index in range(len(self._ring) - fresh, len(self._ring))]

    async def news(self) -> None:
        """Wait until something has come."""
        await self._news.wait()

    def _put(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._newest += 1
            self._ring.append((self._newest, message))
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
