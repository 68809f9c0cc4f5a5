"""A strip of layers side by side, as they lie on the bed: X right, Y up.

One layer is decoded at a time, and only its small copy is kept.
"""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO, Final

from PIL import Image, ImageOps

from printd.gcode.sl1.archive import SETTINGS, Archive
from printd.gcode.sl1.config import pairs_of
from printd.gcode.sl1.faults import Fault
from printd.gcode.sl1.layers import exposed, opened, sample, size_of
from printd.gcode.sl1.limits import Box, ResinLimits

LAYERS: Final = 6
CELL_PX: Final = 200
GAP_PX: Final = 8
EDGE_PX: Final = 10  # of the display, left around what is exposed
MOST_DOTS: Final = 64_000_000
BACKGROUND: Final = (24, 26, 30)
RESIN: Final = (222, 170, 80)


def strip_of(stream: BinaryIO) -> bytes:
    """Return the strip as PNG.

    Raises:
        Fault: no layers can be made out.
        OSError: it cannot be read.
    """
    try:
        archive = Archive(stream)
        limits = ResinLimits.of(pairs_of(archive.read_text(SETTINGS)))
        wanted = [archive.layers[number] for number in sample(len(archive.layers), LAYERS)]
        box = _around([exposed(_layer(archive, each)) for each in wanted])
        cells = [_cell(_layer(archive, each), box, limits) for each in wanted]
    except KeyError as error:
        raise Fault("R4", f"{SETTINGS} does not say {error}") from error
    except ValueError as error:
        raise Fault("R6", f"a layer {error}") from error
    return _beside(cells)


def _layer(archive: Archive, name: str) -> Image.Image:
    content = archive.read(name)
    columns, rows = size_of(content)
    if columns * rows > MOST_DOTS:
        raise ValueError(f"has {columns} x {rows} dots")
    return opened(content)


def _around(boxes: list[Box | None]) -> Box:
    """Return the box around all of them.

    Raises:
        Fault: nothing is exposed.
    """
    lit = [box for box in boxes if box is not None]
    if not lit:
        raise Fault("R9", "nothing is exposed in its layers")
    lefts, tops, rights, bottoms = zip(*lit, strict=True)
    left, top = min(lefts) - EDGE_PX, min(tops) - EDGE_PX
    return left, top, max(rights) + EDGE_PX, max(bottoms) + EDGE_PX


def _cell(layer: Image.Image, box: Box, limits: ResinLimits) -> Image.Image:
    """Return a part of a layer, small, as seen from above."""
    small = layer.crop(box)
    small.thumbnail((CELL_PX, CELL_PX), Image.Resampling.BOX, reducing_gap=None)
    if limits.portrait:
        small = small.transpose(Image.Transpose.TRANSPOSE)
    # Now columns run along X and rows along Y, each one way or the other.
    along_x = limits.mirror_y if limits.portrait else not limits.mirror_x
    along_y = limits.mirror_x if limits.portrait else limits.mirror_y
    if not along_x:
        small = ImageOps.mirror(small)
    if along_y:
        small = ImageOps.flip(small)
    return small


def _beside(cells: list[Image.Image]) -> bytes:
    width = sum(cell.width for cell in cells) + GAP_PX * (len(cells) + 1)
    height = max(cell.height for cell in cells) + 2 * GAP_PX
    picture = Image.new("RGB", (width, height), BACKGROUND)
    left = GAP_PX
    for cell in cells:
        picture.paste(ImageOps.colorize(cell, (0, 0, 0), RESIN), (left, GAP_PX))
        left += cell.width + GAP_PX
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
