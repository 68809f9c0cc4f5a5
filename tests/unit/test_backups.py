"""Backup, restore, rebuild: what was here comes back whole, and nothing starts by itself."""

import gzip
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from printd.core.archive import CONTENTS
from printd.core.backups import restore, write_backup
from printd.core.beds import Beds, BedState
from printd.core.clock import from_text
from printd.core.database import FILE, Database
from printd.core.errors import BackupUnreadable, DiskFull, NoSuchFile, NotPossibleNow
from printd.core.files import JobFolders
from printd.core.generation import Generation
from printd.core.jobs import Job, State
from printd.core.rebuilding import rebuild
from printd.core.schema import MIGRATIONS
from printd.core.snapshots import (
    FOLDER,
    KEPT,
    bring_up_to_date,
    copies_in,
    copy_database,
    keep_today,
)
from printd.core.spending import Paid, agreed_to, orders_of
from printd.core.store import Store
from printd.core.wishes import files_gone
from printd.pipeline.record import write_record
from printd.pipeline.sweeping import remove_files, sweep
from printd.web.keys import Keys, Scope
from printd.web.logins import Logins
from printd.web.tickets import Tickets
from tests.peers.disks import small_disk
from tests.peers.stores import clear_bed, job_in, make_older, new_job, open_store

S = State
AT = "2026-05-03T12:00:00.000+00:00"


class Place:
    """A data folder with jobs, each with its files."""

    def __init__(self, root: Path) -> None:
        self.data = root / "data"
        self.config = root / "config.yaml"
        self.backup = root / "backup.tar.gz"
        self.data.mkdir(parents=True)
        self.folders = JobFolders(self.data)
        self.folders.prepare()
        self.config.write_text("data_dir: data\n")
        profile = root / "profiles" / "mine" / "printer.yaml"
        profile.parent.mkdir(parents=True)
        profile.write_text("x: 1\n")

    def with_jobs(self) -> None:
        """1 waits, 2 prints, 3 is over."""
        with open_store(self.data) as store:
            Generation(store.database, self.data).check()
            jobs = [
                job_in(store, S.SLICED, 1),
                job_in(store, S.PRINTING, 2),
                store.cancelled(job_in(store, S.MESHED, 3), "Not wanted.", who="ann"),
            ]
            for job in jobs:
                self.give_files(store, job)
            clear_bed(store, "right")

    def give_files(self, store: Store, job: Job) -> None:
        folder = self.folders.of(job.id)
        folder.mkdir()
        (folder / JobFolders.PHOTO).write_bytes(b"photo of " + job.name.encode())
        write_record(store, self.folders, job.number)

    def write(self, *, photos: bool = False) -> int:
        return write_backup(self.data, self.config, self.backup, photos=photos)

    def job(self, number: int) -> Job:
        with open_store(self.data) as store:
            return store.job(number)

    def states(self) -> dict[int, tuple[State, bool]]:
        with open_store(self.data) as store:
            return {job.number: (job.state, job.in_doubt) for job in store.jobs()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "here")
    place.with_jobs()
    return place


HELD = {1: (S.HELD, False), 2: (S.HELD, True), 3: (S.CANCELLED, False)}


def test_a_backup_comes_back_elsewhere_and_nothing_starts(place: Place, tmp_path: Path) -> None:
    assert place.write() == 2
    data = tmp_path / "there" / "data"
    done = restore(place.backup, data, tmp_path / "there" / "config.yaml")
    assert (done.jobs, done.held, done.aside) == (3, 2, None)
    there = Place.__new__(Place)
    there.data = data
    assert there.states() == HELD
    with open_store(data) as store:
        assert all(bed.state is BedState.UNKNOWN for bed in Beds(store.database).all().values())
        assert Generation(store.database, data).check() is None  # said once is enough
        photo = JobFolders(data).of(store.job(1).id) / JobFolders.PHOTO
        assert photo.read_bytes() == b"photo of cat-1.jpg"
    assert (tmp_path / "there" / "config.yaml").read_text() == "data_dir: data\n"
    assert (tmp_path / "there" / "profiles" / "mine" / "printer.yaml").exists()


def test_photos_of_what_is_over_go_along_only_when_wanted(place: Place) -> None:
    def names() -> set[str]:
        with tarfile.open(place.backup) as tar:
            return {Path(name).name for name in tar.getnames() if "0000000003" in name}

    place.write()
    assert names() == {JobFolders.RECORD}
    assert place.write(photos=True) == 3
    assert names() == {JobFolders.RECORD, JobFolders.PHOTO}


def test_what_was_deleted_since_does_not_come_back(place: Place) -> None:
    place.write(photos=True)
    with open_store(place.data) as store:
        over = store.job(3)
        with store.database.write() as connection:
            files_gone(connection, over, "deleted on request", who="ann")
        remove_files(place.folders.of(over.id))
        write_record(store, place.folders, over.number)
        gone_at = store.job(3).files_gone_at
    shutil.rmtree(place.folders.of(place.job(1).id))  # lost, not deleted

    restore(place.backup, place.data, place.config)

    assert place.states() == HELD
    photos = [place.folders.of(place.job(number).id) / JobFolders.PHOTO for number in (1, 3)]
    assert [photo.exists() for photo in photos] == [True, False]
    assert place.job(3).files_gone_at == gone_at


def test_what_was_here_is_put_aside_and_files_that_are_here_stay(place: Place) -> None:
    place.write()
    with open_store(place.data) as store:
        place.give_files(store, store.accept(new_job(4)))
        photo = place.folders.of(store.job(1).id) / JobFolders.PHOTO
    photo.write_bytes(b"newer")
    place.config.write_text("data_dir: data\nlog: {level: debug}\n")

    done = restore(place.backup, place.data, place.config)

    assert done.aside is not None
    assert done.aside.exists()
    assert place.states() == HELD
    assert photo.read_bytes() == b"newer"
    assert "debug" in place.config.read_text()
    assert place.config.with_name("config.restored.yaml").read_text() == "data_dir: data\n"
    with open_store(place.data) as store:  # the number of #4 is not given again
        assert store.accept(new_job(9)).number == 5


def test_what_somebody_asked_before_the_backup_is_not_done_after_it(place: Place) -> None:
    with open_store(place.data) as store, store.database.write() as connection:
        connection.execute(
            "INSERT INTO request(at, who, verb, args) VALUES ('x', 'ann', 'release', '{}')"
        )
    place.write()
    restore(place.backup, place.data, place.config)
    with open_store(place.data) as store:
        assert store.database.row("SELECT 1 FROM request WHERE done_at IS NULL") is None


def test_of_what_came_after_the_backup_wishes_hold_and_nothing_is_paid_again(place: Place) -> None:
    place.write()
    with open_store(place.data) as store:
        shops = {"owner": "key:shop", "source": "slicer", "wanted_printer": "right"}
        new = store.accept(new_job(4, settings={"consent": "2.00"}, **shops))
        word = Tickets(store.database, store.database).make(new.number, "Mia")
        place.give_files(store, new)
    restore(place.backup, place.data, place.config)
    with open_store(place.data) as store:
        sweep(store, place.folders)
        job = store.job(5)
        assert (job.name, job.state) == (new.name, S.HELD)
        assert (job.owner, job.source, job.wanted_printer) == tuple(shops.values())
        ticket = Tickets(store.database, store.database).get(word)
        assert (ticket.job, ticket.deletes_photo, ticket.shown_name) == (5, True, "Mia")
        assert [str(agreed_to(one)) for one in (new, job)] == ["2.00", "0"]


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def plain_text(path: Path) -> None:
    path.write_text("hello")


def zipped_text(path: Path) -> None:
    path.write_bytes(gzip.compress(b"hello" * 1000))


def rewritten(path: Path, change: Callable[[tarfile.TarFile], None]) -> None:
    with tarfile.open(path) as old:
        members = [(m, old.extractfile(m).read()) for m in old.getmembers()]  # type: ignore[union-attr]
    with tarfile.open(path, "w:gz") as new:
        change(new)
        for member, content in members:
            new.addfile(member, io.BytesIO(content))


def with_path_trick(path: Path) -> None:
    rewritten(path, lambda tar: tar.addfile(tarfile.TarInfo("jobs/../../evil"), io.BytesIO(b"")))


def with_absolute_path(path: Path) -> None:
    rewritten(path, lambda tar: tar.addfile(tarfile.TarInfo("/etc/evil"), io.BytesIO(b"")))


def with_link(path: Path) -> None:
    link = tarfile.TarInfo("config.yaml")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    rewritten(path, lambda tar: tar.addfile(link))


def with_another_file(path: Path) -> None:
    rewritten(path, lambda tar: tar.addfile(tarfile.TarInfo("profiles/x"), io.BytesIO(b"")))


def with_contents_that_say_nothing(path: Path) -> None:
    contents = tarfile.TarInfo(CONTENTS)
    contents.size = 2
    rewritten(path, lambda tar: tar.addfile(contents, io.BytesIO(b"{}")))


@pytest.mark.parametrize(
    "spoil",
    [
        cut_off,
        plain_text,
        zipped_text,
        with_path_trick,
        with_absolute_path,
        with_link,
        with_another_file,
        with_contents_that_say_nothing,
    ],
)
def test_what_is_no_whole_backup_changes_nothing(
    place: Place, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    place.write()
    spoil(place.backup)
    before = place.states()
    with pytest.raises(BackupUnreadable):
        restore(place.backup, place.data, place.config)
    assert place.states() == before
    assert not (place.data / "restoring").exists()
    assert not list(tmp_path.rglob("evil"))


def test_a_backup_that_is_not_there_is_said(place: Place) -> None:
    with pytest.raises(NoSuchFile):
        restore(place.backup, place.data, place.config)


# Rebuild.


@pytest.fixture
def lost(place: Place) -> Place:
    """A place whose database is gone."""
    (place.data / FILE).unlink()
    return place


def test_a_lost_database_is_made_of_the_records(lost: Place) -> None:
    done = rebuild(lost.data)
    assert (done.jobs, done.held, done.unreadable, done.aside) == (3, 2, (), None)
    assert lost.states() == HELD
    with open_store(lost.data) as store:
        job = store.job(1)
        assert (job.name, job.held_from) == ("cat-1.jpg", S.SLICED)
        assert store.events(1)[0].kind == "job.accepted"
        assert store.accept(new_job(9)).number == 4


def test_what_was_paid_and_what_visitors_wish_is_in_the_records(place: Place) -> None:
    ordered = [
        ("delivered", 123, "4f1"),
        ("sent", 77, None),  # nobody knows what became of it: counted
        ("refunded", 500, "4f2"),
    ]
    with open_store(place.data) as store:
        with store.database.write() as connection:
            for attempt, (state, cents, order) in enumerate(ordered):
                connection.execute(
                    "INSERT INTO service_order"
                    " VALUES (1, ?, 'figure', 'ana', ?, 'EUR', ?, ?, ?, ?)",
                    (attempt, cents, state, AT, AT, order),
                )
        word = Tickets(store.database, store.database).make(2, "Mia")
        for number in (1, 2):
            write_record(store, place.folders, number)
        before = orders_of(store.database)
    (place.data / FILE).unlink()

    assert rebuild(place.data).orders == 2

    with open_store(place.data) as store:
        after = orders_of(store.database)
        assert [order.state for order in after] == [Paid.DELIVERED, Paid.LOST, Paid.REFUNDED]
        assert [replace(order, state=Paid.SENT) for order in after] == [
            replace(order, state=Paid.SENT) for order in before
        ]
        ticket = Tickets(store.database, store.database).get(word)
        assert (ticket.job, ticket.deletes_photo, ticket.shown_name) == (2, True, "Mia")


def test_an_order_that_says_nothing_sensible_harms_no_other_job(lost: Place) -> None:
    (folder, *_) = sorted(lost.folders.root.iterdir())
    record = json.loads((folder / JobFolders.RECORD).read_text())
    broken = {**record, "orders": [{"price": {"amount": "much", "currency": "EUR"}}]}
    (folder / JobFolders.RECORD).write_text(json.dumps(broken))
    assert rebuild(lost.data).unreadable == (folder.name,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to others")
@pytest.mark.parametrize("act", ["restore", "rebuild"])
def test_what_root_puts_back_belongs_to_whom_the_folder_belongs(place: Place, act: str) -> None:
    place.write()
    shutil.rmtree(place.folders.of(place.job(1).id))
    for path in (place.data, *place.data.rglob("*")):
        os.chown(path, 65534, 65534)
    if act == "restore":
        restore(place.backup, place.data, None)
    else:
        rebuild(place.data)
    assert {path.stat().st_uid for path in place.data.rglob("*")} == {65534}
    assert (place.data / "generation").exists()


def test_who_was_logged_in_is_not_any_more_and_old_keys_are_told(
    place: Place, tmp_path: Path
) -> None:
    with open_store(place.data) as store:
        word = Logins(store.database).begin("lee", Scope.OPERATE)
        kept = Keys(store.database).create("shop", Scope.SUBMIT, by="ana")[0]
    place.write()
    done = restore(place.backup, tmp_path / "there", None)
    with open_store(tmp_path / "there") as store:
        assert Logins(store.database).known(word) is None
        assert [key.id for key in Keys(store.database).all()] == [kept.id]
    assert "what was revoked since is good again" in done.notes[-1]


def test_a_damaged_database_is_kept_aside(place: Place) -> None:
    (place.data / FILE).write_bytes(b"no database at all" * 1000)
    done = rebuild(place.data)
    assert done.aside is not None
    assert done.aside.read_bytes().startswith(b"no database")
    assert place.states() == HELD


def test_a_record_that_cannot_be_used_harms_no_other(lost: Place) -> None:
    (folder, *_) = sorted(lost.folders.root.iterdir())
    record = json.loads((folder / JobFolders.RECORD).read_text())
    (folder / JobFolders.RECORD).write_text(json.dumps({**record, "state": "sleeping"}))
    done = rebuild(lost.data)
    assert (done.jobs, done.unreadable) == (2, (folder.name,))


def test_two_records_of_one_number_are_two_jobs(lost: Place) -> None:
    first, second, _ = sorted(lost.folders.root.iterdir())
    record = json.loads((second / JobFolders.RECORD).read_text())
    (second / JobFolders.RECORD).write_text(json.dumps({**record, "number": 1}))
    rebuild(lost.data)
    with open_store(lost.data) as store:
        assert {job.id for job in store.jobs()} >= {first.name, second.name}


def test_without_records_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(NotPossibleNow, match="no records"):
        rebuild(tmp_path)
    assert not (tmp_path / FILE).exists()


# Copies of the database.


def test_a_copy_of_each_day_is_kept_for_a_week(place: Place) -> None:
    database = place.data / FILE
    for day in range(1, 11):
        now = from_text(f"2026-05-{day:02}T12:00:00.000+00:00")
        assert keep_today(database, now) is not None
        assert keep_today(database, now) is None
    kept = sorted(file.name for file in (place.data / FOLDER).iterdir())
    assert len(kept) == KEPT
    assert kept[-1] == "printd-2026-05-10.db"


NOW = from_text("2026-05-03T12:00:00.000+00:00")


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def upgrade(path: Path, now: datetime = NOW) -> None:
    database = Database(path)
    try:
        bring_up_to_date(database, now)
    finally:
        database.close()


def test_before_an_upgrade_the_database_is_kept_as_it_was(tmp_path: Path) -> None:
    make_older(tmp_path / FILE)
    upgrade(tmp_path / FILE)
    (kept,) = copies_in(tmp_path)
    assert kept.file == tmp_path / FOLDER / "before-upgrade-2026-05-03-v1.db"
    assert (version_of(kept.file), kept.why) == (1, "before an upgrade")
    assert kept.file.stat().st_mode & 0o777 == 0o600
    assert version_of(tmp_path / FILE) == len(MIGRATIONS)
    upgrade(tmp_path / FILE)
    assert [copy.file for copy in copies_in(tmp_path)] == [kept.file]


def test_neither_a_new_database_nor_one_of_today_is_copied(tmp_path: Path) -> None:
    upgrade(tmp_path / FILE)
    upgrade(tmp_path / FILE)
    assert copies_in(tmp_path) == []


def test_without_room_for_the_copy_nothing_is_upgraded(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "400k") as disk:
        make_older(disk / FILE)
        before = (disk / FILE).read_bytes()
        room = os.statvfs(disk)
        (disk / "other").write_bytes(b"x" * (room.f_bavail * room.f_frsize - 48 * 1024))
        with pytest.raises(DiskFull, match="no room for a copy") as full:
            upgrade(disk / FILE)
        assert full.value.exit_code == 74
        assert (disk / FILE).read_bytes() == before
        assert copies_in(disk) == []
        (disk / "other").unlink()
        upgrade(disk / FILE)
        assert version_of(disk / FILE) == len(MIGRATIONS)


def test_the_copies_of_the_last_upgrades_are_kept_beside_those_of_the_days(place: Place) -> None:
    keep_today(place.data / FILE, NOW)
    for day in range(1, 11):
        (place.data / FILE).unlink()
        make_older(place.data / FILE)
        upgrade(place.data / FILE, from_text(f"2026-05-{day:02}T12:00:00.000+00:00"))
    names = sorted(copy.file.name for copy in copies_in(place.data))
    assert len(names) == KEPT + 1
    assert names[0] == "before-upgrade-2026-05-04-v1.db"


def test_the_copy_of_an_upgrade_is_put_back_and_its_job_waits(tmp_path: Path) -> None:
    make_older(tmp_path / FILE)
    upgrade(tmp_path / FILE)
    (kept,) = copies_in(tmp_path)
    done = restore(kept.file, tmp_path, None)
    assert (done.jobs, done.held) == (1, 1)
    assert version_of(kept.file) == 1
    with open_store(tmp_path) as store:
        (job,) = store.jobs()
        assert (job.name, job.state) == ("old.jpg", S.HELD)


def test_a_backup_between_the_upgrade_and_the_first_start_holds_what_is_there(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    make_older(data / FILE)
    assert write_backup(data, None, tmp_path / "old.tar.gz", photos=False) == 0
    assert version_of(data / FILE) == 1
    assert restore(tmp_path / "old.tar.gz", tmp_path, None).jobs == 1


def test_a_copy_holds_what_was_committed_just_before(place: Place, tmp_path: Path) -> None:
    with open_store(place.data) as store:
        store.accept(new_job(7))
        copy_database(place.data / FILE, tmp_path / FILE)
    with open_store(tmp_path) as copy:
        assert copy.job(4).name == "cat-7.jpg"
    assert not list(tmp_path.glob("*.part"))


def test_the_backup_is_readable_by_its_owner_only(place: Place) -> None:
    place.write()
    assert place.backup.stat().st_mode & 0o777 == 0o600
    shutil.rmtree(place.data)
