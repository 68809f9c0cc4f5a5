"""``printd mend``: make somebody's mesh printable by hand, and tell what was mended."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from printd.cli.output import note_words, say, show_json, show_text
from printd.cli.places import (
    check_apart,
    folder_beside,
    pictures_placed,
    placed,
    put_into_place,
    there,
)
from printd.core.compute import Compute
from printd.core.errors import SettingInvalid
from printd.core.files import JobFolders
from printd.core.mend_wishes import Wishes
from printd.pipeline import tasks
from printd.pipeline.repairing import MEND_LIMITS

SIZES_MM: Final = (1.0, 2000.0)
NOZZLES_MM: Final = (0.05, 2.0)


def mend(args: argparse.Namespace) -> int:
    """Mend a mesh; write it as STL in millimetres."""
    raw, out = there(args.mesh), placed(args.output)
    pictures = pictures_placed({"--preview": args.preview})
    check_apart({"--output": out, **pictures}, [raw])
    wishes = Wishes(
        longest_mm=_within("--longest-mm", args.longest_mm, SIZES_MM),
        up=args.up,
        nozzle_mm=_within("--nozzle-mm", args.nozzle_mm, NOZZLES_MM),
        turn=args.orient == "least_support",
    )
    with folder_beside(out) as folder, Compute(workers=1) as compute:
        model, drawn = folder / JobFolders.MODEL, folder / JobFolders.PREVIEW
        preview = drawn if pictures else None
        report = compute.run(tasks.mend_model, raw, model, preview, wishes, limits=MEND_LIMITS)
        put_into_place(model, out)
        for place in pictures.values():
            put_into_place(drawn, place)
    if args.json:
        show_json({"file": str(out), **report})
        return 0
    _tell(out, report)
    return 0


def _within(flag: str, value: float, limits: tuple[float, float]) -> float:
    low, high = limits
    if not low <= value <= high:
        raise SettingInvalid(f"{flag} {value:g}: from {low:g} to {high:g}.")
    return value


def _tell(out: Path, report: Mapping[str, Any]) -> None:
    size = " x ".join(f"{side:.1f}" for side in report["size_mm"])
    show_text(f"{out}: {size} mm, {report['triangles']} triangles")
    show_text("\n".join(f"  {line}" for line in mended_lines(report["mended"])))
    for warning in report["warnings"]:
        say(f"note: {note_words(warning)}")


def mended_lines(mended: Mapping[str, Any]) -> Iterator[str]:
    """Say what was done to a mesh, and what came of it."""
    for done in mended["done"]:
        yield done["words"]
    before, after = mended["before"], mended["after"]
    yield (
        f"volume {before['volume_mm3'] / 1000:.1f} to {after['volume_mm3'] / 1000:.1f} cm³, "
        f"open edges {before['open_edges']} to {after['open_edges']}, "
        f"parts {before['bodies']} to {after['bodies']}"
    )
    if mended["thinnest_mm"] is not None:
        yield f"thinnest wall {mended['thinnest_mm']:.2f} mm, foot {mended['foot_mm2']:.0f} mm²"
