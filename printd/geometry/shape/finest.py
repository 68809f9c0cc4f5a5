"""How wide the finest ridge or groove of a surface is.

A ridge is as wide as it is at a third of its height, and its height is counted from what lies
beside it. So a pointed one has a width, and what was filtered for a line is about as wide.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.shape.octagon import corner_of, extreme

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

LAYER_MM: Final = 0.2  # what differs by less is not seen in a print
SEEN: Final = 2e-4  # of the area: what is less is a speck, not a feature
LARGEST_MM: Final = 10.0  # features beyond this size are not called fine
WIDEST: Final = 10  # samples; wider features are sought on every other sample
BESIDE: Final = 3  # times as wide as a ridge is where it is looked for what lies beside it
MOST_LOST: Final = 2 / 3  # of its height: where the width of a ridge is measured


def finest_mm(heights_mm: Floats, stays: Flags, cell_mm: float) -> float | None:
    """Return the width of the finest ridge or groove that is a layer deep; None: there is none.

    Octagons of growing size are laid into all ridges and grooves, as ``without_unprintable`` does
    with one of a line. Between two sizes the width is read as if what does not fit grew evenly.

    Args:
        heights_mm: (rows, cols).
        stays: (rows, cols); what is elsewhere is looked at as ground, but has no features.
        cell_mm: between two samples, which is also the finest width that is told apart.
    """
    first = 2  # an octagon of one sample fits everywhere
    while stays.any() and (first - 1) * cell_mm <= LARGEST_MM:
        before = 0.0 if first == 2 else _too_wide(heights_mm, stays, first - 1)
        for width in range(first, min(WIDEST, *heights_mm.shape) + 1):
            now = _too_wide(heights_mm, stays, width)
            if now >= MOST_LOST:
                found_mm = _between(width, before, now) * cell_mm
                return found_mm if found_mm <= LARGEST_MM else None
            before = now
        heights_mm, stays, cell_mm = heights_mm[::2, ::2], stays[::2, ::2], 2 * cell_mm
        first = WIDEST // 2 + 1
        if min(heights_mm.shape) < first:
            break
    return None


def _between(width: int, before: float, now: float) -> float:
    """Return where too much is lost, in samples; a ridge with upright sides has a whole number."""
    part = 0.0 if before >= MOST_LOST else (MOST_LOST - before) / (now - before)
    return width - 1 + part - MOST_LOST


def _too_wide(heights: Floats, stays: Flags, width: int) -> float:
    """Return which share of its height a ridge or groove loses that so wide an octagon misses.

    Of all places that lose a layer or more the one is told that is next to a speck's worth of
    worse ones; 0: so much is not lost at so many places.
    """
    specks = int(SEEN * np.count_nonzero(stays))
    shares = [_share_lost(side, stays, width, specks) for side in (heights, -heights)]
    return max(shares)


def _share_lost(heights: Floats, stays: Flags, width: int, specks: int) -> float:
    """Return ``_too_wide`` of the ridges alone; so many places do not count."""
    near = width // 3 + 1
    # The corners of what is wide enough do not count either.
    side = 2 * near + 1
    kept = extreme(_around(_opened(heights, width), near), (side, side), 0, np.maximum)
    lost = heights - kept
    seen = stays & (lost > LAYER_MM)
    count = np.count_nonzero(seen)
    if count <= specks:
        return 0.0
    height = (heights - _opened(heights, BESIDE * width))[seen]
    place = count - 1 - specks
    return float(np.partition(lost[seen] / np.maximum(height, LAYER_MM), place)[place])


def _opened(heights: Floats, width: int) -> Floats:
    """Return the highest map below this one that consists of octagons of this width."""
    corner = corner_of(width)
    box = width - 2 * corner, width - 2 * corner
    fits = extreme(_around(heights, width - 1), box, corner, np.minimum)
    return extreme(fits, box, corner, np.maximum)


def _around(values: Floats, margin: int) -> Floats:
    return np.pad(values, margin, mode="edge")
