"""Files that a command reads and writes: looked at before anything is calculated."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from printd.cli.session import me
from printd.core.errors import NoSuchFile, SettingInvalid
from printd.core.files import disk_problem


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


def pictures_placed(words: Mapping[str, str | None]) -> dict[str, Path]:
    """Return where pictures go, by the flag that names each; those that are asked for.

    Raises:
        SettingInvalid: a name that says it is no PNG.
    """
    places = {flag: placed(word) for flag, word in words.items() if word}
    for flag, place in places.items():
        if place.suffix.lower() != ".png":
            raise SettingInvalid(f"{flag} {place}: pictures are PNG.", action="Name it .png.")
    return places


def check_apart(results: Mapping[str, Path], sources: Iterable[Path]) -> None:
    """Refuse results that would replace each other, or what they are made of.

    Args:
        results: by the flag that names each.
        sources: the files that are read.

    Raises:
        SettingInvalid: which flag it is.
    """
    taken = [source.resolve() for source in sources]
    for flag, result in results.items():
        if result.resolve() in taken:
            raise SettingInvalid(
                f"{flag} {result}: another file of this command is there.",
                action="Name another file.",
            )
        taken.append(result.resolve())


def put_into_place(made: Path, place: Path) -> None:
    """Move a finished file to where it was asked for, readable as the user's other new files."""
    mask = os.umask(0o077)
    os.umask(mask)
    try:
        made.chmod(0o666 & ~mask)
        shutil.move(made, place)
    except OSError as error:
        raise disk_problem(error, place) from error


@contextmanager
def folder_beside(out: Path) -> Iterator[Path]:
    """Work on the disk of the result, so that it fits there if it fits at all.

    Raises:
        DiskFull, DiskFailed: there is no room for a folder.
    """
    place = out.absolute().parent
    try:
        made = tempfile.TemporaryDirectory(prefix=".printd-", dir=place)
    except OSError as error:
        raise disk_problem(error, place) from error
    with made as name:
        yield Path(name)
