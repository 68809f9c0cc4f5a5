"""From a model to G-code that may be printed: check, slice, distrust, judge, put into place.

``slice_model`` is one repeatable step on plain values and files; it runs in a compute child or
in a command. The exit code of a slicer is the least of what is looked at.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from printd.core.errors import (
    MeshUnprintable,
    MeshUnreadable,
    ModelTooLarge,
    NoSuchFile,
    PrintCancelled,
    ProfileInvalid,
    SlicerRefused,
    SlicerTimeout,
)
from printd.core.files import (
    JobFolders,
    disk_problem,
    sha256_of,
    sync_file,
    sync_folder,
    write_file,
)
from printd.core.machine import Machine
from printd.core.progress import write_progress
from printd.gcode.safety import Level, Verdict, lint
from printd.geometry.files.meshio import FOREIGN_LIMITS, MeshLimits, read_stl, write_obj, write_stl
from printd.geometry.mesh.mesh import ClosedReport, Mesh, check_closed
from printd.slicers import KINDS
from printd.slicers.base import Claims, Program, Slicer, SliceReport
from printd.slicers.find import find_slicer
from printd.slicers.profiles import Profile
from printd.slicers.run import Limits, Run, run_slicer

Tell = Callable[[float, str], None]

GCODE = JobFolders.GCODE
CONTAINER = JobFolders.CONTAINER
LOG = "slice.log"
REPORT = "slice.json"
WORK_PREFIX = ".slicing-"
SHORTEST_MM = 0.4
ROUNDING_MM = 1e-3  # of single precision, far from the origin
LEAST_BYTES = 1024
AROUND_MM = 2.0  # half a line's width, and what a slicer rounds
FILLING = (0.05, 3.0)  # volume of filament : volume of the model; hollow 2 mm walls to thin lines
LONGEST_S = 1800.0
NOTES_BYTES = 64 * 1024


def wall_limit_s(triangles: int) -> float:
    """Return how long slicing may take: two minutes and a second for each 1 000 triangles."""
    return min(LONGEST_S, 120.0 + triangles / 1000.0)


def slice_model(
    model: Path,
    profile: Profile,
    out_dir: Path,
    *,
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
        profile: as loaded; its files must not have changed since.
        out_dir: gets ``print.gcode``, ``slice.json`` and ``slice.log``, and for a printer that
            takes a container of G-code ``print.gcode.3mf``; older ones are removed first, so that
            they cannot pass for this one's.
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
        ProfileInvalid: the files changed, or the slicer did not follow them.
        SlicerMissing, SlicerRefused, SlicerTimeout, SlicerCrashed, SlicerMemory: no usable result.
        GcodeRefused: the result breaks a safety rule.
        DiskFull, DiskFailed: it could not be written.
        PrintCancelled: ``cancelled`` said so.
    """
    started_s = time.monotonic()
    _remove_older(out_dir)
    mesh = _placed(_read(model, mesh_limits), profile.machine)
    shape = _checked(mesh, profile.machine)
    program = program or find_slicer(profile.kind)
    tell = _teller(progress_file, on_progress)
    tell(0.0, "Loading the model")
    with _work_folder(work_dir or out_dir) as name:
        folder = Path(name)
        job = _Slicing(profile, program, folder, out_dir / LOG)
        run = job.run(mesh, timeout_s or wall_limit_s(len(mesh.faces)), tell, cancelled)
        claims = job.claims(run)
        tell(0.95, "Checking the result")
        verdict = lint(job.out, profile.machine, Level.OWN)
        verdict.raise_if_refused()
        _plausible(claims, verdict, shape, profile)
        _plausible_place(job.slicer, verdict, mesh, profile)
        report = _report(job, run, claims, verdict, shape, mesh, time.monotonic() - started_s)
        if job.container is not None:
            _put(job.container, out_dir / CONTAINER)
        _put(job.out, out_dir / GCODE)
    write_file(out_dir / REPORT, (json.dumps(report.as_dict(), indent=1) + "\n").encode())
    tell(1.0, "Sliced")
    return report


def _remove_older(out_dir: Path) -> None:
    for file in (out_dir / name for name in (GCODE, CONTAINER)):
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise disk_problem(error, file) from error


class _Slicing:
    """One run of a slicer in its private folder."""

    def __init__(self, profile: Profile, program: Program, folder: Path, log: Path) -> None:
        self.profile = profile
        self.program = program
        self.slicer = KINDS[program.kind]
        self.folder = folder
        self.log = log
        self.out = folder / self.slicer.out_name
        self.container = self.slicer.container(profile.machine, self.out)

    def run(self, mesh: Mesh, wall_s: float, tell: Tell, cancelled: Callable[[], bool]) -> Run:
        model = self.folder / self.slicer.model_name
        write = write_obj if model.suffix == ".obj" else write_stl
        write(model, mesh)
        settings = self._copied_settings()
        for name in self.slicer.folders:
            (self.folder / name).mkdir(mode=0o700)
        argv = self.slicer.command(self.program, model, settings, self.profile.machine, self.out)
        cpus = len(os.sched_getaffinity(0))
        limits = Limits(wall_s, math.ceil(wall_s * cpus))
        best = 0.0

        def read(line: str) -> None:
            nonlocal best
            if found := self.slicer.progress(line):
                best = max(best, found[0])
                tell(best, found[1])

        try:
            run = run_slicer(
                argv,
                self.folder,
                limits,
                self.log,
                pipe=self.folder / self.slicer.pipe_name if self.slicer.pipe_name else None,
                on_line=read,
                cancelled=cancelled,
            )
        except OSError as error:
            raise disk_problem(error, self.log) from error
        if run.ended == "cancel":
            raise PrintCancelled("Slicing was cancelled.")
        if run.ended == "deadline":
            raise SlicerTimeout(f"The slicer did not end within {wall_s:.0f} s.")
        return run

    def claims(self, run: Run) -> Claims:
        """Return what the result says of itself; a run without a whole result is explained."""
        notes = self.notes()
        if not self.slicer.is_success(run.exit_code, notes) or not self._made():
            private = f"{self.folder}/"  # means nothing to a person
            said = (text.replace(private, "") for text in (run.stdout, run.stderr, notes))
            raise self.slicer.explain(run.exit_code, *said)
        size = self.out.stat().st_size
        if size < LEAST_BYTES:
            raise SlicerRefused(f"The slicer ended well and left a file of {size} bytes.")
        claims = self.slicer.claims(self.out, self.profile, self.program)
        if not claims.is_whole:
            raise SlicerRefused("The slicer ended well and left half a file: its end is missing.")
        return claims

    def notes(self) -> str:
        """Return the file in which the slicer says how it ended; "" when there is none."""
        file = self.folder / self.slicer.notes_name
        if not self.slicer.notes_name or file.is_symlink() or not file.is_file():
            return ""
        with file.open("rb") as stream:
            return stream.read(NOTES_BYTES).decode("utf-8", "replace")

    def _made(self) -> bool:
        """Return whether the result is there; of a printer's container, unpack its G-code."""
        if self.container is not None:
            if not _is_plain(self.container):
                return False
            self.slicer.unpack(self.container, self.out)
        return _is_plain(self.out)

    def _copied_settings(self) -> Path:
        """Copy the settings, so that what is loaded is what was checked and hashed."""
        copies = [self._copied(source) for source in self.profile.settings_files]
        return copies[0] if len(copies) == 1 else self.folder

    def _copied(self, source: Path) -> Path:
        copy = self.folder / source.name
        try:
            shutil.copyfile(source, copy)
        except OSError as error:
            raise disk_problem(error, copy) from error
        if sha256_of(copy) != dict(self.profile.files)[source.name]:
            raise ProfileInvalid(
                f"{source} has changed since it was read.",
                action="Start printd again, so that it reads the profile, then retry the job.",
            )
        return copy


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _read(model: Path, limits: MeshLimits) -> Mesh:
    if model.suffix.lower() != ".stl":
        raise MeshUnreadable(f"{model.name} is no STL file.")
    try:
        return read_stl(model, limits)
    except FileNotFoundError as error:
        raise NoSuchFile(f"There is no file {model}.") from error
    except OSError as error:
        raise MeshUnreadable(f"{model.name} cannot be read: {error.strerror or error}.") from error


def _placed(mesh: Mesh, machine: Machine) -> Mesh:
    """Return the mesh standing in the middle of the bed."""
    low, high = mesh.bounds_mm.astype(float)
    shift = [
        machine.bed_w_mm / 2 - (low[0] + high[0]) / 2,
        machine.bed_d_mm / 2 - (low[1] + high[1]) / 2,
        -low[2],
    ]
    return Mesh((mesh.vertices + shift).astype(mesh.vertices.dtype), mesh.faces)


def _checked(mesh: Mesh, machine: Machine) -> ClosedReport:
    """Refuse what a slicer would crash on, print in the air, or make nothing of."""
    low, high = mesh.bounds_mm.astype(float)
    width_mm, depth_mm, height_mm = (high - low).tolist()
    size = f"{width_mm:.2f} x {depth_mm:.2f} x {height_mm:.2f} mm"
    if min(width_mm, depth_mm, height_mm) < SHORTEST_MM - ROUNDING_MM:
        raise MeshUnprintable(
            f"The model measures {size}; each side needs at least {SHORTEST_MM:g} mm."
        )
    if not machine.fits(width_mm, depth_mm, height_mm):
        raise ModelTooLarge(
            f"The model measures {size}; {machine.name} has "
            f"{machine.bed_w_mm - 2 * machine.margin_mm:g} x "
            f"{machine.bed_d_mm - 2 * machine.margin_mm:g} x {machine.height_mm:g} mm."
        )
    shape = check_closed(mesh)
    if not shape.volume_mm3 > 0:
        raise MeshUnprintable(f"The model has a volume of {shape.volume_mm3:.3f} mm³.")
    return shape


def _plausible(claims: Claims, verdict: Verdict, shape: ClosedReport, profile: Profile) -> None:
    """Refuse a result that is whole and safe, and still not what was asked for."""
    if claims.layers < 1 or verdict.bounds_mm is None:
        raise SlicerRefused("The slicer ended well, but its file has no layers.")
    if not claims.filament_mm or claims.print_time_s is None:
        raise SlicerRefused("The slicer ended well, but its file states no time or filament.")
    if claims.not_as_asked:
        raise ProfileInvalid(
            f"The slicer did not follow the profile {profile.name}: "
            f"{'; '.join(claims.not_as_asked[:5])}."
        )
    diameter_mm = float(dict(profile.settings)["filament_diameter"].split(",")[0])
    share = claims.filament_mm * math.pi / 4 * diameter_mm**2 / shape.volume_mm3
    if not FILLING[0] <= share <= FILLING[1]:
        raise SlicerRefused(
            f"The filament is {share:.2f} times the model's volume, which cannot be right."
        )


def _plausible_place(slicer: Slicer, verdict: Verdict, mesh: Mesh, profile: Profile) -> None:
    """Refuse a result that is printed elsewhere than the model stands."""
    assert verdict.bounds_mm is not None  # noqa: S101 -- seen before
    around_mm = AROUND_MM + slicer.reach_mm(dict(profile.settings))
    low, high = mesh.bounds_mm.astype(float)
    x0, y0, _, x1, y1, z1 = verdict.bounds_mm
    inside = (
        x0 >= low[0] - around_mm
        and y0 >= low[1] - around_mm
        and x1 <= high[0] + around_mm
        and y1 <= high[1] + around_mm
        and z1 <= high[2] + AROUND_MM
    )
    if not inside:
        raise SlicerRefused(
            f"The slicer printed at X {x0:.1f}..{x1:.1f}, Y {y0:.1f}..{y1:.1f}, up to Z {z1:.1f} "
            "mm, which is not where the model stands."
        )


def _report(
    job: _Slicing,
    run: Run,
    claims: Claims,
    verdict: Verdict,
    shape: ClosedReport,
    mesh: Mesh,
    took_s: float,
) -> SliceReport:
    low, high = mesh.bounds_mm.astype(float)
    width_mm, depth_mm, height_mm = (high - low).tolist()
    warnings = job.slicer.warnings(run.stdout, job.notes())
    if not shape.is_closed:
        warnings = ("The model is not closed; the slicer had to guess.", *warnings)
    return SliceReport(
        slicer=job.slicer.name,
        version=job.program.version,
        profile=job.profile.name,
        profile_hash=job.profile.hash,
        print_time_s=claims.print_time_s or 0.0,
        filament_mm=claims.filament_mm or 0.0,
        filament_g=claims.filament_g or 0.0,
        layers=claims.layers,
        triangles=len(mesh.faces),
        model_mm=(width_mm, depth_mm, height_mm),
        took_s=took_s,
        gcode=GCODE,
        size_bytes=verdict.size_bytes,
        sha256=verdict.sha256,
        verdict=verdict,
        warnings=warnings,
        container=CONTAINER if job.container else "",
        container_sha256=sha256_of(job.container) if job.container else "",
    )


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
