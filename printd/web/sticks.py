"""The pictures on a visitor's USB stick: looked for, never followed out of it, never written to.

A stick is a stranger's. Nothing is opened by a path, but folder by folder without following links;
what is shown is copied first and decoded in a limited child, like every photo.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO, Final

from printd.core.compute import Limits
from printd.core.config import Config
from printd.core.errors import NoSuchFile, PhotoTooLarge
from printd.core.files import disk_problem, make_folder
from printd.pipeline import tasks
from printd.web.problems import StillBusy
from printd.web.tools import WebTools
from printd.web.uploads import INCOMING, Kept, Upload

ENDINGS: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif"})
MOST: Final = 200  # pictures, the newest
DEEPEST: Final = 6
MOST_ENTRIES: Final = 20_000  # that are looked at
THUMBNAIL_PX: Final = 240
THUMBNAIL: Final = Limits(memory_bytes=1 << 30, wall_s=20.0, is_watched=True)
AT_ONCE: Final = threading.BoundedSemaphore(2)  # each is copied and decoded
MOST_WAITING: Final = 16  # a screenful; each keeps a thread of the server
WAITING: Final = threading.BoundedSemaphore(MOST_WAITING)
COPIED_BYTES: Final = 1 << 20
FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Found:
    """One picture on a stick."""

    path: PurePath  # below the folder of sticks
    seconds: float  # of its last change

    @property
    def key(self) -> str:
        """Return the word that a page names it by."""
        return hashlib.sha256(os.fsencode(self.path)).hexdigest()[:32]

    @property
    def name(self) -> str:
        """Return what it is called."""
        return self.path.name


def pictures(root: Path) -> list[Found]:
    """Return the newest pictures below a folder; none where there is no folder."""
    found = sorted(_found(root), key=lambda one: (-one.seconds, str(one.path)))
    return found[:MOST]


def picture(root: Path, key: str) -> Found:
    """Return the picture that a page names.

    Raises:
        NoSuchFile: it is gone, or the stick is.
    """
    for one in pictures(root):
        if one.key == key:
            return one
    raise NoSuchFile("This picture is not on the stick any more.", action="Look again.")


def thumbnail(tools: WebTools, root: Path, found: Found) -> bytes:
    """Return a small picture of it (JPEG or PNG).

    Raises:
        NoSuchFile, PhotoRefused, DiskFull: there is none.
        StillBusy: too many others are made.
    """
    if not WAITING.acquire(blocking=False):
        raise StillBusy("So many pictures are made already that this has to wait.")
    try:
        with AT_ONCE:
            return _thumbnail(tools, root, found)
    finally:
        WAITING.release()


def _thumbnail(tools: WebTools, root: Path, found: Found) -> bytes:
    upload = copied(tools.config, root, found)
    out = upload.file.path.with_name(uuid.uuid4().hex)
    try:
        tools.compute.run(
            tasks.small_picture, upload.file.path, out, THUMBNAIL_PX, limits=THUMBNAIL
        )
        return out.read_bytes()
    finally:
        upload.discard()
        out.unlink(missing_ok=True)


def copied(config: Config, root: Path, found: Found) -> Upload:
    """Copy it to where uploads lie.

    Raises:
        NoSuchFile: it cannot be read any more.
        PhotoTooLarge: it has too many bytes.
        DiskFull, DiskFailed: there is no room.
    """
    folder = config.data_dir / INCOMING
    make_folder(folder)
    place = folder / uuid.uuid4().hex
    digest = hashlib.sha256()
    left = int(config.limits.photo_max_mb * 1e6)
    try:
        with _opened(root, found.path) as source, _new(place) as sink:
            while chunk := _read(source):
                left -= len(chunk)
                if left < 0:
                    raise PhotoTooLarge(f"It has more than {config.limits.photo_max_mb:g} MB.")
                digest.update(chunk)
                sink.write(chunk)
    except OSError as error:
        place.unlink(missing_ok=True)
        raise disk_problem(error, place) from error
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return Upload(Kept(place, digest.hexdigest()), {}, found.name, {})


def _read(source: BinaryIO) -> bytes:
    try:
        return source.read(COPIED_BYTES)
    except OSError as error:  # the stick was pulled out
        raise NoSuchFile("The stick is gone.", action="Put it in again.") from error


def _new(place: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(place, flags, 0o600), "wb")


def _found(root: Path) -> Iterator[Found]:
    """Look through the folders, as deep and as far as is sensible."""
    looked_at = 0
    try:
        walking = os.fwalk(root, follow_symlinks=False, onerror=None)
        for folder, folders, files, fd in walking:
            below = PurePath(folder).relative_to(root)
            if len(below.parts) >= DEEPEST:
                folders.clear()
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                looked_at += 1
                if looked_at > MOST_ENTRIES:
                    return
                path = below / name
                if path.suffix.lower() not in ENDINGS or name.startswith("."):
                    continue
                seen = _plain(name, fd)
                if seen is not None:
                    yield Found(path, seen.st_mtime)
    except OSError:  # pulled out while it is looked through: what was found is gone as well
        return


def _plain(name: str, fd: int) -> os.stat_result | None:
    """Return what is known of a file; None: it is none, or no plain one."""
    try:
        seen = os.stat(name, dir_fd=fd, follow_symlinks=False)
    except OSError:
        return None
    return seen if stat.S_ISREG(seen.st_mode) else None


def _opened(root: Path, path: PurePath) -> BinaryIO:
    """Open a file folder by folder; no link on the way is followed.

    Raises:
        NoSuchFile: it is not there, or no plain file.
    """
    with ExitStack() as opened:
        try:
            fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            opened.callback(os.close, fd)
            for part in path.parent.parts:
                fd = os.open(part, FOLDER_FLAGS, dir_fd=fd)
                opened.callback(os.close, fd)
            source = os.fdopen(os.open(path.name, FILE_FLAGS, dir_fd=fd), "rb")
        except OSError as error:
            raise NoSuchFile("The picture is gone.", action="Look again.") from error
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            source.close()
            raise NoSuchFile("This is no picture.", action="Choose another one.")
        return source
