"""Safe mode: the database cannot be worked with, so printd only shows what it knows.

Nothing is taken in, ordered, sent, started or stopped, and no byte of the database is changed: what
lies in the drop folder stays there, prints go on and are watched. It ends with a signal.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from printd.core.board import OFFLINE, Board, Condition, PrinterStatus
from printd.core.config import Config, LimitsConfig
from printd.core.damage import put_note, remove_note, safe_mode
from printd.core.database import own_folder
from printd.core.dropnames import STATUS
from printd.core.errors import DatabaseUnusable, PrintdError, SafeMode
from printd.core.fleet import Fleet
from printd.core.last_known import LastKnown, last_known
from printd.daemon.ending import Ending
from printd.daemon.stations import printer_of
from printd.daemon.statusfile import StatusFile
from printd.daemon.systemd import notify, watchdog_s
from printd.daemon.threads import Threads
from printd.printers.base import Printer
from printd.slicers.profiles import configured_profiles, loaded_config
from printd.web.safe_application import SafeHouse
from printd.web.safe_server import SafeServer

log = logging.getLogger(__name__)
BEAT_S: Final = 1.0
STOP_WITHIN_S: Final = 10.0


class SafeDaemon:
    """One daemon in safe mode, on one data folder."""

    def __init__(
        self, config: Config, profile_folders: Sequence[Path], error: DatabaseUnusable
    ) -> None:
        self._config = config
        self._profile_folders = profile_folders
        self._error = error
        self._why = safe_mode(error, config.data_dir)
        self._ending = Ending(self._not_reloaded)
        self._board = Board()
        self._threads = Threads(self._ending.asked, self._failed)

    def run(self) -> int:
        """Show what is known until a signal; return the exit code.

        Raises:
            StartupError, ProfileMissing, ProfileInvalid: not even that can be done.
        """
        lock = own_folder(self._config.data_dir)
        try:
            with last_known(self._config, self._error) as known, self._said():
                self._show(known)
        finally:
            self._ending.close()
            os.close(lock)
        return self._why.exit_code

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Say it everywhere where people look: the log, commands, the drop folder."""
        log.critical("%s %s", self._why.problem, self._why.action)
        try:
            put_note(self._config.data_dir, self._why)
        except PrintdError as error:
            log.warning("%s", error)  # the disk may be part of the trouble
        if (self._config.drop.path / STATUS).exists():
            StatusFile(self._config.drop.path).write(_status_text(self._why))
        try:
            yield
        finally:
            remove_note(self._config.data_dir)

    def _show(self, known: LastKnown) -> None:
        server = SafeServer(self._house(known))
        server.open()
        watched = [*self._printers()]
        try:
            self._ending.listen()
            self._threads.start("web", server.run)
            self._threads.start("beat", self._beat)
            for printer in watched:
                look = _Look(printer, self._board, self._config)
                self._threads.start(f"look-{printer.name}", look.run)
            notify(f"READY=1\nSTATUS=safe mode: {self._error.problem}")
            self._ending.wait()
        finally:
            notify("STOPPING=1")
            server.close()
            for printer in watched:
                printer.close()
            self._threads.join(time.monotonic() + STOP_WITHIN_S)
            server.remove()

    def _house(self, known: LastKnown) -> SafeHouse:
        words = Fleet(known.database).words()
        config = loaded_config(self._config, words, self._profile_folders)
        profiles = configured_profiles(config, self._profile_folders)
        return SafeHouse(
            config,
            self._why,
            self._error.code,
            known,
            {name: profile.printer_class for name, profile in profiles.items()},
            self._last_word,
        )

    def _last_word(self, printer: str) -> PrinterStatus | None:
        seen = self._board.get(printer)
        return seen.status if seen is not None else None

    def _printers(self) -> Iterator[Printer]:
        """Return those that can be looked at; the others are shown as never heard of."""
        for name in self._config.printers:
            try:
                yield printer_of(self._config, name)
            except (PrintdError, OSError) as error:
                log.warning("%s is not looked at: %s", name, error)

    def _failed(self, fault: BaseException) -> None:
        log.critical("printd ends: %s", fault, exc_info=fault)
        self._ending.ask()

    def _beat(self, stop: threading.Event) -> None:
        """Tell systemd that this goes on: a fault in any thread ends it."""
        every_s = watchdog_s()
        while not stop.wait(BEAT_S if every_s is None else min(BEAT_S, every_s / 3)):
            if every_s is not None:
                notify("WATCHDOG=1")

    def _not_reloaded(self) -> None:
        log.warning("printd is in safe mode; the configuration is read at the next start")


class _Look:
    """Asks one printer how it does, and nothing else."""

    def __init__(self, printer: Printer, board: Board, config: Config) -> None:
        self._printer = printer
        self._board = board
        self._limits = config.limits
        self._woken = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Ask until ``stop`` is set."""
        self._printer.listen(self._woken.set)
        while not stop.is_set():
            status = self._printer.status()
            self._board.put(self._printer.name, status)
            until_s = time.monotonic() + _interval_s(status, self._limits)
            while not self._woken.wait(BEAT_S) and not stop.is_set():
                if time.monotonic() >= until_s:
                    break
            self._woken.clear()


def _interval_s(status: PrinterStatus, limits: LimitsConfig) -> float:
    if status.condition is OFFLINE.condition:
        return limits.poll_unreachable_s
    return limits.poll_active_s if status.condition is Condition.PRINTING else limits.poll_idle_s


def _status_text(why: SafeMode) -> str:
    """Return what the drop folder says meanwhile."""
    lines = ("printd takes no pictures at the moment; yours stay here.", why.problem, why.action)
    return "\n".join((*lines, ""))
