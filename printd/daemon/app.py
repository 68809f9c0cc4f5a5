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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from printd import depth as depths
from printd import meshers, printers
from printd.core.beds import Beds
from printd.core.board import Board, PrinterStatus
from printd.core.clock import boottime_s, utc_now
from printd.core.compute import Compute
from printd.core.config import Config
from printd.core.current import Current
from printd.core.damage import look, remove_note
from printd.core.database import FILE, Database, own_folder
from printd.core.doors import next_opening
from printd.core.errors import (
    CameraAway,
    CannotWriteNow,
    DatabaseUnusable,
    FolderUnusable,
    InternalError,
    PrintdError,
)
from printd.core.files import JobFolders, make_folder
from printd.core.fleet import Fleet
from printd.core.generation import Generation
from printd.core.loading import overruled
from printd.core.matching import Offer, PrinterClass
from printd.core.reloading import Change
from printd.core.requests import Requests
from printd.core.shop import house_of, offers_of, why_they_wait
from printd.core.snapshots import bring_up_to_date
from printd.core.spending import Spending
from printd.core.store import Store
from printd.core.usage import check_sliced
from printd.core.wallclock import WallClock
from printd.daemon.buttons import Buttons
from printd.daemon.copies import Copies
from printd.daemon.desk import Desk
from printd.daemon.ending import Ending
from printd.daemon.handed_in import HandedIn
from printd.daemon.inbox import Inbox
from printd.daemon.monitor import Monitor
from printd.daemon.reload import Reload
from printd.daemon.schedule import Moments, Row, Schedule
from printd.daemon.statusfile import StatusFile, status_text
from printd.daemon.stills import Stills
from printd.daemon.systemd import notify, watchdog_s
from printd.daemon.tidying import Tidying
from printd.daemon.worker import Worker
from printd.meshers.base import Mesher
from printd.pipeline import tasks
from printd.pipeline.doctoring import Finding, basics, findings
from printd.pipeline.judging import Candidate
from printd.pipeline.meshing import quote, ticket_of
from printd.pipeline.place import Place
from printd.pipeline.slicing import slice_limits
from printd.pipeline.sweeping import sweep
from printd.pipeline.taking import Taker
from printd.pipeline.tools import Programs, Tools
from printd.pipeline.turns import Line
from printd.printers.base import Printer
from printd.printers.camera import still_of
from printd.services.artist import artist_of
from printd.slicers.cache import SliceCache
from printd.slicers.profiles import Profile, configured_profiles, loaded_config
from printd.web.server import Server
from printd.web.tools import House

log = logging.getLogger(__name__)
CLOCK_EVERY_S = 1.0
STATUS_EVERY_S = 1.0
TIDY_EVERY_S = 60.0
STOP_WITHIN_S = 20.0
TRIAL_S = 120.0  # a small cube, once for each material and quality


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
        self._threads: list[threading.Thread] = []
        self._beat_at_s = 0.0
        self._status_of: object = None  # what the status file was last written for

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
        self._build_facts(self._config)
        self._go_by_words(self._config)
        self._build_shop(self._config)
        self._build_intake(self._config)
        self._build_acting(self._config)
        self._server = Server(
            House(
                lambda: self._config,
                self._classes,
                self._wake_worker,
                lambda: self._reload.refused,
                self._last_word,
                lambda: self._inbox.scanned_at,
                self._compute,
                config_file=self._config_file,
                profile_folders=self._profile_folders,
                still=self._stills.of,
                try_profile=self._try_profile,
                doctor=self._doctor,
            )
        )

    def _build_facts(self, config: Config) -> None:
        """Open what is kept, and look whether it is the newest there is."""
        look(config.data_dir)
        self._database = Database(config.data_dir / FILE)
        bring_up_to_date(self._database, utc_now())
        remove_note(config.data_dir)  # of a safe mode that was killed
        self._clock = WallClock(self._database, utc_now(), boottime_s())
        self._store = Store(self._database)
        self._requests = Requests(self._database)
        self._generation = Generation(self._database, config.data_dir)
        held = self._generation.check()
        if held is not None:
            log.warning("the database is older than what was done here since: %s jobs held", held)
        self._beds = Beds(self._database)
        self._fleet = Fleet(self._database)
        self._folders = JobFolders(config.data_dir)
        self._folders.prepare()
        self._beds.ensure(list(config.printers))
        self._spending = Spending(
            self._database,
            lambda: self._config.budget,
            lambda: self._config.price.currency,
            lambda: self._config.opening_hours.zone,
        )

    def _go_by_words(self, written: Config) -> None:
        """Go by what people have said is loaded, where the configuration says nothing newer."""
        self._fleet.forget_words(overruled(written, self._fleet.words()))
        self._config = self._as_loaded(written)

    def _as_loaded(self, written: Config) -> Config:
        return loaded_config(written, self._fleet.words(), self._profile_folders)

    def _build_shop(self, config: Config) -> None:
        """Set up what works: calculations, slicers, printers."""
        self._compute = Compute(config.limits.workers, config.limits.idle_workers_s)
        self._profiles = Current(configured_profiles(config, self._profile_folders))
        self._programs = Programs(self._config.slicer, self._compute)
        self._slices = SliceCache(
            config.data_dir / "slices", most_bytes=round(config.limits.slices_mb * 1e6)
        )
        self._printers = Current({name: self._printer(config, name) for name in config.printers})
        self._board = Board()
        self._monitors = Current({name: self._monitor(name) for name in self._printers})
        self._stills = Stills(self._still, self.fail)

    def _build_intake(self, config: Config) -> None:
        """Set up what takes pictures in, and what lets them go."""
        self._taker = Taker(config, self._store, self._folders, self._compute, self._candidates())
        self._handed_in = HandedIn(config, self._store, self._requests, self._taker)
        self._inbox = Inbox(config, self._store, self._taker, self._handed_in, self._taken)
        self._copies = Copies(self._store, self._folders)
        self._tidying = Tidying(
            self._store,
            self._folders,
            self._generation,
            self._copies,
            lambda: self._config.limits.keep_photos_days,
        )
        self._status_file = StatusFile(config.drop.path)

    def _build_acting(self, config: Config) -> None:
        """Set up who moves jobs, and who does what people ask."""
        tools = self._tools()
        self._reload = Reload(
            self._store,
            self._requests,
            self._fleet,
            self._read_again,
            self._as_loaded,
            lambda: self._config,
            self._offers,
            self._take_over,
        )
        self._desk = Desk(
            self._store,
            self._requests,
            self._beds,
            self._fleet,
            self._folders,
            self._printers,
            self._wake_all,
            self._compute.cancel,
            quote=partial(quote, tools=tools),
            ticket_of=partial(ticket_of, tools=tools),
            load=self._reload.load,
        )
        self._buttons = Buttons(
            self._store, self._requests, self._fleet, self._printers, self._moved, self.fail
        )
        self._worker = Worker(
            self._store,
            tools,
            cpu_lanes=config.limits.workers,
            net_lanes=_net_lanes(config),
            asked=self._asked,
            moved=self._moved,
            failed=self.fail,
            beat=self._beat,
        )

    def _last_word(self, printer: str) -> PrinterStatus | None:
        seen = self._board.get(printer)
        return seen.status if seen is not None else None

    def _still(self, printer: str) -> bytes:
        config = self._config.printers.get(printer)
        if config is None:
            raise CameraAway(f"{printer} is not configured any more.")
        return still_of(printer, config)

    def _try_profile(self, profile: Profile) -> str:
        """Try a profile on its slicer, in a child: it is as heavy as a slice."""
        program = self._programs.of(profile.kind)
        return self._compute.run(tasks.try_profile, profile, program, limits=slice_limits(TRIAL_S))

    def _doctor(self) -> list[Finding]:
        place = Place(self._config, self._config_file, self._profile_folders)
        return [*basics(), *findings(place)]

    def _candidates(self) -> list[Candidate]:
        return [
            Candidate(name, printer.accepts, self._profiles[name])
            for name, printer in self._printers.items()
        ]

    def _tools(self) -> Tools:
        return Tools(
            folders=self._folders,
            compute=self._compute,
            meshers=self._meshers(),
            programs=self._programs,
            slices=self._slices,
            profiles=self._profiles,
            printers=self._printers,
            board=self._board,
            offers=self._offers,
            line=Line(self._store, self._offers),
            spending=self._spending,
            artists={name: artist_of(name, of) for name, of in self._config.pictures.items()},
            start_evidence_s=self._config.limits.start_evidence_s,
            check_use=lambda job, facts: check_sliced(self._database, self._config, job, facts),
        )

    def _meshers(self) -> Mapping[str, Mesher]:
        entries = self._config.depth
        bench = meshers.Bench(
            self._compute,
            depths.sources_of(entries),
            depths.of_files(entries),
            depths.services_of(entries),
        )
        return {
            name: meshers.mesher_of(name, mesher, bench)
            for name, mesher in self._config.meshers.items()
        }

    def _printer(self, config: Config, name: str) -> Printer:
        printer = config.printers[name]
        own_folder = config.data_dir / "printers" / name
        make_folder(own_folder)
        return printers.KINDS[printer.kind](name, printer, own_folder)

    def _monitor(self, name: str) -> Monitor:
        limits = self._config.limits
        printer = self._printers[name]
        return Monitor(printer, self._board, self._fleet, self._beds, limits, self._wake_all)

    def _take_over(self, change: Change) -> None:
        """Go by another configuration; what cannot be made of it raises before anything changes."""
        config = change.config
        profiles = configured_profiles(config, self._profile_folders)
        others = change.printers
        new = {name: self._printer(config, name) for name in others & config.printers.keys()}
        self._beds.ensure(list(config.printers))
        self._config = config
        self._profiles.exchange(profiles)
        self._exchange_printers(new, others)
        self._worker.use_net_lanes(_net_lanes(config))
        self._taker.use(config, self._candidates())
        self._handed_in.use(config)
        self._inbox.use(config)
        self._schedule.find_moments()
        self._wake_all()

    def _exchange_printers(self, new: Mapping[str, Printer], others: Collection[str]) -> None:
        """Watch the printers that are new or other ones now, and those no more that they replace.

        None of them has a job. One that has something else loaded is the one it was.
        """
        kept = {name: of for name, of in self._printers.items() if name not in others}
        gone = [(of, self._monitors[name]) for name, of in self._printers.items() if name in others]
        watched = {name: of for name, of in self._monitors.items() if name in kept}
        together = {**kept, **new}
        self._printers.exchange({name: together[name] for name in self._config.printers})
        self._monitors.exchange({**watched, **{name: self._monitor(name) for name in new}})
        for printer, monitor in gone:
            monitor.retire()
            self._board.forget(printer.name)
            printer.close()
        for name in new:
            self._thread(f"monitor-{name}", self._monitors[name].run)

    def _told_to_reload(self) -> None:
        """Read the configuration again soon, in the thread that does what people ask."""
        self._reload.signalled()
        self._worker.ask_soon()

    def _classes(self) -> Mapping[str, PrinterClass]:
        return {name: profile.printer_class for name, profile in self._profiles.items()}

    def _offers(self) -> list[Offer]:
        now, confirmed = utc_now(), self._bed_confirmed
        odd = self._clock.look(now, boottime_s())  # at once: a note of it is a second late
        house = replace(house_of(self._config, self._database, now), clock_odd=odd)
        return offers_of(self._config, self._fleet, self._classes(), now, confirmed, house)

    @property
    def _bed_confirmed(self) -> timedelta:
        return timedelta(hours=self._config.limits.bed_confirmed_h)

    def _start(self) -> None:
        if self._config.web.enabled:
            self._server.open()
        self._inbox.prepare()
        self._handed_in.sweep()
        sweep(self._store, self._folders)
        self._slices.sweep()
        self._ending.listen()
        # The kernel sends it when a writer meets the lease that a look at a photo holds.
        signal.signal(signal.SIGIO, signal.SIG_IGN)
        self._write_status()
        self._schedule = Schedule(self._rows(), self.fail, [self._openings()])
        self._schedule.start()
        for name, monitor in self._monitors.items():
            self._thread(f"monitor-{name}", monitor.run)
        self._thread("worker", self._worker.run)
        self._thread("inbox", self._inbox.run)
        if self._config.web.enabled:
            self._thread("web", self._server.run)
        if self._guest is not None:
            self._thread("guest", self._guest)

    def _rows(self) -> tuple[Row, ...]:
        return (
            Row("rescan", self._inbox.scan_every_s, self._inbox.wake),
            Row("clock", CLOCK_EVERY_S, self._look_at_clock),
            Row("status file", STATUS_EVERY_S, self._write_status),
            Row("tidy", TIDY_EVERY_S, self._tidying.run),
        )

    def _look_at_clock(self) -> None:
        """Note whether the clock can be believed; jobs that wait for hours hear of it."""
        try:
            if self._clock.note(utc_now(), boottime_s()):
                self._wake_all()
        except CannotWriteNow as error:
            log.warning("the clock: %s", error)

    def _openings(self) -> Moments:
        """Return when doors open: jobs that wait for it start then, and not a look later."""

        def next_after(moment: datetime) -> datetime | None:
            return next_opening(self._config.times(), moment)

        return Moments("openings", next_after, self._wake_all)

    def _thread(self, name: str, run: Callable[[threading.Event], None]) -> None:
        def guarded() -> None:
            try:
                run(self._ending.asked)
            except BaseException as fault:  # noqa: BLE001  no thread dies unseen
                self.fail(fault)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _close(self) -> None:
        self._ending.ask()
        self._server.close()
        self._stills.close()
        self._wake_all()
        self._inbox.wake()
        for monitor in self._monitors.values():
            monitor.wake()
        if hasattr(self, "_schedule"):
            self._schedule.close()
        self._compute.close()
        until_s = time.monotonic() + STOP_WITHIN_S
        for printer in self._printers.values():
            printer.close()  # a start that still looks for evidence stops looking
        self._buttons.close()
        for thread in self._threads:
            thread.join(max(0.1, until_s - time.monotonic()))
        self._server.remove()
        self._database.close()

    def _beat(self) -> None:
        """Tell systemd that the loop that moves jobs goes on and that its store answers."""
        every_s = watchdog_s()
        now_s = time.monotonic()
        if every_s is not None and now_s - self._beat_at_s >= every_s / 3:
            self._beat_at_s = now_s
            notify("WATCHDOG=1")

    def _asked(self) -> None:
        self._desk.do_all()
        self._reload.do_all()
        self._buttons.press_all()
        self._inbox.wake()

    def _moved(self, printer: str | None) -> None:
        if self._copies.make():
            self._wake_worker()
        if printer is not None and printer in self._monitors:
            self._monitors[printer].wake()
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

    def _write_status(self) -> None:
        """Rewrite ``_status.txt`` when anything has changed since the last time."""
        now = utc_now()
        today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        seen = (self._database.changes(), tuple(self._inbox.notes), today)
        if seen == self._status_of:
            return
        self._status_of = seen
        jobs = self._store.current(today)
        reasons = why_they_wait(jobs, self._offers(), now)
        shown = [(job, reasons.get(job.number)) for job in jobs]
        self._status_file.write(status_text(shown, self._inbox.notes, now))
