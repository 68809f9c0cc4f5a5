"""What a printed step wedge lets through, as a person types it: ``0.8:61 1.4:38 2:24``."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

MOST_STEPS: Final = 64


def plate_steps(words: str) -> tuple[tuple[float, float], ...]:
    """Return (thickness in mm, share of the light that passes, 0 to 1), thinnest first.

    Args:
        words: pairs ``mm:per cent``, separated by blanks or commas, in any order.

    Raises:
        ValueError: a sentence that says what is wrong.
    """
    pairs = [_pair(word) for word in re.split(r"[\s,;]+", words.strip()) if word]
    if not 2 <= len(pairs) <= MOST_STEPS:
        raise ValueError(f"{len(pairs)} step(s) are given; 2 to {MOST_STEPS} are needed")
    pairs.sort()
    for (thin_mm, more), (thick_mm, less) in pairwise(pairs):
        if thin_mm == thick_mm:
            raise ValueError(f"{thin_mm:g} mm is given twice")
        if less >= more:
            raise ValueError(
                f"{thick_mm:g} mm must let less light through than {thin_mm:g} mm "
                f"({100 * less:g} % and {100 * more:g} % are given)"
            )
    return tuple(pairs)


def _pair(word: str) -> tuple[float, float]:
    thickness, _, passes = word.partition(":")
    try:
        thickness_mm, per_cent = float(thickness), float(passes)
    except ValueError:
        raise ValueError(f"{word!r} is not a step such as 0.8:61 (mm:per cent)") from None
    if not 0 < thickness_mm <= 100 or not 0 < per_cent <= 100:
        raise ValueError(f"{word!r}: above 0 and at most 100 (mm:per cent)")
    return thickness_mm, per_cent / 100
