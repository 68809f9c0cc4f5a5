"""``printd profiles``: the profiles there are, whether they are sound, and new ones of yours."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

from printd.cli.output import say, show_json, show_text, table
from printd.cli.places import there
from printd.cli.session import configuration, place_of, profile_folders
from printd.core.config import Config
from printd.core.configfile import Loaded
from printd.core.errors import NoSuchFile, PrintdError, SlicerMissing
from printd.core.shipped import shipped
from printd.pipeline.profile_health import NEEDS_IMPORT, Health, Row, health, rows, tried
from printd.slicers.base import Program
from printd.slicers.find import find_slicer
from printd.slicers.imports import Choice, check_name, imported, without
from printd.slicers.imports import place as put
from printd.slicers.profiles import PRINTER_FILE, Profile, profile_names, read_file

AT_ONCE: Final = 2  # slicers, when profiles are tried


def profiles(args: argparse.Namespace) -> int:
    """List, check or import profiles."""
    loaded = configuration(args)
    if args.act == "check":
        return _check(loaded, args)
    if args.act == "import":
        return _import(loaded, args)
    return _list(loaded, as_json=args.json)


def _list(loaded: Loaded, *, as_json: bool) -> int:
    found = rows(profile_folders(loaded))
    if as_json:
        show_json([row.as_json() for row in found])
    else:
        heads = ("name", "", "slicer", "bed, height", "nozzle", "materials", "qualities", "hash")
        table([heads, *(_cells(row) for row in found)])
    return 0


def _cells(row: Row) -> tuple[str, ...]:
    """Return what a person is told of one profile."""
    words = row.as_json()
    bed = " x ".join(f"{side:g}" for side in words["bed_mm"] or ())
    nozzle = f"{words['nozzle_mm']:g}" if words["nozzle_mm"] else "-"
    return (
        row.name,
        "own" if row.is_own else "shipped",
        words["kind"] or "?",
        f"{bed} mm" if bed else "-",
        nozzle,
        ", ".join(words["materials"]) or "-",
        ", ".join(words["qualities"]) or "-",
        _state(row, words),
    )


def _state(row: Row, words: Mapping[str, Any]) -> str:
    """Return the hash of a profile that can be used, else what it lacks."""
    if row.trouble == NEEDS_IMPORT:
        return f"{NEEDS_IMPORT} of your own OrcaSlicer or Bambu Studio preset"
    if words["experiment"]:
        return f"{words['hash']}, an experiment"
    return words["hash"] or row.trouble


def _check(loaded: Loaded, args: argparse.Namespace) -> int:
    """Check profiles; 1 when one cannot be used."""
    place = place_of(loaded)
    names = args.names or [name for name, _ in profile_names(place.profile_folders)]

    def look(name: str) -> Health:
        return health(place, name, partial(_tried, loaded.config), asked=bool(args.names))

    with ThreadPoolExecutor(AT_ONCE) as pool:  # each is a cube that a slicer works on by itself
        found = list(pool.map(look, names))
    if args.json:
        show_json([asdict(each) for each in found])
    else:
        table(
            (each.verdict, each.name, each.fact, f"→ {each.remedy}" if each.remedy else "")
            for each in found
        )
    return 1 if any(each.verdict == "fail" for each in found) else 0


def _tried(config: Config, profile: Profile) -> str:
    """Try a profile on its slicer; return what came of it."""
    return tried(profile, _program(config, profile.kind))


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
    profile = put(new, folder)
    try:
        if unknown := _unknown(loaded.config, profile):
            shutil.rmtree(folder)
            new = without(new, unknown)
            profile = put(new, folder)
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
        show_text(f"{folder}: {fact}")
    return 0


def _unknown(config: Config, profile: Profile) -> list[str]:
    """Return the keys that PrusaSlicer would pass over."""
    from printd.slicers.trial import unknown_keys

    return unknown_keys(profile, _program(config, "prusa")) if profile.kind == "prusa" else []


def _known_facts(name: str) -> bytes | None:
    """Return ``printer.yaml`` of a shipped profile of that name: its limits are known."""
    file = shipped("profiles") / name / PRINTER_FILE
    return read_file(file) if file.is_file() else None
