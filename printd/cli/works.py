"""``printd relief``, ``slice`` and ``lint``: one step by hand, without the daemon."""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from printd.cli.output import Progress, duration, note_words, say, show_json
from printd.cli.relief_flags import relief_values
from printd.cli.session import configuration, me, profile_for
from printd.core.compute import Compute, Limits
from printd.core.errors import NoSuchFile, SettingInvalid
from printd.core.files import JobFolders, new_file
from printd.core.progress import read_progress
from printd.core.relief_settings import ReliefSettings
from printd.gcode.safety import Level
from printd.meshers.relief import make_relief, relief_limits
from printd.pipeline import tasks
from printd.pipeline.slicing import slice_limits

T = TypeVar("T")
LOOK_S = 0.2
PREVIEW = Limits(memory_bytes=2 << 30, wall_s=300.0)
LINT = Limits(memory_bytes=2 << 30, wall_s=600.0)


def relief(args: argparse.Namespace) -> int:
    """Make a relief of a picture, and a picture of the relief."""
    photo, out = _there(args.photo), _placed(args.output)
    preview = _placed(args.preview) if args.preview else None
    presets = configuration(args).config.all_presets()
    if args.preset and args.preset not in presets:
        raise SettingInvalid(f"There is no preset {args.preset!r}; there are {', '.join(presets)}.")
    settings = ReliefSettings.of(presets[args.preset] if args.preset else {}, relief_values(args))
    with Compute(workers=1) as compute:
        say(f"making a relief of {photo.name} …")
        report = compute.run(make_relief, photo, settings, out, limits=relief_limits(settings))
        facts = report.as_facts()
        if preview:
            say("drawing it …")
            compute.run(tasks.draw_model, out, preview, limits=PREVIEW)
    if args.json:
        show_json({"file": str(out), **facts})
        return 0
    size = f"{facts['width_mm']:.1f} x {facts['height_mm']:.1f} x {facts['thickness_mm']:.1f} mm"
    print(f"{out}: {size}, {facts['triangles']} triangles, {facts['bytes'] / 1e6:.1f} MB")
    for warning in facts["warnings"]:
        say(f"note: {note_words(warning)}")
    return 0


def slice_(args: argparse.Namespace) -> int:
    """Slice a model for a printer and judge the result."""
    model, out = _there(args.model), _placed(args.output)
    loaded = configuration(args)
    profile = profile_for(loaded, args.printer)
    slicer = loaded.config.slicers.get("prusa")
    timeout_s = slicer.timeout_s if slicer else None
    with _folder_beside(out) as folder, Compute(workers=1) as compute:
        progress_file = folder / JobFolders.PROGRESS
        future = compute.submit(
            tasks.slice_model,
            model,
            profile,
            folder,
            program=slicer.program if slicer else None,
            timeout_s=timeout_s,
            progress_file=progress_file,
            limits=slice_limits(timeout_s),
        )
        report = _shown(future, progress_file, Progress("slicing"))
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
    file = _there(args.file)
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
        say(f"refused: {verdict.refused_lines} lines for {profile.name} ({level} level)")
    return 0 if verdict.ok else 1


def _there(word: str) -> Path:
    path = Path(word).resolve()
    if not path.is_file():
        raise NoSuchFile(f"There is no file {word}.")
    return path


def _placed(word: str) -> Path:
    """Return where a result goes; said before anything is calculated if it cannot."""
    out = Path(word)
    folder = out.absolute().parent
    if not folder.is_dir():
        raise NoSuchFile(f"There is no folder {folder}.", action="Make it, or name another one.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NoSuchFile(f"{me()} may not write in {folder}.", action="Name another folder.")
    if out.is_dir():
        raise NoSuchFile(f"{out} is a folder.", action="Name a file in it.")
    return out


@contextmanager
def _folder_beside(out: Path) -> Iterator[Path]:
    """Work on the disk of the result, so that it fits there if it fits at all."""
    with tempfile.TemporaryDirectory(prefix=".printd-", dir=out.absolute().parent) as name:
        yield Path(name)


def _shown(future: Future[T], progress_file: Path, show: Callable[[float, str], Any]) -> T:
    """Show what a task says of its progress until it is done."""
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    while not done.wait(LOOK_S):
        if found := read_progress(progress_file):
            show(*found)
    if isinstance(show, Progress):
        show.done()
    return future.result()
