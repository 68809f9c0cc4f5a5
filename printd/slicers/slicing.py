"""From a model to a file that may be printed: check, slice, distrust, judge, put into place.

``slice_model`` is one repeatable step on plain values and files; it runs in a compute child or
in a command. The exit code of a slicer is the least of what is looked at.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from printd.core.files import (
    JobFolders,
    disk_problem,
    sha256_of,
    sync_file,
    sync_folder,
    write_file,
)
from printd.core.print_settings import PrintSettings
from printd.core.progress import write_progress
from printd.geometry.files.meshio import FOREIGN_LIMITS, MeshLimits
from printd.geometry.mesh.mesh import Mesh
from printd.slicers.base import Examined, Program, SliceReport
from printd.slicers.find import find_slicer
from printd.slicers.placing import Standing, on_bed, standing
from printd.slicers.plausible import check_amounts, check_place
from printd.slicers.private_run import PrivateRun, Tell
from printd.slicers.profiles import Profile
from printd.slicers.run import Run

LOG: Final = "slice.log"
REPORT: Final = JobFolders.REPORT
WORK_PREFIX: Final = ".slicing-"
LONGEST_S: Final = 1800.0
NOTHING: Final = PrintSettings()


def wall_limit_s(triangles: int) -> float:
    """Return how long slicing may take: two minutes and a second for each 1 000 triangles."""
    return min(LONGEST_S, 120.0 + triangles / 1000.0)


def slice_model(
    model: Path,
    profile: Profile,
    out_dir: Path,
    *,
    asked: PrintSettings = NOTHING,
    program: Program | None = None,
    timeout_s: float | None = None,
    mesh_limits: MeshLimits = FOREIGN_LIMITS,
    work_dir: Path | None = None,
    progress_file: Path | None = None,
    on_progress: Tell | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> SliceReport:
    """Slice a model with a profile.

    Args:
        model: STL, millimetres; it is placed in the middle of the bed, as it stands.
        profile: with everything that is asked of the slicer.
        out_dir: gets ``print.gcode``, ``slice.json``, ``slice.log`` and pictures, and for a
            printer that takes a container of G-code ``print.gcode.3mf``; older ones are removed
            first, so that they cannot pass for this one's.
        asked: what of that is a recipe's; the report names it.
        program: the slicer; None: found on PATH.
        timeout_s: None: by the number of triangles.
        mesh_limits: how large a mesh may be.
        work_dir: where the private folder of the run is made, on the disk of ``out_dir``; None:
            in ``out_dir``.
        progress_file: replaced with ``0.45 Making infill`` as the slicer goes on.
        on_progress: called with the same; the share never falls.
        cancelled: asked several times a second.

    Raises:
        NoSuchFile, MeshUnreadable, MeshUnprintable, ModelTooLarge: the model cannot be sliced.
        ProfileInvalid: the slicer did not follow it.
        SlicerMissing, SlicerRefused, SlicerTimeout, SlicerCrashed, SlicerMemory: no usable result.
        GcodeRefused: the result breaks a safety rule.
        DiskFull, DiskFailed: it could not be written.
        PrintCancelled: ``cancelled`` said so.
    """
    started_s = time.monotonic()
    _remove_older(out_dir)
    mesh = on_bed(model, profile.machine, mesh_limits, asked)
    program = program or find_slicer(profile.kind)
    tell = _teller(progress_file, on_progress)
    tell(0.0, "Loading the model")
    with _work_folder(work_dir or out_dir) as folder:
        private = PrivateRun(profile, program, Path(folder), out_dir / LOG)
        run, piece = _sliced(private, mesh, timeout_s, tell, cancelled)
        tell(0.95, "Checking the result")
        result = _judged(private, piece)
        private.pack(result)
        report = _report(private, run, result, piece, asked, time.monotonic() - started_s)
        for name, file in private.made.items():
            _put(file, out_dir / name)
    write_file(out_dir / REPORT, (json.dumps(report.as_dict(), indent=1) + "\n").encode())
    tell(1.0, "Sliced")
    return report


def _sliced(
    private: PrivateRun,
    mesh: Mesh,
    timeout_s: float | None,
    tell: Tell,
    cancelled: Callable[[], bool],
) -> tuple[Run, Standing]:
    """Run the slicer to a good end, and measure the mesh meanwhile: the slicer needs longer."""
    with ThreadPoolExecutor(1) as beside:
        looked_at = beside.submit(standing, mesh)
        run = private.run(mesh, timeout_s or wall_limit_s(len(mesh.faces)), tell, cancelled)
        piece = looked_at.result()
    private.check_end(run)
    return run, piece


def _judged(private: PrivateRun, piece: Standing) -> Examined:
    """Return the result, read once, when it breaks no rule and can be of this model."""
    result = private.examined()
    result.verdict.raise_if_refused()
    check_amounts(result, piece.shape, private.profile)
    check_place(private.slicer, result.verdict, piece.mesh, private.profile)
    return result


def _remove_older(out_dir: Path) -> None:
    for file in (out_dir / name for name in JobFolders.SLICED):
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise disk_problem(error, file) from error


def _report(
    private: PrivateRun,
    run: Run,
    result: Examined,
    piece: Standing,
    asked: PrintSettings,
    took_s: float,
) -> SliceReport:
    claims, profile = result.claims, private.profile
    return SliceReport(
        slicer=private.slicer.name,
        version=private.program.version,
        profile=profile.name,
        profile_hash=profile.hash,
        material=profile.material,
        quality=profile.quality,
        asked=asked.model_dump(exclude_none=True),
        print_time_s=claims.print_time_s or 0.0,
        filament_mm=claims.filament_mm or 0.0,
        filament_g=claims.filament_g or 0.0,
        cost=claims.cost or 0.0,
        resin_ml=claims.resin_ml,
        layers=claims.layers,
        triangles=len(piece.mesh.faces),
        model_mm=piece.size_mm,
        took_s=took_s,
        file=private.slicer.file_name,
        size_bytes=result.verdict.size_bytes,
        sha256=result.verdict.sha256,
        verdict=result.verdict,
        files={name: sha256_of(file) for name, file in private.made.items()},
        warnings=_warnings(private, run, piece),
        container=JobFolders.CONTAINER if private.container else "",
    )


def _warnings(private: PrivateRun, run: Run, piece: Standing) -> tuple[str, ...]:
    said = []
    if not piece.shape.is_closed:
        said.append("The model is not closed; the slicer had to guess.")
    draws = private.container is not None and private.slicer.draws
    if draws and not private.program.screen:
        said.append("The printer will show no picture: install xvfb, so that the slicer can draw.")
    return (*said, *private.slicer.warnings(run.stdout, private.notes()))


def _put(made: Path, place: Path) -> None:
    """Move the finished file to its place, synced."""
    with made.open("rb+") as stream:
        sync_file(stream.fileno(), made)
    try:
        made.replace(place)
    except OSError as error:
        raise disk_problem(error, place) from error
    sync_folder(place.parent)


def _work_folder(where: Path) -> tempfile.TemporaryDirectory[str]:
    """Make a private folder; those that a killed run left in the same place are removed."""
    for left in where.glob(f"{WORK_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
    try:
        return tempfile.TemporaryDirectory(prefix=WORK_PREFIX, dir=where.absolute())
    except OSError as error:
        raise disk_problem(error, where) from error


def _teller(progress_file: Path | None, on_progress: Tell | None) -> Tell:
    def tell(share: float, stage: str) -> None:
        write_progress(progress_file, share, stage)
        if on_progress is not None:
            on_progress(share, stage)

    return tell
