"""Slices that were made before: the same mesh, profile, slicer and options are sliced once.

An entry is a folder that appears whole, by one rename, and holds the G-code and its report. It is
found by everything that decides its bytes, and served only if its bytes are still those that were
judged. Jobs share the file itself by a link, so an entry that makes room harms no job. Nor does a
cache that cannot be used: then a job is sliced again, and that is said in the log.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final

from printd import __version__
from printd.core.errors import DiskError, NotYet
from printd.core.files import JobFolders, link_file, make_folder, sha256_of, sync_folder
from printd.core.print_settings import PrintSettings
from printd.gcode.verdict import LINTER_VERSION
from printd.slicers.base import Program
from printd.slicers.profiles import Profile

log = logging.getLogger(__name__)
REPORT: Final = JobFolders.REPORT
SEAL: Final = "seal"  # the SHA-256 of the report, which names those of the files
BEGUN: Final = ".begun-"
LOOK_S: Final = 1.0


def slice_key(model: Path, profile: Profile, asked: PrintSettings, program: Program) -> str:
    """Return the name of a slice: whatever decides its bytes, or the verdict on them, is in it.

    Args:
        model: the mesh file.
        profile: as it is sliced with; its hash covers the machine that the file is judged for.
        asked: how many copies, which way up.
        program: the slicer.

    Raises:
        DiskError: the model cannot be read.
    """
    parts = [
        sha256_of(model),
        profile.hash,
        asked.model_dump_json(exclude_none=True),
        program.kind,
        program.version,
        str(LINTER_VERSION),
        __version__,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SliceCache:
    """Slices in a folder of their own, on the disk of the jobs."""

    folder: Path
    most_bytes: int  # the least used ones go when there are more
    _under_way: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Be the only one who makes a slice.

        Raises:
            NotYet: it is being made for another job; soon it is to be had.
        """
        with self._lock:
            if key in self._under_way:
                text = "The same is being sliced for another job."
                raise NotYet("same_slice", text, again_s=LOOK_S)
            self._under_way.add(key)
        try:
            yield
        finally:
            self._under_way.discard(key)

    def get(self, key: str, out_dir: Path) -> Mapping[str, Any] | None:
        """Put an earlier slice into a folder, and return its report; None: there is none.

        One whose bytes have changed is thrown away.

        Args:
            key: from ``slice_key``.
            out_dir: gets the files of the slice and ``slice.json``; older ones are replaced.

        Raises:
            DiskFailed: the folder cannot be synced.
        """
        entry = self.folder / key
        report = _report(entry)
        if report is None:
            return None
        if not _is_as_judged(entry, report):
            log.warning("%s is damaged: it is sliced again", entry)
            shutil.rmtree(entry, ignore_errors=True)
            return None
        try:
            for name in (*report["files"], REPORT):
                link_file(entry / name, out_dir / name)
            os.utime(entry)  # used just now
        except OSError as error:
            log.warning("%s cannot be used: %s", entry, error)
            return None
        sync_folder(out_dir)
        return report

    def put(self, key: str, out_dir: Path) -> None:
        """Keep the slice that a folder holds; the least used ones make room.

        Raises:
            DiskFailed: a folder cannot be synced.
        """
        report = _report(out_dir)
        if report is None:
            return
        begun = self.folder / f"{BEGUN}{secrets.token_hex(8)}"
        try:
            make_folder(self.folder)
            begun.mkdir(mode=0o700)
            for name in (*report["files"], REPORT):
                os.link(out_dir / name, begun / name, follow_symlinks=False)
            (begun / SEAL).write_text(_sha256(begun / REPORT))  # half a seal fits nothing
            sync_folder(begun)
            shutil.rmtree(self.folder / key, ignore_errors=True)
            begun.rename(self.folder / key)
            sync_folder(self.folder)
            self.tidy()
        except OSError as error:
            shutil.rmtree(begun, ignore_errors=True)
            log.warning("%s: the slice is not kept for other jobs: %s", self.folder, error)

    def sweep(self) -> None:
        """Throw away what an interrupted ``put`` has left; nobody else may use the cache now."""
        if self.folder.is_dir():
            for entry in self.folder.glob(f"{BEGUN}*"):
                shutil.rmtree(entry, ignore_errors=True)

    def forget_unused(self) -> None:
        """Throw away the slices that no job has any more: what was made of a photo goes with it."""
        if self.folder.is_dir():
            for entry in self.folder.iterdir():
                if not entry.name.startswith(BEGUN) and not _is_shared(entry):
                    shutil.rmtree(entry, ignore_errors=True)

    def tidy(self) -> None:
        """Throw away the least used slices beyond the limit, and any that is no slice."""
        entries = [one for one in self.folder.iterdir() if not one.name.startswith(BEGUN)]
        left = self.most_bytes
        for entry in sorted(entries, key=_used, reverse=True):
            left -= _bytes(entry)
            if left < 0 or _report(entry) is None:
                shutil.rmtree(entry, ignore_errors=True)


def _report(folder: Path) -> Mapping[str, Any] | None:
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(report, dict) or not isinstance(report.get("files"), dict):
        return None
    return report if report["files"] else None


def _is_as_judged(entry: Path, report: Mapping[str, Any]) -> bool:
    try:
        is_sealed = (entry / SEAL).read_text() == _sha256(entry / REPORT)
    except (OSError, ValueError):
        return False
    return is_sealed and all(
        _sha256(entry / name) == sum_ for name, sum_ in report["files"].items()
    )


def _sha256(file: Path) -> str:
    try:
        return sha256_of(file)
    except DiskError:
        return ""


def _used(entry: Path) -> float:
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _is_shared(entry: Path) -> bool:
    """Return whether a file of a slice has another name, in the folder of a job."""
    try:
        return any(file.stat().st_nlink > 1 for file in entry.iterdir())
    except OSError:
        return True  # somebody is just throwing it away


def _bytes(entry: Path) -> int:
    try:
        return sum(file.stat().st_size for file in entry.iterdir())
    except OSError:
        return 0
