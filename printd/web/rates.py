"""How often somebody may come: a bucket of tokens each, filled again as time goes by."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

MOST_KEPT: Final = 4096  # of those who have come lately; of more the longest away are forgotten


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many more in each second."""

    at_once: float
    per_s: float


class Buckets:
    """The buckets of one rate, by who comes."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}  # tokens, when counted

    def take(self, who: str, now_s: float) -> bool:
        """Take a token; return whether there was one.

        Args:
            who: comes.
            now_s: ``time.monotonic()``.
        """
        with self._lock:
            left, counted_s = self._left.pop(who, (self._rate.at_once, now_s))
            left = min(self._rate.at_once, left + (now_s - counted_s) * self._rate.per_s)
            may = left >= 1.0
            self._left[who] = (left - 1.0 if may else left, now_s)
            self._forget(now_s)
            return may

    def wait_s(self, who: str) -> float:
        """Return how long it takes, about, until there is a token again for who had none."""
        left, _ = self._left.get(who, (self._rate.at_once, 0.0))
        return max(0.0, 1.0 - left) / self._rate.per_s

    def give_back(self, who: str) -> None:
        """Give one token back: what it was taken for does not count."""
        with self._lock:
            if who in self._left:
                left, counted_s = self._left[who]
                self._left[who] = (min(self._rate.at_once, left + 1.0), counted_s)

    def forget(self, who: str) -> None:
        """Count nothing of what somebody has taken."""
        with self._lock:
            self._left.pop(who, None)

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._left)

    def _forget(self, now_s: float) -> None:
        """Forget whose bucket is full again, and who is one too many; the oldest come first."""
        full_again_s = self._rate.at_once / self._rate.per_s
        while self._left:
            who, (_, counted_s) = next(iter(self._left.items()))
            if len(self._left) <= MOST_KEPT and now_s - counted_s < full_again_s:
                return
            del self._left[who]
