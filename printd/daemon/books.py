"""The books of a shop: all that outlives the daemon, opened."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from printd.core.beds import Beds
from printd.core.clock import boottime_s, utc_now
from printd.core.config import Config
from printd.core.damage import look, remove_note
from printd.core.database import FILE, Database
from printd.core.files import JobFolders
from printd.core.fleet import Fleet
from printd.core.generation import Generation
from printd.core.requests import Requests
from printd.core.snapshots import bring_up_to_date
from printd.core.store import Store
from printd.core.wallclock import WallClock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Books:
    """What is kept in the data folder."""

    database: Database
    clock: WallClock
    store: Store
    requests: Requests
    generation: Generation
    beds: Beds
    fleet: Fleet
    folders: JobFolders


def open_books(config: Config) -> Books:
    """Open them, and look whether the database is the newest there is.

    Raises:
        DatabaseUnusable: it is damaged, or newer than this program.
        OSError: a file or folder cannot be used.
    """
    look(config.data_dir)
    database = Database(config.data_dir / FILE)
    bring_up_to_date(database, utc_now())
    remove_note(config.data_dir)  # of a safe mode that was killed
    books = Books(
        database=database,
        clock=WallClock(database, utc_now(), boottime_s()),
        store=Store(database),
        requests=Requests(database),
        generation=Generation(database, config.data_dir),
        beds=Beds(database),
        fleet=Fleet(database),
        folders=JobFolders(config.data_dir),
    )
    held = books.generation.check()
    if held is not None:
        log.warning("the database is older than what was done here since: %s jobs held", held)
    books.folders.prepare()
    books.beds.ensure(list(config.printers))
    return books
