"""One file that holds a backup: the database, the configuration, profiles, files of jobs.

A gzipped tar of plain files under names that are known; what it holds stands, with sizes and
hashes, in its last member. What is read back is looked at whole before anything is put in place.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from printd import __version__
from printd.core.clock import to_text, utc_now
from printd.core.errors import BackupUnreadable, NoSuchFile
from printd.core.files import CHUNK_BYTES, disk_problem, new_file

DATABASE: Final = "printd.db"
CONFIG: Final = "config.yaml"
CONTENTS: Final = "backup.json"  # the last member
FORM: Final = 1
GZIP: Final = b"\x1f\x8b"
LARGEST_CONFIG_BYTES: Final = 1 << 20
_PART: Final = r"[A-Za-z0-9_+-][A-Za-z0-9_.+ -]{0,99}"
_NAMES: Final = re.compile(
    rf"{re.escape(DATABASE)}|{re.escape(CONFIG)}"
    rf"|profiles(/{_PART}){{1,6}}|jobs/\d{{8}}T\d{{6}}-[0-9a-f]{{10}}/{_PART}"
)


@dataclass(slots=True)
class Writing:
    """A backup that is being written."""

    _tar: tarfile.TarFile
    _files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, file: Path, name: str) -> bool:
        """Add a file under a name; one that is gone meanwhile, or has no such name, is left out."""
        if _NAMES.fullmatch(name) is None:
            return False
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return False
        with os.fdopen(descriptor, "rb") as stream:
            size = os.fstat(descriptor).st_size
            content = _Measured(stream, size)
            self._tar.addfile(_member(name, size), content)  # type: ignore[arg-type]
        self._files[name] = {"bytes": size, "sha256": content.sha256}
        return True

    def close(self) -> None:
        """Write what it holds."""
        contents = {
            "form": FORM,
            "version": __version__,
            "made_at": to_text(utc_now()),
            "files": self._files,
        }
        text = json.dumps(contents, indent=1).encode()
        self._tar.addfile(_member(CONTENTS, len(text)), io.BytesIO(text))


class _Measured:
    """Reads exactly so many bytes of a file, and knows their hash afterwards."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = size
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def read(self, size: int) -> bytes:
        content = self._stream.read(min(size, self._left))
        self._left -= len(content)
        self._digest.update(content)
        return content


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o600
    return member


@contextmanager
def writing(path: Path) -> Iterator[Writing]:
    """Write a backup to ``path``, whole or not at all, readable by its owner only.

    Raises:
        DiskFull, DiskFailed: nothing is left behind.
    """
    with (
        new_file(path) as stream,
        tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as tar,
    ):
        backup = Writing(tar)
        yield backup
        backup.close()


def is_archive(path: Path) -> bool:
    """Return whether a file begins like a backup."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(GZIP)) == GZIP
    except OSError:
        return False


def config_in(path: Path) -> bytes | None:
    """Return the configuration that a backup holds; None: it has none, or is no archive."""
    try:
        with tarfile.open(path, mode="r:gz") as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.name == CONFIG else None
                if stream is not None:
                    return stream.read(LARGEST_CONFIG_BYTES)
    except (OSError, tarfile.TarError, EOFError, zlib.error):
        return None  # who unpacks it says what is wrong
    return None


def unpack(path: Path, folder: Path) -> dict[str, Any]:
    """Write what a backup holds into an empty folder; return what its last member says.

    Raises:
        NoSuchFile: there is no such file.
        BackupUnreadable: it is no backup, cut off, changed, or of a newer printd.
        DiskFull, DiskFailed: it cannot be written.
    """
    try:
        with tarfile.open(path, mode="r:gz") as tar:
            contents, found = _unpack(tar, folder)
    except FileNotFoundError as error:
        raise NoSuchFile(f"There is no file {path}.") from error
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as error:
        raise BackupUnreadable(f"{path} is no whole backup of printd: {error}.") from error
    except OSError as error:
        if error.errno is None:  # as gzip says that it reads something else
            raise BackupUnreadable(f"{path} is no backup of printd: {error}.") from error
        raise disk_problem(error, folder) from error
    if found != contents["files"] or DATABASE not in found:
        raise BackupUnreadable(f"{path} does not hold what it says it holds.")
    return contents


def _unpack(tar: tarfile.TarFile, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    found: dict[str, Any] = {}
    for member in tar:
        stream = tar.extractfile(member) if member.isreg() else None
        if stream is None:
            raise BackupUnreadable(f"{member.name!r} in the backup is no plain file.")
        if member.name == CONTENTS:
            contents: dict[str, Any] = json.loads(stream.read())
            if contents["form"] != FORM:
                raise BackupUnreadable("The backup is of another printd than this one.")
            return contents, found
        if _NAMES.fullmatch(member.name) is None or member.name in found:
            raise BackupUnreadable(f"{member.name!r} does not belong into a backup.")
        found[member.name] = _unpack_one(stream, folder / member.name)
    raise EOFError("its end is missing")


def _unpack_one(stream: Any, target: Path) -> dict[str, Any]:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with new_file(target) as out:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}
