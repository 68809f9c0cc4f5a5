"""``printd slice`` and ``lint``: one step by hand, without the daemon."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from printd.cli.output import Progress, amounts, note_words, say, show_json, show_text, shown
from printd.cli.parsing import UsageError
from printd.cli.places import (
    check_apart,
    folder_beside,
    pictures_placed,
    placed,
    put_into_place,
    there,
)
from printd.cli.session import configuration, profile_for
from printd.cli.setting_flags import PRINT_FLAGS, setting_values
from printd.core.compute import Compute, Limits
from printd.core.files import JobFolders
from printd.core.print_settings import PrintSettings
from printd.gcode.safety import Level, Verdict
from printd.pipeline import tasks
from printd.pipeline.slicing import slice_limits
from printd.pipeline.tools import Programs
from printd.slicers import KINDS
from printd.slicers.profiles import Profile, composed
from printd.slicers.recipe_keys import with_recipe

LINT = Limits(memory_bytes=2 << 30, wall_s=600.0)


def slice_(args: argparse.Namespace) -> int:
    """Slice a model for a printer and judge the result."""
    model, out = there(args.model), placed(args.output)
    pictures = _pictures(args)
    check_apart({"--output": out, **pictures}, [model])
    asked = PrintSettings.of(setting_values(args, PRINT_FLAGS))
    loaded = configuration(args)
    profile = composed(profile_for(loaded, args.printer), args.material, asked.quality)
    profile = with_recipe(profile, asked)
    file = _wanted(profile, out)
    with folder_beside(out) as folder, Compute(workers=1) as compute:
        programs = Programs(loaded.config.slicer, compute)
        timeout_s = programs.timeout_s(profile.kind)
        progress_file = folder / JobFolders.PROGRESS
        future = compute.submit(
            tasks.slice_model,
            model,
            profile,
            asked,
            folder,
            program=programs.of(profile.kind),
            timeout_s=timeout_s,
            progress_file=progress_file,
            limits=slice_limits(timeout_s),
        )
        report = shown(future, progress_file, Progress("slicing"))
        put_into_place(folder / file, out)
        _put_pictures(folder, pictures)
    if args.json:
        show_json({**report, "file": str(out)})
        return 0
    show_text(
        f"{out}: {amounts(report)}, safe for {profile.name} with "
        f"{report['material']}, {report['quality']} ({report['slicer']} {report['version']})"
    )
    for warning in report["warnings"]:
        say(f"note: {note_words(warning)}")
    return 0


def _pictures(args: argparse.Namespace) -> dict[str, Path]:
    """Return where pictures are to go, by their flags."""
    return pictures_placed({"--preview": args.preview, "--layers": args.layers})


def _put_pictures(folder: Path, places: Mapping[str, Path]) -> None:
    """Put the pictures of a folder where they were asked for; of resin there are layers alone."""
    drawn = {"--preview": JobFolders.TOOLPATH, "--layers": JobFolders.STRIP}
    for flag, place in places.items():
        made = folder / drawn[flag]
        if made.is_file():
            put_into_place(made, place)
            say(f"{place}: drawn")
        else:
            say(f"note: there is nothing to draw for {flag}")


def _wanted(profile: Profile, out: Path) -> str:
    """Return which file of a slice is meant, by the name it is to have.

    Raises:
        UsageError: slices for this printer have no such file.
    """
    files = [JobFolders.CONTAINER] * profile.takes_container + [KINDS[profile.kind].file_name]
    endings = {"".join(Path(file).suffixes): file for file in files}
    for ending, file in endings.items():
        if out.name.lower().endswith(ending):
            return file
    raise UsageError(
        f"{out.name} is no name for what {profile.name} prints.",
        action=f"Choose a name that ends in {' or '.join(endings)}.",
    )


def lint(args: argparse.Namespace) -> int:
    """Judge a file against the limits of a printer; 1 when it is refused."""
    file = there(args.file)
    profile = profile_for(configuration(args), args.printer)
    level = Level.OWN if args.level == "own" else Level.FOREIGN
    pictures = _pictures(args)
    check_apart(pictures, [file])
    with Compute(workers=1) as compute:
        verdict = compute.run(tasks.judge_file, file, profile, level, limits=LINT)
        for place in list(pictures.values())[:1]:
            with folder_beside(place) as folder:
                compute.run(tasks.draw_file, file, profile, folder, limits=LINT)
                _put_pictures(folder, pictures)
    if args.json:
        show_json({"file": str(file), "ok": verdict.ok, **asdict(verdict)})
    elif verdict.ok:
        show_text(f"{file}: safe for {profile.name} ({level} level): {_extremes(verdict)}")
    else:
        for refusal in verdict.refusals:
            show_text(f"{file}: {refusal}")
            if refusal.action:
                show_text(f"  → {refusal.action}")
        say(f"refused: {verdict.refused_lines} lines for {profile.name} ({level} level)")
    if not args.json:
        for warning in verdict.warnings:
            say(f"note: {warning}")
    return 0 if verdict.ok else 1


def _extremes(verdict: Verdict) -> str:
    """Return how far a file goes: in heat, or of resin, which none is needed for, in height."""
    if verdict.max_nozzle_c:
        return f"nozzle up to {verdict.max_nozzle_c:.0f} °C, bed up to {verdict.max_bed_c:.0f} °C"
    return f"{verdict.layers} layers"
