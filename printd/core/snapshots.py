"""Whole copies of the database, made while it is in use: for backups, and one for each day."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from printd.core.database import translate
from printd.core.files import make_folder, sync_folder

FOLDER: Final = "backups"  # in the data folder
KEPT: Final = 7  # days
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
    for old in sorted(folder.glob("printd-????-??-??.db"))[:-KEPT]:
        old.unlink()
    return today
