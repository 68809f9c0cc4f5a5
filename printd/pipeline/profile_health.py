"""Which profiles there are, and whether each can be used: complete, known to its slicer, safe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from printd.core.errors import PrintdError, SlicerMissing
from printd.core.shipped import shipped
from printd.gcode.experimental import experiment_of
from printd.pipeline.place import Place
from printd.slicers.base import Program
from printd.slicers.facts import PrinterFacts, read_facts
from printd.slicers.profiles import (
    PRINTER_FILE,
    Profile,
    ProfileWaits,
    load_profile,
    needs_import,
    profile_names,
    read_file,
)

NEEDS_IMPORT: Final = "needs import"


@dataclass(frozen=True, slots=True)
class Row:
    """One profile of the list."""

    name: str
    facts: PrinterFacts | None
    profile: Profile | None
    is_own: bool
    trouble: str

    def as_json(self) -> dict[str, Any]:
        """Return what a program is told."""
        facts, profile = self.facts, self.profile
        nozzle_mm = getattr(facts, "nozzle_mm", None)
        return {
            "name": self.name,
            "own": self.is_own,
            "kind": facts.kind if facts else None,
            "bed_mm": [*facts.bed_mm, facts.height_mm] if facts else None,
            "nozzle_mm": nozzle_mm,
            "materials": [each.name for each in profile.materials] if profile else [],
            "qualities": [each.name for each in profile.qualities] if profile else [],
            "hash": profile.hash if profile else None,
            "experiment": experiment(profile) if profile else None,
            "trouble": self.trouble or None,
        }


def experiment(profile: Profile) -> str | None:
    """Return why prints with a profile wait for a person; None: they do not."""
    return experiment_of(profile.kind, profile.machine)


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a profile, or that of a printer, can be used."""

    verdict: Literal["ok", "warn", "fail"]
    name: str
    fact: str
    remedy: str = ""


def rows(folders: Sequence[Path]) -> list[Row]:
    """Return all profiles of these folders; own ones hide shipped ones of the same name."""
    return [_row(name, folder) for name, folder in profile_names(folders)]


def _row(name: str, folder: Path) -> Row:
    is_own = folder.parent != shipped("profiles").resolve()
    facts = None
    try:
        facts = read_facts(read_file(folder / PRINTER_FILE), f"{name}/{PRINTER_FILE}")
        if needs_import(folder, facts.kind):
            return Row(name, facts, None, is_own, NEEDS_IMPORT)
        return Row(name, facts, load_profile(folder), is_own, "")
    except PrintdError as error:
        return Row(name, facts, None, is_own, error.problem)


def health(
    place: Place, name: str, try_out: Callable[[Profile], str], *, asked: bool = True
) -> Health:
    """Look whether a profile can be used.

    Args:
        place: of the configuration.
        name: of a profile, or of a printer: then its profile with what it has loaded.
        try_out: tries it on its slicer; returns what came of it, see ``tried``.
        asked: somebody wants to know of this one; else one that waits for an import only warns.
    """
    try:
        return Health("ok", name, try_out(place.profile_for(name)))
    except ProfileWaits as error:
        return Health("fail" if asked else "warn", name, error.problem, error.advice)
    except SlicerMissing as error:
        fact = f"every key is named; not tried out: {error.problem}"
        return Health("warn", name, fact, error.advice)
    except PrintdError as error:
        return Health("fail", name, error.problem, error.advice)


def tried(profile: Profile, program: Program) -> str:
    """Try a profile on its slicer; return what came of it.

    Raises:
        ProfileInvalid, SlicerRefused, GcodeRefused: see ``slicers.trial.try_out``.
    """
    from printd.slicers.trial import try_out  # needs numpy, which the daemon never loads

    try_out(profile, program)
    fact = f"{profile.hash}: known to {program.kind} {program.version}, a cube is sliced and safe"
    waits = "; an experiment: each print waits for `printd release`"
    return fact + (waits if experiment(profile) else "")
