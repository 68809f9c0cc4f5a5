"""The drop folder itself: made, furnished with a folder per recipe, and locked for one daemon.

It may be a share or a card: it can be read-only, go away and come back while the daemon runs.
What lies in it is the business of ``listing`` and ``inbox``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from printd.core.database import is_network
from printd.core.dropnames import AGAIN, LOCK, README
from printd.core.errors import AlreadyRunning, FolderUnusable
from printd.core.locks import take_lock
from printd.daemon.listing import drop_folders

AGAIN_TEXT = "A picture put here is printed once more, with the settings it had.\n"
HOW_TO = """Put pictures here (JPEG, PNG, WebP, HEIC); printd prints each with recipe {recipe!r}.

Settings of one picture: a text file beside it, named like it with .yaml at the end
(mia.jpg.yaml), with lines such as

    width_mm: 60
    name: Mia

Pictures that cannot be used are moved to _failed/ with a text that says why.
What is waiting, and why, stands in _status.txt of the drop folder.
"""


class DropFolder:
    """One drop folder, owned while the daemon runs.

    Args:
        path: the folder.
        recipes: the names of the recipes; each but ``default`` has a folder in it.
    """

    def __init__(self, path: Path, recipes: Collection[str]) -> None:
        self.path = path
        self._folders = drop_folders(path, recipes)
        self._lock: int | None = None
        self.notes: list[str] = []  # what it does not let printd do

    def prepare(self) -> None:
        """Make the folder if it is not there, and move in.

        Raises:
            FolderUnusable: it cannot be made or read.
            AlreadyRunning: another daemon watches it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            os.scandir(self.path).close()
        except OSError as error:
            raise FolderUnusable(
                f"The drop folder {self.path} cannot be used: {error.strerror or error}."
            ) from error
        self.move_in()

    @property
    def is_network(self) -> bool:
        """Whether it lies on a share, where file events and leases say nothing."""
        return is_network(self.path)

    def move_in(self) -> None:
        """Furnish and lock the folder, unless this was done and it is still the same one.

        Raises:
            AlreadyRunning: another daemon watches it.
        """
        if self._holds_lock():
            return
        self.close()
        self.notes = []
        try:
            self._furnish()
            self._own()
        except OSError as error:
            self.notes = [
                f"The drop folder cannot be written by printd (user {os.geteuid()}): "
                f"{error.strerror or error}; taken pictures stay there and are not taken again."
            ]

    def _holds_lock(self) -> bool:
        """Return whether the lock that is held is that of the folder as it is now."""
        if self._lock is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._lock), (self.path / LOCK).lstat())
        except OSError:
            return False

    def _furnish(self) -> None:
        for folder, recipe in self._folders.items():
            if folder != self.path:  # which is never made again: it may be a mount that is away
                with suppress(FileExistsError):  # a file has its name: the listing says so
                    folder.mkdir(exist_ok=True)
            if folder.is_dir() and os.access(folder, os.X_OK):  # if not, the listing says so
                text = AGAIN_TEXT if folder.name == AGAIN else HOW_TO.format(recipe=recipe)
                _write_new(folder / README, text)

    def _own(self) -> None:
        words = f"{socket.gethostname()} {os.getpid()}"
        try:
            self._lock = take_lock(self.path / LOCK, words)
        except BlockingIOError as error:
            raise AlreadyRunning(
                f"Another printd ({error.args[1]}) watches the drop folder {self.path}."
            ) from error

    def close(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there, and never through a link."""
    with suppress(FileExistsError), path.open("x", encoding="utf-8") as stream:
        stream.write(text)
