"""Words and numbers in a picture, in the letters that Pillow brings along."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw


def write(
    draw: ImageDraw,
    place: tuple[float, float],
    text: str,
    colour: tuple[int, int, int],
    size_px: int = 17,
    anchor: str = "ls",
) -> float:
    """Write a line of text; return how long it is.

    Args:
        draw: of the picture.
        place: of the anchor.
        text: one line.
        colour: of the letters.
        size_px: of the letters.
        anchor: as Pillow names it; "ls" is the left end of the base line.
    """
    from PIL import ImageFont

    font = ImageFont.load_default(size_px)
    draw.text(place, text, fill=colour, font=font, anchor=anchor)
    return draw.textlength(text, font=font)
