"""``printd backup`` and ``restore``: what goes into a backup, and how it is put in its place.

In it: the database, the configuration, own profiles, and the files of jobs that are not over (their
originals have left the drop folder). Photos of jobs that are over only on request; secrets never.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from printd.core.archive import CONFIG, DATABASE, Writing, unpack, writing
from printd.core.clock import from_text, utc_now
from printd.core.database import FILE, Database
from printd.core.errors import NoSuchFile
from printd.core.files import JobFolders, disk_problem, make_folder, sync_folder
from printd.core.generation import Generation
from printd.core.moments import stamp
from printd.core.restored import hold_everything, never_again_below
from printd.core.snapshots import copy_database
from printd.core.store import Store

SQLITE: Final = b"SQLite format 3\0"  # how a database begins
STAGE: Final = "restoring"  # in the data folder
PROFILES: Final = "profiles"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore has done."""

    jobs: int
    held: int
    aside: Path | None  # where the database is now that was here before
    notes: tuple[str, ...]


def write_backup(data_dir: Path, config: Path | None, out: Path, *, photos: bool) -> int:
    """Write a backup, also while the daemon runs; return how many jobs' files are in it.

    Args:
        data_dir: whose.
        config: the configuration file, if there is one.
        out: the file to write.
        photos: also the files of jobs that are over.

    Raises:
        DiskFull, DiskFailed, DatabaseDamaged: nothing is left behind.
    """
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".printd-") as work:
        copy = Path(work, DATABASE)
        copy_database(data_dir / FILE, copy)
        with writing(out) as backup:
            backup.add(copy, DATABASE)
            if config is not None:
                backup.add(config, CONFIG)
                _add_tree(backup, config.parent / PROFILES, PROFILES)
            return _add_jobs(backup, copy, JobFolders(data_dir), photos=photos)


def _add_jobs(backup: Writing, copy: Path, folders: JobFolders, *, photos: bool) -> int:
    database = Database(copy)
    database.prepare()  # it is in the backup as it was
    try:
        jobs = Store(database).jobs()
    finally:
        database.close()
    count = 0
    for job in jobs:
        folder = folders.of(job.id)
        names = _whole_files(folder) if photos or not job.is_final else [JobFolders.RECORD]
        added = [backup.add(folder / name, f"jobs/{job.id}/{name}") for name in names]
        count += any(added) and len(added) > 1
    return count


def _whole_files(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    parts = (".part", JobFolders.PROGRESS)
    return sorted(
        file.name for file in folder.iterdir() if file.is_file() and not file.name.endswith(parts)
    )


def _add_tree(backup: Writing, folder: Path, name: str) -> None:
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if file.is_file() and not file.is_symlink():
            backup.add(file, f"{name}/{file.relative_to(folder)}")


def restore(path: Path, data_dir: Path, config: Path | None) -> Restored:
    """Put a backup in place of what is here; the caller owns the data folder.

    Nothing is deleted: the database that was here is put aside, files of jobs that are here stay.
    Nor does come back what was deleted here since.
    Every job that is not over waits for a person, every bed is unknown.

    Args:
        path: the backup, or a copy of the database that printd has made by itself.
        data_dir: where to.
        config: where the configuration belongs; one that is there stays.

    Raises:
        NoSuchFile, BackupUnreadable, DatabaseNewer, DatabaseDamaged: nothing was changed.
    """
    if not path.is_file():
        raise NoSuchFile(f"There is no file {path}.")
    stage = data_dir / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    make_folder(stage)
    try:
        made_at = _unpacked(path, stage)
        why = f"The database was restored from a backup of {stamp(made_at)}."
        jobs, held = settle(stage / DATABASE, data_dir, why)
        who = [*_who_may_come_in(stage / DATABASE)]
        notes = [*_put_config(stage, config), *_put_profiles(stage, config), *who]
        _put_jobs(stage, data_dir)
        aside = swap_in(stage / DATABASE, data_dir)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return Restored(jobs, held, aside, tuple(notes))


def _unpacked(path: Path, stage: Path) -> datetime:
    """Put a backup, or a copy of the database, into ``stage``; return from when it is."""
    with path.open("rb") as stream:
        is_database = stream.read(len(SQLITE)) == SQLITE
    if not is_database:
        return from_text(unpack(path, stage)["made_at"])
    copy_database(path, stage / DATABASE)
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def settle(file: Path, data_dir: Path, why: str) -> tuple[int, int]:
    """Make a database that is not in its place yet safe to be started with.

    Returns:
        How many jobs it has, and how many of them wait for a person now.
    """
    database = Database(file)
    database.prepare()
    try:
        with database.write() as connection:
            held = hold_everything(connection, why)
            never_again_below(connection, _highest_number(data_dir))
            connection.execute("DELETE FROM login")  # who has gone since, or was sent away
            connection.executemany(
                "UPDATE job SET files_gone_at = ? WHERE id = ? AND files_gone_at IS NULL"
                " AND state IN ('printed', 'failed', 'cancelled')",
                [(at, job_id) for job_id, at in _deleted(data_dir).items()],
            )
        jobs = len(Store(database).jobs())
    finally:
        database.close()
    return jobs, held


def _who_may_come_in(file: Path) -> Iterator[str]:
    with closing(sqlite3.connect(file)) as connection:
        many = connection.execute(
            "SELECT (SELECT count(*) FROM api_key WHERE revoked_at IS NULL)"
            " + (SELECT count(*) FROM person)"
        ).fetchone()[0]
    if many:
        yield (
            "Keys and people are as they were then: what was revoked since is good again. "
            "Look at `printd keys` and `printd people`."
        )


def _highest_number(data_dir: Path) -> int:
    numbers = [0]
    for _, record in records(data_dir):
        numbers.append(int(record["number"]))
    return max(numbers)


def _deleted(data_dir: Path) -> dict[str, str]:
    """Return whose files were deleted here, by the ids of jobs, and when."""
    gone = ((folder.name, record.get("files_gone_at")) for folder, record in records(data_dir))
    return {job_id: str(at) for job_id, at in gone if at}


def records(data_dir: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Return each job's folder with the record in it, in the order of their names."""
    folders = JobFolders(data_dir)
    for folder in sorted(folders.root.iterdir()) if folders.root.is_dir() else ():
        if folders.is_one(folder):
            try:
                record = json.loads((folder / JobFolders.RECORD).read_bytes())
                int(record["number"])
            except (OSError, ValueError, TypeError, KeyError):
                continue
            yield folder, record


def swap_in(new: Path, data_dir: Path) -> Path | None:
    """Put a settled database in its place; return where the one from before is now.

    The generation changes after it: cut off in between, the next start holds everything again.
    """
    place = data_dir / FILE
    aside = None
    if place.exists():
        aside = place.with_name(f"{FILE}.{utc_now():%Y%m%dT%H%M%S}.old")
        _fold(place)
        os.link(place, aside)
    for log in ("-wal", "-shm", "-journal"):  # of a database that cannot be read they remain
        left = place.with_name(f"{FILE}{log}")
        if left.exists() and aside is not None:
            left.replace(aside.with_name(f"{aside.name}{log}"))
    new.replace(place)
    sync_folder(data_dir)
    database = Database(place)
    try:
        database.prepare()
        Generation(database, data_dir).renew()
    finally:
        database.close()
    _give_to_its_owner(data_dir)
    return aside


def _give_to_its_owner(folder: Path) -> None:
    """Let who owns a folder own all in it: root puts a backup back, and another user's daemon runs.

    Raises:
        DiskFailed: it cannot be.
    """
    whose = folder.stat()
    if os.geteuid() != 0 or whose.st_uid == 0:
        return
    for path in folder.rglob("*"):
        try:
            os.chown(path, whose.st_uid, whose.st_gid, follow_symlinks=False)
        except OSError as error:
            raise disk_problem(error, path) from error


def _fold(place: Path) -> None:
    """Fold the log of a database into its file, if it can be read at all."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(place)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _put_jobs(stage: Path, data_dir: Path) -> None:
    folders = JobFolders(data_dir)
    folders.prepare()
    staged, deleted = stage / "jobs", _deleted(data_dir)
    for folder in sorted(staged.iterdir()) if staged.is_dir() else ():
        if folder.name in deleted:
            continue  # nobody was to bring them back
        target = folders.root / folder.name
        if not target.exists():
            folder.replace(target)
            continue
        for file in folder.iterdir():  # what is here is as new or newer
            if not (target / file.name).exists():
                file.replace(target / file.name)
        sync_folder(target)
    sync_folder(folders.root)


def _put_config(stage: Path, config: Path | None) -> Iterator[str]:
    saved = stage / CONFIG
    if config is None or not saved.exists():
        return
    if not config.exists():
        config.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(saved, config)
        yield (
            f"The configuration is {config}; its secrets are not in a backup: put the files back "
            "that `printd check` names."
        )
    elif config.read_bytes() != saved.read_bytes():
        beside = config.with_name(f"{config.stem}.restored{config.suffix}")
        shutil.copyfile(saved, beside)
        yield f"The configuration of the backup differs; it lies beside yours as {beside.name}."


def _put_profiles(stage: Path, config: Path | None) -> Iterator[str]:
    saved = stage / PROFILES
    if config is None or not saved.is_dir():
        return
    for folder in sorted(saved.iterdir()):
        target = config.parent / PROFILES / folder.name
        if target.exists():
            continue
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(folder, target)
        yield f"The profile {folder.name} is back."
