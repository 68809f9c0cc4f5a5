"""Which jobs there are, and what has happened to them: the reading half of the store.

Safe beside the daemon; nothing here changes a row.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from printd.core.clock import from_text, to_text
from printd.core.database import Database
from printd.core.errors import NoSuchJob
from printd.core.given import KEY, Given
from printd.core.history import Wanted, counts_of, page_of
from printd.core.jobs import Event, Job, Mark, State
from printd.core.route import ARTIST, AWAY
from printd.core.rows import event_of, job_of, mark_of


class UnderWay(NamedTuple):
    """What the worker has to know of a job with a step to run."""

    number: int
    state: State
    given: Given
    away: bool  # a service has its order in hand, or makes the picture first
    due_at: datetime | None  # not before, because it has failed lately


class Lookup:
    """The jobs of one data folder, to be read."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def job(self, number: int) -> Job:
        """Return one job.

        Raises:
            NoSuchJob: there is none of this number.
        """
        row = self.database.row("SELECT * FROM job WHERE number = ?", number)
        if row is None:
            raise NoSuchJob(f"There is no job #{number}.")
        return job_of(row)

    def find(self, word: str, owner: str | None = None) -> Job:
        """Return the job that a person means by a number, ``last``, or the start of an id.

        Args:
            word: what they say.
            owner: whose jobs alone there are for them, also where others begin alike; None: all.

        Raises:
            NoSuchJob: none, or more than one.
        """
        word = word.removeprefix("#")
        is_number = word.isascii() and word.isdecimal() and len(word) < 10
        test = "substr(id, 1, ?) = ?"
        values: tuple[Any, ...] = (len(word), word)
        if is_number:
            test, values = "number = ?", (int(word),)
        elif word == "last":
            test, values = "TRUE", ()
        if owner is not None:
            test, values = f"{test} AND owner = ?", (*values, owner)
        most = 1 if word == "last" else 2
        query = f"SELECT * FROM job WHERE {test} ORDER BY number DESC LIMIT {most}"  # noqa: S608  only ?
        rows = self.database.rows(query, *values) if word else []
        if len(rows) == 1:
            return job_of(rows[0])
        if is_number:
            raise NoSuchJob(f"There is no job #{int(word)}.")
        if word == "last":
            raise NoSuchJob("There is no job yet.")
        raise NoSuchJob(f"{'Several jobs begin' if rows else 'No job begins'} with {word!r}.")

    def jobs(self, states: Collection[State] | None = None) -> list[Job]:
        """Return jobs in the order they came, all or those in ``states``."""
        wanted = sorted(State if states is None else states)
        marks = ",".join("?" * len(wanted))
        query = f"SELECT * FROM job WHERE state IN ({marks}) ORDER BY number"  # noqa: S608  only ?
        return [job_of(row) for row in self.database.rows(query, *wanted)]

    def history(
        self, wanted: Wanted, *, before: int | None = None, limit: int | None = None
    ) -> list[Job]:
        """Return the jobs that are looked for, newest first.

        Args:
            wanted: which.
            before: the number of the last one of the page before; None: from the newest on.
            limit: at most so many; None: all.
        """
        query, values = page_of(wanted, before, limit)
        return [job_of(row) for row in self.database.rows(query, *values)]

    def counts(self, wanted: Wanted) -> dict[State, int]:
        """Return how many jobs that are looked for there are in each state."""
        query, values = counts_of(wanted)
        return {State(state): many for state, many in self.database.rows(query, *values)}

    def over_before(self, moment: datetime, limit: int) -> list[Job]:
        """Return jobs that were over before a moment and have their files still, oldest first."""
        rows = self.database.rows(
            "SELECT * FROM job WHERE state IN ('printed', 'failed', 'cancelled')"
            " AND moved_at < ? AND files_gone_at IS NULL ORDER BY number LIMIT ?",
            to_text(moment),
            limit,
        )
        return [job_of(row) for row in rows]

    def copies_of(self, number: int) -> list[int]:
        """Return the numbers of the copies that have been made of a job."""
        query = "SELECT number FROM job WHERE copy_of = ? ORDER BY number"
        return [row[0] for row in self.database.rows(query, number)]

    def wanting_copies(self) -> list[Job]:
        """Return the jobs of which copies are wanted, and what they are printed from is there."""
        rows = self.database.rows(
            "SELECT * FROM job WHERE copies > 1 AND copy_of IS NULL"
            " AND state IN ('sliced', 'assigned', 'uploaded', 'printing', 'printed')"
            " AND copies > 1 + (SELECT count(*) FROM job AS c WHERE c.copy_of = job.number)"
        )
        return [job_of(row) for row in rows]

    def current(self, since: datetime) -> list[Job]:
        """Return the jobs that are not over, and those that ended after ``since``."""
        rows = self.database.rows(
            "SELECT * FROM job WHERE number IN (SELECT number FROM job INDEXED BY job_words"
            " WHERE state NOT IN ('printed', 'failed', 'cancelled') OR moved_at >= ?)"
            " ORDER BY number",
            to_text(since),
        )
        return [job_of(row) for row in rows]

    def under_way(self) -> list[UnderWay]:
        """Return the jobs with a step to run, in the order they came."""
        rows = self.database.rows(
            f"SELECT number, state, json_extract(settings, '$.{KEY}'),"  # noqa: S608
            f" CASE state WHEN 'ordered' THEN json_extract(facts, '$.{AWAY}')"
            f" WHEN 'received' THEN json_extract(settings, '$.{ARTIST}') IS NOT NULL END,"
            " due_at FROM job"
            " WHERE state NOT IN ('printed', 'failed', 'cancelled', 'held') ORDER BY number"
        )
        return [
            UnderWay(
                row[0],
                State(row[1]),
                Given(row[2] or Given.PHOTO),
                bool(row[3]),
                row[4] and from_text(row[4]),
            )
            for row in rows
        ]

    def revisions(self, state: State, now: datetime) -> dict[int, int]:
        """Return number and revision of each job in a state that is not to be retried later."""
        query = (
            "SELECT number, revision FROM job WHERE state = ?"
            " AND (due_at IS NULL OR due_at <= ?) ORDER BY number"
        )
        return {row[0]: row[1] for row in self.database.rows(query, state, to_text(now))}

    def events(self, number: int | None = None, limit: int = 1000) -> list[Event]:
        """Return the history of one job or of everything, oldest first."""
        where = "" if number is None else "WHERE job = ?"
        values = () if number is None else (number,)
        rows = self.database.rows(
            f"SELECT * FROM (SELECT * FROM event {where} ORDER BY seq DESC LIMIT {int(limit)})"  # noqa: S608
            " ORDER BY seq",
            *values,
        )
        return [event_of(row) for row in rows]

    def events_after(self, seq: int, limit: int) -> list[Event]:
        """Return what has happened after the event of this number, oldest first."""
        query = "SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?"
        return [event_of(row) for row in self.database.rows(query, seq, limit)]

    def newest_of(self, sha256: str) -> Job | None:
        """Return the newest job made of these bytes, if there is one."""
        query = "SELECT * FROM job WHERE sha256 = ? ORDER BY number DESC LIMIT 1"
        row = self.database.row(query, sha256)
        return job_of(row) if row else None

    def job_of_request(self, add_key: str) -> Job | None:
        """Return the job that was made of what was handed in under this key."""
        row = self.database.row("SELECT * FROM job WHERE add_key = ?", add_key)
        return job_of(row) if row else None

    def sent_before(
        self, owner: str, sha256: str, name: str, printer: str | None, since: datetime
    ) -> Job | None:
        """Return the job of the same bytes and name that one has sent to an address since.

        Args:
            owner: who has sent it.
            sha256: of the bytes.
            name: of the job.
            printer: that the address names; None: that of any.
            since: a moment ago.
        """
        row = self.database.row(
            "SELECT * FROM job WHERE owner = ? AND created_at >= ? AND sha256 = ? AND name = ?"
            " AND wanted_printer IS ? AND source = 'slicer'"
            " AND state NOT IN ('failed', 'cancelled') ORDER BY number DESC LIMIT 1",
            *(owner, to_text(since), sha256, name, printer),
        )
        return job_of(row) if row else None

    def duplicate_of(self, sha256: str, recipe: str, since: datetime) -> Job | None:
        """Return the newest job of these bytes and this recipe that was or may be printed."""
        row = self.database.row(
            "SELECT * FROM job WHERE sha256 = ? AND recipe = ? AND created_at > ?"
            " AND state NOT IN ('failed', 'cancelled') ORDER BY number DESC LIMIT 1",
            sha256,
            recipe,
            to_text(since),
        )
        return job_of(row) if row else None

    def open_mark(self, job: Job) -> Mark | None:
        """Return the mark of the step under way, if that step has begun and is not settled."""
        row = self.database.row(
            "SELECT * FROM mark WHERE job = ? AND attempt = ? AND outcome IS NULL",
            job.number,
            job.attempt,
        )
        return mark_of(row) if row else None

    def drop_known(self, fingerprint: str) -> bool:
        """Return whether this very drop has been taken or refused before."""
        query = "SELECT 1 FROM drop_taken WHERE fingerprint = ?"
        return self.database.row(query, fingerprint) is not None
