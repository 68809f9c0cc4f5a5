"""The periodic tidying up: what is kept for how long, and what is written down once in a while.

Kept: of a job that is over its row, its numbers and its history, for ever. Deleted after
``keep_photos_days``: its photo, mesh, G-code and pictures, and its slice if no other job has it. A
photo is personal, and nothing can be printed of it any more than of the file that its owner has.
What a visitor of the kiosk wants deleted after printing goes as soon as that is over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from printd.core.clock import boottime_s, from_text, to_text, utc_now
from printd.core.errors import CannotWriteNow
from printd.core.files import JobFolders
from printd.core.generation import Generation
from printd.core.jobs import Job
from printd.core.snapshots import keep_today
from printd.core.store import Store
from printd.core.wishes import files_gone
from printd.daemon.copies import Copies
from printd.pipeline.record import write_record
from printd.pipeline.sweeping import remove_files
from printd.slicers.cache import SliceCache

log = logging.getLogger(__name__)
AT_ONCE: Final = 50  # jobs; more are tidied up the next time
BACKWARDS: Final = timedelta(seconds=5)  # no clock that is kept right goes back so far
TICKETS_FOR: Final = timedelta(days=60)
FAILED_FOR: Final = timedelta(days=1)
JUMP_S: Final = 3600.0  # of the wall clock, beyond what has passed: nobody knows what day it is

# Jobs that are over whose tickets ask for it, and what was made of them.
_PROMISED: Final = (
    "WITH RECURSIVE piece(number) AS ("
    "SELECT job FROM ticket WHERE delete_photo = 1"
    " UNION SELECT job.number FROM job JOIN piece ON job.again_of = piece.number"
    " UNION SELECT job.number FROM job JOIN piece ON job.copy_of = piece.number)"
    " SELECT job.number FROM job JOIN piece ON piece.number = job.number"
    " WHERE job.files_gone_at IS NULL AND (job.state IN ('printed', 'cancelled')"
    " OR (job.state = 'failed' AND job.moved_at < ?)) ORDER BY job.number LIMIT ?"
)

_OLD_TICKETS: Final = (
    "SELECT ticket.sha256 FROM ticket JOIN job ON job.number = ticket.job"
    " WHERE ticket.made_at < ? AND job.files_gone_at IS NOT NULL LIMIT ?"
)


class Tidying:
    """Tidies up one data folder."""

    def __init__(
        self,
        store: Store,
        folders: JobFolders,
        generation: Generation,
        copies: Copies,
        slices: SliceCache,
        keep_days: Callable[[], float | None],
    ) -> None:
        self._store = store
        self._folders = folders
        self._generation = generation
        self._copies = copies
        self._slices = slices
        self._keep_days = keep_days
        self._began = utc_now().timestamp() - boottime_s()

    def run(self) -> None:
        """Do everything that is due; where there is no room it is done the next time."""
        now = utc_now()
        try:
            self._generation.note()
            self._copies.make()
            keep_today(self._store.database.path, now)
            self.forget_old(now)
            self.forget_promised(now)
            self._slices.forget_unused()
        except CannotWriteNow as error:
            log.warning("tidying up: %s", error)

    def forget_old(self, now: datetime) -> list[int]:
        """Delete the files of jobs that were over long ago; return their numbers."""
        days = self._keep_days()
        if days is None or not self._is_plausible(now):
            return []
        old = self._store.over_before(now - timedelta(days=days), AT_ONCE)
        for job in old:
            self._forget(job, f"kept for {days:g} days")
        return [job.number for job in old]

    def forget_promised(self, now: datetime) -> list[int]:
        """Delete the files of jobs whose tickets ask for it; return their numbers.

        With a job go its copies and those that were made again of it. One that has failed is kept
        for a day: it may be printed again without its visitor.
        """
        done = []
        for row in self._store.database.rows(_PROMISED, to_text(now - FAILED_FOR), AT_ONCE):
            job = self._store.job(row["number"])
            self._forget(job, "wished by its visitor")
            done.append(job.number)
        self._forget_tickets(to_text(now - TICKETS_FOR))
        return done

    def _forget_tickets(self, before: str) -> None:
        """Forget old tickets of jobs that nothing is kept of."""
        old = self._store.database.rows(_OLD_TICKETS, before, AT_ONCE)
        if old:
            with self._store.database.write() as connection:
                connection.executemany("DELETE FROM ticket WHERE sha256 = ?", map(tuple, old))

    def _forget(self, job: Job, why: str) -> None:
        with self._store.database.write() as connection:
            files_gone(connection, job, why, who="printd")
        remove_files(self._folders.of(job.id))
        write_record(self._store, self._folders, job.number)
        log.info("#%s: its files are deleted: %s", job.number, why)

    def _is_plausible(self, now: datetime) -> bool:
        """Say whether the wall clock can be believed: what is deleted does not come back."""
        newest = self._store.database.row("SELECT at FROM event ORDER BY seq DESC LIMIT 1")
        if newest is not None and from_text(newest["at"]) - now > BACKWARDS:
            return False
        return abs(now.timestamp() - boottime_s() - self._began) < JUMP_S
