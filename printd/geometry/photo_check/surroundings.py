"""What lies around the subject: a quiet ground, or things that end up in the mesh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from printd.geometry.filters import gaussian
from printd.geometry.photo_check.looking import Look
from printd.geometry.photo_check.rule import Check, Rule
from printd.geometry.photo_check.shade import ENOUGH

# 0 to 4 % of a plain ground, 8 % at dusk with masts, 13 % of a meadow, 17 % of a wooden table,
# 20 % behind the astronaut; 30 to 43 % of a garage, 76 % of grass seen near.
GROUND: Final = Rule(
    "background",
    "% of it with edges",
    poor=12.0,
    bad=28.0,
    fault="has a busy background",
    advice="Take it before a plain wall or cloth, or have the background cut away.",
)
EDGE: Final = 0.03  # of lightness a pixel of the small copy
SMOOTH_PX: Final = 0.7  # noise is no content


def surroundings(look: Look) -> Iterator[Check]:
    """Judge the ground, if the subject leaves any."""
    edges = edges_on_ground(look)
    if edges is not None:
        yield GROUND.judged(100 * edges)


def edges_on_ground(look: Look) -> float | None:
    """Return the share of the ground that has edges; None: there is too little of it."""
    ground = look.small_ground
    if np.count_nonzero(ground) < ENOUGH:
        return None
    slope = np.hypot(*np.gradient(gaussian(look.small_lightness, SMOOTH_PX)))
    return float((slope[ground] > EDGE).mean())
