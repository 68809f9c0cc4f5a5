"""A real store in a real file, and jobs brought to any state by the moves that the daemon makes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from printd.core.beds import Beds
from printd.core.database import Database
from printd.core.jobs import Job, State
from printd.core.schema import MIGRATIONS
from printd.core.store import NewJob, Store

S = State
PATH = (S.RECEIVED, S.ORDERED, S.MESHED, S.PRINTABLE, S.SLICED, S.ASSIGNED, S.UPLOADED, S.PRINTING)
PRINTERS = ("left", "right")


@contextmanager
def open_store(folder: Path) -> Iterator[Store]:
    """Open the store of ``folder``, with two printers whose beds are unknown."""
    database = Database(folder / "printd.db")
    database.prepare()
    Beds(database).ensure(list(PRINTERS))
    try:
        yield Store(database)
    finally:
        database.close()


def make_older(path: Path, version: int = 1) -> None:
    """Make the database of an earlier printd, with one job that waits in it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
        connection.executescript("".join(MIGRATIONS[:version]))
        connection.execute(
            "INSERT INTO job(id, state, name, recipe, settings, sha256, created_at, moved_at)"
            " VALUES ('20260503T120000-00000000aa', 'received', 'old.jpg', 'default', '{}', 'aa',"
            " '2026-05-03T12:00:00.000+00:00', '2026-05-03T12:00:00.000+00:00')"
        )
        connection.execute(f"PRAGMA user_version={version}")
        connection.commit()


def new_job(number: int = 1, **changes: Any) -> NewJob:
    """Return what is known of a job before it has a number."""
    settings = {"mesher": "relief", "material": "PLA", "relief": {}}
    plain: dict[str, Any] = {
        "id": f"20260503T120000-{number:010x}",
        "name": f"cat-{number}.jpg",
        "recipe": "default",
        "settings": settings,
        "sha256": f"{number:064x}",
    }
    return NewJob(**{**plain, **changes})


def clear_bed(store: Store, printer: str = "left") -> None:
    """Clear a bed as a person does."""
    beds = Beds(store.database)
    beds.clear(printer, by="ann", seen=beds.get(printer).revision)


def job_in(
    store: Store, state: State, number: int = 1, *, printer: str = "left", **facts: Any
) -> Job:
    """Make a job and move it to ``state``; its start is marked and settled as in life."""
    job = store.accept(new_job(number, facts=facts))
    for step in PATH[1 : PATH.index(state) + 1]:
        job = move_on(store, job, step, printer)
    return job


def move_on(store: Store, job: Job, step: State, printer: str = "left") -> Job:
    """Move a job one step on."""
    facts: dict[str, Any] = {}
    if step is S.ASSIGNED:
        facts = {"printer": printer, "print_name": f"pd-{job.number}-{job.attempt + 1}-abcdefgh"}
    if step is S.PRINTING:
        clear_bed(store, printer)
        begun = store.begin(job, S.PRINTING, takes_bed=True)
        assert begun is not None
        job = begun
    return store.advance(job, step, facts)


def moves_of(store: Store, job: Job) -> list[tuple[State | None, State | None]]:
    """Return the moves in the history of a job."""
    events = store.events(job.number)
    return [(event.before, event.after) for event in events if event.kind == "job.moved"]
