"""The drop folder's file events, as hints: they wake the inbox, its scan is the truth.

A share, a container or a full event queue may report nothing at all, and the kernel may have no
watches left; then the periodic scan finds the files a little later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

EMITTER: Final = "watchdog.observers.inotify"  # who complains of events that come late
log = logging.getLogger(__name__)


def _is_news(record: logging.LogRecord) -> bool:
    """Say whether a line of the library is more than an event of a folder that we left."""
    return "when the thread is inactive" not in record.getMessage()


class _Hint(FileSystemEventHandler):
    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self.lost_folder = False

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type == "deleted" and event.is_directory:
            self.lost_folder = True
        if event.event_type not in ("opened", "closed_no_write"):  # our own reading
            self._wake()


class Watching:
    """Watches folders; follows one that is replaced by another of the same name."""

    def __init__(self, wake: Callable[[], None]) -> None:
        logging.getLogger(EMITTER).addFilter(_is_news)
        self._hint = _Hint(wake)
        self._observer: BaseObserver | None = None
        self._inodes: dict[Path, tuple[int, int]] = {}
        self._said: set[str] = set()

    def watch(self, folders: Iterable[Path]) -> None:
        """Watch exactly these folders from now on, as far as the kernel lets us."""
        now = {folder: inode for folder in folders if (inode := _inode(folder)) is not None}
        if now == self._inodes and not self._hint.lost_folder:
            return
        try:
            observer = self._begun()
        except OSError as error:
            self._say("the drop folder", error)
            return
        self._inodes = now
        self._hint.lost_folder = False  # the next folder may get the number of the lost one
        observer.unschedule_all()
        for folder in now:
            try:
                observer.schedule(self._hint, str(folder), recursive=False)
            except OSError as error:  # no watches left, gone again, or not to be read
                self._say(str(folder), error)

    def _begun(self) -> BaseObserver:
        if self._observer is None:
            observer = Observer()
            observer.name = "drop-events"
            observer.start()
            self._observer = observer
        return self._observer

    def _say(self, where: str, error: OSError) -> None:
        line = f"no file events for {where}: {error.strerror or error}"
        if line not in self._said:
            self._said.add(line)
            log.warning("%s; it is looked at periodically", line)

    def close(self) -> None:
        """Stop watching."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()


def _inode(folder: Path) -> tuple[int, int] | None:
    try:
        facts = folder.stat()
    except OSError:  # gone, or not to be entered: nothing to watch
        return None
    return facts.st_dev, facts.st_ino
