"""Slices that were made before: the same mesh, profile, slicer and options are sliced once.

An entry is a folder that appears whole, by one rename, and holds the G-code and its report. It is
found by everything that decides its bytes, and served only if its bytes are still those that were
judged. Jobs share the file itself by a link, so an entry that makes room harms no job.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from printd import __version__
from printd.core.errors import DiskError
from printd.core.files import JobFolders, disk_problem, make_folder, sha256_of, sync_folder
from printd.core.print_settings import PrintSettings
from printd.gcode.verdict import LINTER_VERSION
from printd.slicers.base import Program
from printd.slicers.profiles import Profile

REPORT: Final = JobFolders.REPORT
BEGUN: Final = ".begun-"


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

    def get(self, key: str, out_dir: Path) -> Mapping[str, Any] | None:
        """Put an earlier slice into a folder, and return its report; None: there is none.

        One whose bytes have changed is thrown away.

        Args:
            key: from ``slice_key``.
            out_dir: gets the files of the slice and ``slice.json``; older ones are replaced.

        Raises:
            DiskFull, DiskFailed: they cannot be put there.
        """
        entry = self.folder / key
        report = _report(entry)
        if report is None:
            return None
        for name, sha256 in report["files"].items():
            if _sha256(entry / name) != sha256:
                shutil.rmtree(entry, ignore_errors=True)
                return None
        for name in (*report["files"], REPORT):
            _link(entry / name, out_dir / name)
        sync_folder(out_dir)
        os.utime(entry)  # used just now
        return report

    def put(self, key: str, out_dir: Path) -> None:
        """Keep the slice that a folder holds; the least used ones make room.

        Raises:
            DiskFull, DiskFailed: it cannot be kept.
        """
        report = _report(out_dir)
        if report is None:
            return
        make_folder(self.folder)
        begun = self.folder / f"{BEGUN}{secrets.token_hex(8)}"
        try:
            begun.mkdir(mode=0o700)
            for name in (*report["files"], REPORT):
                os.link(out_dir / name, begun / name, follow_symlinks=False)
            sync_folder(begun)
            shutil.rmtree(self.folder / key, ignore_errors=True)
            begun.rename(self.folder / key)
            sync_folder(self.folder)
        except OSError as error:
            shutil.rmtree(begun, ignore_errors=True)
            raise disk_problem(error, self.folder) from error
        self.tidy()

    def sweep(self) -> None:
        """Throw away what an interrupted ``put`` has left; nobody else may use the cache now."""
        if self.folder.is_dir():
            for entry in self.folder.glob(f"{BEGUN}*"):
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


def _sha256(file: Path) -> str:
    try:
        return sha256_of(file)
    except DiskError:
        return ""


def _link(file: Path, target: Path) -> None:
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        os.link(file, part, follow_symlinks=False)
        part.replace(target)
    except OSError as error:
        raise disk_problem(error, target) from error


def _used(entry: Path) -> float:
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _bytes(entry: Path) -> int:
    try:
        return sum(file.stat().st_size for file in entry.iterdir())
    except OSError:
        return 0
