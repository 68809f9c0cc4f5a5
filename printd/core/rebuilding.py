"""``printd rebuild``: a database made of the records that lie beside the files of each job.

The records are copies and may be a step behind, so everything that is not over waits for a person.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from printd.core.backups import STAGE, records, settle, swap_in
from printd.core.database import FILE, Database
from printd.core.errors import NotPossibleNow
from printd.core.files import make_folder
from printd.core.jobs import State
from printd.core.spending import COSTS, orders_of, put_back

WHY: Final = "The database was made anew from the records of the jobs."
# What a step has found out shows how far a job had come.
REACHED: Final = (
    ("gcode", State.SLICED),
    ("model", State.PRINTABLE),
    ("raw", State.MESHED),
    ("ticket", State.ORDERED),
    ("drawn", State.DRAWN),
)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it."""

    jobs: int
    held: int
    orders: int  # that services were paid for
    unreadable: tuple[str, ...]  # folders whose records say nothing sensible
    aside: Path | None  # where the database is now that was here before


def rebuild(data_dir: Path) -> Rebuilt:
    """Make the database anew; the caller owns the data folder.

    Raises:
        NotPossibleNow: there are no records.
        DiskFull, DiskFailed: nothing was changed.
    """
    stage = data_dir / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    make_folder(stage)
    try:
        unreadable = fill(stage / FILE, data_dir)
        jobs, held = settle(stage / FILE, data_dir, WHY)
        if not jobs:
            raise NotPossibleNow(f"There are no records of jobs in {data_dir}.")
        orders = _paid_orders(stage / FILE)
        aside = swap_in(stage / FILE, data_dir)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return Rebuilt(jobs, held, orders, tuple(unreadable), aside)


def _paid_orders(file: Path) -> int:
    database = Database(file)
    try:
        return sum(order.state in COSTS for order in orders_of(database))
    finally:
        database.close()


def fill(file: Path, data_dir: Path) -> list[str]:
    """Make a database of the records; return the folders whose record says nothing sensible.

    Raises:
        DiskFull, DiskFailed: it cannot be written.
    """
    unreadable = []
    database = Database(file)
    database.prepare()
    try:
        with database.write() as connection:
            found = sorted(records(data_dir), key=lambda one: int(one[1]["number"]))
            for folder, record in found:
                try:
                    _insert(connection, folder.name, record)
                except (ValueError, TypeError, KeyError, ArithmeticError, sqlite3.Error):
                    unreadable.append(folder.name)
    finally:
        database.close()
    return unreadable


def _insert(connection: sqlite3.Connection, folder: str, record: Mapping[str, Any]) -> None:
    """Write the row, the history and the orders of one job, with its number if that is free."""
    connection.execute("SAVEPOINT one")
    try:
        number = _insert_job(connection, folder, record)
        for event in record.get("timeline", ()):
            connection.execute(
                "INSERT INTO event(at, kind, job, printer, before, after, code, text, who)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(event["at"], event["kind"], number, event["printer"], event["from"]),
                    *(event["to"], event["code"], event["text"], event["who"]),
                ),
            )
        for order in record.get("orders", ()):
            put_back(connection, number, order)
        put_tickets_back(connection, number, record)
    except BaseException:
        connection.execute("ROLLBACK TO one")
        raise
    finally:
        connection.execute("RELEASE one")


def put_tickets_back(connection: sqlite3.Connection, job: int, record: Mapping[str, Any]) -> None:
    """Write the tickets that a record names.

    Raises:
        ValueError, TypeError, KeyError, sqlite3.IntegrityError: they are none.
    """
    for ticket in record.get("tickets", ()):
        connection.execute(
            "INSERT INTO ticket(sha256, job, delete_photo, made_at, shown_name)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                *(str(ticket["sha256"]), job, int(ticket["delete_photo"])),
                *(str(ticket["made_at"]), str(ticket["shown_name"])),
            ),
        )


def _insert_job(connection: sqlite3.Connection, folder: str, record: Mapping[str, Any]) -> int:
    state = State(record["state"])
    because = record.get("because") or {}
    sign_off = record.get("sign_off")
    values = {
        "number": _free(connection, "number", int(record["number"])),
        "id": folder,
        "state": state,
        "name": str(record["name"]),
        "recipe": str(record["recipe"]),
        "settings": json.dumps(dict(record["settings"])),
        "sha256": str(record["sha256"]),
        "created_at": str(record["created_at"]),
        "moved_at": str(record["moved_at"]),
        "printer": record.get("printer"),
        "print_name": _free(connection, "print_name", record.get("print_name")),
        "attempt": int(record.get("attempt", 0)),
        "in_doubt": int(bool(record.get("in_doubt"))),
        "held_from": _held_from(record) if state is State.HELD else None,
        "code": because.get("code"),
        "problem": because.get("problem"),
        "action": because.get("action"),
        "again_of": _known(connection, record.get("again_of")),
        "copy_of": _known(connection, record.get("copy_of")),
        "copies": int(record.get("copies", 1)),
        "owner": str(record.get("owner", "")),
        "source": str(record.get("source", "")),
        "priority": int(record.get("priority", 0)),
        "wanted_printer": record.get("wanted_printer"),
        "sign_off": json.dumps(sign_off) if sign_off else None,
        "files_gone_at": record.get("files_gone_at"),
        "facts": json.dumps(dict(record["facts"])),
    }
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    row = connection.execute(f"INSERT INTO job({names}) VALUES ({marks})", values)  # noqa: S608  our own column names
    return int(row.lastrowid or 0)


def _held_from(record: Mapping[str, Any]) -> State:
    """Return where a held job goes on; older records do not say it, their facts do."""
    if record.get("held_from"):
        return State(record["held_from"])
    facts = record["facts"]
    return next((state for fact, state in REACHED if fact in facts), State.RECEIVED)


def _free(connection: sqlite3.Connection, column: str, value: Any) -> Any:
    """Return a value that must stand once, or None where another job has it."""
    query = f"SELECT 1 FROM job WHERE {column} = ?"  # noqa: S608  our own column name
    return None if connection.execute(query, (value,)).fetchone() else value


def _known(connection: sqlite3.Connection, number: object) -> object:
    query = "SELECT 1 FROM job WHERE number = ?"
    return number if connection.execute(query, (number,)).fetchone() else None
