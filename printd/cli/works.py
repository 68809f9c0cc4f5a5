"""``printd slice`` and ``lint``: one step by hand, without the daemon."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from printd.cli.output import Progress, duration, note_words, say, show_json, shown
from printd.cli.places import folder_beside, placed, there
from printd.cli.session import configuration, profile_for
from printd.core.compute import Compute, Limits
from printd.core.files import JobFolders, new_file
from printd.gcode.safety import Level
from printd.pipeline import tasks
from printd.pipeline.slicing import slice_limits

LINT = Limits(memory_bytes=2 << 30, wall_s=600.0)


def slice_(args: argparse.Namespace) -> int:
    """Slice a model for a printer and judge the result."""
    model, out = there(args.model), placed(args.output)
    loaded = configuration(args)
    profile = profile_for(loaded, args.printer)
    slicer = loaded.config.slicer(profile.kind)
    with folder_beside(out) as folder, Compute(workers=1) as compute:
        progress_file = folder / JobFolders.PROGRESS
        future = compute.submit(
            tasks.slice_model,
            model,
            profile,
            folder,
            program=slicer.program,
            timeout_s=slicer.timeout_s,
            progress_file=progress_file,
            limits=slice_limits(slicer.timeout_s),
        )
        report = shown(future, progress_file, Progress("slicing"))
        with new_file(out) as target, (folder / JobFolders.GCODE).open("rb") as source:
            while chunk := source.read(1 << 20):
                target.write(chunk)
    if args.json:
        show_json({"file": str(out), **report})
        return 0
    print(
        f"{out}: about {duration(report['print_time_s'])}, {report['filament_g']:.1f} g, "
        f"{report['layers']} layers, safe for {profile.name} "
        f"({report['slicer']} {report['version']})"
    )
    for warning in report["warnings"]:
        say(f"note: {note_words(warning)}")
    return 0


def lint(args: argparse.Namespace) -> int:
    """Judge G-code against the limits of a printer; 1 when it is refused."""
    file = there(args.file)
    profile = profile_for(configuration(args), args.printer)
    level = Level.OWN if args.level == "own" else Level.FOREIGN
    with Compute(workers=1) as compute:
        verdict = compute.run(tasks.judge_gcode, file, profile.machine, level, limits=LINT)
    if args.json:
        show_json({"file": str(file), "ok": verdict.ok, **asdict(verdict)})
    elif verdict.ok:
        print(
            f"{file}: safe for {profile.name} ({level} level): nozzle up to "
            f"{verdict.max_nozzle_c:.0f} °C, bed up to {verdict.max_bed_c:.0f} °C"
        )
    else:
        for refusal in verdict.refusals:
            print(f"{file}: {refusal}")
            if refusal.action:
                print(f"  → {refusal.action}")
        say(f"refused: {verdict.refused_lines} lines for {profile.name} ({level} level)")
    if not args.json:
        for warning in verdict.warnings:
            say(f"note: {warning}")
    return 0 if verdict.ok else 1
