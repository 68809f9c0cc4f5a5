"""What a slicer is to us: what to type, and how to read the answer.

Nothing here or in the adapters starts a program; ``run`` does that, for all of them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from printd.core.errors import PrintdError
from printd.core.machine import Machine
from printd.gcode.safety import Verdict
from printd.slicers.profiles import Profile


@dataclass(frozen=True, slots=True)
class SliceReport:
    """What came of slicing; plain values, so that it can cross processes and become JSON."""

    slicer: str
    version: str
    profile: str
    profile_hash: str
    print_time_s: float
    filament_mm: float
    filament_g: float
    layers: int
    triangles: int
    model_mm: tuple[float, float, float]
    took_s: float
    gcode: str  # name of the file, in the folder that was asked for
    size_bytes: int
    sha256: str
    verdict: Verdict
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the report for a JSON file or the facts of a job."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Claims:
    """What the slicer says of its result, and what the result was made with."""

    print_time_s: float | None
    filament_mm: float | None
    filament_g: float | None
    layers: int
    is_whole: bool  # its last line is the one it should be
    not_as_asked: tuple[str, ...]  # settings that became something else


@dataclass(frozen=True, slots=True)
class Program:
    """A slicer as it is on this machine; part of what a slice is cached by."""

    kind: str
    path: Path
    version: str


class Slicer(Protocol):
    """What to type for a slicer, and how to read its answer."""

    name: str
    programs: tuple[str, ...]  # its names on PATH
    model_name: str  # of the file it is given; the suffix says the format
    out_name: str  # of the file it makes

    def probe(self, program: Path) -> list[str]:
        """Return the arguments that make the program say its version."""

    def version_of(self, output: str) -> str:
        """Return the version that the probe's output names; "" when it names none."""

    def command(
        self, program: Program, model: Path, settings: Path, machine: Machine, out: Path
    ) -> list[str]:
        """Return the arguments; pure, so a test compares lists. All paths are absolute."""

    def progress(self, line: str) -> tuple[float, str] | None:
        """Return the share done (0..1) and the stage that a line of output tells, if any."""

    def warnings(self, output: str) -> tuple[str, ...]:
        """Return what a person should know of a run that went well."""

    def explain(self, exit_code: int, stdout: str, stderr: str) -> PrintdError:
        """Return the error that this end means.

        ``exit_code`` is negative for a signal; 0 stands for an end that looked well and left no
        usable file.
        """

    def claims(self, out: Path, profile: Profile, program: Program) -> Claims:
        """Return what the result says of itself."""
