"""Finds a slicer on this machine and asks it for its version, once."""

from __future__ import annotations

import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from printd.core.errors import SlicerMissing
from printd.slicers import KINDS
from printd.slicers.base import Program
from printd.slicers.run import Limits, run_slicer

PROBE = Limits(wall_s=60.0, cpu_s=60, file_bytes=1 << 20)


def find_slicer(kind: str = "prusa", configured: Path | None = None) -> Program:
    """Return a slicer's program and version.

    Args:
        kind: one of ``KINDS``.
        configured: from ``slicers:`` of the configuration; None: looked for on PATH.

    Raises:
        SlicerMissing: it is not there, cannot be run, or does not say what it is.
    """
    slicer = KINDS[kind]
    wanted = (str(configured),) if configured is not None else slicer.programs
    for name in wanted:
        if found := shutil.which(name):
            path = Path(found).absolute()
            changed = path.stat()
            return _probed(kind, path, changed.st_mtime_ns, changed.st_size)
    raise SlicerMissing(f"The slicer {kind} is not on this machine ({' or '.join(wanted)}).")


@lru_cache(maxsize=8)
def _probed(kind: str, path: Path, _changed_ns: int, _size_bytes: int) -> Program:
    slicer = KINDS[kind]
    with tempfile.TemporaryDirectory(prefix="printd-probe-") as name:
        folder = Path(name)
        run = run_slicer(slicer.probe(path), folder, PROBE, folder / "log")
    version = slicer.version_of(run.stdout + run.stderr)
    if not version:
        lines = (run.stderr + run.stdout).strip().splitlines() or ["it said nothing"]
        raise SlicerMissing(f"{path} does not say that it is {kind}: {lines[-1][:200]}.")
    return Program(kind, path, version)
