"""What people ask for beside one job: once more, more of it, or that its files go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from printd.core.beginning import Beginning, beginning_of, without_a_word
from printd.core.errors import DiskError, NotPossibleNow
from printd.core.files import JobFolders, disk_problem, sync_folder
from printd.core.jobs import Job, State
from printd.core.prices import price_facts
from printd.core.recipes import copies_of
from printd.core.requests import Request
from printd.core.store import NewJob, Store
from printd.core.wishes import files_gone, want_copies
from printd.daemon.asking import Values, Verb, answer, arg, check_possible, job_of, seen_job, words
from printd.daemon.copies import SHARED, link_files
from printd.pipeline.taking import link_beside


class PieceVerbs:
    """Makes jobs of jobs."""

    def __init__(self, store: Store, folders: JobFolders) -> None:
        self._store = store
        self._folders = folders
        self.verbs: Final[Mapping[str, Verb]] = {
            "retry": self._retry,
            "again": self._again,
            "copies": self._more,
            "forget": self._forget,
        }

    def _retry(self, request: Request) -> Values:
        """Let a held job go on, from an earlier step if that is asked; make others again."""
        job = seen_job(self._store, request, "retry")
        if job.state is not State.HELD:
            return answer(self._made_again(job, request))
        word = words(request, "from")
        if not word:
            return answer(self._store.resume(job, who=request.who))
        begin = self._beginning(job, word)
        return answer(self._store.resume(job, who=request.who, to=begin.state, facts=begin.facts))

    def _again(self, request: Request) -> Values:
        job = job_of(self._store, request, "again")
        return answer(self._made_again(job, request))

    def _beginning(self, job: Job, word: str) -> Beginning:
        """Return where a job begins, with all that this stands on.

        Raises:
            SettingInvalid, NotPossibleNow: it cannot.
            DiskError: a file of it is gone.
        """
        begin = beginning_of(job, word)
        folder = self._folders.of(job.id)
        if not all((folder / name).is_file() for name in begin.files):
            raise DiskError(
                f"Files of #{job.number} are gone that `{word}` begins with.",
                action="Begin with an earlier step, or hand it in again.",
            )
        return begin

    def _made_again(self, job: Job, request: Request) -> Job:
        """Make a new job of what was given, or of what is good of it: final states stay final."""
        word = words(request, "from") or without_a_word(job)
        begin = self._beginning(job, word) if word else None
        folder = self._folders.new()
        try:
            if begin is None or begin.state is State.RECEIVED:
                self._link_given(job, folder)
            else:
                link_files(self._folders.of(job.id), folder)
        except BaseException:
            shutil.rmtree(folder)
            raise
        facts = {"photo": job.facts.get("photo", {})}
        if begin is not None:
            facts = {key: begin.facts[key] for key in SHARED if key in begin.facts}
            if job.state is State.PRINTED:  # and what was ordered is paid for with that piece
                facts |= price_facts(job.settings, facts.get("gcode"))
        return self._store.accept(
            NewJob(
                id=folder.name,
                name=job.name,
                recipe=job.recipe,
                settings=job.settings,
                sha256=job.sha256,
                facts=facts,
                again_of=job.number,
                state=State.RECEIVED if begin is None else begin.state,
                who=request.who,
                owner=job.owner,
                source=job.source,
                wanted_printer=job.wanted_printer,
            )
        )

    def _link_given(self, job: Job, folder: Path) -> None:
        """Link what a job was given into the folder of a new one; synced."""
        given = self._folders.of(job.id) / job.given.file
        if not given.is_file():
            raise DiskError(
                f"The {job.given.words} of #{job.number} is gone.", action="Hand it in again."
            )
        try:
            os.link(given, folder / given.name, follow_symlinks=False)
            link_beside(given.parent, folder)
        except OSError as error:
            raise disk_problem(error, given) from error
        sync_folder(folder)
        sync_folder(folder.parent)

    def _more(self, request: Request) -> Values:
        """Want so many pieces of a job altogether; the missing ones are made when it is sliced."""
        job = job_of(self._store, request)
        if job.copy_of is not None:
            job = self._store.job(job.copy_of)
        check_possible("copies", job)
        copies = copies_of(arg(request, "copies"))
        made = self._store.copies_of(job.number)
        if copies < 1 + len(made):
            those = ", ".join(f"#{number}" for number in made)
            raise NotPossibleNow(
                f"{1 + len(made)} of #{job.number} are jobs already: {those}.",
                action="Cancel those that are too many.",
            )
        with self._store.database.write() as connection:
            want_copies(connection, job, copies, who=request.who)
        return {**answer(job), "copies": copies}

    def _forget(self, request: Request) -> Values:
        """Note that a job's files are to go; they are deleted when this is committed."""
        job = job_of(self._store, request, "forget")
        with self._store.database.write() as connection:
            files_gone(connection, job, "deleted on request", who=request.who)
        return {**answer(job), "forgotten": True}
