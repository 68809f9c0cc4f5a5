"""The copies that are wanted of a job: jobs of their own that share its photo, model and slice.

Made when the first of them is sliced, so nothing is ordered, calculated or paid twice. Each has a
key of its own: after a crash in the middle the missing ones are made, and none twice.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from pathlib import Path
from typing import Any, Final

from printd.core.beginning import SHAPE
from printd.core.errors import DiskError
from printd.core.files import JobFolders, disk_problem, sync_folder
from printd.core.jobs import Job, State
from printd.core.prices import price_facts
from printd.core.store import NewJob, Store
from printd.core.wishes import want_copies
from printd.pipeline.record import write_record

log = logging.getLogger(__name__)
# What is true of a job made of another, too; how the first one was started and has ended is not.
SHARED: Final = ("photo", *SHAPE, "model", "gcode", "price")
OF_ONE_JOB: Final = frozenset({JobFolders.RECORD, JobFolders.PROGRESS})


class Copies:
    """Makes the copies that are missing."""

    def __init__(self, store: Store, folders: JobFolders) -> None:
        self._store = store
        self._folders = folders
        self._one_makes = threading.Lock()

    def make(self) -> list[int]:
        """Make what is missing of all jobs; return the numbers of the new ones.

        Raises:
            CannotWriteNow: there is no room; what is missing is made later.
        """
        made = []
        with self._one_makes:
            for job in self._store.wanting_copies():
                try:
                    made += [self._make(job, place) for place in self._missing(job)]
                except DiskError as error:
                    self._give_up(job, error)
        return made

    def _missing(self, job: Job) -> range:
        return range(2 + len(self._store.copies_of(job.number)), job.copies + 1)

    def _give_up(self, job: Job, error: DiskError) -> None:
        """Want no more copies of a job whose files somebody has taken away."""
        log.warning("no more copies of #%s: %s", job.number, error.problem)
        there = 1 + len(self._store.copies_of(job.number))
        with self._store.database.write() as connection:
            want_copies(connection, job, there, who="printd")

    def _make(self, job: Job, place: int) -> int:
        folder = self._folders.new()
        try:
            link_files(self._folders.of(job.id), folder)
            copy = self._store.accept(_copy_of(job, folder.name, place))
        except BaseException:
            shutil.rmtree(folder)
            raise
        if copy.id != folder.name:
            shutil.rmtree(folder)  # made before
        write_record(self._store, self._folders, copy.number)
        log.info("#%s is copy %s of #%s", copy.number, place, job.number)
        return copy.number


def _copy_of(job: Job, folder: str, place: int) -> NewJob:
    kept = (*SHARED, "waived")
    facts: dict[str, Any] = {key: job.facts[key] for key in kept if key in job.facts}
    facts |= price_facts(job.settings, facts.get("gcode"))  # a service is paid for the first alone
    return NewJob(
        id=folder,
        name=job.name,
        recipe=job.recipe,
        settings=job.settings,
        sha256=job.sha256,
        facts=facts,
        add_key=f"copy-{place}-of-{job.id}",
        state=State.SLICED,
        who="printd",
        owner=job.owner,
        source=job.source,
        copy_of=job.number,
        wanted_printer=job.wanted_printer,
    )


def link_files(old: Path, new: Path) -> None:
    """Link the files of one job into the folder of another; synced.

    Files of jobs are replaced, never changed, so each job keeps its own.

    Raises:
        DiskError: there are none.
        DiskFull, DiskFailed: it cannot be written.
    """
    try:
        files = [file for file in old.iterdir() if _is_shared(file)]
        for file in files:
            os.link(file, new / file.name, follow_symlinks=False)
    except FileNotFoundError as error:
        raise DiskError(f"The files in {old.name} are gone.") from error
    except OSError as error:
        raise disk_problem(error, old) from error
    if not files:
        raise DiskError(f"The files in {old.name} are gone.")
    sync_folder(new)
    sync_folder(new.parent)


def _is_shared(file: Path) -> bool:
    is_whole = file.suffix not in (".part", ".log") and not file.name.startswith(".")
    return is_whole and file.name not in OF_ONE_JOB and file.is_file()
