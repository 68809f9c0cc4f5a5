"""The files of a sliced job that a printer can be given, and the verdict on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from printd.core.errors import DiskError
from printd.core.filaments import Filament
from printd.core.jobs import Job
from printd.core.machine import Machine
from printd.core.matching import wanted_of
from printd.core.shop import file_ending, made_files, needs_of
from printd.gcode.safety import LINTER_VERSION, Verdict
from printd.pipeline.at_printer import own_offer, printer_of
from printd.pipeline.slicing import prepared_for
from printd.pipeline.tools import Tools
from printd.printers.base import Printer, PrintFile


@dataclass(frozen=True, slots=True)
class Made:
    """A file of a job that a printer can be given."""

    name: str  # in the job's folder
    sha256: str
    bytes: int
    verdict: Mapping[str, Any]

    @property
    def ending(self) -> str:
        """How it ends: ``.gcode.3mf`` of ``print.gcode.3mf``."""
        return file_ending(self.name)


def made_for(job: Job, printer: Printer) -> Made:
    """Return the file that a printer is given."""
    made = [*_all_made(job)]
    return next((one for one in made if one.ending in printer.accepts), made[0])


def _all_made(job: Job) -> Iterator[Made]:
    """Return the job's file, and the container around it if there is one."""
    gcode = job.facts["gcode"]
    for name, facts in zip(made_files(job), (gcode, gcode.get("packed")), strict=False):
        yield Made(name, facts["sha256"], facts["bytes"], facts["verdict"])


def is_judged_safe(made: Made, machine: Machine) -> bool:
    """Return whether today's rules and limits are those that the file passed."""
    if made.verdict.get("linter_version") != LINTER_VERSION:
        return False  # the verdict of another printd may have another form
    return Verdict.from_dict(made.verdict).holds_for(made.sha256, machine)


def print_file(job: Job, tools: Tools) -> PrintFile:
    """Return what the job's printer is sent, with the verdict on it.

    Raises:
        DiskError: it is gone.
        GoBack: as ``printer_of``.
    """
    printer, _ = printer_of(job, tools)
    made = made_for(job, printer)
    path = tools.folders.of(job.id) / made.name
    if not path.is_file():
        raise DiskError(f"The sliced file of #{job.number} is gone.")
    return PrintFile(
        path=path,
        sha256=made.sha256,
        bytes=made.bytes,
        verdict_ok=is_judged_safe(made, _machine(job, tools)),
        judged_sha256=made.verdict["sha256"],
        filaments=_wanted(job, tools),
    )


def _wanted(job: Job, tools: Tools) -> Mapping[int, Filament] | None:
    """Return what the print is to be made of, in the words that matching has used."""
    offer = own_offer(job, tools)
    return wanted_of(needs_of(job), offer) if offer is not None else None


def _machine(job: Job, tools: Tools) -> Machine:
    """Return what the printer that the job is assigned to may be told."""
    printer, _ = printer_of(job, tools)
    return prepared_for(job, tools.profiles[printer.name]).machine
