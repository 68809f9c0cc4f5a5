"""What people wish of a job that moves it to no other state: its place, its printer, its copies.

Each function works inside the caller's transaction and writes its line of the history. The
revision rises, so that a step which has looked at the job before drops its result.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from printd.core.clock import to_text, utc_now
from printd.core.jobs import Job
from printd.core.moves import still, write_event
from printd.core.signing import SignOff


def _write(connection: sqlite3.Connection, job: Job, **columns: Any) -> None:
    names = ", ".join(f"{name} = :{name}" for name in columns)
    connection.execute(
        f"UPDATE job SET {names}, revision = revision + 1 WHERE number = :number",  # noqa: S608  our own column names
        {**columns, "number": job.number},
    )


def move_to(connection: sqlite3.Connection, job: Job, printer: str | None, *, who: str) -> None:
    """Let only ``printer`` take the job; None: again any that its recipe allows.

    Raises:
        StaleJob: somebody moved the job meanwhile.
    """
    still(connection, job)
    _write(connection, job, wanted_printer=printer)
    text = f"only {printer} may print it" if printer else "any printer may print it"
    write_event(connection, job.number, "job.placed", printer=printer, text=text, who=who)


def give_places(connection: sqlite3.Connection, places: Mapping[int, int], *, who: str) -> None:
    """Write priorities, as ``places_before`` has found them."""
    for number, priority in places.items():
        connection.execute(
            "UPDATE job SET priority = ?, revision = revision + 1 WHERE number = ?",
            (priority, number),
        )
        write_event(connection, number, "job.placed", text=f"priority {priority}", who=who)


def waive(connection: sqlite3.Connection, job: Job, codes: Collection[str], *, who: str) -> None:
    """Note that a person overrules these reasons to wait for this job."""
    still(connection, job)
    waived = sorted({*job.facts.get("waived", ()), *codes})
    _write(connection, job, facts=json.dumps({**job.facts, "waived": waived}))
    text = f"started in spite of: {', '.join(sorted(codes))}"
    write_event(connection, job.number, "job.waived", text=text, who=who)


def want_copies(connection: sqlite3.Connection, job: Job, copies: int, *, who: str) -> None:
    """Write how many pieces are wanted of a job; nothing under way is disturbed by it."""
    connection.execute("UPDATE job SET copies = ? WHERE number = ?", (copies, job.number))
    write_event(connection, job.number, "job.copies", text=f"{copies} wanted", who=who)


def sign(connection: sqlite3.Connection, job: Job, sign_off: SignOff) -> None:
    """Write what a person says of the printed piece; the last word counts."""
    still(connection, job)
    _write(connection, job, sign_off=json.dumps(sign_off.as_values()))
    text, who = str(sign_off), sign_off.by
    write_event(connection, job.number, "job.signed_off", text=text, who=who)


def files_gone(connection: sqlite3.Connection, job: Job, why: str, *, who: str) -> None:
    """Note that a job's files are deleted; called before they are."""
    _write(connection, job, files_gone_at=to_text(utc_now()))
    write_event(connection, job.number, "job.files_gone", text=why, who=who)


def places_before(line: Sequence[tuple[int, int]], job: int, before: int | None) -> dict[int, int]:
    """Return how much the rank of each job has to rise (or fall) for ``job`` to get its place.

    Args:
        line: number and rank of each job that waits, in their order: higher ranks first, and
            among equal ranks lower numbers.
        job: the one to be moved.
        before: the one that it is to stand before; None: at the end.
    """
    ranks = dict(line)
    others = [number for number, _ in line if number != job]
    at = len(others) if before is None else others.index(before)
    order = [*others[:at], job, *others[at:]]
    wanted = dict(ranks)
    if at < len(others):
        wanted[job] = wanted[others[at]] + (job > others[at])
    elif others:
        wanted[job] = wanted[others[-1]] - (job < others[-1])
    for above, below in zip(reversed(order[:at]), reversed(order[1 : at + 1]), strict=True):
        wanted[above] = max(wanted[above], wanted[below] + (above > below))
    return {
        number: wanted[number] - ranks[number]
        for number in order
        if wanted[number] != ranks[number]
    }
