"""From a file that somebody left to a job: copy, decode or judge, commit, then let go of it.

The original leaves its place after the row is committed; a drop that is known by its fingerprint
is never taken twice. What is refused is never a job. When to take is the inbox's business.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from printd.core.beginning import SHAPE, beginning_of, without_a_word
from printd.core.clock import utc_now
from printd.core.compute import Compute
from printd.core.config import Config
from printd.core.errors import (
    CannotWriteNow,
    DiskFull,
    Duplicate,
    NoSuchPrinter,
    PrintdError,
    WrongKind,
)
from printd.core.failpoints import hit
from printd.core.files import JobFolders, free_bytes, sync_folder
from printd.core.given import Given
from printd.core.job_words import label_of
from printd.core.jobs import Job
from printd.core.moments import day
from printd.core.names import display_name
from printd.core.prices import price_facts
from printd.core.recipes import Order
from printd.core.store import NewJob, Store
from printd.pipeline.copying import Identity
from printd.pipeline.judging import (
    Candidate,
    candidates_for,
    in_doubt,
    wrong_kind,
)
from printd.pipeline.reading import Copied, Reading
from printd.pipeline.record import write_record


class Taker:
    """Takes photos, and G-code for one of ``candidates``, into the data folder."""

    def __init__(
        self,
        config: Config,
        store: Store,
        folders: JobFolders,
        compute: Compute,
        candidates: Sequence[Candidate] = (),
    ) -> None:
        self._config = config
        self._store = store
        self._folders = folders
        self._candidates = candidates
        self._reading = Reading(
            compute,
            int(config.limits.photo_max_mb * 1e6),
            lambda: self._config.limits.decode_timeout_s,
        )

    def use(self, config: Config, candidates: Sequence[Candidate]) -> None:
        """Go by another configuration and other printers from now on."""
        self._config = config
        self._candidates = candidates

    def copy(
        self,
        file: Path,
        settled: Identity | None = None,
        given: Given = Given.PHOTO,
        printer: str | None = None,
        *,
        is_sized: bool = False,
    ) -> Copied:
        """Copy a file into a new job folder, synced, and decode or judge the copy.

        Args:
            file: what somebody left.
            settled: what it was when it was found quiet; None: whatever it is.
            given: what it is taken for.
            printer: G-code is judged for this one first.
            is_sized: of a mesh, that its order says how large it is to be.

        Raises:
            NotFinished: it changes, is being written, or is another file now.
            NotTaken: why it cannot be used; no copy is kept.
            DiskFull: no room; no copy is kept.
        """
        self._check_room()
        folder = self._folders.new()
        copy = folder / given.file
        try:
            if given is Given.PHOTO:
                copied = self._reading.photo(file, copy, settled)
            elif given is Given.WORDS:
                copied = self._reading.words(file, copy, settled)
            elif given is Given.MESH:
                copied = self._reading.mesh(file, copy, settled, is_sized=is_sized)
            else:
                candidates = candidates_for(self._candidates, printer)
                copied = self._reading.gcode(file, copy, settled, given, candidates)
                if printer is None and copied.hold is None:  # nobody has said which is meant
                    copied = replace(copied, hold=in_doubt(copied.facts))
            sync_folder(self._folders.root)
        except BaseException:
            shutil.rmtree(folder)
            raise
        hit("intake.copied")
        return copied

    def put_beside(self, copied: Copied, name: str, file: Path) -> None:
        """Copy a file that was given beside the photo, synced, and look whether it can be used.

        Args:
            copied: of the photo; thrown away if the file cannot be used.
            name: ``JobFolders.MASK`` or ``DEPTH``.
            file: what was given.

        Raises:
            NotFinished: it changes, or is another file now.
            PhotoRefused: why it cannot be used.
            DiskFull: no room.
        """
        is_depth = name == JobFolders.DEPTH
        try:
            self._reading.beside(file, copied.folder / name, is_depth=is_depth)
        except BaseException:
            self.discard(copied)
            raise

    def repeat(self, copied: Copied, job: Job) -> Copied:
        """Give a copy what an earlier job of the same photo has beside it, and what was paid."""
        old = self._folders.of(job.id)
        link_beside(old, copied.folder)
        word = without_a_word(job)
        begin = beginning_of(job, word) if word else None
        if begin is None or not all((old / name).is_file() for name in begin.files):
            return copied
        for name in begin.files:
            os.link(old / name, copied.folder / name, follow_symlinks=False)
        sync_folder(copied.folder)
        kept = {key: begin.facts[key] for key in ("photo", *SHAPE) if key in begin.facts}
        facts = {**copied.facts, **kept}
        return replace(copied, facts=facts, state=begin.state)

    def wrong_kind(self, copied: Copied, given: Given, printer: str) -> WrongKind | None:
        """Return why a copy of G-code is not for the printer it was sent to; None: it is.

        Raises:
            NoSuchPrinter: there is none of this name.
        """
        wanted = next((one for one in self._candidates if one.printer == printer), None)
        if wanted is None:
            raise NoSuchPrinter(f"No printer is called {printer!r}.")
        return None if copied.hold else wrong_kind(copied.facts, given, wanted)

    def accept(
        self,
        copied: Copied,
        name: str,
        order: Order,
        *,
        who: str,
        fingerprint: str | None = None,
        source: str = "",
        owner: str = "",
        add_key: str | None = None,
        again_of: int | None = None,
        printer: str | None = None,
        hold: PrintdError | None = None,
    ) -> Job:
        """Make the copy a job, durably; a known drop or key gives the job made of it before.

        A recipe that wants a person's approval gets it, whatever else the job is held for. With
        ``printer`` no other one takes it.

        Raises:
            DiskFull: no room for the row; no copy is kept.
        """
        new = NewJob(
            id=copied.folder.name,
            name=display_name(order.name or name),
            recipe=order.recipe,
            settings=order.settings,
            sha256=copied.sha256,
            facts={**copied.facts, **price_facts(order.settings, copied.facts.get("gcode"))},
            fingerprint=fingerprint,
            add_key=add_key,
            again_of=again_of,
            copies=order.copies,
            wanted_printer=printer,
            hold=_both(order.hold, copied.hold or hold),
            state=copied.state,
            who=who,
            owner=owner,
            source=source,
        )
        try:
            job = self._store.accept(new)
        except CannotWriteNow:
            shutil.rmtree(copied.folder)
            raise
        hit("intake.committed")
        if job.id != copied.folder.name:
            shutil.rmtree(copied.folder)  # known already: this copy is one too many
        return job

    def record(self, job: Job) -> None:
        """Write ``job.json`` of an accepted job: the folder is no litter, whatever is lost."""
        write_record(self._store, self._folders, job.number)

    def discard(self, copied: Copied) -> None:
        """Throw a copy away that becomes no job."""
        shutil.rmtree(copied.folder)

    def duplicate_of(self, copied: Copied, recipe: str) -> Job | None:
        """Return the job that took these bytes with this recipe not long ago."""
        since = utc_now() - timedelta(days=self._config.drop.duplicate_days)
        return self._store.duplicate_of(copied.sha256, recipe, since)

    def _check_room(self) -> None:
        free, share = free_bytes(self._config.data_dir)
        limits = self._config.limits
        if free < limits.free_mb * 1e6 or share < limits.free_pct / 100:
            raise DiskFull(
                f"Only {free / 1e6:.0f} MB ({share:.0%}) are free where printd keeps its data; "
                f"it stops taking photos below {limits.free_mb:.0f} MB or {limits.free_pct:.0f} %."
            )


def _both(approval: PrintdError | None, hold: PrintdError | None) -> PrintdError | None:
    """Return the one reason to hold a job that has two: the person who approves reads both."""
    if approval is None or hold is None:
        return approval or hold
    return type(approval)(f"{approval.problem} {hold.problem}")


def link_beside(old: Path, new: Path) -> None:
    """Link what was given beside a photo into the folder of a job of the same photo; synced.

    So is what a service was paid for: another job of the same photo does not pay for it again.
    """
    names = (JobFolders.MASK, JobFolders.DEPTH, *JobFolders.DEPTH_SERVICE)
    given = [name for name in names if (old / name).is_file()]
    for name in given:
        os.link(old / name, new / name, follow_symlinks=False)
    if given:
        sync_folder(new)


def duplicate_error(earlier: Job) -> Duplicate:
    """Return the hold that names the earlier job."""
    what = "picture" if earlier.given is Given.PHOTO else earlier.given.words
    how = "" if earlier.given.is_gcode else f" with recipe {earlier.recipe}"
    return Duplicate(
        f"This {what} was taken on {day(earlier.created_at)} as #{earlier.number} "
        f"({label_of(earlier)}){how}."
    )
