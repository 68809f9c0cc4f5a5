"""Whole copies of the database: for backups, one for each day, one before each upgrade."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from printd.core.database import Database, translate
from printd.core.errors import DiskFull
from printd.core.files import make_folder, sync_folder

log = logging.getLogger(__name__)
FOLDER: Final = "backups"  # in the data folder
KEPT: Final = 7  # of each kind
PAGES: Final = 4096  # copied at once; in between others may write


def copy_database(source: Path, target: Path) -> None:
    """Write a whole copy of a database to ``target``, synced; others may go on writing.

    Raises:
        DatabaseDamaged, DiskFull, DiskFailed: nothing is left behind.
    """
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(part)) as new,
        ):
            new.execute("PRAGMA synchronous=FULL")
            old.backup(new, pages=PAGES)
            new.execute("PRAGMA journal_mode=DELETE").fetchall()  # one file, no log beside it
    except sqlite3.Error as error:
        part.unlink(missing_ok=True)
        raise translate(error, source) from error
    part.chmod(0o600)
    part.replace(target)
    sync_folder(target.parent)


def keep_today(database: Path, now: datetime) -> Path | None:
    """Keep a copy of today, and those of the last week.

    Args:
        database: the file.
        now: the wall clock.

    Returns:
        The copy; None: that of today is there.
    """
    folder = database.parent / FOLDER
    today = folder / f"printd-{now:%Y-%m-%d}.db"
    if today.exists():
        return None
    make_folder(folder)
    copy_database(database, today)
    _drop_old(folder, "printd-????-??-??.db")
    return today


def bring_up_to_date(database: Database, now: datetime) -> None:
    """Prepare a database; before its tables are changed it is copied, and the last copies stay.

    Raises:
        DiskFull: there is no room for the copy; the database is as it was.
        DiskFailed, DatabaseDamaged, DatabaseNewer: likewise.
    """
    database.prepare(lambda version: _keep_version(database.path, version, now))


def _keep_version(database: Path, version: int, now: datetime) -> None:
    """Keep a copy of an older database; tried again on the same day, it takes the place."""
    folder = database.parent / FOLDER
    make_folder(folder)
    copy = folder / f"before-upgrade-{now:%Y-%m-%d}-v{version}.db"
    try:
        copy_database(database, copy)
    except DiskFull as error:
        raise DiskFull(
            f"There is no room for a copy of {database.name}, which is made before an upgrade "
            "changes it; it is as it was.",
            action="Free space on the disk, then start printd again.",
        ) from error
    log.info("the database from before this version of printd is kept as %s", copy)
    _drop_old(folder, "before-upgrade-????-??-??-v*.db")


def _drop_old(folder: Path, names: str) -> None:
    for old in sorted(folder.glob(names))[:-KEPT]:
        old.unlink()


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that printd has made by itself."""

    file: Path
    made_at: datetime
    bytes: int
    why: str


def copies_in(data_dir: Path) -> list[Copy]:
    """Return the copies that are kept, the newest first."""
    folder = data_dir / FOLDER
    found = []
    for file in folder.glob("*.db") if folder.is_dir() else ():
        state = file.stat()
        why = "before an upgrade" if file.name.startswith("before-upgrade-") else "of that day"
        found.append(Copy(file, datetime.fromtimestamp(state.st_mtime, UTC), state.st_size, why))
    return sorted(found, key=lambda copy: copy.made_at, reverse=True)
