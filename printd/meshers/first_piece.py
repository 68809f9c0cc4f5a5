"""The first piece of a printer: a small relief that shows at a look what is wrong with a print.

A letter F, which no mirror and no turn leaves as it is, over four steps of known heights. It is
made of a picture that is drawn here, by the way of every relief.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from printd.core.relief_settings import ReliefSettings
from printd.depth.picture import PictureDepth
from printd.meshers.making import Beside, ReliefReport, make_relief

SIDE_MM: Final = 20.0
BASE_MM: Final = 1.2
STEPS_MM: Final = (0.4, 0.8, 1.2, 1.6)  # over the base, each two layers of 0.2 mm
PX_PER_MM: Final = 26  # a picture of less than 512 pixels looks soft
Rectangle = tuple[
    float, float, float, float
]  # left, top, right, bottom; mm from the far left corner
LETTER_MM: Final[tuple[Rectangle, ...]] = (
    (5.0, 1.5, 7.0, 12.5),
    (5.0, 1.5, 15.0, 3.5),
    (5.0, 6.0, 12.0, 8.0),
)
STEPS_FROM_MM: Final = (14.0, 18.5)  # top and bottom of the steps
MARGIN_MM: Final = 1.0
SETTINGS: Final = ReliefSettings.of(
    {
        "width_mm": SIDE_MM,
        "relief_mm": STEPS_MM[-1],
        "base_mm": BASE_MM,
        "mask": "none",
        "flat_artwork": "no",
        "mesh_quality": 128,
    }
)


def draw_first_picture(out: Path) -> None:
    """Draw the picture: a PNG whose brightness is height, white at the highest step."""
    from PIL import Image, ImageDraw

    side_px = round(SIDE_MM * PX_PER_MM)
    picture = Image.new("L", (side_px, side_px), 0)
    pen = ImageDraw.Draw(picture)
    for rectangle in LETTER_MM:
        pen.rectangle(_pixels(rectangle), fill=255)
    width_mm = (SIDE_MM - 2 * MARGIN_MM) / len(STEPS_MM)
    top, bottom = STEPS_FROM_MM
    for index, step_mm in enumerate(STEPS_MM):
        left = MARGIN_MM + index * width_mm
        grey = round(255 * step_mm / STEPS_MM[-1])
        pen.rectangle(_pixels((left, top, left + width_mm, bottom)), fill=grey)
    picture.save(out, "PNG")


def _pixels(rectangle: Rectangle) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(edge * PX_PER_MM) for edge in rectangle)
    return left, top, right - 1, bottom - 1  # the last ones are drawn, too


def make_first_piece(out: Path, preview: Path | None = None) -> ReliefReport:
    """Make the piece; its picture stays beside it, as ``OUT.png``.

    Args:
        out: of one of ``pieces.KINDS``.
        preview: a shaded picture of it, PNG.

    Raises:
        DiskFull, DiskFailed: it cannot be written.
    """
    picture = out.with_name(f"{out.name}.png")
    draw_first_picture(picture)
    return make_relief(picture, SETTINGS, out, PictureDepth(), beside=Beside(preview=preview))
