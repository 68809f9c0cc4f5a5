"""Copying a file that somebody else may still be writing: whole, as it was found, or not at all.

Nothing here knows what is in it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from printd.core.errors import PhotoForbidden, PhotoTooLarge
from printd.core.files import CHUNK_BYTES, new_file

GONE = frozenset({errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.ESTALE})  # or something else now


class NotFinished(Exception):
    """The file changed, is being written, or cannot be read now: it is looked at again later.

    Args:
        why: what a person should know of it, if anything.
    """


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one drop from another that has the same name."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    def __str__(self) -> str:
        return f"{self.device}:{self.inode}:{self.size}:{self.mtime_ns}:{self.ctime_ns}"

    @classmethod
    def of(cls, facts: os.stat_result) -> Identity:
        """Return the identity in a ``stat``."""
        return cls(facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


def copy_whole(
    file: Path, target: Path, settled: Identity | None, max_bytes: int
) -> tuple[str, Identity]:
    """Copy a file of somebody else to ``target``, synced; return its SHA-256 and what it was.

    Args:
        file: what somebody left.
        target: of ours; there whole or not at all.
        settled: what it was when it was found quiet; None: whatever it is.
        max_bytes: more are not taken.

    Raises:
        NotFinished: it changes, is being written, or is another file now.
        PhotoForbidden: it may not be read.
        PhotoTooLarge: it has more bytes.
        DiskFull, DiskFailed: the copy cannot be written.
    """
    descriptor = open_regular(file)
    with os.fdopen(descriptor, "rb") as source:
        before = Identity.of(os.fstat(descriptor))
        if settled not in (None, before):
            raise NotFinished
        if before.size > max_bytes:
            raise PhotoTooLarge(
                f"The file has {before.size / 1e6:.0f} MB; "
                f"up to {max_bytes / 1e6:.0f} MB are taken."
            )
        if written_by_somebody(descriptor):
            raise NotFinished
        digest = hashlib.sha256()
        left = max_bytes + 1
        with new_file(target) as copy:
            while left > 0 and (chunk := _read(source, min(CHUNK_BYTES, left))):
                digest.update(chunk)
                copy.write(chunk)
                left -= len(chunk)
        if Identity.of(os.fstat(descriptor)) != before or max_bytes + 1 - left != before.size:
            raise NotFinished
    return digest.hexdigest(), before


def open_regular(file: Path) -> int:
    """Open a regular file for reading, never a link, FIFO or device; return its descriptor.

    Raises:
        NotFinished: it is gone, or is something else now.
        PhotoForbidden: it may not be read.
        OSError: it cannot be read now.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(file, flags)
    except PermissionError as error:
        who = f"printd (user {os.geteuid()})"
        raise PhotoForbidden(f"{who} may not read the file: {error.strerror}.") from error
    except OSError as error:
        if error.errno in GONE:
            raise NotFinished from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotFinished
    return descriptor


def _read(source: BinaryIO, most_bytes: int) -> bytes:
    """Read from a file of somebody else: a share may go away, a card may be pulled out."""
    try:
        return source.read(most_bytes)
    except OSError as error:
        raise NotFinished(f"it cannot be read: {error.strerror or error}") from error


def written_by_somebody(descriptor: int) -> bool:
    """Return whether another program has the file open for writing, as far as can be known.

    A read lease is granted only without a writer; only the owner may ask, and only on local
    file systems. A writer that comes while it is held makes the kernel send SIGIO, which ends a
    program that does not ignore it; ``daemon/app.py`` does. Source: fcntl(2), observed on
    Linux 6, 2026-11.
    """
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    with suppress(OSError):  # granted means held; giving it back cannot matter to the answer
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
