"""PrusaSlicer, 2.5 (Debian 12) to 2.9 (Debian 13): its command line and its words.

The two differ in options, in what they check, and in whether a failure shows in the exit code
at all; every difference that is known stands here.
Source: measured on the Debian builds 2.5.0 and 2.9.2 without a display.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from printd.core.errors import PrintdError, SlicerRefused
from printd.core.files import JobFolders
from printd.core.machine import Machine
from printd.gcode.pictures import lint_read_and_draw
from printd.gcode.safety import Level
from printd.slicers.base import Claims, Examined, Program, in_list, plastic_mm3
from printd.slicers.profiles import Profile
from printd.slicers.prusa_ini import Version, differences, settings_in
from printd.slicers.prusa_words import SHOWN, is_progress, meaning

STDBUF = "/usr/bin/stdbuf"  # of coreutils, which no Debian lacks
STREAMS_OUTPUT: Version = (2, 9)
LAST_LINE = b"; prusaslicer_config = end"

_VERSION = re.compile(r"^PrusaSlicer-(\d+\.\d+\.\d+)", re.MULTILINE)
_WARNING = "print warning:"


class PrusaSlicer:
    """What to type, and how to read the answer."""

    name = "prusa"
    programs: tuple[str, ...] = ("prusa-slicer", "PrusaSlicer")
    how_to_get = "Install it (Debian: `apt install prusa-slicer`) or name it in `slicers:`"
    draws = False
    model_name = "in.obj"  # read several times as fast as STL from 500 k triangles on
    out_name = "out.gcode"
    file_name = JobFolders.GCODE
    action = "--export-gcode"
    folders: tuple[str, ...] = ()
    pipe_name = ""
    notes_name = ""

    def probe(self, start: list[str]) -> list[str]:
        """Return the help command: there is no option for the version."""
        return [*start, "--help"]

    def version_of(self, output: str) -> str:
        """Return such as ``2.5.0``."""
        match = _VERSION.search(output)
        return match[1] if match else ""

    def command(
        self, program: Program, model: Path, settings: Path, machine: Machine, out: Path
    ) -> list[str]:
        """Return the arguments.

        ``--center`` with ``--dont-arrange`` is the one placement that both versions agree on.
        Values that may be empty stand in the settings: here they would eat the next argument.
        """
        arguments = [
            str(program.path),
            "--load",
            in_list(settings),
            "--config-compatibility",
            "disable",
            "--center",
            f"{machine.bed_w_mm / 2:g},{machine.bed_d_mm / 2:g}",
            "--dont-arrange",
            self.action,
            "--output",
            str(out),
            str(model),
        ]
        if short_version(program.version) < STREAMS_OUTPUT:
            # Through a pipe, 2.5 keeps its lines until the end.
            return [STDBUF, "-oL", *arguments]
        return arguments

    def progress(self, line: str) -> tuple[float, str] | None:
        """Read ``NN => Stage``."""
        match = is_progress(line)
        if match is None:
            return None
        stage = match[2].split(" to /")[0].strip()  # not where the file lies
        return min(1.0, int(match[1]) / 100), stage

    def is_success(self, exit_code: int, notes: str) -> bool:  # noqa: ARG002 -- writes no notes
        """Return whether it ended with 0, which 2.9 does after many a failure, too."""
        return exit_code == 0

    def container(self, machine: Machine, out: Path) -> Path | None:  # noqa: ARG002 -- see below
        """Return None: it makes bare G-code only; what goes around that is ours."""
        return None

    def unpack(self, container: Path, out: Path) -> None:
        """Refuse: there is nothing to unpack."""
        raise SlicerRefused(f"PrusaSlicer makes no {container.name}, so no {out.name} is in it.")

    def warnings(self, output: str, notes: str = "") -> tuple[str, ...]:  # noqa: ARG002 -- none
        """Return the sentences after ``print warning:``."""
        lines = output.splitlines()
        return tuple(
            line.partition(_WARNING)[2].strip()[:SHOWN] for line in lines if _WARNING in line
        )

    def explain(
        self,
        exit_code: int,
        stdout: str,
        stderr: str,
        notes: str = "",  # noqa: ARG002 -- it writes none
    ) -> PrintdError:
        """Return what a failure means, with the slicer's own last words."""
        return meaning(exit_code, stdout, stderr)

    def examined(self, out: Path, profile: Profile, program: Program) -> Examined:
        """Judge the result; read its statistics and its settings block."""
        verdict, contents, pictures = lint_read_and_draw(out, profile.machine, Level.OWN)
        settings = dict(profile.settings)
        version = short_version(program.version)
        claims = Claims(
            print_time_s=contents.time_s,
            filament_mm=contents.filament_mm,
            filament_g=contents.filament_g,
            cost=contents.cost,
            volume_mm3=plastic_mm3(contents.filament_mm, settings["filament_diameter"]),
            layers=contents.layers,
            is_whole=_last_line(out) == LAST_LINE,
            not_as_asked=tuple(differences(settings, settings_in(out), version)),
        )
        return Examined(verdict, claims, pictures, contents)

    def reach_mm(self, settings: Mapping[str, str]) -> float:
        """Return how far a profile's brim, skirt, raft or supports reach around the model."""
        reach = float(settings.get("brim_width", "0"))
        if settings.get("skirts", "0") != "0":
            reach += float(settings.get("skirt_distance", "6")) + float(settings["skirts"])
        if settings.get("support_material") == "1" or settings.get("raft_layers", "0") != "0":
            reach += 10.0
        return reach


def short_version(version: str) -> Version:
    """Return (major, minor); (0, 0) for what is no version."""
    parts = version.split(".")
    if len(parts) < 2 or not (parts[0].isdecimal() and parts[1].isdecimal()):
        return (0, 0)
    return int(parts[0]), int(parts[1])


def _last_line(out: Path) -> bytes:
    with out.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 2 * len(LAST_LINE)))
        return stream.read().rstrip().rpartition(b"\n")[2]
