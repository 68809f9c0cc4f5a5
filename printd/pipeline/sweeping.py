"""At the start: what a crash may have left in the data folder; nothing that was given is lost.

A job folder without a row is either a copy that was never accepted (its original is still where
it was: no ``job.json``), or the remains of a database that was replaced (with ``job.json``): that
becomes a HELD job.
"""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
from pathlib import Path

from printd.core.clock import to_text, utc_now
from printd.core.errors import FoundWithoutRecord
from printd.core.files import JobFolders
from printd.core.given import Given
from printd.core.rebuilding import put_tickets_back
from printd.core.spending import RESTORED
from printd.core.store import NewJob, Store
from printd.meshers.preview.draft import DRAFTS

log = logging.getLogger(__name__)


def sweep(store: Store, folders: JobFolders) -> None:
    """Remove litter; make HELD jobs of what was given and no row names."""
    drafts = folders.root.with_name(DRAFTS)
    if drafts.is_dir():  # photos that were looked at by whoever is gone now
        shutil.rmtree(drafts)
    jobs = store.jobs()
    known = {job.id for job in jobs}
    for job in jobs:
        if job.files_gone_at is not None:
            remove_files(folders.of(job.id))
    for folder in sorted(folders.root.iterdir()):
        if not folders.is_one(folder):
            log.warning("%s is not printd's: left where it is", folder)
        elif folder.name in known:
            for part in folder.glob("*.part"):
                part.unlink()
            for work in folder.glob(".slicing-*"):
                shutil.rmtree(work)
        elif (folder / JobFolders.RECORD).exists() and _may_hold_what_was_given(folder):
            _adopt(store, folder)
        else:
            log.info("%s was never accepted: swept", folder.name)
            shutil.rmtree(folder)


def remove_files(folder: Path) -> None:
    """Delete what a job was made of and printed from; its record and its numbers are kept."""
    if not folder.is_dir():
        return
    for file in folder.iterdir():
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
        elif file.name != JobFolders.RECORD:
            file.unlink()


def _may_hold_what_was_given(folder: Path) -> bool:
    return any((folder / given.file).exists() for given in Given)


def _adopt(store: Store, folder: Path) -> None:
    try:
        record = json.loads((folder / JobFolders.RECORD).read_bytes())
        new = NewJob(
            id=folder.name,
            name=record["name"],
            recipe=record["recipe"],
            settings=record["settings"],
            sha256=record["sha256"],
            facts={RESTORED: to_text(utc_now())},  # what was paid for it before is not known
            hold=FoundWithoutRecord(
                f"What was given for a job that was #{record['number']} lay in the data "
                "folder, and the database does not know it."
            ),
            who="start-up",
            owner=str(record.get("owner", "")),
            source=str(record.get("source", "")),
            wanted_printer=str(record.get("wanted_printer") or "") or None,
        )
        if not (folder / Given.of(new.settings).file).exists():
            raise ValueError("what was given is not there")
        with store.database.write() as connection:
            job = store.accept(new)
            put_tickets_back(connection, job.number, record)
    except (ValueError, KeyError, TypeError, sqlite3.IntegrityError) as error:
        log.warning("%s has a job.json that cannot be followed: %s", folder, error)
        return  # left where it is
    log.warning("%s was found without a record: held as #%s", folder.name, job.number)
