"""A database that is older than the world: what it says of beds and starts is not acted upon.

What was done after it was written is not in it: a job that waits there may have been printed. So
every job that is not over waits for a person, no bed counts as clear, and what was asked before is
not done any more. What was handed in and not taken yet becomes a job that waits likewise: printd
may be the only one who has it still.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from printd.core.clock import boot_id, to_text, utc_now
from printd.core.errors import PrintdError, Restored, RestoredInDoubt
from printd.core.jobs import AT_PRINTER, FINAL, Job, State
from printd.core.moves import write_event
from printd.core.rows import job_of
from printd.core.spending import RESTORED

ADD: Final = "add"  # the verb of a request that hands something in


def hold_everything(connection: sqlite3.Connection, why: str) -> int:
    """Hold every job that is not over, and doubt every bed; inside the caller's transaction.

    A job that was at a printer is in doubt: only a person can say what became of it there.

    Args:
        connection: of the database.
        why: how it came that the database is old, as a sentence.

    Returns:
        How many jobs are held.
    """
    held = 0
    over = ", ".join(f"'{state}'" for state in sorted(FINAL))
    for row in connection.execute(f"SELECT * FROM job WHERE state NOT IN ({over})").fetchall():  # noqa: S608  our own words
        job = job_of(row)
        if not job.in_doubt:  # that is a person's business already
            _hold(connection, job, why)
            held += 1
    _forget_wishes(connection, why)
    connection.execute(  # a copy that is missing may have been printed, and would be made again
        "UPDATE job SET copies = 1 + (SELECT count(*) FROM job AS copy"
        " WHERE copy.copy_of = job.number)"
        " WHERE state = 'printed' AND copies > 1 AND copy_of IS NULL"
    )
    connection.execute(
        "UPDATE printer SET bed = 'unknown', bed_revision = bed_revision + 1, bed_why = ?,"
        " bed_job = NULL, bed_by = NULL, bed_at = ?, bed_boot_id = ?",
        (why.rstrip("."), to_text(utc_now()), boot_id()),
    )
    return held


def _forget_wishes(connection: sqlite3.Connection, why: str) -> None:
    """Do nothing that was asked before; what was handed in is kept, and held when it is taken."""
    old = "SELECT seq FROM request WHERE done_at IS NULL AND verb <> ?"
    # Whoever waits for the answer to a wish may ask again by their key.
    connection.execute(f"DELETE FROM upload WHERE request IN ({old})", (ADD,))  # noqa: S608
    connection.execute(f"DELETE FROM request WHERE seq IN ({old})", (ADD,))  # noqa: S608
    connection.execute(
        "UPDATE request SET args = json_set(args, ?, ?) WHERE done_at IS NULL",
        (f"$.{RESTORED}", why),
    )


def _hold(connection: sqlite3.Connection, job: Job, why: str) -> None:
    doubt = job.state in AT_PRINTER
    error = _error(job, why, doubt=doubt)
    connection.execute(
        "UPDATE job SET state = 'held', held_from = ?, in_doubt = ?, code = ?, problem = ?,"
        " action = ?, due_at = NULL, tries = 0, tried_at = NULL, cancel_by = NULL, facts = ?,"
        " revision = revision + 1 WHERE number = ?",
        (
            job.held_from if job.state is State.HELD else job.state,
            *(int(doubt), error.code, error.problem, error.action),
            *(json.dumps({**job.facts, RESTORED: to_text(utc_now())}), job.number),
        ),
    )
    write_event(
        connection,
        job.number,
        "job.moved",
        printer=job.printer,
        before=job.state,
        after=State.HELD,
        code=error.code,
        text=error.problem,
    )


def _error(job: Job, why: str, *, doubt: bool) -> PrintdError:
    if doubt:
        begun = RestoredInDoubt.begun if job.state is State.PRINTING else None
        was = "printing" if begun else "to be started"
        return RestoredInDoubt(
            f"{why} #{job.number} was {was} on {job.printer} then.", action=begun
        )
    waited = f": {job.because.problem}" if job.because and job.state is State.HELD else "."
    return Restored(f"{why} #{job.number} was {job.state} then{waited}")


def never_again_below(connection: sqlite3.Connection, number: int) -> None:
    """Let no new job have a number up to this one: it has been used since."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'job'").fetchone()
    if row is None:
        connection.execute("INSERT INTO sqlite_sequence(name, seq) VALUES ('job', ?)", (number,))
    elif row[0] < number:
        connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'job'", (number,))
