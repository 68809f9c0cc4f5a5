"""One run of a slicer, in a private folder that nobody else knows."""

from __future__ import annotations

import errno
import math
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from printd.core.errors import RETRY, PrintCancelled, SlicerMemory, SlicerRefused, SlicerTimeout
from printd.core.files import JobFolders, disk_problem
from printd.gcode.packing import packed
from printd.gcode.plate_facts import WHITE, plate_facts
from printd.geometry.files.meshio import write_obj, write_stl
from printd.geometry.mesh.mesh import Mesh
from printd.slicers import KINDS
from printd.slicers.base import Examined, Program
from printd.slicers.profiles import Profile, written
from printd.slicers.run import Limits, Run, run_slicer

LEAST_BYTES: Final = 1024
NOTES_BYTES: Final = 64 * 1024
COLOUR: Final = re.compile(r"#([0-9A-Fa-f]{6})")  # as slicers write that of a filament
NO_MEMORY: Final = frozenset({errno.EAGAIN, errno.ENOMEM})  # of a fork; the disk is fine

Tell = Callable[[float, str], None]


class PrivateRun:
    """One run: the mesh and the settings are put there, the result is taken from there."""

    def __init__(self, profile: Profile, program: Program, folder: Path, log: Path) -> None:
        self.profile = profile
        self.program = program
        self.slicer = KINDS[program.kind]
        self.folder = folder
        self.log = log
        self.out = folder / self.slicer.out_name
        theirs = self.slicer.container(profile.machine, self.out)
        self._is_packed_here = profile.takes_container and theirs is None
        self.container = folder / JobFolders.CONTAINER if self._is_packed_here else theirs
        self._pictures: dict[str, Path] = {}

    @property
    def made(self) -> Mapping[str, Path]:
        """Return the files of the result, by their names in the job's folder; what prints last."""
        around = {JobFolders.CONTAINER: self.container} if self.container is not None else {}
        return {**self._pictures, **around, self.slicer.file_name: self.out}

    def run(self, mesh: Mesh, wall_s: float, tell: Tell, cancelled: Callable[[], bool]) -> Run:
        """Have the slicer work on a mesh that stands on the bed.

        Raises:
            SlicerTimeout, PrintCancelled, DiskFull, DiskFailed: it did not come to an end.
        """
        model = self.folder / self.slicer.model_name
        write = write_obj if model.suffix == ".obj" else write_stl
        write(model, mesh)
        settings = written(self.profile, self.folder)
        for name in self.slicer.folders:
            (self.folder / name).mkdir(mode=0o700)
        argv = self.slicer.command(self.program, model, settings, self.profile.machine, self.out)
        cpus = len(os.sched_getaffinity(0))
        try:
            run = run_slicer(
                argv,
                self.folder,
                Limits(wall_s, math.ceil(wall_s * cpus)),
                self.log,
                pipe=self.folder / self.slicer.pipe_name if self.slicer.pipe_name else None,
                on_line=self._listener(tell),
                cancelled=cancelled,
            )
        except OSError as error:
            if error.errno in NO_MEMORY:
                words = "The machine has no memory left to start the slicer."
                raise SlicerMemory(words, action="Close other programs, " + RETRY) from error
            raise disk_problem(error, self.log) from error
        if run.ended == "cancel":
            raise PrintCancelled("Slicing was cancelled.")
        if run.ended == "deadline":
            raise SlicerTimeout(f"The slicer did not end within {wall_s:.0f} s.")
        return run

    def _listener(self, tell: Tell) -> Callable[[str], None]:
        """Return what reads each line of the slicer's; the share that is told never falls."""
        best = 0.0

        def read(line: str) -> None:
            nonlocal best
            if found := self.slicer.progress(line):
                best = max(best, found[0])
                tell(best, found[1])

        return read

    def check_end(self, run: Run) -> None:
        """Explain a run that has left no result.

        Raises:
            SlicerRefused and whatever the slicer's end means.
        """
        notes = self.notes()
        if not self.slicer.is_success(run.exit_code, notes) or not self._made():
            private = f"{self.folder}/"  # means nothing to a person
            said = (text.replace(private, "") for text in (run.stdout, run.stderr, notes))
            raise self.slicer.explain(run.exit_code, *said)
        size = self.out.stat().st_size
        if size < LEAST_BYTES:
            raise SlicerRefused(f"The slicer ended well and left a file of {size} bytes.")

    def examined(self) -> Examined:
        """Read the result.

        Raises:
            SlicerRefused: it is not whole.
        """
        examined = self.slicer.examined(self.out, self.profile, self.program)
        if not examined.claims.is_whole:
            raise SlicerRefused("The slicer ended well and left half a file: its end is missing.")
        self._pictures = examined.pictures.put(self.folder)
        return examined

    def pack(self, examined: Examined) -> None:
        """Make the container that the machine takes, if the slicer makes none.

        Args:
            examined: the result, which may be printed.

        Raises:
            DiskFull, DiskFailed: it cannot be written.
        """
        if not self._is_packed_here or self.container is None or examined.contents is None:
            return
        colour = COLOUR.search(dict(self.profile.settings).get("filament_colour", ""))
        facts = plate_facts(
            examined.contents,
            self.profile.machine,
            colour=colour[1].upper() if colour else WHITE,
            picture=self._pictures.get(JobFolders.TOOLPATH),
        )
        packed(self.out, self.container, facts)

    def notes(self) -> str:
        """Return the file in which the slicer says how it ended; "" when there is none."""
        file = self.folder / self.slicer.notes_name
        if not self.slicer.notes_name or file.is_symlink() or not file.is_file():
            return ""
        with file.open("rb") as stream:
            return stream.read(NOTES_BYTES).decode("utf-8", "replace")

    def _made(self) -> bool:
        """Return whether the result is there; of the slicer's container, unpack its G-code."""
        if self.container is not None and not self._is_packed_here:
            if not _is_plain(self.container):
                return False
            self.slicer.unpack(self.container, self.out)
        return _is_plain(self.out)


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()
