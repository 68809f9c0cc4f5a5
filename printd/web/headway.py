"""How far prints are: told of a job every 5 % or every minute, and when its first layer lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

STEP: Final = 0.05  # of the whole print
EVERY_S: Final = 60.0
Word = Literal["job.progress", "job.first_layer_done"]


class UnderWay(NamedTuple):
    """A print of ours that goes on."""

    job: int
    progress: float  # 0 to 1
    layer: int | None


@dataclass(frozen=True, slots=True)
class _Told:
    progress: float
    at_s: float
    is_above_first: bool


class Headway:
    """What was told of the prints that are under way; what it finds at first is known already."""

    def __init__(self) -> None:
        self._told: dict[int, _Told] = {}

    def news(self, prints: Iterable[UnderWay], now_s: float) -> Iterator[tuple[Word, int]]:
        """Yield what is to be told, each with the number of its job.

        Args:
            prints: all that go on now.
            now_s: of a clock that does not jump.
        """
        before, self._told = self._told, {}
        for one in prints:
            yield from self._of(one, before.get(one.job), now_s)

    def _of(self, now: UnderWay, told: _Told | None, now_s: float) -> Iterator[tuple[Word, int]]:
        is_above_first = (now.layer or 0) > 1
        known = told or _Told(now.progress, now_s, is_above_first)
        if is_above_first and not known.is_above_first:
            yield "job.first_layer_done", now.job
        is_due = now.progress >= known.progress + STEP or now_s >= known.at_s + EVERY_S
        if is_due and now.progress != known.progress:
            yield "job.progress", now.job
            known = _Told(now.progress, now_s, known.is_above_first)
        is_above_first = is_above_first or known.is_above_first
        self._told[now.job] = _Told(known.progress, known.at_s, is_above_first)
