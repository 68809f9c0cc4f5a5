"""``printd relief``: make a relief of a picture by hand, with pictures of it and a report."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from printd import depth as depths
from printd.cli.output import Progress, note_words, say, show_json, shown
from printd.cli.places import folder_beside, placed, there
from printd.cli.relief_flags import relief_values
from printd.cli.session import configuration
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
    out = placed(args.output)
    config = configuration(args).config
    settings = ReliefSettings.of(_preset(config, args.preset), relief_values(args))
    photo = None if args.step_wedge else _photo(args.photo)
    source = _depth(config, args)
    with folder_beside(out) as folder, Compute(workers=1) as compute:
        beside = _beside(args, folder / JobFolders.PROGRESS)
        limits = relief_limits(settings, source)
        if photo is None:
            future = compute.submit(make_wedge, settings, out, beside, limits=limits)
        else:
            future = compute.submit(
                make_relief, photo, settings, out, source, beside=beside, limits=limits
            )
        title = photo.name if photo else "step wedge"
        progress = Progress(f"relief of {title}")
        facts = shown(future, folder / JobFolders.PROGRESS, progress).as_facts()
    if args.json:
        show_json({"file": str(out), **facts})
    else:
        _tell(out, facts)
    return 0


def _photo(word: str | None) -> Path:
    if word is None:
        raise SettingInvalid("No picture is named.", action="Name one, or ask for --step-wedge.")
    return there(word)


def _preset(config: Config, name: str | None) -> Mapping[str, Any]:
    presets = config.all_presets()
    if name is not None and name not in presets:
        raise SettingInvalid(f"There is no preset {name!r}; there are {', '.join(presets)}.")
    return presets[name] if name else {}


def _depth(config: Config, args: argparse.Namespace) -> DepthSource:
    """Return where the heights come from: a file, a named source, or that of the mesher."""
    if args.depth_file:
        if args.depth:
            raise SettingInvalid("--depth and --depth-file exclude each other; give one.")
        return PictureDepth(path=there(args.depth_file), near=args.near or "white")
    name = args.depth or config.meshers["relief"].depth
    if name not in config.depth:
        known = ", ".join(config.depth)
        raise SettingInvalid(f"There is no source of heights {name!r}; there are {known}.")
    source = depths.KINDS[config.depth[name].kind](name, config.depth[name])
    if args.near and isinstance(source, PictureDepth):
        return replace(source, near=args.near)
    return source


def _beside(args: argparse.Namespace, progress: Path) -> Beside:
    return Beside(
        mask=there(args.mask_file) if args.mask_file else None,
        preview=placed(args.preview) if args.preview else None,
        material=args.material,
        light_on=placed(args.light_on) if args.light_on else None,
        progress=progress,
        measure=args.report,
    )


def _tell(out: Path, facts: Mapping[str, Any]) -> None:
    size = f"{facts['width_mm']:.1f} x {facts['height_mm']:.1f} x {facts['thickness_mm']:.1f} mm"
    what = f"{facts['triangles']} triangles" if facts["triangles"] else "a height map alone"
    print(f"{out}: {size}, {what}, {facts['bytes'] / 1e6:.1f} MB")
    if facts["measured"] is not None:
        print("\n".join(f"  {line}" for line in _figures(facts, facts["measured"])))
    for warning in facts["warnings"]:
        say(f"note: {note_words(warning)}")
    for hint in facts["hints"]:
        say(f"note: {hint['sentence']}")
        say(f"→ {' '.join(_flag(name, value) for name, value in hint['mend'].items())}")


def _figures(facts: Mapping[str, Any], measured: Mapping[str, Any]) -> Iterator[str]:
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
    if facts["thickness_mm"] > facts["height_mm"]:
        yield f"overhangs beyond 45°: {measured['overhang_share']:.1%} of the area"


def _flag(name: str, value: Any) -> str:
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{flag}" if value else f"--no-{flag}"
    return f"--{flag} {value:g}" if isinstance(value, float) else f"--{flag} {value}"
