"""What can be known of the jobs when the database cannot be worked with: a copy, to be read only.

The database itself is copied where it can be read, of whatever version it is. Otherwise the copy is
made of the records beside the files of the jobs. Either lies in a temporary folder.
"""

from __future__ import annotations

import logging
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printd.core.beds import Beds
from printd.core.config import Config
from printd.core.database import FILE, Database
from printd.core.errors import DatabaseDamaged, DatabaseUnusable, PrintdError
from printd.core.fleet import Fleet
from printd.core.lookup import Lookup
from printd.core.rebuilding import fill
from printd.core.snapshots import copy_database

log = logging.getLogger(__name__)
OF_DATABASE: Final = "the database itself, read only"
OF_RECORDS: Final = "the records beside the files of the jobs"
OF_NOTHING: Final = "nothing: neither the database nor the records can be read"
# What rows of an unknown version may do to the code that reads them.
STRANGE: Final = (PrintdError, sqlite3.Error, ValueError, TypeError, LookupError, OSError)


@dataclass(frozen=True, slots=True)
class LastKnown:
    """A database that nobody works with."""

    database: Database
    source: str  # what it was made of
    knows_keys: bool  # whether the keys of the API are in it


@contextmanager
def last_known(config: Config, why: DatabaseUnusable | None) -> Iterator[LastKnown]:
    """Read what there is; the copy is gone afterwards.

    Args:
        config: names the data folder and the printers.
        why: the database cannot be worked with; None: that was said by another program.
    """
    with tempfile.TemporaryDirectory(prefix="printd-") as name:
        known = _known(Path(name), config, why)
        try:
            yield known
        finally:
            known.database.close()


def _known(folder: Path, config: Config, why: DatabaseUnusable | None) -> LastKnown:
    def copied(file: Path) -> None:
        copy_database(config.data_dir / FILE, file)

    def recorded(file: Path) -> None:
        fill(file, config.data_dir)

    if not isinstance(why, DatabaseDamaged):
        database = _readable(folder / "copy.db", copied, config)
        if database is not None:
            return LastKnown(database, OF_DATABASE, knows_keys=True)
    database = _readable(folder / "records.db", recorded, config)
    if database is not None:
        return LastKnown(database, OF_RECORDS, knows_keys=False)
    empty = Database(folder / "empty.db")
    empty.prepare()
    return LastKnown(empty, OF_NOTHING, knows_keys=False)


def _readable(file: Path, make: Callable[[Path], None], config: Config) -> Database | None:
    """Return what was made of a source, if all of it can be read in the words of this version."""
    database = None
    try:
        make(file)
        database = Database(file)
        if database.rows("PRAGMA quick_check(1)")[0][0] != "ok":
            raise DatabaseDamaged("The copy of the database is damaged.")
        Beds(database).ensure(list(config.printers))
        Fleet(database).all()
        Lookup(database).jobs()
        Lookup(database).events()
    except STRANGE as error:
        log.info("what is known is not read from there: %s", error)
        if database is not None:
            database.close()
        return None
    return database
