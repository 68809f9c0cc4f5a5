"""Which part of a picture counts, as a person says it: ``square``, ``4:3``, or four fractions."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 20.0  # one side of a ratio to the other; longer pictures are refused as photos
ALLOWED: Final = "none, square, a ratio such as 4:3, or left,top,right,bottom from 0 to 1"

Box = tuple[float, float, float, float]  # left, top, right, bottom; 0 to 1 of the upright picture


def crop_box(word: str, width_px: int, height_px: int) -> Box | None:
    """Return the part of a picture that counts; None: all of it.

    Args:
        word: ``none``; ``square`` or a ratio such as ``4:3`` (width to height), the largest
            part of that shape in the middle; or ``left,top,right,bottom`` as fractions.
        width_px: of the upright picture.
        height_px: of the upright picture.

    Raises:
        ValueError: a sentence that says what is wrong.
    """
    if word == "none":
        return None
    if "," in word:
        return _fractions(word)
    ratio = 1.0 if word == "square" else _ratio(word)
    across = min(1.0, ratio * height_px / width_px)
    down = min(1.0, width_px / height_px / ratio)
    return ((1 - across) / 2, (1 - down) / 2, (1 + across) / 2, (1 + down) / 2)


def crop_px(box: Box | None, width_px: int, height_px: int) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom in whole pixels; a part is never less than one of them."""
    if box is None:
        return 0, 0, width_px, height_px
    left, right = _span(box[0], box[2], width_px)
    top, bottom = _span(box[1], box[3], height_px)
    return left, top, right, bottom


def _span(first: float, last: float, count: int) -> tuple[int, int]:
    start = min(round(first * count), count - 1)
    return start, max(start + 1, round(last * count))


def _ratio(word: str) -> float:
    width, _, height = word.partition(":")
    try:
        ratio = float(width) / float(height)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{word!r} is not {ALLOWED}") from None
    if not 1 / LONGEST <= ratio <= LONGEST:
        raise ValueError(f"{word!r}: one side may be up to {LONGEST:g} times the other")
    return ratio


def _fractions(word: str) -> Box:
    try:
        left, top, right, bottom = (float(part) for part in word.split(","))
    except ValueError:
        raise ValueError(f"{word!r} is not {ALLOWED}") from None
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError(f"{word!r}: left before right and top before bottom, each from 0 to 1")
    return left, top, right, bottom
