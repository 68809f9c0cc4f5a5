"""At the start: what a crash may have left in the data folder, without ever losing a photo.

A job folder without a row is either a copy that was never accepted (its original is still where
it was: no ``job.json``), or the remains of a database that was replaced (with ``job.json``): that
becomes a HELD job.
"""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

from printd.core.errors import FoundWithoutRecord
from printd.core.files import JobFolders
from printd.core.store import NewJob, Store

log = logging.getLogger(__name__)


def sweep(store: Store, folders: JobFolders) -> None:
    """Remove litter; make HELD jobs of photos that no row names."""
    known = {job.id for job in store.jobs()}
    for folder in sorted(folders.root.iterdir()):
        if not folders.is_one(folder):
            log.warning("%s is not printd's: left where it is", folder)
        elif folder.name in known:
            for part in folder.glob("*.part"):
                part.unlink()
            for work in folder.glob(".slicing-*"):
                shutil.rmtree(work)
        elif (folder / JobFolders.RECORD).exists() and (folder / JobFolders.PHOTO).exists():
            _adopt(store, folder)
        else:
            log.info("%s was never accepted: swept", folder.name)
            shutil.rmtree(folder)


def _adopt(store: Store, folder: Path) -> None:
    try:
        record = json.loads((folder / JobFolders.RECORD).read_bytes())
        new = NewJob(
            id=folder.name,
            name=record["name"],
            recipe=record["recipe"],
            settings=record["settings"],
            sha256=record["sha256"],
            hold=FoundWithoutRecord(
                f"The photo of a job that was #{record['number']} lay in the data folder, "
                "and the database does not know it."
            ),
            who="start-up",
        )
    except (ValueError, KeyError) as error:
        log.warning("%s has a photo and a job.json that cannot be read: %s", folder, error)
        return  # left where it is: never a photo lost
    job = store.accept(new)
    log.warning("%s was found without a record: held as #%s", folder.name, job.number)
