"""How a file becomes true: written beside its name, synced, renamed, its folder synced.

A row of the store never names a file that is not there; a file without a row is litter. Every
other module writes what must last through these functions.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from printd.core.clock import utc_now
from printd.core.errors import DiskError, DiskFailed, DiskFull, PrintdError
from printd.core.failpoints import hit

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMLINK})
CHUNK_BYTES = 1 << 20


def disk_problem(error: OSError, path: Path) -> PrintdError:
    """Return what a failed write to ``path`` means: no room passes, anything else does not."""
    if error.errno in NO_ROOM:
        return DiskFull(f"No room left on the disk while writing {path.name}.")
    return DiskFailed(f"Writing {path} failed: {error.strerror or error}.")


def sync_file(descriptor: int, path: Path) -> None:
    """Put a file's bytes on the disk.

    Raises:
        DiskFailed: the disk did not take them. Linux reports a failed write-back once and then
            calls the page clean, so nothing may go on after this.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise DiskFailed(f"Syncing {path} failed: {error.strerror or error}.") from error


def sync_folder(folder: Path) -> None:
    """Put the names in ``folder`` on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_file(descriptor, folder)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder for what must last, readable by its owner only; its name is synced.

    Synced also when it is there already: the start that made it may have been cut off.
    """
    made = [folder, *(parent for parent in folder.parents if not parent.exists())]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for one in made:
        try:
            sync_folder(one.parent)
        except PermissionError:  # a parent may be entered and not be read
            os.sync()


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Write ``path`` so that it is there whole or not at all; an older one is replaced.

    Raises:
        DiskFull, DiskFailed: nothing is left behind.
    """
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(part, flags, 0o600), "wb") as stream:
            yield stream
            stream.flush()
            sync_file(stream.fileno(), part)
        hit("file.written")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise disk_problem(error, path) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    hit("file.renamed")
    sync_folder(path.parent)
    hit("file.synced")


def write_file(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, whole and synced."""
    with new_file(path) as stream:
        stream.write(content)


def replace_unsynced(path: Path, content: bytes) -> None:
    """Replace ``path`` by a rename, without syncing: for copies of what the store holds."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise disk_problem(error, path) from error


def link_file(file: Path, path: Path) -> None:
    """Give a file another name, ``path``, in place of what has it; not synced.

    Raises:
        OSError: it has not got it.
    """
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    os.link(file, part, follow_symlinks=False)
    part.replace(path)
    part.unlink(missing_ok=True)  # nothing is renamed where ``path`` is a name of this file


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex.

    Raises:
        DiskError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DiskError(f"{path.name} cannot be read: {error.strerror or error}.") from error


class JobFolders:
    """Where the files of jobs lie: ``<data>/jobs/<id>/`` with fixed names inside."""

    PHOTO = "photo.bin"
    WORDS = "words.txt"  # from which the photo is drawn
    CUT = "cut.bin"  # the photo, its background taken away by a service
    PHOTO_CHECK = "photo-check.json"  # what a service could make of it
    MASK = "mask.bin"  # given beside the photo: a picture of its subject, ...
    DEPTH = "depth.bin"  # ... and a height map that somebody has made
    # Depth pictures that a service has made of the photo, by the style of relief that they are for,
    # and what is known of each: they were paid for, and go along with the photo.
    DEPTH_SERVICE = (
        *("depth-service.bin", "depth-service.json"),
        *("depth-service-detailed.bin", "depth-service-detailed.json"),
        *("depth-service-organic.bin", "depth-service-organic.json"),
    )
    RAW = "raw.stl"
    RAW_FOREIGN = "raw.mesh"  # as a service or a person has made it; of any kind that is taken
    FOR_SERVICE = "for-service.bin"  # the photo as it was handed to a service
    MODEL = "model.stl"
    PREVIEW = "preview.png"
    GCODE = "print.gcode"
    CONTAINER = "print.gcode.3mf"  # the same G-code, as printers take it that want more around it
    LAYERS = "print.sl1"  # for printers of resin
    TOOLPATH = "toolpath.png"  # the print on its bed, from above
    STRIP = "layers.png"  # some of its layers
    THUMBNAIL = "thumbnail.png"  # the slicer's own picture
    SLICED = (GCODE, CONTAINER, LAYERS, TOOLPATH, STRIP, THUMBNAIL)
    REPORT = "slice.json"  # how it was sliced
    PROGRESS = "progress"
    RECORD = "job.json"

    def __init__(self, data_dir: Path) -> None:
        self.root = data_dir / "jobs"

    def prepare(self) -> None:
        """Make the folder of all jobs, synced into its parent."""
        make_folder(self.root)

    def new(self) -> Path:
        """Make an empty folder for one job; its name sorts by time and is never repeated."""
        folder = self.root / f"{utc_now():%Y%m%dT%H%M%S}-{secrets.token_hex(5)}"
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise disk_problem(error, folder) from error
        return folder

    @staticmethod
    def is_one(folder: Path) -> bool:
        """Return whether this is a folder that ``new`` has made."""
        named = re.fullmatch(r"\d{8}T\d{6}-[0-9a-f]{10}", folder.name) is not None
        return named and folder.is_dir() and not folder.is_symlink()

    def of(self, job_id: str) -> Path:
        """Return the folder of a job."""
        return self.root / job_id


def free_bytes(folder: Path) -> tuple[int, float]:
    """Return the free bytes where ``folder`` lies, and their share of the disk (0..1)."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize, room.f_bavail / max(1, room.f_blocks)
