"""The store of jobs: guarded moves, marks of steps that run once, and the history.

A move names the state and revision that its caller saw; a stale caller changes nothing. The
event of a move is written in the transaction that makes it. Nothing here knows how a step is done.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from printd.core import beds
from printd.core.clock import boot_id, boottime_s, from_text, to_text, utc_now
from printd.core.database import Database
from printd.core.errors import (
    InDoubt,
    InDoubtError,
    InternalError,
    NoSuchJob,
    NotYet,
    PrintdError,
)
from printd.core.failpoints import hit
from printd.core.jobs import (
    TRANSITIONS,
    Because,
    Event,
    Facts,
    Job,
    Mark,
    State,
    after_hold,
)

RETRY_FIRST_S = 5.0
RETRY_LONGEST_S = 600.0
RETRY_FOR = timedelta(days=1)


class Store(Lookup):
    """The jobs of one data folder, to be read and moved."""

    # Accepting.

    def accept(self, new: NewJob) -> Job:
        """Make a job of a photo that lies in its folder, synced.

        A fingerprint or key that is known returns the job made of it before: one drop, one job.
        """
        now = to_text(utc_now())
        with self.database.write() as connection:
            known = known_job(connection, new)
            if known is not None:
                return self.job(known)
            state = State.HELD if new.hold else State.RECEIVED
            error = new.hold
            number = connection.execute(
                "INSERT INTO job(id, state, name, recipe, settings, sha256, created_at, moved_at,"
                " again_of, add_key, facts, held_from, code, problem, action)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(new.id, state, new.name, new.recipe, json.dumps(dict(new.settings))),
                    *(new.sha256, now, now, new.again_of, new.add_key),
                    *(json.dumps(dict(new.facts)), State.RECEIVED if error else None),
                    *((error.code, error.problem, error.action) if error else (None,) * 3),
                ),
            ).lastrowid
            if new.fingerprint:
                connection.execute(
                    "INSERT INTO drop_taken(fingerprint, at, job) VALUES (?, ?, ?)",
                    (new.fingerprint, now, number),
                )
            write_event(
                connection,
                number,
                "job.accepted",
                after=state,
                code=error.code if error else None,
                text=error.problem if error else f"{new.name} taken with recipe {new.recipe}",
                who=new.who,
            )
        return self.job(int(number or 0))

    def refuse_drop(self, fingerprint: str, name: str, error: PrintdError) -> None:
        """Remember that this drop was refused; it is never a job."""
        with self.database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO drop_taken(fingerprint, at, code, problem)"
                " VALUES (?, ?, ?, ?)",
                (fingerprint, to_text(utc_now()), error.code, error.problem),
            )
            text = f"{name}: {error.problem}"
            write_event(connection, None, "drop.rejected", code=error.code, text=text)

    # Moving.

    def advance(self, job: Job, to: State, facts: Facts, *, who: str = "printd") -> Job:
        """Move ``job`` on, with what the step has found out; its mark is settled with it.

        Raises:
            InternalError: ``TRANSITIONS`` has no such arrow; a fault in printd.
            StaleJob: somebody moved the job meanwhile. The caller drops its result.
            sqlite3.IntegrityError: another job has this printer.
        """
        hit("move.before")
        columns = {key: facts[key] for key in ("printer", "print_name") if key in facts}
        kept = {key: value for key, value in facts.items() if key not in columns}
        with self.database.write() as connection:
            settle_mark(connection, job, to, kept.pop("evidence", "the step returned"))
            if kept.get("ejected") and job.printer:
                beds.ejected(connection, job.printer, job.number)
            move(
                connection,
                job,
                to,
                **columns,
                attempt=job.attempt + (to is State.ASSIGNED),
                facts=json.dumps({**job.facts, **kept}),
                who=who,
            )
            hit("move.in")
        hit("move.after")
        return self.job(job.number)

    def stop(self, job: Job, state: State, error: PrintdError, *, who: str = "printd") -> Job:
        """Stop ``job`` with the error that a person is shown.

        An error in doubt keeps the mark, the printer and the bed; any other is a statement that
        the step did not happen.
        """
        hit("move.before")
        doubt = isinstance(error, InDoubtError)
        with self.database.write() as connection:
            if not doubt:
                clear_mark(connection, job)
            move(
                connection,
                job,
                state,
                held_from=job.state if state is State.HELD else None,
                in_doubt=int(doubt),
                because=Because(error.code, error.problem, error.action),
                who=who,
            )
            hit("move.in")
        hit("move.after")
        return self.job(job.number)

    def cancelled(self, job: Job, problem: str, *, who: str) -> Job:
        """Move ``job`` to CANCELLED; what the bed holds stays on it."""
        with self.database.write() as connection:
            move(
                connection,
                job,
                State.CANCELLED,
                in_doubt=0,
                because=Because("cancelled", problem),
                who=who,
            )
        return self.job(job.number)

    def resume(self, job: Job, *, who: str) -> Job:
        """Let a HELD job go on where it was, or at SLICED if a printer was assigned."""
        return self._leave_hold(job, after_hold(job.held_from or State.RECEIVED), who)

    def resolve(self, job: Job, to: State, *, who: str) -> Job:
        """Do what a person says of a job in doubt: PRINTING, PRINTED, or SLICED (not started).

        The bed stays as it is: the person clears it.
        """
        return self._leave_hold(job, to, who)

    def _leave_hold(self, job: Job, to: State, who: str) -> Job:
        with self.database.write() as connection:
            if to is State.SLICED:
                connection.execute(
                    "DELETE FROM mark WHERE job = ? AND outcome IS NULL", (job.number,)
                )
            else:
                settle_mark(connection, job, State.PRINTING, f"{who} says so")
            free = {} if to in (State.PRINTING, State.PRINTED) else {"printer": None}
            move(connection, job, to, in_doubt=0, held_from=None, **free, who=who)
        return self.job(job.number)

    def failed_at_printer(self, job: Job, error: PrintdError, *, who: str) -> Job:
        """Turn a doubt into a failed print, as a person says; the bed stays occupied."""
        with self.database.write() as connection:
            settle_mark(connection, job, State.PRINTING, f"{who} says so")
            changed = connection.execute(
                "UPDATE job SET in_doubt = 0, held_from = 'printing', code = ?, problem = ?,"
                " action = ? WHERE number = ? AND state = 'held' AND revision = ?",
                (error.code, error.problem, error.action, job.number, job.revision),
            ).rowcount
            if not changed:
                raise StaleJob
            text = error.problem
            write_event(connection, job.number, "job.resolved", code=error.code, text=text, who=who)
        return self.job(job.number)

    # Steps that run once.

    def begin(self, job: Job, step: State, *, takes_bed: bool) -> Job | None:
        """Set the synced mark that ``step`` has begun; None: it has begun before.

        With ``takes_bed`` the bed of the job's printer becomes occupied in the same transaction.

        Returns:
            The job with its mark.

        Raises:
            NotYet: the bed is not clear.
            StaleJob: somebody moved or cancelled the job meanwhile.
        """
        hit("mark.before")
        key = f"{job.id}/{step}/{job.attempt}"
        mark = Mark(step, job.attempt, key, utc_now(), boottime_s(), boot_id())
        with self.database.write() as connection:
            self._still(connection, job)
            if self.open_mark(job) is not None:
                return None
            before = None
            if takes_bed:
                before = take_bed(connection, job)
            connection.execute(
                "INSERT INTO mark(job, step, attempt, key, began_at, began_boot, boot_id, before)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(job.number, step, job.attempt, mark.key, to_text(mark.began_at)),
                    *(mark.began_boot_s, mark.boot_id, before),
                ),
            )
            hit("mark.in")
        hit("mark.after")
        return replace(job, mark=mark)

    def not_happened(self, job: Job, why: str) -> None:
        """Clear the mark of a step that is proved not to have happened; its bed goes back."""
        with self.database.write() as connection:
            clear_mark(connection, job)
            write_event(connection, job.number, "step.not_happened", text=why)

    def _still(self, connection: sqlite3.Connection, job: Job) -> None:
        row = connection.execute(
            "SELECT 1 FROM job WHERE number = ? AND state = ? AND revision = ?"
            " AND cancel_by IS NULL",
            (job.number, job.state, job.revision),
        ).fetchone()
        if row is None:
            raise StaleJob

    # Waiting.

    def wait(self, job: Job, pause: NotYet) -> None:
        """Keep why ``job`` waits; written only when the reason is another one."""
        because = Because(pause.code, pause.problem, pause.action)
        news = job.because != because or job.tries > 0
        over = not isinstance(pause, InDoubt) and self.open_mark(job) is not None
        if not news and not over:
            return
        with self.database.write() as connection:
            if over:
                clear_mark(connection, job)
            if news:
                self._note_because(connection, job, because, tries=0, due_at=None)

    def retry(self, job: Job, error: PrintdError, now: datetime) -> Job:
        """Try the step again later: 5 s, doubling to 10 min; after a day a person is asked."""
        row = self.database.row("SELECT tried_at FROM job WHERE number = ?", job.number)
        first = from_text(row["tried_at"]) if row and row["tried_at"] and job.tries else now
        if now - first > RETRY_FOR:
            return self.stop(job, State.HELD, error)
        wait_s = min(RETRY_FIRST_S * 2.0**job.tries, RETRY_LONGEST_S)
        due = now + timedelta(seconds=wait_s * random.uniform(0.8, 1.2))  # noqa: S311  jitter
        because = Because(error.code, error.problem, error.action)
        with self.database.write() as connection:
            clear_mark(connection, job)
            self._note_because(
                connection, job, because, tries=job.tries + 1, due_at=to_text(due), tried_at=first
            )
        return self.job(job.number)

    def _note_because(
        self,
        connection: sqlite3.Connection,
        job: Job,
        because: Because,
        *,
        tries: int,
        due_at: str | None,
        tried_at: datetime | None = None,
    ) -> None:
        connection.execute(
            "UPDATE job SET code = ?, problem = ?, action = ?, tries = ?, due_at = ?, tried_at = ?"
            " WHERE number = ? AND state = ? AND revision = ?",
            (
                *(because.code, because.problem, because.action, tries, due_at),
                *(to_text(tried_at) if tried_at else None, job.number, job.state, job.revision),
            ),
        )
        text = because.problem
        write_event(connection, job.number, "job.waits", code=because.code, text=text)

    def want_cancel(self, job: Job, who: str) -> None:
        """Note that a person wants this job cancelled at the printer."""
        with self.database.write() as connection:
            connection.execute(
                "UPDATE job SET cancel_by = ? WHERE number = ? AND state = ? AND revision = ?",
                (who, job.number, job.state, job.revision),
            )
            write_event(connection, job.number, "job.cancel_asked", text="cancel asked", who=who)
