"""Files that a command reads and writes: looked at before anything is calculated."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from printd.cli.session import me
from printd.core.errors import NoSuchFile


def there(word: str) -> Path:
    """Return the file that is meant."""
    path = Path(word).resolve()
    if not path.is_file():
        raise NoSuchFile(f"There is no file {word}.")
    return path


def placed(word: str) -> Path:
    """Return where a result goes; said before anything is calculated if it cannot."""
    out = Path(word)
    folder = out.absolute().parent
    if not folder.is_dir():
        raise NoSuchFile(f"There is no folder {folder}.", action="Make it, or name another one.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NoSuchFile(f"{me()} may not write in {folder}.", action="Name another folder.")
    if out.is_dir():
        raise NoSuchFile(f"{out} is a folder.", action="Name a file in it.")
    return out


@contextmanager
def folder_beside(out: Path) -> Iterator[Path]:
    """Work on the disk of the result, so that it fits there if it fits at all."""
    with tempfile.TemporaryDirectory(prefix=".printd-", dir=out.absolute().parent) as name:
        yield Path(name)
