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


class StaleJob(Exception):
    """Somebody moved the job meanwhile; the caller drops its result."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """What is known of a job before it has a number."""

    id: str
    name: str
    recipe: str
    settings: Mapping[str, Any]
    sha256: str
    facts: Facts = field(default_factory=dict)
    fingerprint: str | None = None  # of the drop it came from
    add_key: str | None = None  # of the request it came from
    again_of: int | None = None
    hold: PrintdError | None = None
    who: str = "drop folder"


class Store:
    """The jobs of one data folder."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # Reading.

    def job(self, number: int) -> Job:
        """Return one job.

        Raises:
            NoSuchJob: there is none of this number.
        """
        row = self.database.row("SELECT * FROM job WHERE number = ?", number)
        if row is None:
            raise NoSuchJob(f"There is no job #{number}.")
        return job_of(row)

    def find(self, word: str) -> Job:
        """Return the job that a person means by a number, ``last``, or the start of an id.

        Raises:
            NoSuchJob: none, or more than one.
        """
        word = word.removeprefix("#")
        if word.isdigit() and len(word) < 10:
            return self.job(int(word))
        query = "SELECT * FROM job WHERE substr(id, 1, ?) = ? LIMIT 2"
        values: tuple[Any, ...] = (len(word), word)
        if word == "last":
            query, values = "SELECT * FROM job ORDER BY number DESC LIMIT 1", ()
        rows = self.database.rows(query, *values) if word else []
        if len(rows) != 1:
            raise NoSuchJob(f"{'Several jobs begin' if rows else 'No job begins'} with {word!r}.")
        return job_of(rows[0])

    def jobs(self, states: Collection[State] | None = None) -> list[Job]:
        """Return jobs in the order they came, all or those in ``states``."""
        wanted = sorted(State if states is None else states)
        marks = ",".join("?" * len(wanted))
        query = f"SELECT * FROM job WHERE state IN ({marks}) ORDER BY number"  # noqa: S608  only ?
        return [job_of(row) for row in self.database.rows(query, *wanted)]

    def under_way(self) -> list[tuple[int, State, datetime | None]]:
        """Return number, state and retry time of each job that has a step to run, in order."""
        rows = self.database.rows(
            "SELECT number, state, due_at FROM job"
            " WHERE state NOT IN ('printed', 'failed', 'cancelled', 'held') ORDER BY number"
        )
        return [(row[0], State(row[1]), from_text(row[2]) if row[2] else None) for row in rows]

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

    def newest_of(self, sha256: str, recipe: str | None = None) -> Job | None:
        """Return the newest job made of these bytes (and this recipe), if there is one."""
        rows = self.database.rows(
            "SELECT * FROM job WHERE sha256 = ? AND (? IS NULL OR recipe = ?)"
            " ORDER BY number DESC LIMIT 1",
            sha256,
            recipe,
            recipe,
        )
        return job_of(rows[0]) if rows else None

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

    # Accepting.

    def accept(self, new: NewJob) -> Job:
        """Make a job of a photo that lies in its folder, synced.

        A fingerprint or key that is known returns the job made of it before: one drop, one job.
        """
        now = to_text(utc_now())
        with self.database.write() as connection:
            known = _known(connection, new)
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
            _event(
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
            _event(connection, None, "drop.rejected", code=error.code, text=text)

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
            _settle_mark(connection, job, to, kept.pop("evidence", "the step returned"))
            if kept.get("ejected") and job.printer:
                beds.ejected(connection, job.printer, job.number)
            _move(
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
                _clear_mark(connection, job)
            _move(
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
            _move(
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
                _settle_mark(connection, job, State.PRINTING, f"{who} says so")
            free = {} if to in (State.PRINTING, State.PRINTED) else {"printer": None}
            _move(connection, job, to, in_doubt=0, held_from=None, **free, who=who)
        return self.job(job.number)

    def failed_at_printer(self, job: Job, error: PrintdError, *, who: str) -> Job:
        """Turn a doubt into a failed print, as a person says; the bed stays occupied."""
        with self.database.write() as connection:
            _settle_mark(connection, job, State.PRINTING, f"{who} says so")
            changed = connection.execute(
                "UPDATE job SET in_doubt = 0, held_from = 'printing', code = ?, problem = ?,"
                " action = ? WHERE number = ? AND state = 'held' AND revision = ?",
                (error.code, error.problem, error.action, job.number, job.revision),
            ).rowcount
            if not changed:
                raise StaleJob
            text = error.problem
            _event(connection, job.number, "job.resolved", code=error.code, text=text, who=who)
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
                before = _take_bed(connection, job)
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
            _clear_mark(connection, job)
            _event(connection, job.number, "step.not_happened", text=why)

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
                _clear_mark(connection, job)
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
            _clear_mark(connection, job)
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
        _event(connection, job.number, "job.waits", code=because.code, text=text)

    def want_cancel(self, job: Job, who: str) -> None:
        """Note that a person wants this job cancelled at the printer."""
        with self.database.write() as connection:
            connection.execute(
                "UPDATE job SET cancel_by = ? WHERE number = ? AND state = ? AND revision = ?",
                (who, job.number, job.state, job.revision),
            )
            _event(connection, job.number, "job.cancel_asked", text="cancel asked", who=who)


def _known(connection: sqlite3.Connection, new: NewJob) -> int | None:
    for query, value in (
        ("SELECT job FROM drop_taken WHERE fingerprint = ?", new.fingerprint),
        ("SELECT number FROM job WHERE add_key = ?", new.add_key),
    ):
        if value is not None:
            row = connection.execute(query, (value,)).fetchone()
            if row is not None and row[0] is not None:
                return int(row[0])
    return None


def _move(
    connection: sqlite3.Connection,
    job: Job,
    to: State,
    *,
    who: str,
    because: Because | None = None,
    **columns: Any,
) -> None:
    if to not in TRANSITIONS[job.state]:
        raise InternalError(f"Job #{job.number} cannot move from {job.state} to {to}.")
    why = because or Because("", "")
    values = {
        "state": to,
        "moved_at": to_text(utc_now()),
        "code": why.code or None,
        "problem": why.problem or None,
        "action": why.action or None,
        "tries": 0,
        "due_at": None,
        "tried_at": None,
        **({"printer": None} if to is State.SLICED else {}),
        **columns,
    }
    names = ", ".join(f"{name} = :{name}" for name in values)
    changed = connection.execute(
        f"UPDATE job SET {names}, revision = revision + 1"  # noqa: S608  our own column names
        " WHERE number = :number AND state = :seen AND revision = :revision",
        {**values, "number": job.number, "seen": job.state, "revision": job.revision},
    ).rowcount
    if not changed:
        raise StaleJob
    _event(
        connection,
        job.number,
        "job.moved",
        printer=values.get("printer") or job.printer,
        before=job.state,
        after=to,
        code=why.code or None,
        text=why.problem,
        who=who,
    )


def _event(
    connection: sqlite3.Connection,
    job: int | None,
    kind: str,
    *,
    printer: str | None = None,
    before: State | None = None,
    after: State | None = None,
    code: str | None = None,
    text: str = "",
    who: str = "printd",
) -> None:
    connection.execute(
        "INSERT INTO event(at, kind, job, printer, before, after, code, text, who)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (to_text(utc_now()), kind, job, printer, before, after, code, text, who),
    )


def _take_bed(connection: sqlite3.Connection, job: Job) -> str:
    if job.printer is None:
        raise InternalError(f"Job #{job.number} has no printer to start on.")
    row = connection.execute("SELECT * FROM printer WHERE name = ?", (job.printer,)).fetchone()
    if row is None or row["bed"] != beds.BedState.CLEAR:
        raise NotYet("bed_not_clear", f"The bed of {job.printer} has not been cleared.")
    before = beds.frozen(connection, job.printer)
    why = f"a start of #{job.number} was requested"
    beds.set_bed(connection, job.printer, beds.BedState.OCCUPIED, why, job=job.number)
    beds.note(connection, job.printer, "bed.occupied", why, "printd")
    return before


def _settle_mark(connection: sqlite3.Connection, job: Job, step: State, evidence: str) -> None:
    connection.execute(
        "UPDATE mark SET outcome = 'happened', evidence = ?"
        " WHERE job = ? AND step = ? AND attempt = ? AND outcome IS NULL",
        (evidence, job.number, step, job.attempt),
    )


def _clear_mark(connection: sqlite3.Connection, job: Job) -> None:
    row = connection.execute(
        "SELECT before FROM mark WHERE job = ? AND attempt = ? AND outcome IS NULL",
        (job.number, job.attempt),
    ).fetchone()
    if row is None:
        return
    if row["before"] and job.printer:
        beds.thaw(connection, job.printer, row["before"], job.number)
    connection.execute(
        "DELETE FROM mark WHERE job = ? AND attempt = ? AND outcome IS NULL",
        (job.number, job.attempt),
    )


def job_of(row: sqlite3.Row) -> Job:
    """Return the job in a row; nothing else knows the columns."""
    return Job(
        number=row["number"],
        id=row["id"],
        state=State(row["state"]),
        name=row["name"],
        recipe=row["recipe"],
        settings=json.loads(row["settings"]),
        sha256=row["sha256"],
        created_at=from_text(row["created_at"]),
        moved_at=from_text(row["moved_at"]),
        printer=row["printer"],
        print_name=row["print_name"],
        attempt=row["attempt"],
        in_doubt=bool(row["in_doubt"]),
        held_from=State(row["held_from"]) if row["held_from"] else None,
        because=Because(row["code"], row["problem"] or "", row["action"] or "")
        if row["code"]
        else None,
        cancel_by=row["cancel_by"],
        tries=row["tries"],
        again_of=row["again_of"],
        revision=row["revision"],
        facts=json.loads(row["facts"]),
    )


def mark_of(row: sqlite3.Row) -> Mark:
    """Return the mark in a row."""
    return Mark(
        State(row["step"]),
        row["attempt"],
        row["key"],
        from_text(row["began_at"]),
        row["began_boot"],
        row["boot_id"],
    )


def event_of(row: sqlite3.Row) -> Event:
    """Return the event in a row."""
    return Event(
        seq=row["seq"],
        at=from_text(row["at"]),
        kind=row["kind"],
        job=row["job"],
        printer=row["printer"],
        before=State(row["before"]) if row["before"] else None,
        after=State(row["after"]) if row["after"] else None,
        code=row["code"],
        text=row["text"],
        who=row["who"],
    )
