"""OrcaSlicer and Bambu Studio: one command line, one table of return codes, two names.

Nothing here was measured: no build of either runs where printd is tested. What is typed and read
follows their sources and issue threads; ``tests/integration/test_orca_slicer.py`` names what only
the real program can prove.
Source: OrcaSlicer 2.3 (``src/OrcaSlicer.cpp``), Bambu Studio 2.x (``src/BambuStudio.cpp``).
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from printd.core.errors import (
    DiskFull,
    PrintdError,
    SlicerCrashed,
    SlicerMemory,
    SlicerRefused,
    SlicerTimeout,
)
from printd.core.files import JobFolders
from printd.core.machine import Machine
from printd.gcode.experimental import MAKER
from printd.gcode.pictures import lint_read_and_draw
from printd.gcode.safety import Level
from printd.slicers.base import Claims, Examined, Program, in_list, plastic_mm3
from printd.slicers.orca_codes import CODES, code_of
from printd.slicers.orca_json import FILES, differences
from printd.slicers.orca_result import notes_of, told_by, unpack_plate
from printd.slicers.packing import started
from printd.slicers.profiles import Profile

OUT_FOLDER: Final = "out"
CONFIG_FOLDER: Final = "config"
PIPE: Final = "progress.pipe"
NOTES: Final = "result.json"
SHOWN: Final = 300  # characters of the slicer's own words
SUPPORT_MM: Final = 10.0  # how far supports and rafts may stand out
AUTO_BRIM_MM: Final = 18.0  # the widest brim that it chooses by itself; Source: its Brim.cpp

_VERSION: Final = re.compile(r"^(OrcaSlicer|BambuStudio)-(\d+(?:\.\d+)+)", re.MULTILINE)
_LOG: Final = re.compile(r"\[[^\]]*\] \[0x[0-9a-f]+\] \[(\w+)\]\s*").match
# Said on every run without a screen, and at the end of every run that failed.
_NOISE: Final = re.compile(
    r"unable to open display|found error, return|Gtk-WARNING|^Errors$"
).search
NO_MEMORY: Final = ("std::bad_alloc", "Cannot allocate memory")
DISK_FULL: Final = ("No space left on device",)


class OrcaSlicer:
    """What to type, and how to read the answer."""

    name = "orca"
    programs: tuple[str, ...] = (
        "orca-slicer",
        "OrcaSlicer",
        "bambu-studio",
        "BambuStudio",
        "/var/lib/flatpak/exports/bin/com.orcaslicer.OrcaSlicer",
        "/var/lib/flatpak/exports/bin/io.github.softfever.OrcaSlicer",
        "/var/lib/flatpak/exports/bin/com.bambulab.BambuStudio",
    )
    how_to_get = "Download the AppImage of OrcaSlicer, allow it to run, and name it in `slicers:`"
    draws = True
    model_name = "in.stl"
    out_name = f"{OUT_FOLDER}/plate_1.gcode"
    file_name = JobFolders.GCODE
    folders: tuple[str, ...] = (OUT_FOLDER, CONFIG_FOLDER)
    pipe_name = PIPE
    notes_name = f"{OUT_FOLDER}/{NOTES}"

    def probe(self, start: list[str]) -> list[str]:
        """Return the help command, whose first words are the version."""
        return [*start, "--help"]

    def version_of(self, output: str) -> str:
        """Return such as ``2.3.2``; of Bambu Studio ``BambuStudio 02.07.01.57``."""
        match = _VERSION.search(output)
        if match is None:
            return ""
        return match[2] if match[1] == "OrcaSlicer" else f"{match[1]} {match[2]}"

    def command(
        self, program: Program, model: Path, settings: Path, machine: Machine, out: Path
    ) -> list[str]:
        """Return the arguments.

        The mesh stands where it is printed, so nothing is arranged, turned or dropped: each of
        these has moved models off the bed in some release.
        """
        folder = settings
        machine_file, process_file, filament_file = (in_list(folder / name) for name in FILES)
        container = self.container(machine, out)
        screen = program.screen if container else ()  # it draws the pictures in the container
        export = ["--export-3mf", container.name, "--min-save"] if container else []
        return [
            *screen,
            *started(program.path, program.packing, folder),
            "--datadir",
            str(folder / CONFIG_FOLDER),
            "--load-settings",
            f"{machine_file};{process_file}",
            "--load-filaments",
            filament_file,
            "--arrange",
            "0",
            "--orient",
            "0",
            "--slice",
            "0",
            "--pipe",
            str(folder / PIPE),
            "--outputdir",
            str(out.parent),
            *export,
            str(model),
        ]

    def progress(self, line: str) -> tuple[float, str] | None:
        """Read ``{"total_percent": 41, "message": "…"}``; a line that was cut has no end."""
        try:
            told: Any = json.loads(line[max(0, line.rfind("{")) :])
            return min(1.0, max(0.0, told["total_percent"] / 100)), str(told["message"])[:SHOWN]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    def is_success(self, exit_code: int, notes: str) -> bool:
        """Return whether exit code and ``result.json`` both say so."""
        return exit_code == 0 and notes_of(notes).return_code in (0, None)

    def container(self, machine: Machine, out: Path) -> Path | None:
        """Return where the ``.gcode.3mf`` lies that Bambu's machines take."""
        if not machine.model.startswith(MAKER):
            return None
        return out.with_name(f"{out.name}.3mf")

    def unpack(self, container: Path, out: Path) -> None:
        """Take the G-code from the container: what is judged is what the printer runs."""
        unpack_plate(container, out)

    def warnings(self, output: str, notes: str) -> tuple[str, ...]:  # noqa: ARG002 -- in the notes
        """Return the warnings of ``result.json``."""
        return tuple(warning[:SHOWN] for warning in notes_of(notes).warnings)

    def explain(self, exit_code: int, stdout: str, stderr: str, notes: str = "") -> PrintdError:
        """Return what a failure means, with the slicer's own last words."""
        told = notes_of(notes)
        words = last_words(stdout, stderr, told.sentence)
        said = stdout + stderr + notes
        if any(text in said for text in DISK_FULL):
            return DiskFull(f"The slicer found the disk full: {words}")
        code = told.return_code or code_of(exit_code)
        if code is not None and exit_code >= 0:
            return _meant(code, words)
        if any(text in said for text in NO_MEMORY):
            return SlicerMemory(f"The slicer ran out of memory: {words}")
        number = exit_code - 128 if exit_code > 128 else -exit_code  # 128 + n: said by a shell
        if number > 0:
            return _killed(number, words)
        if exit_code == 0:
            return SlicerRefused(f"The slicer ended without a usable file: {words}")
        return SlicerRefused(f"The slicer refused ({exit_code}): {words}")

    def examined(self, out: Path, profile: Profile, program: Program) -> Examined:
        """Judge the result; read its statistics and its settings block."""
        verdict, contents, pictures = lint_read_and_draw(out, profile.machine, Level.OWN)
        told = told_by(out)
        settings = dict(profile.settings)
        claims = Claims(
            print_time_s=contents.time_s,
            filament_mm=contents.filament_mm,
            filament_g=contents.filament_g,
            cost=contents.cost,
            volume_mm3=plastic_mm3(contents.filament_mm, settings["filament_diameter"]),
            layers=told.statistics.layers_said or contents.layers,
            is_whole=told.is_whole,
            not_as_asked=tuple(differences(settings, told.settings, program.version)),
        )
        return Examined(verdict, claims, pictures, contents)

    def reach_mm(self, settings: Mapping[str, str]) -> float:
        """Return how far brim, skirt, raft or supports reach around the model."""
        brim = settings.get("brim_type", "no_brim")
        reach = 0.0 if brim == "no_brim" else float(settings.get("brim_width", "0"))
        if brim == "auto_brim":
            reach = max(reach, AUTO_BRIM_MM)
        if settings.get("skirt_loops", "0") != "0":
            reach += float(settings["skirt_distance"]) + float(settings["skirt_loops"])
        if settings.get("enable_support") == "1" or settings.get("raft_layers", "0") != "0":
            reach += SUPPORT_MM
        return reach


def _meant(code: int, words: str) -> PrintdError:
    meaning = CODES.get(code)
    if meaning is None:
        return SlicerRefused(f"The slicer refused ({code}): {words}")
    problem = f"The slicer says that {meaning.fact} ({code}): {words}"
    return meaning.error(problem, action=meaning.action)


def _killed(number: int, words: str) -> PrintdError:
    if number == signal.SIGKILL:
        return SlicerMemory(f"The slicer was ended, as when memory is short: {words}")
    if number == signal.SIGXCPU:
        return SlicerTimeout("The slicer used up the processor time that it may have.")
    if number == signal.SIGXFSZ:
        return SlicerRefused("The slicer wrote a file larger than it may.")
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return SlicerCrashed(f"The slicer died by {name}: {words}")


def last_words(stdout: str, stderr: str, sentence: str) -> str:
    """Return what tells most of a failure.

    The last line of stderr, else the last error in the log on stdout, else the sentence of
    ``result.json``, which is the same for every failure of a kind, else the last line.
    """
    lines = [bare for line in stderr.splitlines() if (bare := _bare(line))]
    logged = [
        bare
        for line in stdout.splitlines()
        if (mark := _LOG(line)) and mark[1] in ("error", "fatal") and (bare := _bare(line))
    ]
    other = [bare for line in stdout.splitlines() if not _LOG(line) and (bare := _bare(line))]
    told = lines[-1:] or logged[-1:] or [sentence] * bool(sentence) or other[-1:]
    return told[0][:SHOWN] if told else "it said nothing."


def _bare(line: str) -> str:
    mark = _LOG(line)
    bare = (line[mark.end() :] if mark else line).strip()
    return "" if _NOISE(bare) else bare
