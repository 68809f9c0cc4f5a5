"""What is kept of jobs that are over, and for how long; a clock that is wrong deletes nothing."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from printd.core.clock import boottime_s, to_text, utc_now
from printd.core.files import JobFolders, sha256_of
from printd.core.generation import Generation
from printd.core.jobs import Job, State
from printd.core.snapshots import FOLDER
from printd.core.store import Store
from printd.daemon import tidying
from printd.daemon.copies import Copies
from printd.daemon.tidying import Tidying
from printd.pipeline.sweeping import remove_files
from printd.slicers.cache import SliceCache
from tests.peers.stores import job_in, open_store

S = State
MONTH = timedelta(days=31)


@dataclass
class Place:
    store: Store
    folders: JobFolders
    folder: Path

    def over(self, number: int, state: State = S.CANCELLED) -> Job:
        job = job_in(self.store, S.PRINTING if state is S.PRINTED else S.MESHED, number)
        if state is S.PRINTED:
            job = self.store.advance(job, state, {"gcode": {"filament_g": 20.0}})
        else:
            job = self.store.cancelled(job, "Not wanted.", who="ann")
        self.give_files(job)
        return job

    def give_files(self, job: Job) -> None:
        folder = self.folders.of(job.id)
        folder.mkdir()
        for name in (JobFolders.PHOTO, JobFolders.GCODE, JobFolders.RECORD):
            (folder / name).write_bytes(b"x")

    def files(self, job: Job) -> set[str]:
        return {file.name for file in self.folders.of(job.id).iterdir()}

    def tidying(self, days: float | None = 30) -> Tidying:
        generation = Generation(self.store.database, self.folder)
        copies = Copies(self.store, self.folders)
        return Tidying(self.store, self.folders, generation, copies, self.slices, lambda: days)

    @property
    def slices(self) -> SliceCache:
        return SliceCache(self.folder / "slices", most_bytes=10**6)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with open_store(tmp_path) as store:
        folders = JobFolders(tmp_path)
        folders.prepare()
        yield Place(store, folders, tmp_path)


@pytest.fixture
def in_a_month(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let a month pass for the machine as well as for the wall clock."""

    def passed() -> None:
        began = boottime_s()
        monkeypatch.setattr(tidying, "boottime_s", lambda: began + MONTH.total_seconds())

    return passed


def test_after_its_days_a_job_keeps_its_numbers_only(
    place: Place, in_a_month: Callable[[], None]
) -> None:
    jobs = [place.over(1), place.over(2, S.PRINTED)]
    waiting = job_in(place.store, S.SLICED, 3)
    place.give_files(waiting)
    here = place.tidying()
    in_a_month()
    assert here.forget_old(utc_now() + MONTH) == [1, 2]
    assert [place.files(job) for job in jobs] == [{JobFolders.RECORD}] * 2
    assert place.store.job(2).facts["gcode"] == {"filament_g": 20.0}
    assert place.store.job(2).files_gone_at is not None
    assert JobFolders.PHOTO in place.files(waiting)
    assert here.forget_old(utc_now() + MONTH) == []


def test_before_its_days_nothing_goes(place: Place) -> None:
    job = place.over(1)
    assert place.tidying().forget_old(utc_now() + timedelta(days=29)) == []
    assert JobFolders.PHOTO in place.files(job)


def test_for_ever_is_for_ever(place: Place, in_a_month: Callable[[], None]) -> None:
    place.over(1)
    here = place.tidying(None)
    in_a_month()
    assert here.forget_old(utc_now() + MONTH) == []


def test_a_clock_that_jumps_ahead_deletes_nothing(place: Place) -> None:
    job = place.over(1)
    assert place.tidying().forget_old(utc_now() + MONTH) == []
    assert JobFolders.PHOTO in place.files(job)


def test_a_clock_that_goes_back_deletes_nothing(place: Place) -> None:
    place.over(1)
    old = to_text(utc_now() - 3 * MONTH)
    with place.store.database.write() as connection:
        connection.execute("UPDATE job SET moved_at = ?", (old,))
    assert place.tidying().forget_old(utc_now() - MONTH) == []
    assert place.tidying().forget_old(utc_now()) == [1]


def test_tidying_keeps_a_copy_of_today(place: Place) -> None:
    place.tidying().run()
    assert len(list((place.folder / FOLDER).iterdir())) == 1


def test_a_slice_goes_with_the_last_job_that_has_it(place: Place) -> None:
    first, second = place.over(1), place.over(2)
    folders = [place.folders.of(job.id) for job in (first, second)]
    report = {"files": {JobFolders.GCODE: sha256_of(folders[0] / JobFolders.GCODE)}}
    (folders[0] / JobFolders.REPORT).write_text(json.dumps(report))
    place.slices.put("key", folders[0])
    assert place.slices.get("key", folders[1]) is not None
    for folder, is_kept in zip(folders, (True, False), strict=True):
        remove_files(folder)
        place.tidying().run()
        assert (place.folder / "slices" / "key").exists() is is_kept
