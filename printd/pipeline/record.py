"""``job.json`` beside a job's files: what the store holds of it, for people and for a rebuild.

A copy, not the truth: renamed without syncing after the store has committed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any, Final

from printd.core.clock import to_text
from printd.core.files import JobFolders, replace_unsynced
from printd.core.jobs import Event, Job
from printd.core.lookup import Lookup
from printd.core.spending import Order, orders_of

# Without them a rebuilt store would keep photos that their visitors want deleted.
_TICKETS: Final = "SELECT sha256, delete_photo, made_at, shown_name FROM ticket WHERE job = ?"


def job_record(job: Job, events: list[Event], orders: Sequence[Order] = ()) -> dict[str, Any]:
    """Return a job, its timeline and its paid orders as plain values: the form of ``--json``."""
    because = job.because
    return {
        "number": job.number,
        "id": job.id,
        "state": str(job.state),
        "name": job.name,
        "recipe": job.recipe,
        "settings": dict(job.settings),
        "sha256": job.sha256,
        "created_at": to_text(job.created_at),
        "moved_at": to_text(job.moved_at),
        "printer": job.printer,
        "print_name": job.print_name,
        "attempt": job.attempt,
        "in_doubt": job.in_doubt,
        "held_from": job.held_from,
        "again_of": job.again_of,
        "copy_of": job.copy_of,
        "copies": job.copies,
        "owner": job.owner,
        "source": job.source,
        "priority": job.priority,
        "wanted_printer": job.wanted_printer,
        "sign_off": job.sign_off.as_values() if job.sign_off else None,
        "files_gone_at": to_text(job.files_gone_at) if job.files_gone_at else None,
        "because": {"code": because.code, "problem": because.problem, "action": because.action}
        if because
        else None,
        "facts": dict(job.facts),
        "timeline": [_event(event) for event in events],
        "orders": [order.as_values() for order in orders],
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "at": to_text(event.at),
        "kind": event.kind,
        "from": event.before,
        "to": event.after,
        "printer": event.printer,
        "code": event.code,
        "text": event.text,
        "who": event.who,
    }


# The inbox writes the record of a job that a lane has already moved on: without it one thread
# renames the other's half, and a daemon ends over a copy that only people read.
_one_writes = threading.Lock()


def write_record(store: Lookup, folders: JobFolders, number: int) -> None:
    """Write ``job.json`` of a job as the store has it now, if its folder is still there."""
    with _one_writes:
        job = store.job(number)
        folder = folders.of(job.id)
        if not folder.is_dir():
            return  # somebody has removed it: the step that needs its files says so
        record = job_record(job, store.events(number), orders_of(store.database, number))
        record["tickets"] = [dict(row) for row in store.database.rows(_TICKETS, number)]
        content = json.dumps(record, indent=2, ensure_ascii=False)
        replace_unsynced(folder / JobFolders.RECORD, content.encode())
