"""``printd profiles``: the profiles there are, whether they are sound, and new ones of yours."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from printd.cli.output import advice, say, show_json, table
from printd.cli.places import there
from printd.cli.session import configuration, profile_folders, profile_for
from printd.core.config import Config
from printd.core.configfile import Loaded
from printd.core.errors import NoSuchFile, PrintdError, SlicerMissing
from printd.core.shipped import shipped
from printd.gcode.experimental import experiment_of
from printd.slicers.base import Program
from printd.slicers.facts import PrinterFacts, read_facts
from printd.slicers.find import find_slicer
from printd.slicers.imports import Choice, check_name, imported, place, without
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
AT_ONCE: Final = 2  # slicers, when profiles are tried


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
            "experiment": _experiment(profile) if profile else None,
            "trouble": self.trouble or None,
        }

    def as_cells(self) -> tuple[str, ...]:
        """Return what a person is told."""
        words = self.as_json()
        bed = " x ".join(f"{side:g}" for side in words["bed_mm"] or ())
        nozzle = f"{words['nozzle_mm']:g}" if words["nozzle_mm"] else "-"
        return (
            self.name,
            "own" if self.is_own else "shipped",
            words["kind"] or "?",
            f"{bed} mm" if bed else "-",
            nozzle,
            ", ".join(words["materials"]) or "-",
            ", ".join(words["qualities"]) or "-",
            self._state(words),
        )

    def _state(self, words: Mapping[str, Any]) -> str:
        """Return the hash of a profile that can be used, else what it lacks."""
        if self.trouble == NEEDS_IMPORT:
            return f"{NEEDS_IMPORT} of your own OrcaSlicer or Bambu Studio preset"
        if words["experiment"]:
            return f"{words['hash']}, an experiment"
        return words["hash"] or self.trouble


def _experiment(profile: Profile) -> str | None:
    """Return why prints with a profile wait for a person; None: they do not."""
    return experiment_of(profile.kind, profile.machine)


def profiles(args: argparse.Namespace) -> int:
    """List, check or import profiles."""
    loaded = configuration(args)
    if args.act == "check":
        return _check(loaded, args)
    if args.act == "import":
        return _import(loaded, args)
    return _list(loaded, as_json=args.json)


def _list(loaded: Loaded, *, as_json: bool) -> int:
    rows = [_row(name, folder) for name, folder in profile_names(profile_folders(loaded))]
    if as_json:
        show_json([row.as_json() for row in rows])
    else:
        heads = ("name", "", "slicer", "bed, height", "nozzle", "materials", "qualities", "hash")
        table([heads, *(row.as_cells() for row in rows)])
    return 0


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


def _check(loaded: Loaded, args: argparse.Namespace) -> int:
    """Check profiles; 1 when one cannot be used."""
    folders = profile_folders(loaded)
    names = args.names or [name for name, _ in profile_names(folders)]
    finding = partial(_finding, loaded, asked=bool(args.names))
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each is a cube that a slicer works on by itself
        findings = list(pool.map(finding, names))
    if args.json:
        show_json(
            [
                dict(zip(("verdict", "name", "fact", "remedy"), each, strict=True))
                for each in findings
            ]
        )
    else:
        table((*each[:3], f"→ {each[3]}" if each[3] else "") for each in findings)
    return 1 if any(verdict == "fail" for verdict, *_ in findings) else 0


def _finding(loaded: Loaded, name: str, *, asked: bool) -> tuple[str, str, str, str]:
    """Return verdict, name, fact and remedy of a profile, or of a printer's."""
    try:
        profile = profile_for(loaded, name)
        return ("ok", name, _tried(loaded.config, profile), "")
    except ProfileWaits as error:
        return ("fail" if asked else "warn", name, error.problem, advice(error))
    except SlicerMissing as error:
        fact = f"every key is named; not tried out: {error.problem}"
        return ("warn", name, fact, advice(error))
    except PrintdError as error:
        return ("fail", name, error.problem, advice(error))


def _tried(config: Config, profile: Profile) -> str:
    """Try a profile on its slicer; return what came of it."""
    from printd.slicers.trial import try_out

    program = _program(config, profile.kind)
    try_out(profile, program)
    fact = f"{profile.hash}: known to {program.kind} {program.version}, a cube is sliced and safe"
    waits = "; an experiment: each print waits for `printd release`"
    return fact + (waits if _experiment(profile) else "")


def _program(config: Config, kind: str) -> Program:
    return find_slicer(kind, config.slicer(kind).program)


def _import(loaded: Loaded, args: argparse.Namespace) -> int:
    """Make a profile of a file, beside the configuration."""
    if loaded.path is None:
        raise NoSuchFile(
            "There is no configuration file beside which the profile could be put.",
            action="Write one (`printd config example > config.yaml`), then repeat.",
        )
    check_name(args.name)
    folder = loaded.path.resolve().parent / "profiles" / args.name
    choice = Choice(args.printer, args.print, args.filament)
    facts = read_file(there(args.facts)) if args.facts else _known_facts(args.name)
    new = imported(Path(args.file), choice, facts).allowing(args.allow)
    profile = place(new, folder)
    try:
        if unknown := _unknown(loaded.config, profile):
            shutil.rmtree(folder)
            new = without(new, unknown)
            profile = place(new, folder)
        fact = _tried(loaded.config, profile)
    except SlicerMissing as error:
        fact = f"not tried out: {error.problem}"
    except PrintdError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        for note in new.notes:
            say(f"note: {note}")
    if args.json:
        show_json(
            {
                "name": profile.name,
                "folder": str(folder),
                "hash": profile.hash,
                "notes": list(new.notes),
            }
        )
    else:
        print(f"{folder}: {fact}")
    return 0


def _unknown(config: Config, profile: Profile) -> list[str]:
    """Return the keys that PrusaSlicer would pass over."""
    from printd.slicers.trial import unknown_keys

    return unknown_keys(profile, _program(config, "prusa")) if profile.kind == "prusa" else []


def _known_facts(name: str) -> bytes | None:
    """Return ``printer.yaml`` of a shipped profile of that name: its limits are known."""
    file = shipped("profiles") / name / PRINTER_FILE
    return read_file(file) if file.is_file() else None
