"""The drop folder itself: made, furnished with a folder per recipe, and locked for one daemon.

It may be a share or a card: it can be read-only, go away and come back while the daemon runs.
What lies in it is the business of ``listing`` and ``inbox``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from printd.core.database import is_network
from printd.core.dropnames import AGAIN, LOCK, README
from printd.core.errors import AlreadyRunning, FolderUnusable
from printd.core.locks import take_lock
from printd.core.recipe_config import RecipeConfig
from printd.core.recipe_words import BEGINNING, readme_of
from printd.daemon.listing import drop_folders

AGAIN_TEXT = (
    "A picture put here is printed once more, with the settings it had (no side file).\n"
    "One that was never printed is made by the recipe of the drop folder itself.\n"
)


class DropFolder:
    """One drop folder, owned while the daemon runs.

    Args:
        path: the folder.
        recipes: by name; each but ``default`` has a folder in it.
    """

    def __init__(self, path: Path, recipes: Mapping[str, RecipeConfig]) -> None:
        self.path = path
        self._recipes = recipes
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

    def have(self, recipes: Mapping[str, RecipeConfig]) -> None:
        """Furnish the folder for other recipes; folders of recipes that are gone stay."""
        self._recipes = recipes
        try:
            self._furnish()
        except OSError as error:
            self.notes = [f"The drop folder cannot be written: {error.strerror or error}."]

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
        for folder, recipe in drop_folders(self.path, self._recipes).items():
            if folder != self.path:  # which is never made again: it may be a mount that is away
                with suppress(FileExistsError):  # a file has its name: the listing says so
                    folder.mkdir(exist_ok=True)
            if folder.is_dir() and os.access(folder, os.X_OK):  # if not, the listing says so
                is_again = folder.name == AGAIN
                text = AGAIN_TEXT if is_again else readme_of(recipe, self._recipes[recipe])
                _write_readme(folder / README, text)

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


def _write_readme(path: Path, text: str) -> None:
    """Write a text that is not there or an older one of ours, and never through a link."""
    if _is_ours(path, text) and path.read_text(encoding="utf-8", errors="replace") != text:
        path.unlink()
    with suppress(FileExistsError), path.open("x", encoding="utf-8") as stream:
        stream.write(text)


def _is_ours(path: Path, text: str) -> bool:
    """Say whether a text begins as ours does; what follows may be that of another version."""
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as stream:
        return stream.read(len(BEGINNING)) == text[: len(BEGINNING)].encode()
