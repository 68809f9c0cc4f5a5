"""What a row of the store means: jobs, marks and events; nothing else knows their columns."""

from __future__ import annotations

import json
import sqlite3
from functools import lru_cache
from typing import Final

from printd.core.clock import from_text
from printd.core.jobs import Because, Event, Job, Mark, State
from printd.core.signing import SignOff

KEPT: Final = 2048  # jobs: those under way are looked at again and again, and few have changed


@lru_cache(maxsize=KEPT)
def job_of(row: sqlite3.Row) -> Job:
    """Return the job in a row of ``job``; equal rows are the same object, which nobody alters."""
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
        because=Because(row["code"], row["problem"] or "", row["action"] or "").of(row["number"])
        if row["code"]
        else None,
        cancel_by=row["cancel_by"],
        tries=row["tries"],
        again_of=row["again_of"],
        priority=row["priority"],
        confirmed_at=from_text(row["confirmed_at"]) if row["confirmed_at"] else None,
        revision=row["revision"],
        owner=row["owner"],
        source=row["source"],
        wanted_printer=row["wanted_printer"],
        copies=row["copies"],
        copy_of=row["copy_of"],
        sign_off=SignOff.of_text(row["sign_off"]) if row["sign_off"] else None,
        files_gone_at=from_text(row["files_gone_at"]) if row["files_gone_at"] else None,
        facts=json.loads(row["facts"]),
    )


def mark_of(row: sqlite3.Row) -> Mark:
    """Return the mark in a row of ``mark``."""
    return Mark(
        State(row["step"]),
        row["attempt"],
        row["key"],
        from_text(row["began_at"]),
        row["began_boot"],
        row["boot_id"],
    )


def event_of(row: sqlite3.Row) -> Event:
    """Return the event in a row of ``event``."""
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
