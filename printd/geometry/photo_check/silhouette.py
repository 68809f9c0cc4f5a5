"""The subject as a shape: found, one alone, whole, large enough, limbs apart from the body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from printd.geometry.decode.colour import lab
from printd.geometry.filters import gaussian
from printd.geometry.heights.findmask import SURE
from printd.geometry.heights.mask import SMALL_PART
from printd.geometry.heights.subject import off_ground
from printd.geometry.photo_check.looking import Bools, Look
from printd.geometry.photo_check.rule import Check, Rule
from printd.geometry.photo_check.shade import shaded
from printd.geometry.photo_check.surroundings import GROUND, edges_on_ground

# As the relief's masks are judged: followed from 60 %; pictures without any subject have 1 to 6 %.
SUBJECT: Final = Rule(
    "subject",
    "% of its outline is clear",
    poor=100 * SURE,
    bad=20.0,
    fault="does not tell its subject from the ground",
    advice="Use a ground of another colour, and let the subject fill most of the photo.",
)
COUNT: Final = Rule(
    "subject_count",
    "found",
    poor=1,
    bad=1,
    fault="shows more than one subject",
    advice="Take a photo of each alone, or crop to one.",
)
# Of the top or the upper part of a side. Whole subjects touch 0 %, cut ones 4 to 83 %.
MARGIN: Final = Rule(
    "margin",
    "% of a border touched",
    poor=3.0,
    bad=35.0,
    fault="cuts the subject off at the top or a side",
    advice="Keep a margin all around it.",
)
FOOT: Final = Rule(
    "foot",
    "% of a lower border touched",
    poor=3.0,
    bad=None,
    fault="cuts the subject off below",
    advice="Show it down to its feet; a bust is cut flat here, and may stay so.",
)
SIZE: Final = Rule(
    "size",
    "% of the photo's height or width",
    poor=50.0,
    bad=30.0,
    fault="shows the subject small",
    advice="Go nearer, or crop the photo around the subject.",
)
# Convex outlines have 99 %, a figure with its arms against the body 90 and more, with arms apart
# less than 80. A bottle measures like such a figure: so it is never bad.
LIMBS: Final = Rule(
    "limbs",
    "% of its hull filled",
    poor=88.0,
    bad=None,
    fault="may have limbs that touch the body",
    advice="Hold arms and legs apart from the body; ignore this if it has none.",
)
UPPER: Final = 0.6  # of the sides: lower down a bust may touch them
NEXT: Final = 1  # lines from the border, on which pictures often have a seam
SEAM_PX: Final = 3  # between light and shade
UNLIKE: Final = 25.0  # dE from the ground that is something else
SMOOTH_PX: Final = 1.0
FIGURE: Final = 1.6  # height : width from which a subject may be a standing figure


def silhouette(look: Look) -> Iterator[Check]:
    """Judge the shape of the subject; what is not found is not judged further."""
    if look.subject.confidence is not None or look.subject.values is None:
        yield SUBJECT.judged(100 * (look.subject.confidence or 0.0))
    if look.subject.values is None:
        return
    mask = look.small_inside
    if not mask.any():
        return
    yield COUNT.judged(_count(mask))
    yield from _borders(look)
    rows, cols = np.nonzero(mask)
    height, width = int(np.ptp(rows)) + 1, int(np.ptp(cols)) + 1
    yield SIZE.judged(100 * max(height / mask.shape[0], width / mask.shape[1]))
    if height >= FIGURE * width:
        yield LIMBS.judged(100 * _filled(mask))


def _count(mask: Bools) -> int:
    labels, _ = ndimage.label(mask)
    sizes = np.bincount(labels.ravel())[1:]
    return int((sizes >= SMALL_PART * sizes.max()).sum())


def _borders(look: Look) -> Iterator[Check]:
    mask = look.small_inside
    beside = mask | _unlike_ground(look)
    upper = beside[: round(UPPER * len(mask))]
    cut = max(line.mean() for line in (beside[NEXT], upper[:, NEXT], upper[:, -1 - NEXT]))
    yield MARGIN.judged(100 * float(cut))
    lower = mask[len(upper) :]
    below = max(line.mean() for line in (mask[-1], lower[:, 0], lower[:, -1]))
    yield FOOT.judged(100 * float(below))


def _unlike_ground(look: Look) -> Bools:
    """Return what neither is nor shades a quiet ground, on the small copy.

    Masks are sought from the upper border inwards and never reach it; a head that is cut off
    shows there as something else than the ground.
    """
    busy = edges_on_ground(look)
    if busy is None or 100 * busy > GROUND.poor:
        return np.zeros(look.small_inside.shape, np.bool_)
    colours = lab(look.small_colours)
    smooth = np.stack([gaussian(colours[..., band], SMOOTH_PX) for band in range(3)], axis=-1)
    away: Bools = off_ground(smooth)[0] > UNLIKE
    shade: Bools = ndimage.binary_dilation(shaded(look), iterations=SEAM_PX)
    return away & ~shade


def _filled(mask: Bools) -> float:
    """Return the share of its convex hull that a shape fills."""
    corners = np.argwhere(mask)
    around = np.concatenate([corners + step for step in ((0, 0), (0, 1), (1, 0), (1, 1))])
    try:
        return float(mask.sum() / ConvexHull(around).volume)
    except QhullError:  # a line
        return 1.0
