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
from printd.pipeline.taking import Identity

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


def keep(photo: Path, identity: Identity, drop: Path) -> None:
    """Move the original into ``_done/``.

    Raises:
        OSError: it may not be moved.
    """
    if is_still(photo, identity):
        folder = drop / DONE
        folder.mkdir(exist_ok=True)
        photo.rename(_free_name(folder, photo.name))


def refuse(photo: Path, identity: Identity | None, drop: Path, error: PrintdError) -> None:
    """Move a file into ``_failed/`` beside a text that says why and what to do.

    Args:
        photo: the file.
        identity: what it was when it was judged; None: whatever it is.
        drop: the drop folder, which holds ``_failed/``.
        error: why.

    Raises:
        OSError: it may not be moved.
    """
    if identity is not None and not is_still(photo, identity):
        return
    folder = drop / FAILED
    folder.mkdir(exist_ok=True)
    target = _free_name(folder, photo.name)
    (folder / with_ending(target.name, ".txt")).write_text(sentence(error), encoding="utf-8")
    photo.rename(target)


def sentence(error: PrintdError) -> str:
    """Return what the text beside a refused file says."""
    moment = f"{utc_now():%Y-%m-%d %H:%M:%S} UTC"
    return f"{error.problem}\n{error.action}\n\ncode: {error.code}\ntime: {moment}\n"


def _free_name(folder: Path, name: str) -> Path:
    for count in range(1, MANY):
        target = folder / numbered(name, count)
        if not os.path.lexists(target):
            return target
    raise FileExistsError(f"{folder} holds {MANY} files of this name")
