"""``printd relief``: make a relief of a picture by hand, with pictures of it and a report."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from printd import depth as depths
from printd.cli.output import Progress, note_words, say, show_json, show_text, shown
from printd.cli.places import (
    check_apart,
    folder_beside,
    pictures_placed,
    placed,
    put_into_place,
    there,
)
from printd.cli.session import configuration
from printd.cli.setting_flags import RELIEF_FLAGS, setting_values
from printd.core.compute import Compute
from printd.core.config import Config
from printd.core.errors import SettingInvalid
from printd.core.files import JobFolders
from printd.core.relief_settings import ReliefSettings
from printd.depth.base import DepthSource
from printd.depth.picture import PictureDepth
from printd.meshers.making import Beside, make_relief
from printd.meshers.relief import relief_limits
from printd.meshers.wedge import make_wedge


def relief(args: argparse.Namespace) -> int:
    """Make a relief of a picture, or the wedge that measures a plastic."""
    config = configuration(args).config
    settings = ReliefSettings.of(_preset(config, args.preset), setting_values(args, RELIEF_FLAGS))
    photo = None if args.step_wedge else _photo(args.photo)
    places = _places(args)
    given = [there(word) for word in (args.mask_file, args.depth_file) if word]
    check_apart(places, [photo, *given] if photo else given)
    _check_light_on(args, settings)
    source = _depth(config, args)
    out = places["--output"]
    with folder_beside(out) as folder, Compute(workers=1) as compute:
        made = {flag: folder / flag / place.name for flag, place in places.items()}
        for file in made.values():
            file.parent.mkdir()
        beside = _beside(args, made, folder / JobFolders.PROGRESS)
        limits = relief_limits(settings, source)
        if photo is None:
            future = compute.submit(make_wedge, settings, made["--output"], beside, limits=limits)
        else:
            work = (photo, settings, made["--output"], source)
            future = compute.submit(make_relief, *work, beside=beside, limits=limits)
        title = photo.name if photo else "step wedge"
        progress = Progress(f"relief of {title}")
        facts = shown(future, folder / JobFolders.PROGRESS, progress).as_facts()
        for flag, place in places.items():
            put_into_place(made[flag], place)
    if args.json:
        show_json({"file": str(out), **facts})
    else:
        _tell(out, facts, stands=settings.standing or settings.bend != "none")
    return 0


def _places(args: argparse.Namespace) -> dict[str, Path]:
    """Return where results go, by the flag that names each."""
    pictures = pictures_placed({"--preview": args.preview, "--light-on": args.light_on})
    return {"--output": placed(args.output), **pictures}


def _check_light_on(args: argparse.Namespace, settings: ReliefSettings) -> None:
    if args.light_on and settings.surface != "lithophane" and not args.step_wedge:
        raise SettingInvalid(
            "--light-on shows a lithophane, and this is a relief.",
            action="Add `--surface lithophane`, or leave it out.",
        )


def _photo(word: str | None) -> Path:
    if word is None:
        raise SettingInvalid("No picture is named.", action="Name one, or ask for --step-wedge.")
    return there(word)


def _preset(config: Config, name: str | None) -> Mapping[str, Any]:
    presets = config.all_presets()
    if name is not None and name not in presets:
        raise SettingInvalid(
            f"There is no preset {name!r}; there are {', '.join(presets)}.",
            action="Name one of these.",
        )
    return presets[name] if name else {}


def _depth(config: Config, args: argparse.Namespace) -> DepthSource:
    """Return where the heights come from: a file, a named source, or that of the mesher."""
    if args.depth_file:
        if args.depth:
            raise SettingInvalid("--depth and --depth-file exclude each other.", action="Give one.")
        beside = depths.of_files(config.depth)
        return replace(beside, path=there(args.depth_file), near=args.near or beside.near)
    name = args.depth or config.relief_mesher().depth
    if name not in config.depth:
        known = ", ".join(config.depth)
        raise SettingInvalid(
            f"There is no source of heights {name!r}; there are {known}.",
            action="Name one of these.",
        )
    source = depths.free_source(name, config.depth[name])
    if args.near and isinstance(source, PictureDepth):
        return replace(source, near=args.near)
    return source


def _beside(args: argparse.Namespace, made: Mapping[str, Path], progress: Path) -> Beside:
    return Beside(
        mask=there(args.mask_file) if args.mask_file else None,
        preview=made.get("--preview"),
        material=args.material,
        light_on=made.get("--light-on"),
        progress=progress,
        measure=args.report,
    )


def _tell(out: Path, facts: Mapping[str, Any], *, stands: bool) -> None:
    size = f"{facts['width_mm']:.1f} x {facts['height_mm']:.1f} x {facts['thickness_mm']:.1f} mm"
    what = f"{facts['triangles']} triangles" if facts["triangles"] else "a height map alone"
    show_text(f"{out}: {size}, {what}, {facts['bytes'] / 1e6:.1f} MB")
    if facts["measured"] is not None:
        show_text("\n".join(f"  {line}" for line in _figures(facts, stands=stands)))
    for warning in facts["warnings"]:
        say(f"note: {note_words(warning)}")
    for hint in facts["hints"]:
        say(f"note: {hint['sentence']}")
        if hint["mend"]:
            say(f"→ {' '.join(_flag(name, value) for name, value in hint['mend'].items())}")


def _figures(facts: Mapping[str, Any], *, stands: bool) -> Iterator[str]:
    measured = facts["measured"]
    yield f"heights: {facts['depth']}"
    if measured["closed"] is not None:
        yield f"closed: {'yes' if measured['closed'] else 'no, a surface alone'}"
    if facts["volume_mm3"]:
        yield f"volume: {facts['volume_mm3'] / 1000:.1f} cm³, base {facts['base_mm']:.2f} mm"
    finest = measured["smallest_mm"]
    yield f"finest part: {'none' if finest is None else f'{finest:.2f} mm wide'}"
    yield (
        f"steepest slope: {measured['steepest_deg']:.0f}°; "
        f"{measured['steep_share']:.1%} of the area is steeper than 60°"
    )
    if measured["unmilled_share"] is not None:
        yield f"milled: the tool leaves {measured['unmilled_share']:.1%} over 0.1 mm too high"
    if stands:
        yield f"overhangs beyond 45°: {measured['overhang_share']:.1%} of the area"


def _flag(name: str, value: Any) -> str:
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{flag}" if value else f"--no-{flag}"
    return f"--{flag} {value:g}" if isinstance(value, float) else f"--{flag} {value}"
