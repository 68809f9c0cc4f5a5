"""What a line of plastic is for, in the words that slicers put before it."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """What a line is for; of two in one place the higher one is shown."""

    OTHER = 1  # not said
    EDGE = 2  # skirt, brim, raft
    TOWER = 3
    SUPPORT = 4
    INFILL = 5
    SOLID = 6
    INNER = 7
    BRIDGE = 8
    TOP = 9
    OUTER = 10


LAST: Final = max(Kind)

# Source: PrusaSlicer 2.5 to 2.9, SuperSlicer 2.5, OrcaSlicer 2.x, Bambu Studio 1.x and 2.x,
# Cura 4 and 5; none of them uses another's word for another thing.
_WORDS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.EDGE: ("skirt/brim", "skirt", "brim", "raft"),
    Kind.TOWER: ("wipe tower", "prime tower", "prime-tower"),
    Kind.SUPPORT: (
        *("support material", "support material interface", "support", "support interface"),
        *("support transition", "support-interface"),
    ),
    Kind.INFILL: ("internal infill", "sparse infill", "fill"),
    Kind.SOLID: (
        *("solid infill", "internal solid infill", "bottom surface", "gap fill", "gap infill"),
        *("skin",),
    ),
    Kind.INNER: ("perimeter", "internal perimeter", "inner wall", "wall-inner"),
    Kind.BRIDGE: (
        *("bridge infill", "internal bridge infill", "bridge", "internal bridge"),
        *("overhang perimeter", "overhang wall"),
    ),
    Kind.TOP: ("top solid infill", "top surface", "ironing"),
    Kind.OUTER: ("external perimeter", "outer wall", "wall-outer", "thin wall"),
}
_KINDS: Final = {word.encode(): kind for kind, words in _WORDS.items() for word in words}
_BEGINS: Final = (b"TYPE:", b" FEATURE: ")


def kind_of(comment: bytes) -> Kind | None:
    """Return what the lines after a comment are for; None: it does not say."""
    for begin in _BEGINS:
        if comment.startswith(begin):
            return _KINDS.get(comment.removeprefix(begin).strip().lower(), Kind.OTHER)
    return None
