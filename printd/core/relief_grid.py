"""The grid of a relief whose triangles adapt: it is tiled by squares that halve often.

The piece keeps its exact size; only its cells become a little longer than wide.
"""

from __future__ import annotations

from typing import Final

LARGEST_ROOT: Final = 32  # cells; larger squares save hardly a triangle (0.01 %, measured)
OBLONG: Final = 0.02  # cells may be this much longer than wide
MOST_YIELDING: Final = 0.1  # of the quality: long pieces at a low one cannot have both


def adaptive_grid(quality: int, aspect: float) -> tuple[int, int] | None:
    """Return cells along width and height, both multiples of the largest square that fits.

    Args:
        quality: cells along the longest side, about.
        aspect: width : height of the piece.

    Returns:
        (cols, rows); None if no square of two cells or more keeps the cells nearly square.
    """
    ratio = max(aspect, 1 / aspect)
    for yielding in (0.0, MOST_YIELDING):
        root = LARGEST_ROOT
        while root > 1:
            short = root * max(1, round(quality / ratio / root))
            wanted = short * ratio if yielding else quality
            long = root * max(1, round(wanted / root))
            oblong = long / (short * ratio)
            is_near = abs(long - quality) <= max(root / 2, yielding * quality)
            if is_near and max(oblong, 1 / oblong) <= 1 + OBLONG:
                return (long, short) if aspect >= 1 else (short, long)
            root //= 2
    return None
