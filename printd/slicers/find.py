"""Finds a slicer on this machine and asks it for its version, once."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from printd.core.errors import SlicerMissing
from printd.core.files import NO_ROOM, disk_problem
from printd.slicers import KINDS
from printd.slicers.base import Packing, Program
from printd.slicers.packing import packing_of, started
from printd.slicers.run import Limits, Run, run_slicer

PROBE = Limits(wall_s=60.0, cpu_s=60)
SCREEN = "xvfb-run"  # runs a program on a virtual display


@dataclass(frozen=True, slots=True)
class Found:
    """A slicer's file as it is now: a program that is replaced is asked for its version again."""

    kind: str
    path: Path
    changed_ns: int
    size_bytes: int


def find_slicer(kind: str = "prusa", configured: Path | None = None) -> Program:
    """Return a slicer's program and version.

    Raises:
        SlicerMissing: it is not there, cannot be run, or does not say what it is.
    """
    return program_of(look_for(kind, configured))


def look_for(kind: str, configured: Path | None = None) -> Found:
    """Return where a slicer is, without starting it.

    Args:
        kind: one of ``KINDS``.
        configured: from ``slicers:`` of the configuration; None: looked for on PATH.

    Raises:
        SlicerMissing: it is not there, or may not be run.
    """
    slicer = KINDS[kind]
    wanted = (str(configured),) if configured is not None else slicer.programs
    for name in wanted:
        if found := shutil.which(name):
            path = Path(found).absolute()
            changed = path.stat()
            return Found(kind, path, changed.st_mtime_ns, changed.st_size)
    if configured is not None and configured.is_file():
        raise SlicerMissing(
            f"{configured} may not be run.",
            action=f"Allow it (`chmod +x {configured}`), then run `printd retry JOB`.",
        )
    raise SlicerMissing(
        f"The slicer {kind} is not on this machine ({' or '.join(wanted)}).",
        action=f"{slicer.how_to_get}, then run `printd retry JOB`.",
    )


@lru_cache(maxsize=8)
def program_of(found: Found) -> Program:
    """Ask a slicer for its version; once, as long as its file does not change.

    Raises:
        SlicerMissing: it cannot be run, or does not say what it is.
        DiskFull: there is no room to ask it.
    """
    slicer, path = KINDS[found.kind], found.path
    try:
        packing, run = _asked(found)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise disk_problem(error, Path(tempfile.gettempdir())) from error
        raise SlicerMissing(
            f"{path} cannot be asked for its version: {error.strerror or error}."
        ) from error
    version = slicer.version_of(run.stdout + run.stderr)
    if not version:
        lines = (run.stderr + run.stdout).strip().splitlines() or ["it said nothing"]
        raise SlicerMissing(f"{path} does not say that it is {found.kind}: {lines[-1][:200]}.")
    return Program(found.kind, path, version, packing, _screen() if slicer.draws else ())


def _asked(found: Found) -> tuple[Packing, Run]:
    packing = packing_of(found.path)
    with tempfile.TemporaryDirectory(prefix="printd-probe-") as name:
        folder = Path(name)
        words = KINDS[found.kind].probe(started(found.path, packing, folder))
        return packing, run_slicer(words, folder, PROBE, folder / "log")


def _screen() -> tuple[str, ...]:
    """Return what is typed before a program that draws; no run is given a display of ours."""
    found = shutil.which(SCREEN)
    return (str(Path(found).absolute()), "-a") if found else ()
