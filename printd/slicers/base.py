"""What a slicer is to us: what to type, and how to read the answer.

Nothing here or in the adapters starts a program; ``run`` does that, for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from printd.core.errors import PrintdError
from printd.core.machine import Machine
from printd.gcode.contents import Contents
from printd.gcode.pictures import Pictures
from printd.gcode.safety import Verdict
from printd.slicers.profiles import Profile


@dataclass(frozen=True, slots=True)
class SliceReport:
    """What came of slicing; plain values, so that it can cross processes and become JSON."""

    slicer: str
    version: str
    profile: str
    profile_hash: str
    material: str
    quality: str
    asked: Mapping[str, Any]  # what the recipe laid over the profile
    print_time_s: float
    filament_mm: float
    filament_g: float
    cost: float  # of the filament, as the profile has its price; 0: it has none
    layers: int
    triangles: int
    model_mm: tuple[float, float, float]
    took_s: float
    file: str  # its name, in the folder that was asked for
    size_bytes: int
    sha256: str
    verdict: Verdict
    files: Mapping[str, str]  # everything that it left: name, SHA-256
    warnings: tuple[str, ...] = ()
    resin_ml: float = 0.0  # of a print without filament; its grams stand in ``filament_g``
    container: str = ""  # of printers that take one: the file that holds this very G-code

    def as_dict(self) -> dict[str, Any]:
        """Return the report for a JSON file or the facts of a job."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Claims:
    """What the slicer says of its result, and what the result was made with."""

    print_time_s: float | None
    filament_mm: float | None
    filament_g: float | None
    cost: float | None
    volume_mm3: float | None  # of all that is printed
    layers: int
    is_whole: bool  # its last line is the one it should be
    not_as_asked: tuple[str, ...]  # settings that became something else
    resin_ml: float = 0.0  # of a print without filament


@dataclass(frozen=True, slots=True)
class Examined:
    """A result that was read once: may it be printed, and what does it say of itself."""

    verdict: Verdict
    claims: Claims
    pictures: Pictures
    contents: Contents | None = None  # None: it is no G-code


def plastic_mm3(filament_mm: float | None, diameters_mm: str) -> float | None:
    """Return the volume of a length of filament; of several extruders the first one's counts."""
    if filament_mm is None:
        return None
    return filament_mm * math.pi / 4 * float(diameters_mm.split(",")[0]) ** 2


Packing = Literal["plain", "appimage", "flatpak"]


@dataclass(frozen=True, slots=True)
class Program:
    """A slicer as it is on this machine; part of what a slice is cached by."""

    kind: str
    path: Path
    version: str
    packing: Packing = "plain"
    screen: tuple[str, ...] = ()  # what to type before it for a virtual display; () : there is none


def in_list(file: Path) -> str:
    """Return how a file of the run is named in a list that semicolons divide.

    Slicers have no way to write one that is part of a name; the run's folder is where they start.
    """
    return file.name if ";" in str(file) else str(file)


class Slicer(Protocol):
    """What to type for a slicer, and how to read its answer."""

    name: str
    programs: tuple[str, ...]  # its names on PATH, or where it lies
    how_to_get: str  # for a person whose machine lacks it
    draws: bool  # it needs a display for a part of its work
    model_name: str  # of the file it is given; the suffix says the format
    out_name: str  # of the file it makes, in the folder of the run
    file_name: str  # of the same in the job's folder
    folders: tuple[str, ...]  # that it needs there, empty
    pipe_name: str  # of the pipe that it tells its progress through; "": it prints it
    notes_name: str  # of the file in which it says how it ended; "": it writes none

    def probe(self, start: list[str]) -> list[str]:
        """Return the arguments that make the program say its version.

        Args:
            start: what is typed for the program itself, as ``packing.started`` returns it.
        """

    def version_of(self, output: str) -> str:
        """Return the version that the probe's output names; "" when it names none."""

    def command(
        self, program: Program, model: Path, settings: Path, machine: Machine, out: Path
    ) -> list[str]:
        """Return the arguments; pure, so a test compares lists. All paths are absolute.

        Args:
            program: as found.
            model: the mesh, placed on the bed.
            settings: the file of settings, or the folder with them where a slicer has several.
            machine: what it is sliced for.
            out: where the G-code is looked for afterwards.
        """

    def progress(self, line: str) -> tuple[float, str] | None:
        """Return the share done (0..1) and the stage that a line of output tells, if any."""

    def is_success(self, exit_code: int, notes: str) -> bool:
        """Return whether the program itself says that all went well."""

    def container(self, machine: Machine, out: Path) -> Path | None:
        """Return where the slicer puts the container of G-code that this machine takes, if any.

        None also where it makes bare G-code only; then a container is made around that.
        """

    def unpack(self, container: Path, out: Path) -> None:
        """Put the G-code that the container holds where ``out`` says.

        Raises:
            SlicerRefused: the container is not whole, or holds something else.
        """

    def warnings(self, output: str, notes: str) -> tuple[str, ...]:
        """Return what a person should know of a run that went well."""

    def explain(self, exit_code: int, stdout: str, stderr: str, notes: str = "") -> PrintdError:
        """Return the error that this end means.

        ``exit_code`` is negative for a signal; 0 stands for an end that looked well and left no
        usable file.
        """

    def examined(self, out: Path, profile: Profile, program: Program) -> Examined:
        """Read the result once: judge it for the machine, and return what it says of itself."""

    def reach_mm(self, settings: Mapping[str, str]) -> float:
        """Return how far these settings print around a model: brim, skirt, raft, supports."""
