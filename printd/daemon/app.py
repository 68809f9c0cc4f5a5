"""The daemon put together: the only place that knows every concrete class.

Started in the order of the promises: lock, store, what a crash has left, printers, threads; then
``READY=1``. Stopped in the opposite order. A fault in any thread ends the daemon: states are
facts, so nothing is lost, and the next start goes on.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from printd.core.clock import boottime_s, utc_now
from printd.core.compute import Compute
from printd.core.config import Config
from printd.core.current import Current
from printd.core.database import own_folder
from printd.core.doors import next_opening
from printd.core.errors import (
    CannotWriteNow,
    DatabaseUnusable,
    FolderUnusable,
    InternalError,
    PrintdError,
)
from printd.core.loading import overruled
from printd.core.matching import Offer, PrinterClass
from printd.core.reloading import Change
from printd.core.shop import house_of, offers_of
from printd.core.spending import Spending
from printd.core.usage import check_sliced
from printd.daemon.books import open_books
from printd.daemon.buttons import Buttons
from printd.daemon.copies import Copies
from printd.daemon.desk import Desk
from printd.daemon.ending import Ending
from printd.daemon.handed_in import HandedIn
from printd.daemon.inbox import Inbox
from printd.daemon.lending import Lending
from printd.daemon.reload import Reload
from printd.daemon.schedule import Moments, Row, Schedule
from printd.daemon.stations import Stations, printers_of
from printd.daemon.statusfile import LiveStatus
from printd.daemon.stills import Stills
from printd.daemon.systemd import Watchdog, notify
from printd.daemon.threads import Threads
from printd.daemon.tidying import Tidying
from printd.daemon.worker import Worker
from printd.meshers import meshers_of
from printd.pipeline.judging import Candidate
from printd.pipeline.meshing import quote, ticket_of
from printd.pipeline.sweeping import sweep
from printd.pipeline.taking import Taker
from printd.pipeline.tools import Programs, Tools
from printd.pipeline.turns import Line
from printd.services.artist import artist_of
from printd.slicers.cache import SliceCache
from printd.slicers.profiles import configured_profiles, loaded_config
from printd.web.server import Server
from printd.web.tools import House

log = logging.getLogger(__name__)
CLOCK_EVERY_S = 1.0
STATUS_EVERY_S = 1.0
TIDY_EVERY_S = 60.0
STOP_WITHIN_S = 20.0


@contextmanager
def _folders_are_usable() -> Iterator[None]:
    """Say it in a sentence when a file or folder that is needed at the start cannot be used."""
    try:
        yield
    except OSError as error:
        where = error.filename or "A folder that printd needs"
        raise FolderUnusable(f"{where} cannot be used: {error.strerror or error}.") from error


def _net_lanes(config: Config) -> int:
    """Return how many steps may wait for printers at once: a slow one holds up no other."""
    return 4 + 2 * len(config.printers)


class App:
    """One daemon on one data folder."""

    def __init__(
        self,
        config: Config,
        profile_folders: Sequence[Path],
        read_again: Callable[[], Config],
        guest: Callable[[threading.Event], None] | None = None,
        *,
        config_file: Path | None = None,
    ) -> None:
        self._config_file = config_file
        self._guest = guest  # somebody who uses it from a thread of its own, until told to stop
        self._config = config
        self._read_again = read_again
        self._profile_folders = profile_folders
        self._ending = Ending(self._told_to_reload)
        self._failure: BaseException | None = None
        self._threads = Threads(self._ending.asked, self.fail)
        self._watchdog = Watchdog()

    def run(self) -> int:
        """Run until a signal or a fault; return the exit code.

        Raises:
            StartupError, ProfileMissing, ProfileInvalid: it cannot begin.
        """
        lock = own_folder(self._config.data_dir)
        try:
            with _folders_are_usable():
                self._build()
            try:
                with _folders_are_usable():
                    self._start()
                notify("READY=1\nSTATUS=taking photos")
                log.info("ready: drop folder %s", self._config.drop.path)
                self._ending.wait()
            finally:
                notify("STOPPING=1")
                self._close()
        finally:
            self._ending.close()
            os.close(lock)
        if self._failure is None:
            log.info("stopped")
            return 0
        return self._exit_code(self._failure)

    def is_waiting(self) -> bool:
        """Return whether, after ``run``, a step still waits for an answer from far away."""
        return not self._worker.is_idle()

    @property
    def unusable(self) -> DatabaseUnusable | None:
        """Why, after ``run``, the database cannot be worked with any more."""
        return self._failure if isinstance(self._failure, DatabaseUnusable) else None

    def fail(self, fault: BaseException) -> None:
        """End because of a fault in any thread."""
        if self._failure is None:
            self._failure = fault
            log.critical("printd ends: %s", fault, exc_info=fault)
        self._ending.ask()

    def _exit_code(self, fault: BaseException) -> int:
        error = fault if isinstance(fault, PrintdError) else InternalError.of(fault)
        notify(f"STATUS={error.problem}")
        return error.exit_code

    def _build(self) -> None:
        """Make everything; nothing moves yet."""
        self._books = open_books(self._config)
        self._go_by_words(self._config)
        self._build_shop(self._config)
        self._build_intake(self._config)
        self._build_acting(self._config)
        self._build_web()

    def _go_by_words(self, written: Config) -> None:
        """Go by what people have said is loaded, where the configuration says nothing newer."""
        fleet = self._books.fleet
        fleet.forget_words(overruled(written, fleet.words()))
        self._config = self._as_loaded(written)

    def _as_loaded(self, written: Config) -> Config:
        return loaded_config(written, self._books.fleet.words(), self._profile_folders)

    def _build_shop(self, config: Config) -> None:
        """Set up what works: calculations, slicers, printers."""
        self._compute = Compute(config.limits.workers, config.limits.idle_workers_s)
        self._profiles = Current(configured_profiles(config, self._profile_folders))
        self._programs = Programs(self._config.slicer, self._compute)
        self._slices = SliceCache(
            config.data_dir / "slices", most_bytes=round(config.limits.slices_mb * 1e6)
        )
        self._stations = Stations(config, self._books, self._threads, self._wake_all)
        self._lending = Lending(
            lambda: self._config,
            self._config_file,
            self._profile_folders,
            self._programs,
            self._compute,
        )
        self._stills = Stills(self._lending.still, self.fail)

    def _build_intake(self, config: Config) -> None:
        """Set up what takes pictures in, and what lets them go."""
        books = self._books
        self._taker = Taker(config, books.store, books.folders, self._compute, self._candidates())
        self._handed_in = HandedIn(config, books.store, books.requests, self._taker)
        self._inbox = Inbox(config, books.store, self._taker, self._handed_in, self._taken)
        self._copies = Copies(books.store, books.folders)
        self._tidying = Tidying(
            books.store,
            books.folders,
            books.generation,
            self._copies,
            self._slices,
            lambda: self._config.limits.keep_photos_days,
        )
        self._status = LiveStatus(config.drop.path, books, lambda: self._inbox.notes, self._offers)

    def _build_acting(self, config: Config) -> None:
        """Set up who moves jobs, and who does what people ask."""
        books, tools = self._books, self._tools()
        self._reload = Reload(
            books.store,
            books.requests,
            books.fleet,
            self._read_again,
            self._as_loaded,
            lambda: self._config,
            self._offers,
            self._take_over,
        )
        self._desk = Desk(
            books.store,
            books.requests,
            books.beds,
            books.fleet,
            books.folders,
            self._stations.printers,
            self._wake_all,
            self._compute.cancel,
            quote=partial(quote, tools=tools),
            ticket_of=partial(ticket_of, tools=tools),
            load=self._reload.load,
        )
        self._buttons = Buttons(
            books.store,
            books.requests,
            books.fleet,
            self._stations.printers,
            self._moved,
            self.fail,
        )
        self._worker = Worker(
            books.store,
            tools,
            cpu_lanes=config.limits.workers,
            net_lanes=_net_lanes(config),
            asked=self._asked,
            moved=self._moved,
            failed=self.fail,
            beat=self._watchdog.beat,
        )

    def _build_web(self) -> None:
        """Set up what people and programs are served."""
        self._server = Server(
            House(
                lambda: self._config,
                self._classes,
                self._wake_worker,
                lambda: self._reload.refused,
                self._stations.last_word,
                lambda: self._inbox.scanned_at,
                self._compute,
                config_file=self._config_file,
                profile_folders=self._profile_folders,
                still=self._stills.of,
                try_profile=self._lending.try_profile,
                doctor=self._lending.doctor,
            )
        )

    def _candidates(self) -> list[Candidate]:
        return [
            Candidate(name, printer.accepts, self._profiles[name])
            for name, printer in self._stations.printers.items()
        ]

    def _tools(self) -> Tools:
        books, config = self._books, self._config
        return Tools(
            folders=books.folders,
            compute=self._compute,
            meshers=meshers_of(config.meshers, config.depth, self._compute),
            programs=self._programs,
            slices=self._slices,
            profiles=self._profiles,
            printers=self._stations.printers,
            board=self._stations.board,
            offers=self._offers,
            line=Line(books.store, self._offers),
            spending=Spending(
                books.database,
                lambda: self._config.budget,
                lambda: self._config.price.currency,
                lambda: self._config.opening_hours.zone,
            ),
            artists={name: artist_of(name, of) for name, of in config.pictures.items()},
            start_evidence_s=config.limits.start_evidence_s,
            check_use=lambda job, facts: check_sliced(books.database, self._config, job, facts),
        )

    def _take_over(self, change: Change) -> None:
        """Go by another configuration; what cannot be made of it raises before anything changes."""
        config = change.config
        profiles = configured_profiles(config, self._profile_folders)
        new = printers_of(config, change.printers & config.printers.keys())
        self._books.beds.ensure(list(config.printers))
        self._config = config
        self._profiles.exchange(profiles)
        self._stations.exchange(new, change.printers, config)
        self._worker.use_net_lanes(_net_lanes(config))
        self._taker.use(config, self._candidates())
        self._handed_in.use(config)
        self._inbox.use(config)
        self._schedule.find_moments()
        self._wake_all()

    def _told_to_reload(self) -> None:
        """Read the configuration again soon, in the thread that does what people ask."""
        self._reload.signalled()
        self._worker.ask_soon()

    def _classes(self) -> Mapping[str, PrinterClass]:
        return {name: profile.printer_class for name, profile in self._profiles.items()}

    def _offers(self) -> list[Offer]:
        now, confirmed = utc_now(), self._bed_confirmed
        odd = self._books.clock.look(now, boottime_s())  # at once: a note of it is a second late
        house = replace(house_of(self._config, self._books.database, now), clock_odd=odd)
        return offers_of(self._config, self._books.fleet, self._classes(), now, confirmed, house)

    @property
    def _bed_confirmed(self) -> timedelta:
        return timedelta(hours=self._config.limits.bed_confirmed_h)

    def _start(self) -> None:
        if self._config.web.enabled:
            self._server.open()
        self._inbox.prepare()
        self._handed_in.sweep()
        sweep(self._books.store, self._books.folders)
        self._slices.sweep()
        self._ending.listen()
        # The kernel sends it when a writer meets the lease that a look at a photo holds.
        signal.signal(signal.SIGIO, signal.SIG_IGN)
        self._status.look()
        self._schedule = Schedule(self._rows(), self.fail, [self._openings()])
        self._schedule.start()
        self._stations.start()
        self._threads.start("worker", self._worker.run)
        self._threads.start("inbox", self._inbox.run)
        if self._config.web.enabled:
            self._threads.start("web", self._server.run)
        if self._guest is not None:
            self._threads.start("guest", self._guest)

    def _rows(self) -> tuple[Row, ...]:
        return (
            Row("rescan", self._inbox.scan_every_s, self._inbox.wake),
            Row("clock", CLOCK_EVERY_S, self._look_at_clock),
            Row("status file", STATUS_EVERY_S, self._status.look),
            Row("tidy", TIDY_EVERY_S, self._tidying.run),
        )

    def _look_at_clock(self) -> None:
        """Note whether the clock can be believed; jobs that wait for hours hear of it."""
        try:
            if self._books.clock.note(utc_now(), boottime_s()):
                self._wake_all()
        except CannotWriteNow as error:
            log.warning("the clock: %s", error)

    def _openings(self) -> Moments:
        """Return when doors open: jobs that wait for it start then, and not a look later."""

        def next_after(moment: datetime) -> datetime | None:
            return next_opening(self._config.times(), moment)

        return Moments("openings", next_after, self._wake_all)

    def _close(self) -> None:
        self._ending.ask()
        self._server.close()
        self._stills.close()
        self._wake_all()
        self._inbox.wake()
        self._stations.wake()
        if hasattr(self, "_schedule"):
            self._schedule.close()
        self._compute.close()
        until_s = time.monotonic() + STOP_WITHIN_S
        self._stations.close()
        self._buttons.close()
        self._threads.join(until_s)
        self._server.remove()
        self._books.database.close()

    def _asked(self) -> None:
        self._desk.do_all()
        self._reload.do_all()
        self._buttons.press_all()
        self._inbox.wake()

    def _moved(self, printer: str | None) -> None:
        if self._copies.make():
            self._wake_worker()
        if printer is not None and self._stations.wake_one(printer):
            self._worker.wake_waiting()

    def _taken(self) -> None:
        """Make the copies of what is sliced when it is taken, and look at all of them."""
        try:
            self._copies.make()
        except CannotWriteNow as error:
            log.warning("copies: %s", error)  # they are made with the tidying up
        self._wake_worker()

    def _wake_worker(self) -> None:
        self._worker.wake()

    def _wake_all(self) -> None:
        self._worker.wake_waiting()
