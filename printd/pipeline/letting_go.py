"""What becomes of an original in the drop folder: removed, kept in ``_done/``, or refused.

An original leaves only when it is the very file that was taken or refused. Refusing writes the
sentence first and moves the file second, so a file in ``_failed/`` always has its sentence.
"""

from __future__ import annotations

import os
from pathlib import Path

from printd.core.clock import utc_now
from printd.core.dropnames import DONE, FAILED, numbered, with_ending
from printd.core.errors import PrintdError
from printd.core.moments import stamp
from printd.pipeline.copying import Identity

MANY = 10_000


def is_still(photo: Path, identity: Identity) -> bool:
    """Return whether ``photo`` is still the file that was looked at."""
    try:
        return Identity.of(photo.lstat()) == identity
    except FileNotFoundError:
        return False


def remove(photo: Path, identity: Identity) -> None:
    """Remove the original of a photo that is a job now.

    Raises:
        OSError: it may not be removed; the store's fingerprint keeps it from being taken again.
    """
    if is_still(photo, identity):
        photo.unlink()


def keep(photo: Path, identity: Identity, drop: Path, why: PrintdError | None = None) -> None:
    """Move the original into ``_done/``; beside a text, if nothing was made of it.

    Raises:
        OSError: it may not be moved; no text is left.
    """
    if is_still(photo, identity):
        folder = drop / DONE
        folder.mkdir(exist_ok=True)
        if why is None:
            target, _ = _free_names(folder, photo.name)
            photo.rename(target)
        else:
            _move_beside(photo, folder, why)


def refuse(photo: Path, identity: Identity, drop: Path, error: PrintdError) -> None:
    """Move a file into ``_failed/`` beside a text that says why and what to do.

    Args:
        photo: the file.
        identity: what it was when it was judged.
        drop: the drop folder, which holds ``_failed/``.
        error: why.

    Raises:
        OSError: it may not be moved; no text is left.
    """
    if is_still(photo, identity):
        folder = drop / FAILED
        folder.mkdir(exist_ok=True)
        _move_beside(photo, folder, error)


def _move_beside(photo: Path, folder: Path, error: PrintdError) -> None:
    """Move a file into a folder, beside a text that says why."""
    target, text = _free_names(folder, photo.name)
    stream = text.open("x", encoding="utf-8")
    try:
        with stream:
            stream.write(sentence(error))
        photo.rename(target)
    except OSError:
        text.unlink(missing_ok=True)
        raise


def sentence(error: PrintdError) -> str:
    """Return what the text beside a refused file says."""
    moment = stamp(utc_now(), year=True)
    return f"{error.problem}\n{error.action}\n\ncode: {error.code}\ntime: {moment}\n"


def _free_names(folder: Path, name: str) -> tuple[Path, Path]:
    """Return where a file and the text beside it can go without covering another file."""
    for count in range(1, MANY):
        target = folder / numbered(name, count)
        text = folder / with_ending(target.name, ".txt")
        if not os.path.lexists(target) and not os.path.lexists(text):
            return target, text
    raise FileExistsError(f"{folder} holds {MANY} files of this name")
