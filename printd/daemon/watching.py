"""The drop folder's file events, as hints: they wake the inbox, its scan is the truth.

A share, a container or a full event queue may report nothing at all; then the periodic scan
finds the files a little later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

log = logging.getLogger(__name__)


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
        self._hint = _Hint(wake)
        self._observer = Observer()
        self._inodes: dict[Path, tuple[int, int]] = {}
        self._started = False

    def watch(self, folders: Iterable[Path]) -> None:
        """Watch exactly these folders from now on."""
        now = {folder: inode for folder in folders if (inode := _inode(folder)) is not None}
        if now == self._inodes and not self._hint.lost_folder:
            return
        self._hint.lost_folder = False  # the next folder may get the number of the lost one
        if not self._started:
            self._observer.name = "drop-events"
            self._observer.start()
            self._started = True
        self._observer.unschedule_all()
        self._inodes = now
        for folder in now:
            try:
                self._observer.schedule(self._hint, str(folder), recursive=False)
            except OSError as error:  # no watches left, or gone again: the scan still sees it
                log.warning("no file events for %s: %s", folder, error.strerror or error)

    def close(self) -> None:
        """Stop watching."""
        if self._started:
            self._observer.stop()
            self._observer.join()


def _inode(folder: Path) -> tuple[int, int] | None:
    try:
        facts = folder.stat()
    except OSError:  # gone, or not to be entered: nothing to watch
        return None
    return facts.st_dev, facts.st_ino
