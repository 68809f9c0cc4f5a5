"""An append-only file of JSON lines: a line is there whole and synced, or not at all.

The virtual printer's memory and the folder printer's ledger are such files. Threads and processes
may share one; each use stands inside ``held``. A last line without its end was never told to
anybody (a power cut tore it): readers do not see it, the next append cuts it off.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from printd.core.errors import FolderUnusable
from printd.core.files import make_folder

Line = dict[str, Any]

LOOK_S = 0.002  # between two tries for the lock, which is held for about a millisecond


class JournalBusy(Exception):
    """Somebody else has held the journal for too long."""


class JournalDamaged(Exception):
    """A line that was synced cannot be read, or a failed write could not be taken back."""


class Journal:
    """One file of lines, and how far this reader has read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.Lock()
        self._inode = 0
        self._read_bytes = 0

    @contextmanager
    def held(self, timeout_s: float) -> Iterator[None]:
        """Keep every other thread and process out.

        Raises:
            JournalBusy: they did not leave within ``timeout_s``.
            OSError: the folder is not there or cannot be used.
        """
        until = time.monotonic() + timeout_s
        if not self._turn.acquire(timeout=timeout_s):
            raise JournalBusy(f"{self.path} is in use.")
        try:
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                while not _locked(lock):
                    if time.monotonic() > until:
                        raise JournalBusy(f"{self.path} is in use by another program.")
                    time.sleep(LOOK_S)
                yield
            finally:
                os.close(lock)
        finally:
            self._turn.release()

    def read_new(self) -> tuple[bool, list[Line]]:
        """Return whether to begin anew, and the lines since the last call.

        Begin anew: the file is another one than before, what was read of it is void.

        Raises:
            JournalDamaged: a whole line is no JSON object.
        """
        try:
            stream = self.path.open("rb")
        except FileNotFoundError:
            anew = self._inode != 0
            self._inode = self._read_bytes = 0
            return anew, []
        with stream:
            found = os.fstat(stream.fileno())
            anew = found.st_ino != self._inode or found.st_size < self._read_bytes
            if anew:
                self._inode, self._read_bytes = found.st_ino, 0
            stream.seek(self._read_bytes)
            whole, end, _ = stream.read().rpartition(b"\n")
        lines = [self._parsed(text) for text in whole.split(b"\n") if text] if end else []
        self._read_bytes += len(whole) + len(end)
        return anew, lines

    def _parsed(self, text: bytes) -> Line:
        try:
            line = json.loads(text)
        except ValueError as error:
            raise JournalDamaged(f"{self.path} has a line that cannot be read.") from error
        if not isinstance(line, dict):
            raise JournalDamaged(f"{self.path} has a line of another kind.")
        return line

    def append(self, line: Line) -> None:
        """Write one line and sync it; ``read_new`` was called before, and will not repeat it.

        Raises:
            OSError: it was not written; the file is as before.
            JournalDamaged: it was not written whole, and could not be taken back.
        """
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        is_new = not self.path.exists()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        journal = os.open(self.path, flags, 0o600)
        try:
            if os.fstat(journal).st_size > self._read_bytes:
                os.ftruncate(journal, self._read_bytes)
            try:
                _write_all(journal, text)
                os.fsync(journal)
                if is_new:
                    sync_names(self.path.parent)
            except OSError:
                self._take_back(journal)
                raise
            self._inode = os.fstat(journal).st_ino
            self._read_bytes += len(text)
        finally:
            os.close(journal)

    def _take_back(self, journal: int) -> None:
        try:
            os.ftruncate(journal, self._read_bytes)
            os.fsync(journal)
        except OSError as error:
            raise JournalDamaged(f"{self.path}: a line may be half written.") from error


def made_folder(folder: Path) -> Path:
    """Return ``folder``, made when it was missing.

    Raises:
        FolderUnusable: it is not there and cannot be made.
    """
    try:
        make_folder(folder)
    except OSError as error:
        raise FolderUnusable(f"{folder} cannot be made: {error.strerror or error}.") from error
    return folder


def sync_names(folder: Path) -> None:
    """Put the names in ``folder`` on the disk.

    Raises:
        OSError: the disk did not take them.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
