"""What a change of a job writes: its row, its mark, its bed and its event, on one connection.

Each function works inside the caller's transaction. The store decides what is changed and when;
here stands only how, and that no change goes unguarded or unwritten in the history.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from printd.core import beds, spending
from printd.core.clock import to_text, utc_now
from printd.core.errors import InternalError, NotYet, PrintdError
from printd.core.jobs import TRANSITIONS, Because, Facts, Job, Mark, State

# What is said of a bed that a job has taken.
ON_BED: Final[Mapping[State, str]] = {
    State.PRINTING: "is being printed on it",
    State.PRINTED: "was printed on it",
    State.HELD: "may lie on it",
    State.FAILED: "has failed on it",
    State.CANCELLED: "was cancelled on it",
}


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
    state: State = State.RECEIVED  # what is true of it; held, it goes on from there
    who: str = "drop folder"
    owner: str = ""  # default: who
    source: str = ""
    copies: int = 1
    copy_of: int | None = None
    wanted_printer: str | None = None


def known_job(connection: sqlite3.Connection, new: NewJob) -> int | None:
    """Return the number of the job that was made of the same drop or request before."""
    for query, value in (
        ("SELECT job FROM drop_taken WHERE fingerprint = ?", new.fingerprint),
        ("SELECT number FROM job WHERE add_key = ?", new.add_key),
    ):
        if value is not None:
            row = connection.execute(query, (value,)).fetchone()
            if row is not None and row[0] is not None:
                return int(row[0])
    return None


def insert_job(connection: sqlite3.Connection, new: NewJob) -> int:
    """Write the row and the first event of a job, and the drop that it came from."""
    now = to_text(utc_now())
    error = new.hold
    state = State.HELD if error else new.state
    taken = f"{new.name} taken with recipe {new.recipe}" if new.recipe else f"{new.name} taken"
    number = connection.execute(
        "INSERT INTO job(id, state, name, recipe, settings, sha256, created_at, moved_at,"
        " again_of, add_key, owner, source, copies, copy_of, wanted_printer, facts, held_from,"
        " code, problem, action)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(new.id, state, new.name, new.recipe, json.dumps(dict(new.settings))),
            *(new.sha256, now, now, new.again_of, new.add_key, new.owner or new.who),
            *(new.source, new.copies, new.copy_of, new.wanted_printer),
            *(json.dumps(dict(new.facts)), new.state if error else None),
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
        text=error.problem if error else taken,
        who=new.who,
    )
    return int(number or 0)


def still(connection: sqlite3.Connection, job: Job) -> None:
    """Check that ``job`` is as its caller saw it.

    Raises:
        StaleJob: somebody moved it meanwhile.
    """
    row = connection.execute(
        "SELECT 1 FROM job WHERE number = ? AND state = ? AND revision = ?",
        (job.number, job.state, job.revision),
    ).fetchone()
    if row is None:
        raise StaleJob


def write_move(
    connection: sqlite3.Connection,
    job: Job,
    to: State,
    *,
    who: str,
    because: Because | None = None,
    text: str = "",
    **columns: Any,
) -> None:
    """Move ``job`` as its caller saw it, and write the one event of the move.

    Args:
        connection: of the transaction.
        job: as it was seen.
        to: where it goes.
        who: moves it.
        because: why it has stopped, as every display shows it from now on.
        text: why it goes there, for its history alone.
        columns: of the row that change, too.

    Raises:
        InternalError: ``TRANSITIONS`` has no such arrow.
        StaleJob: the job has another state or revision now.
    """
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
    if job.printer is not None and to in ON_BED:
        beds.tell(connection, job.printer, job.number, f"#{job.number} {ON_BED[to]}")
    write_event(
        connection,
        job.number,
        "job.moved",
        printer=values.get("printer") or job.printer,
        before=job.state,
        after=to,
        code=why.code or None,
        text=why.problem or text,
        who=who,
    )


def write_event(
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
    """Write one line of the history."""
    connection.execute(
        "INSERT INTO event(at, kind, job, printer, before, after, code, text, who)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (to_text(utc_now()), kind, job, printer, before, after, code, text, who),
    )


def take_bed(connection: sqlite3.Connection, job: Job) -> str:
    """Make the bed of the job's printer occupied by it; return what the bed was, for its return.

    Raises:
        NotYet: the bed is not clear.
    """
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


def insert_mark(connection: sqlite3.Connection, job: Job, mark: Mark, before: str | None) -> None:
    """Write that a step which runs once has begun, with the bed as it was before."""
    connection.execute(
        "INSERT INTO mark(job, step, attempt, key, began_at, began_boot, boot_id, before)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(job.number, mark.step, mark.attempt, mark.key, to_text(mark.began_at)),
            *(mark.began_boot_s, mark.boot_id, before),
        ),
    )


def settle_mark(connection: sqlite3.Connection, job: Job, step: State, evidence: str) -> None:
    """Note that a step which runs once has happened; its bed stays taken, its price is owed."""
    connection.execute(
        "UPDATE mark SET outcome = 'happened', evidence = ?"
        " WHERE job = ? AND step = ? AND attempt = ? AND outcome IS NULL",
        (evidence, job.number, step, job.attempt),
    )


def clear_mark(connection: sqlite3.Connection, job: Job) -> None:
    """Forget the open mark of a step that is known not to have happened.

    Its bed goes back, its price is free again.
    """
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
    spending.free(connection, job)


def write_because(
    connection: sqlite3.Connection,
    job: Job,
    because: Because | None,
    *,
    text: str,
    tries: int = 0,
    due_at: str | None = None,
    tried_at: str | None = None,
) -> None:
    """Write why ``job`` waits (None: it goes on), with its event; state and revision stay."""
    code = because.code if because else None
    connection.execute(
        "UPDATE job SET code = ?, problem = ?, action = ?, tries = ?, due_at = ?, tried_at = ?"
        " WHERE number = ?",
        (
            *((because.code, because.problem, because.action) if because else (None,) * 3),
            *(tries, due_at, tried_at, job.number),
        ),
    )
    kind = "job.waits" if because else "job.goes_on"
    write_event(connection, job.number, kind, code=code, text=text)
