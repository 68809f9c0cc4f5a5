"""The bed of each printer: occupied from the moment a start is requested until a person says no.

Kept in the store, so that no restart forgets it. ``unknown`` counts as occupied. Every change
raises ``revision``: a tap on "clear" names the revision it saw, so it cannot clear a later print.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from printd.core.clock import boot_id, from_text, to_text, utc_now
from printd.core.database import Database
from printd.core.errors import NoSuchPrinter, NotPossibleNow
from printd.core.moments import stamp


class BedState(StrEnum):
    """Whether something lies on the bed."""

    CLEAR = "clear"
    OCCUPIED = "occupied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Bed:
    """What is known of one bed."""

    state: BedState
    revision: int
    why: str
    at: datetime
    job: int | None = None
    by: str | None = None
    boot_id: str = ""

    def trusted(self, now: datetime, confirmed_for: timedelta) -> Bed:
        """Return this bed, or an unknown one where the confirmation is too old to start on."""
        if self.state is not BedState.CLEAR:
            return self
        if self.boot_id != boot_id():
            why = "the computer was restarted since it was cleared"
        elif now - self.at > confirmed_for:
            why = f"it was cleared {stamp(self.at)}, too long ago"
        else:
            return self
        return Bed(BedState.UNKNOWN, self.revision, why, self.at, self.job, self.by, self.boot_id)


class Beds:
    """The bed rows of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def together(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open one transaction for what a printer says and what that means for its bed."""
        return self._database.write()

    def ensure(self, printers: list[str]) -> None:
        """Give each configured printer a row; a bed never seen is unknown."""
        with self._database.write() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO printer(name, bed_at, bed_boot_id) VALUES (?, ?, ?)",
                [(name, to_text(utc_now()), boot_id()) for name in printers],
            )

    def all(self) -> dict[str, Bed]:
        """Return every bed by printer."""
        return {row["name"]: bed_of(row) for row in self._database.rows("SELECT * FROM printer")}

    def get(self, printer: str) -> Bed:
        """Return one bed.

        Raises:
            NoSuchPrinter: the store has no such printer.
        """
        row = self._database.row("SELECT * FROM printer WHERE name = ?", printer)
        if row is None:
            raise NoSuchPrinter(f"No printer is called {printer!r}.")
        return bed_of(row)

    def clear(self, printer: str, *, by: str, seen: int) -> Bed:
        """Note that a person (or an ejector) says that the bed is clear.

        Args:
            printer: whose bed.
            by: who says so.
            seen: the revision that the person was shown.

        Raises:
            NotPossibleNow: the bed has changed since, or a print of ours runs on it, is being
                started, or is in doubt: the print would come onto a bed that counts as clear.
        """
        with self._database.write() as connection:
            bed = self.get(printer)
            if bed.revision != seen:
                raise NotPossibleNow(
                    f"The bed of {printer} has changed since you looked: {bed.why}.",
                    action="Look again, then repeat.",
                )
            _nothing_comes(connection, printer)
            set_bed(connection, printer, BedState.CLEAR, "cleared", by=by)
            note(connection, printer, "bed.clear", "the bed is clear", by)
        return self.get(printer)

    def doubt(self, printer: str, why: str) -> None:
        """Make a clear bed unknown: something happened that may have put a print on it."""
        with self._database.write() as connection:
            if self.get(printer).state is BedState.CLEAR:
                set_bed(connection, printer, BedState.UNKNOWN, why)
                note(connection, printer, "bed.unknown", why, "printd")

    def occupied_by_stranger(self, printer: str) -> None:
        """Note that the printer prints or has printed what no start of ours has put there.

        A bed that one of our starts has taken is the stranger's from now on: proof that the start
        did not happen must not give it back as clear.
        """
        why = "the printer printed something that is not ours"
        with self._database.write() as connection:
            bed = self.get(printer)
            if bed.state is not BedState.OCCUPIED or bed.job is not None:
                set_bed(connection, printer, BedState.OCCUPIED, why)
                note(connection, printer, "bed.occupied", why, "printd")


def bed_of(row: sqlite3.Row) -> Bed:
    """Return the bed in a row of ``printer``."""
    return Bed(
        BedState(row["bed"]),
        row["bed_revision"],
        row["bed_why"],
        from_text(row["bed_at"]),
        row["bed_job"],
        row["bed_by"],
        row["bed_boot_id"],
    )


def set_bed(
    connection: sqlite3.Connection,
    printer: str,
    state: BedState,
    why: str,
    *,
    job: int | None = None,
    by: str | None = None,
) -> None:
    """Write a bed inside the caller's transaction."""
    connection.execute(
        "UPDATE printer SET bed = ?, bed_revision = bed_revision + 1, bed_why = ?, bed_job = ?,"
        " bed_by = ?, bed_at = ?, bed_boot_id = ? WHERE name = ?",
        (state, why, job, by, to_text(utc_now()), boot_id(), printer),
    )


def tell(connection: sqlite3.Connection, printer: str, job: int, why: str) -> None:
    """Say what has become of the print that took a bed; it is the same bed, seen as it was."""
    connection.execute(
        "UPDATE printer SET bed_why = ? WHERE name = ? AND bed = 'occupied' AND bed_job = ?",
        (why, printer, job),
    )


def _nothing_comes(connection: sqlite3.Connection, printer: str) -> None:
    row = connection.execute(
        "SELECT job.number, job.in_doubt, job.state FROM job LEFT JOIN mark"
        " ON mark.job = job.number AND mark.attempt = job.attempt AND mark.outcome IS NULL"
        " WHERE job.printer = ? AND (job.state = 'printing' OR job.in_doubt"
        " OR (job.state = 'uploaded' AND mark.job IS NOT NULL))",
        (printer,),
    ).fetchone()
    if row is None:
        return
    if row["in_doubt"]:
        raise NotPossibleNow(
            f"#{row['number']} is in doubt: it may be printing on {printer}.",
            action=f"Look at the printer, then run `printd resolve {row['number']} …` first.",
        )
    verb = "printing" if row["state"] == "printing" else "just being told to print"
    raise NotPossibleNow(
        f"{printer} is {verb} #{row['number']}.",
        action=f"Wait for its end, or run `printd cancel {row['number']}`.",
    )


def frozen(connection: sqlite3.Connection, printer: str) -> str:
    """Return a bed as text, for ``thaw`` when a start is proved not to have happened."""
    row = connection.execute(
        "SELECT bed, bed_why, bed_job, bed_by, bed_at, bed_boot_id FROM printer WHERE name = ?",
        (printer,),
    ).fetchone()
    return json.dumps(dict(row))


def thaw(connection: sqlite3.Connection, printer: str, text: str, job: int) -> None:
    """Put a bed back to what it was, if it is still taken by ``job`` and by nothing later."""
    connection.execute(
        "UPDATE printer SET bed = :bed, bed_revision = bed_revision + 1, bed_why = :bed_why,"
        " bed_job = :bed_job, bed_by = :bed_by, bed_at = :bed_at, bed_boot_id = :bed_boot_id"
        " WHERE name = :printer AND bed = 'occupied' AND bed_job IS :job",
        {**json.loads(text), "printer": printer, "job": job},
    )


def ejected(connection: sqlite3.Connection, printer: str, job: int) -> None:
    """Clear the bed of ``job``'s print, which an ejector proves to have thrown off."""
    row = connection.execute("SELECT bed_job FROM printer WHERE name = ?", (printer,)).fetchone()
    if row is not None and row["bed_job"] == job:
        set_bed(connection, printer, BedState.CLEAR, "ejected", by="the ejector")
        note(connection, printer, "bed.clear", f"#{job} was ejected", "the ejector")


def note_start(connection: sqlite3.Connection, printer: str, at: datetime) -> None:
    """Write when a start was asked of a printer: others on its circuit wait until it is hot."""
    connection.execute("UPDATE printer SET started_at = ? WHERE name = ?", (to_text(at), printer))


def note(connection: sqlite3.Connection, printer: str, kind: str, text: str, who: str) -> None:
    """Write an event of a printer inside the caller's transaction."""
    connection.execute(
        "INSERT INTO event(at, kind, printer, text, who) VALUES (?, ?, ?, ?, ?)",
        (to_text(utc_now()), kind, printer, text, who),
    )
