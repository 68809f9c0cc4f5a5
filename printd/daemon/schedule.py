"""The work by the clock, one table, run by APScheduler in one thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger


@dataclass(frozen=True, slots=True)
class Row:
    """One thing done again and again."""

    name: str
    every_s: float
    act: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Moments:
    """One thing done at moments of the wall clock, each found when the one before is over."""

    name: str
    next_after: Callable[[datetime], datetime | None]  # None: none in sight
    act: Callable[[], None]


class _Trigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Says when the next of some moments is; asked by APScheduler in its own thread."""

    def __init__(self, moments: Moments, failed: Callable[[BaseException], None]) -> None:
        self._moments = moments
        self._failed = failed

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the first moment after both, so that one that is over is not met again."""
        try:
            return self._moments.next_after(max(previous or now, now))
        except Exception as error:  # noqa: BLE001  it would end that thread unseen
            self._failed(error)
            return None


class Schedule:
    """Runs the rows; a row that takes long is not started twice.

    The periodic rows keep APScheduler looking at the wall clock, so that moments are met also
    when that clock is set or the machine was asleep.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        failed: Callable[[BaseException], None],
        moments: Sequence[Moments] = (),
    ) -> None:
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        self._failed = failed
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        for row in rows:
            self._scheduler.add_job(
                self._run, "interval", args=(row,), seconds=row.every_s, id=row.name
            )
        self._moments = moments
        self.find_moments()

    def find_moments(self) -> None:
        """Look for the next moments afresh: what says when they are has changed."""
        for moments in self._moments:
            self._scheduler.add_job(
                self._run,
                _Trigger(moments, self._failed),
                args=(moments,),
                id=moments.name,
                replace_existing=True,
            )

    def _run(self, row: Row | Moments) -> None:
        try:
            row.act()
        except Exception as error:  # noqa: BLE001  a fault outside a step ends the daemon
            self._failed(error)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def close(self) -> None:
        """End, after the row under way."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
