"""PrusaSlicer for resin: the same program, asked for layers of light instead of G-code.

It checks the exposure times and nothing else: a model that is too large or too high, or hangs off
the display, is sliced and cut off without a word, with exit code 0. So all of that is looked at
before, and in the result.
Source: measured on 2.5.0 (Debian 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from printd.core.files import JobFolders
from printd.gcode import sl1
from printd.gcode.pictures import Pictures
from printd.gcode.verdict import Level
from printd.slicers.base import Claims, Examined, Program
from printd.slicers.profiles import Profile
from printd.slicers.prusa import PrusaSlicer, short_version
from printd.slicers.prusa_ini import differences

DRAWN = 0.94  # of all, when the slicer has drawn its last layer
SUPPORTS_REACH_MM = 10.0  # feet and pad; 4.4 mm around a box, measured


class ResinSlicer(PrusaSlicer):
    """What to type, and how to read the answer."""

    name = "resin"
    out_name = "out.sl1"
    file_name = JobFolders.LAYERS
    action = "--export-sla"

    def progress(self, line: str) -> tuple[float, str] | None:
        """Read `` NN% => Stage``; at 100 the last layer is drawn, and nothing is judged yet."""
        told = super().progress(line)
        return told and (told[0] * DRAWN, told[1])

    def examined(self, out: Path, profile: Profile, program: Program) -> Examined:
        """Judge the result; read its page of numbers and its settings."""
        settings = dict(profile.settings)
        limits = sl1.ResinLimits.of(settings)
        verdict, contents = sl1.judge_and_read(out, profile.machine, limits, Level.OWN)
        if contents is None:
            is_whole = all(refusal.rule != "R1" for refusal in verdict.refusals)
            return Examined(verdict, _nothing(is_whole=is_whole), Pictures())
        made_with, version = sl1.settings_of(out), short_version(program.version)
        ml = contents.resin_ml
        claims = Claims(
            print_time_s=contents.time_s,
            filament_mm=None,
            filament_g=ml * float(settings["material_density"]),
            cost=ml * float(settings["bottle_cost"]) / float(settings["bottle_volume"]),
            volume_mm3=ml * 1000.0,
            layers=contents.layers,
            is_whole=True,
            not_as_asked=tuple(differences(settings, made_with, version)),
            resin_ml=ml,
        )
        # What is refused is not drawn: the reason is to be heard first.
        is_drawn = verdict.ok and not claims.not_as_asked
        return Examined(verdict, claims, Pictures(layers=sl1.strip(out) if is_drawn else None))

    def reach_mm(self, settings: Mapping[str, str]) -> float:
        """Return how far supports and pad reach around the model."""
        keys = ("supports_enable", "pad_enable")
        return SUPPORTS_REACH_MM if any(settings.get(key) == "1" for key in keys) else 0.0


def _nothing(*, is_whole: bool) -> Claims:
    return Claims(
        print_time_s=None,
        filament_mm=None,
        filament_g=None,
        cost=None,
        volume_mm3=None,
        layers=0,
        is_whole=is_whole,
        not_as_asked=(),
    )
