"""Several shapes side by side in one picture, each with its number, so that a person can choose."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from printd.core.errors import UserError
from printd.core.files import write_file
from printd.core.mend_wishes import Wishes
from printd.geometry.drawing.preview import write_preview
from printd.geometry.repair.mend import mend
from printd.geometry.repair.reading import read_foreign

WIDTH_PX: Final = 480  # of one shape
HEIGHT_PX: Final = 364
MARGIN_PX: Final = 16
NUMBER_PX: Final = 40
PAPER: Final = (247, 247, 245)
INK: Final = (40, 40, 40)


def write_sheet(raws: Sequence[Path], out: Path, wishes: Wishes) -> list[str]:
    """Draw raw meshes as they would be printed, from left to right.

    Args:
        raws: the files, the first one is number 1.
        out: PNG, written whole or not at all.
        wishes: how they are made printable.

    Returns:
        Why each cannot be printed; "": it can.
    """
    sheet = Image.new("RGB", (len(raws) * WIDTH_PX, HEIGHT_PX + 2 * NUMBER_PX), PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(NUMBER_PX)
    faults = []
    for place, raw in enumerate(raws):
        left = place * WIDTH_PX
        pen.text((left + WIDTH_PX // 2, NUMBER_PX), str(place + 1), INK, font, anchor="mm")
        try:
            drawn = _drawn(raw, out.with_name(f"{out.name}.{place}"), wishes)
        except UserError as error:
            faults.append(error.problem)
            continue
        faults.append("")
        top = 2 * NUMBER_PX + (HEIGHT_PX - drawn.height) // 2
        sheet.paste(drawn, (left + (WIDTH_PX - drawn.width) // 2, top))
    content = io.BytesIO()
    sheet.save(content, "PNG")
    write_file(out, content.getvalue())
    return faults


def _drawn(raw: Path, scratch: Path, wishes: Wishes) -> Image.Image:
    mesh, _ = mend(read_foreign(raw), wishes)
    try:
        write_preview(mesh, scratch)
        picture = Image.open(io.BytesIO(scratch.read_bytes())).convert("RGB")
    finally:
        scratch.unlink(missing_ok=True)
    picture.thumbnail((WIDTH_PX - MARGIN_PX, HEIGHT_PX - MARGIN_PX))
    return picture
