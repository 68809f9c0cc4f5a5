"""A flat foot: the lowest slice of a body is cut off so that it stands on the bed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import manifold3d

STEPS_MM: Final = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
MOST_SHARE: Final = 0.012  # of the height
ENOUGH: Final = 0.05  # of the largest outline seen from above: such a foot holds
TOUCH_MM: Final = 0.02  # so near the bed a face lies on it
LEAST_MM2: Final = 20.0


@dataclass(frozen=True, slots=True)
class Foot:
    """What a body stands on."""

    area_mm2: float
    cut_mm: float  # that was taken off below
    is_small: bool


def on_a_foot(solid: manifold3d.Manifold) -> tuple[manifold3d.Manifold, Foot]:
    """Cut as little as needed off the lowest end of a solid for it to stand."""
    low, high = solid.bounding_box()[2], solid.bounding_box()[5]
    shadow = max(solid.project().area(), 1e-9)
    enough = min(max(ENOUGH * shadow, LEAST_MM2), 0.8 * shadow)
    area = solid.slice(low + TOUCH_MM).area()
    if area >= enough:
        return solid, Foot(area, 0.0, is_small=False)
    cut = 0.0
    for step in STEPS_MM:
        if step > MOST_SHARE * (high - low):
            break
        found = solid.slice(low + step).area()
        if found > 1.2 * area:
            area, cut = found, step
        if area >= enough:
            break
    if not cut:
        return solid, Foot(area, 0.0, is_small=True)
    trimmed = solid.trim_by_plane((0.0, 0.0, 1.0), low + cut)
    if trimmed.status() != manifold3d.Error.NoError or trimmed.is_empty():
        return solid, Foot(area, 0.0, is_small=True)
    return trimmed, Foot(area, cut, is_small=area < enough)
