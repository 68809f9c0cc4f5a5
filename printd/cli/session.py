"""The configuration and the store, opened for one command beside the daemon."""

from __future__ import annotations

import argparse
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from printd.core.beds import Beds
from printd.core.clock import utc_now
from printd.core.config import Config
from printd.core.configfile import Loaded, load
from printd.core.damage import noted
from printd.core.database import FILE, Database, is_owned, own_folder
from printd.core.errors import AlreadyRunning, DaemonAway, PrintdError, SafeMode
from printd.core.files import JobFolders
from printd.core.fleet import Fleet
from printd.core.jobs import Because, Job
from printd.core.loaded import Loaded as Word
from printd.core.matching import Offer
from printd.core.requests import Answer, Requests
from printd.core.shipped import shipped
from printd.core.shop import offers_of, why_they_wait
from printd.core.snapshots import bring_up_to_date
from printd.core.standing import Standing, standing_of
from printd.core.store import Store
from printd.core.user import me as me

if TYPE_CHECKING:  # loaded where they are used: most commands need no profile
    from printd.pipeline.place import Place
    from printd.slicers.profiles import Profile

ANSWER_WITHIN_S = 30.0


class NeverRun(PrintdError):
    """There is no store yet."""

    code = "never_run"
    exit_code = 69
    action = "Start it with `printd run`."


class DaemonBusy(DaemonAway):
    """It runs and has not come to it yet; what was asked stays asked."""

    code = "daemon_busy"
    action = "It is busy; look with `printd jobs` and `printd printers` whether it is done."


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with."""

    loaded: Loaded
    database: Database
    store: Store
    requests: Requests
    beds: Beds
    fleet: Fleet
    folders: JobFolders
    safe: SafeMode | None = None  # why this is only what is known of the jobs

    @property
    def config(self) -> Config:
        """The configuration."""
        return self.loaded.config

    @property
    def daemon_runs(self) -> bool:
        """Whether a daemon runs on this data folder."""
        return is_owned(self.config.data_dir)

    def offers(self) -> list[Offer]:
        """Return the printers as the store last saw them."""
        from printd.slicers.profiles import configured_profiles, loaded_config

        folders = profile_folders(self.loaded)
        config = loaded_config(self.config, self.fleet.words(), folders)
        profiles = configured_profiles(config, folders)
        classes = {name: profile.printer_class for name, profile in profiles.items()}
        confirmed = timedelta(hours=config.limits.bed_confirmed_h)
        return offers_of(config, self.fleet, classes, utc_now(), confirmed)

    def reasons(self, jobs: Sequence[Job] = ()) -> dict[int, Because]:
        """Return why each job waits, and what stopped those of ``jobs`` that are over."""
        now = utc_now()
        over = [job for job in jobs if job.is_final]
        return why_they_wait([*self.store.current(now), *over], self.offers(), now)

    def standing(self, offers: Sequence[Offer]) -> Standing:
        """Return why each job that is not over waits, and why each printer stands still."""
        now = utc_now()
        return standing_of(self.store.current(now), offers, now)

    def ask(
        self,
        verb: str,
        args: dict[str, object],
        *,
        keep: bool = True,
        within_s: float = ANSWER_WITHIN_S,
    ) -> Answer:
        """Ask the daemon for something and wait for its answer.

        Args:
            verb: what.
            args: of whom.
            keep: a request that may wait for the daemon's next start.
            within_s: how long to wait.

        Raises:
            DaemonAway: it does not run.
            DaemonBusy: it runs, and has not answered in time.
        """
        if not keep and not self.daemon_runs:
            raise DaemonAway(
                "printd does not run; nothing was noted.",
                action="Start it with `printd run`, then say it again.",
            )
        seq = self.requests.post(verb, args, who=me())
        if not self.daemon_runs:
            raise DaemonAway("printd does not run; the request is kept.")
        try:
            return self.requests.wait(seq, within_s)
        except DaemonAway as error:
            if not self.daemon_runs:
                raise DaemonAway("printd has ended; the request is kept.") from error
            raise DaemonBusy(f"{error.problem} The request is kept.") from error


def configuration(args: argparse.Namespace) -> Loaded:
    """Read the configuration that a command names or finds."""
    return load(Path(args.config) if args.config else None)


@contextmanager
def session(args: argparse.Namespace, *, create: bool = False) -> Iterator[Session]:
    """Open the store beside the daemon, for reading and for asking.

    Raises:
        NeverRun: there is no store yet, and ``create`` is not set.
        SafeMode: the daemon cannot work with it; see ``looking``.
    """
    with session_at(configuration(args), create=create) as here:
        yield here


@contextmanager
def session_at(loaded: Loaded, *, create: bool = False) -> Iterator[Session]:
    """Open the store of a configuration that has been read; raises as ``session``."""
    if (why := noted(loaded.config.data_dir)) is not None:
        raise why
    path = loaded.config.data_dir / FILE
    if not path.exists():
        if not create:
            raise NeverRun(f"printd has not run yet with {loaded.path or 'this configuration'}.")
        _create(loaded.config)
    try:
        database = Database(path)
    except sqlite3.OperationalError as error:
        raise NeverRun(
            f"The store in {loaded.config.data_dir} cannot be opened by {me()}: {error}.",
            action="Run the command as printd's user.",
        ) from error
    try:
        database.use()
        yield over(loaded, database)
    finally:
        database.close()


def over(loaded: Loaded, database: Database) -> Session:
    """Return what a command works with on this database."""
    return Session(
        loaded,
        database,
        Store(database),
        Requests(database),
        Beds(database),
        Fleet(database),
        JobFolders(loaded.config.data_dir),
    )


def _create(config: Config) -> None:
    try:
        lock = own_folder(config.data_dir)
    except AlreadyRunning:
        return  # a daemon is just making it
    try:
        database = Database(config.data_dir / FILE)
        bring_up_to_date(database, utc_now())
        database.close()
    finally:
        os.close(lock)


def profile_folders(loaded: Loaded) -> list[Path]:
    """Return where profiles are looked for: beside the configuration, then the shipped ones."""
    own = [loaded.path.resolve().parent / "profiles"] if loaded.path else []
    return [*own, shipped("profiles")]


def place_of(loaded: Loaded) -> Place:
    """Return where a configuration stands."""
    from printd.pipeline.place import Place

    return Place(loaded.config, loaded.path, profile_folders(loaded), _words(loaded))


def _words(loaded: Loaded) -> Mapping[str, Word]:
    """Return what people say is loaded, by printer, as the daemon goes by it."""
    try:
        with session_at(loaded) as here:
            return here.fleet.words()
    except (PrintdError, sqlite3.Error):  # a store that cannot be read says nothing
        return {}


def profile_for(loaded: Loaded, word: str) -> Profile:
    """Return the profile of a configured printer, with what it has loaded, or of that name."""
    return place_of(loaded).profile_for(word)
