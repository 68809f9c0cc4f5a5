"""One daemon per folder: a lock file that also says who has it."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

TRIES = 10
BETWEEN_S = 0.05  # a command that looks whether a daemon runs holds the lock for an instant


def take_lock(path: Path, words: str) -> int:
    """Lock ``path`` and write ``words`` into it; return the descriptor that holds the lock.

    Raises:
        BlockingIOError: somebody has it; its second argument is what they wrote.
        OSError: the file cannot be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    for attempt in range(TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError as error:
            if attempt == TRIES - 1:
                owner = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip()
                os.close(descriptor)
                raise BlockingIOError(error.errno, owner or "unknown") from error
            time.sleep(BETWEEN_S)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, words.encode(), 0)
    return descriptor


def is_locked(path: Path) -> bool:
    """Return whether somebody holds the lock on ``path``."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False  # no lock file, or not ours to open: nobody that we could talk to
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
