"""Is a result that is whole and safe also what was asked for?"""

from __future__ import annotations

from typing import Final

from printd.core.errors import ProfileInvalid, SlicerRefused
from printd.gcode.safety import Verdict
from printd.geometry.mesh.mesh import ClosedReport, Mesh
from printd.slicers.base import Examined, Slicer
from printd.slicers.profiles import Profile

AROUND_MM: Final = 2.0  # half a line's width, and what a slicer rounds
FILLING: Final = (0.05, 3.0)  # what is printed : model, volumes; hollow 2 mm walls to thin lines


def check_amounts(result: Examined, shape: ClosedReport, profile: Profile) -> None:
    """Refuse a result without layers, of other settings, of too much or too little material.

    Raises:
        SlicerRefused, ProfileInvalid: saying which.
    """
    claims = result.claims
    if claims.layers < 1 or result.verdict.bounds_mm is None:
        raise SlicerRefused("The slicer ended well, but its file has no layers.")
    if not claims.volume_mm3 or claims.print_time_s is None:
        raise SlicerRefused("The slicer ended well, but its file states no time or no material.")
    if claims.not_as_asked:
        raise ProfileInvalid(
            f"The slicer did not follow the profile {profile.name}: "
            f"{'; '.join(claims.not_as_asked[:5])}."
        )
    share = claims.volume_mm3 / shape.volume_mm3
    if not FILLING[0] <= share <= FILLING[1]:
        raise SlicerRefused(
            f"What it prints is {share:.2f} times the model's volume, which cannot be right."
        )


def check_place(slicer: Slicer, verdict: Verdict, mesh: Mesh, profile: Profile) -> None:
    """Refuse a result that is printed elsewhere than the model stands.

    Raises:
        SlicerRefused: saying where it is.
    """
    assert verdict.bounds_mm is not None  # noqa: S101 -- seen before
    around_mm = AROUND_MM + slicer.reach_mm(dict(profile.settings))
    low, high = mesh.bounds_mm.astype(float)
    x0, y0, _, x1, y1, z1 = verdict.bounds_mm
    inside = (
        x0 >= low[0] - around_mm
        and y0 >= low[1] - around_mm
        and x1 <= high[0] + around_mm
        and y1 <= high[1] + around_mm
        and z1 <= high[2] + AROUND_MM
    )
    if not inside:
        raise SlicerRefused(
            f"The slicer printed at X {x0:.1f}..{x1:.1f}, Y {y0:.1f}..{y1:.1f}, up to Z {z1:.1f} "
            "mm, which is not where the model stands."
        )
