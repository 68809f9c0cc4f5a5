"""The periodic work, one table, run by APScheduler in one thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler


@dataclass(frozen=True, slots=True)
class Row:
    """One thing done again and again."""

    name: str
    every_s: float
    act: Callable[[], None]


class Schedule:
    """Runs the rows; a row that takes long is not started twice."""

    def __init__(self, rows: Sequence[Row], failed: Callable[[BaseException], None]) -> None:
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

    def _run(self, row: Row) -> None:
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
