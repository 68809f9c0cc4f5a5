"""Is a depth picture that a service has made of a photo worth a relief?

An image model may colour, flatten, band, turn inside out, crop or redraw what it was asked to
measure. What can be put right is put right and said; what cannot is a reason to do without.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import PhotoRefused
from printd.geometry.heights.depthcheck import ALIKE, BETTER, MOST_SHIFT, STRANGE, agreement
from printd.geometry.heights.depthimage import is_inside_out, read_depth_image, resized

Floats = NDArray[np.float32]

CLEARLY: Final = 0.3  # of the depth: a border that is so much nearer was drawn inside out, ...
BEHIND: Final = 0.15  # ... and so was a subject that lies so much behind its surroundings
INSIDE: Final = 0.9  # of the mask: from there on a point is surely the subject's
PLATEAUS: Final = 3  # levels that are meant: a plain logo; more, if they are few, are terraces


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What may be made of the picture."""

    heights: Floats | None  # (rows, cols), 0 farthest to 1 nearest; None: nothing
    warnings: tuple[str, ...] = ()  # "code: sentence", of what was put right
    reason: str = ""  # why it cannot be used, as a sentence


def judged(
    picture: Path, tones: Floats, aspect: float, longest_px: int, mask: Floats | None = None
) -> Judged:
    """Return the heights that a service's picture means, or why it is none of this photo.

    Args:
        picture: as it came.
        tones: (rows, cols) of the photo, 0 black to 1 white.
        aspect: width : height of the photo.
        longest_px: the longest side of the heights at most.
        mask: (any, any) of the photo, 0 to 1: its subject; None: not known.

    Raises:
        OSError: the file cannot be opened.
    """
    try:
        read = read_depth_image(picture, longest_px, "white", aspect, plateaus=PLATEAUS)
    except PhotoRefused as error:
        return Judged(None, reason=f"It cannot be read: {error.problem}")
    if not read.heights.any():
        return Judged(None, reason="It shows one distance only.")
    if reason := _strangeness(tones, read.heights):
        return Judged(None, reason=reason)
    warnings = tuple(one for one in read.warnings if not one.startswith("depth_inside_out:"))
    if _is_turned(read.heights, mask):
        return Judged(1 - read.heights, (*warnings, _WAS_TURNED))
    return Judged(read.heights, read.warnings if mask is None else warnings)


def _is_turned(heights: Floats, mask: Floats | None) -> bool:
    """Tell whether far was drawn as near, as plainly as that can be seen."""
    if mask is None:
        return is_inside_out(heights, CLEARLY)
    fitting = resized(mask, heights.shape)
    subject, around = heights[fitting > INSIDE], heights[fitting < 1 - INSIDE]
    if not subject.size or not around.size:
        return is_inside_out(heights, CLEARLY)
    return float(np.median(around) - np.median(subject)) > BEHIND


def _strangeness(tones: Floats, heights: Floats) -> str:
    """Return why the picture is not of this photo as it lies; "": it is."""
    here, best, shift = agreement(tones, heights)
    if best >= ALIKE and best > here + BETTER and shift > MOST_SHIFT:
        return f"It lies {100 * shift:.0f} % of the picture beside the photo."
    if here < STRANGE:
        return "It has hardly an edge where the photo has one; the scene was drawn anew."
    turned = (heights[::-1], heights[:, ::-1], heights[::-1, ::-1])
    if max(agreement(tones, one)[0] for one in turned) > here + BETTER:
        return "It is mirrored or stands on its head."
    return ""


_WAS_TURNED: Final = (
    "depth_turned: The depth picture showed its subject behind its surroundings, so it was turned "
    "inside out."
)
