"""What the handlers work with: the store, read and asked on connections of their own.

The daemon's connection is held while a change is synced to the disk; a page must not wait for that.
Reads share one connection, requests another. Nothing here speaks to a printer.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from printd.core.beds import Beds
from printd.core.board import PrinterStatus
from printd.core.clock import utc_now
from printd.core.compute import Compute
from printd.core.config import Config
from printd.core.database import FILE, Database
from printd.core.errors import CameraAway, DaemonAway, PrintdError, SlicerMissing
from printd.core.files import JobFolders
from printd.core.fleet import Fleet
from printd.core.jobs import Because
from printd.core.lookup import Lookup
from printd.core.matching import Offer, PrinterClass
from printd.core.requests import Answer, Requests
from printd.core.shop import offers_of
from printd.pipeline.doctoring import Finding
from printd.pipeline.place import Place
from printd.pipeline.profile_health import Health, health
from printd.pipeline.record import write_record
from printd.slicers.profiles import Profile
from printd.web.keys import Key, Keys
from printd.web.logins import Logins
from printd.web.people import People
from printd.web.problems import DaemonRefused, StillBusy

log = logging.getLogger(__name__)


def _no_still(printer: str) -> bytes:
    raise CameraAway(f"{printer} has no camera.")


def _not_tried(profile: Profile) -> str:
    raise SlicerMissing(f"Nothing tries {profile.name} out here.")


@dataclass(frozen=True, slots=True)
class House:
    """What the daemon lends to the API, as it is at the moment of asking."""

    config: Callable[[], Config]
    classes: Callable[[], Mapping[str, PrinterClass]]  # what each printer is, by its name
    wake: Callable[[], None]  # something was asked
    not_reloaded: Callable[[], Because | None] = lambda: None  # why its configuration was not
    heard: Callable[[str], PrinterStatus | None] = lambda _name: None  # the last word of a printer
    scanned_at: Callable[[], datetime | None] = lambda: None  # when the drop folder was looked at
    compute: Compute = field(default_factory=Compute)  # for what a person waits for at a screen
    config_file: Path | None = None  # None: only defaults
    profile_folders: Sequence[Path] = ()
    still: Callable[[str], bytes] = _no_still  # a picture (JPEG) of a printer's bed
    try_profile: Callable[[Profile], str] = _not_tried  # on its slicer; what came of it
    doctor: Callable[[], Sequence[Finding]] = tuple  # looks at everything; takes seconds


class WebTools:
    """The store and the daemon, for handlers in many threads."""

    def __init__(self, house: House) -> None:
        path = house.config().data_dir / FILE
        self._house = house
        self._one_looks = threading.Lock()
        self.began_at = utc_now()
        self.looked: tuple[datetime, Sequence[Finding]] | None = None  # when doctor was last asked
        self._reading = Database(path)
        self._reading.use()
        self._asking = Database(path)
        self._asking.use()
        self.lookup = Lookup(self._reading)
        self.fleet = Fleet(self._reading)
        self.beds = Beds(self._reading)
        self._keys_database = Database(path)  # asked by the loop that serves, which may not wait
        self._keys_database.use()
        self.keys = Keys(self._keys_database)
        self.logins = Logins(self._keys_database)
        self.people = People(self._reading)
        self._used: dict[str, Key] = {}
        self.requests = Requests(self._asking)
        self.folders = JobFolders(house.config().data_dir)

    @property
    def config(self) -> Config:
        """The configuration of now."""
        return self._house.config()

    @property
    def not_reloaded(self) -> Because | None:
        """Return why the configuration was not read again when that was asked last."""
        return self._house.not_reloaded()

    @property
    def heard(self) -> dict[str, PrinterStatus | None]:
        """Return the last word of each printer, with what is not kept in the store."""
        return {name: self._house.heard(name) for name in self.config.printers}

    @property
    def scanned_at(self) -> datetime | None:
        """Return when the drop folder was looked at last."""
        return self._house.scanned_at()

    @property
    def compute(self) -> Compute:
        """What a person waits for at a screen is calculated by it."""
        return self._house.compute

    @property
    def place(self) -> Place:
        """Where the configuration stands."""
        return Place(self.config, self._house.config_file, self._house.profile_folders)

    def still(self, printer: str) -> bytes:
        """Return a picture (JPEG) of the bed of a printer.

        Raises:
            CameraAway: there is none.
        """
        return self._house.still(printer)

    def health(self, name: str) -> Health:
        """Try a profile on its slicer."""
        return health(self.place, name, self._house.try_profile)

    def doctor(self) -> Sequence[Finding]:
        """Look at everything that the configuration names; takes seconds."""
        with self._one_looks:
            self.looked = (utc_now(), self._house.doctor())
            return self.looked[1]

    @property
    def reading(self) -> Database:
        """The connection that is never kept waiting by a sync."""
        return self._reading

    @property
    def asking(self) -> Database:
        """The connection that writes requests."""
        return self._asking

    def newest_event(self) -> int:
        """Return the number of the newest event; 0: nothing has happened."""
        row = self._reading.row("SELECT max(seq) FROM event")
        return int(row[0] or 0) if row else 0

    def keys_used(self, key: Key) -> None:
        """Remember that a key was used; it is noted later, by a thread that may wait."""
        self._used[key.id] = key

    def note_keys(self) -> None:
        """Note in the store which keys were used."""
        used, self._used = self._used, {}
        for key in used.values():
            Keys(self._asking).used(key)

    def record(self, number: int) -> None:
        """Write what stands beside the files of a job; its next step writes it, too."""
        try:
            write_record(self.lookup, self.folders, number)
        except PrintdError as error:
            log.warning("the record of #%s: %s", number, error.problem)

    def offers(self) -> list[Offer]:
        """Return the printers as the store last saw them."""
        confirmed = timedelta(hours=self.config.limits.bed_confirmed_h)
        return offers_of(self.config, self.fleet, self._house.classes(), utc_now(), confirmed)

    def done(self, verb: str, args: Mapping[str, Any], *, who: str, within_s: float) -> Answer:
        """Ask the daemon for something that is to be done.

        Raises:
            DaemonRefused: it says no.
            StillBusy: no answer has come in time; what was asked stays asked.
        """
        return self.answer_done(self.requests.post(verb, args, who=who), within_s)

    def answer_done(self, seq: int, within_s: float) -> Answer:
        """Wait until what was asked is done.

        Raises:
            DaemonRefused: the daemon says no.
            StillBusy: no answer has come in time; what was asked stays asked.
        """
        answer = self.answer(seq, within_s)
        if answer.code is not None:
            raise DaemonRefused(answer)
        return answer

    def answer(self, seq: int, within_s: float) -> Answer:
        """Wait for the answer to what was asked.

        Raises:
            StillBusy: none has come in time; what was asked stays asked.
        """
        self._house.wake()
        try:
            return self.requests.wait(seq, within_s)
        except DaemonAway as error:
            raise StillBusy(f"{error.problem} The request is kept.") from error

    def close(self) -> None:
        """Close the connections."""
        for database in (self._reading, self._asking, self._keys_database):
            database.close()
