"""Some layers of a print beside each other, from the first to the last, at even heights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from printd.core.machine import Machine
from printd.gcode.drawing import palette
from printd.gcode.drawing.beads import beads, by_kind, in_light
from printd.gcode.drawing.kinds import Kind
from printd.gcode.drawing.layers import COARSER
from printd.gcode.drawing.lettering import write
from printd.gcode.drawing.plastic import KIND, KIND_BITS, Plastic

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

TILES: Final = (6, 8, 10)  # so many; all if there are fewer
MOST_WIDTH_PX: Final = 1600
LEAST_WIDTH_PX: Final = 1000  # for the legend
LEAST_TILE_PX: Final = 180  # for a caption
MOST_COLUMNS: Final = 8  # of such tiles
MOST_HEIGHT_PX: Final = 900  # without the legend
GAP_PX: Final = 16
CAPTION_PX: Final = 34
LEGEND_PX: Final = 44
INSIDE_PX: Final = 10  # free in a tile
FREE_MM: Final = 0.5  # around what is printed: half of a line
FLAT_UM: Final = 1000  # heights make no difference in a layer
BEAD: Final = 1.12  # breadths of a nozzle


class Shown(NamedTuple):
    """One layer that is shown."""

    z_um: int
    number: int
    kinds: NDArray[np.uint8]  # (rows, cols), the nearest row first


class Sheet(NamedTuple):
    """Where the tiles lie."""

    tiles: int
    columns: int
    inner_px: tuple[int, int]  # of a layer in its tile

    @classmethod
    def of(cls, tiles: int, rows: int, cols: int) -> Sheet:
        """Return the sheet on which tiles of so many cells are largest."""
        found = []
        for columns in range(1, min(tiles, MOST_COLUMNS) + 1):
            width = (MOST_WIDTH_PX - GAP_PX) / columns - GAP_PX - 2 * INSIDE_PX
            height = MOST_HEIGHT_PX / math.ceil(tiles / columns)
            height -= GAP_PX + CAPTION_PX + 2 * INSIDE_PX
            found.append((min(width / cols, height / rows), columns))
        scale, columns = max(found)
        return cls(tiles, columns, (max(1, round(cols * scale)), max(1, round(rows * scale))))

    @property
    def tile_px(self) -> tuple[int, int]:
        """Return width and height of a tile."""
        width, height = self.inner_px
        return max(LEAST_TILE_PX, width + 2 * INSIDE_PX), height + 2 * INSIDE_PX

    @property
    def size_px(self) -> tuple[int, int]:
        """Return width and height of all."""
        _, top = self.corner(self.columns * math.ceil(self.tiles / self.columns))
        width = GAP_PX + self.columns * (self.tile_px[0] + GAP_PX)
        return max(LEAST_WIDTH_PX, width), top + LEGEND_PX

    def corner(self, number: int) -> tuple[int, int]:
        """Return the upper left corner of a tile."""
        line, column = divmod(number, self.columns)
        width, height = self.tile_px
        return GAP_PX + column * (width + GAP_PX), GAP_PX + line * (height + CAPTION_PX + GAP_PX)


def draw_strip(plastic: Plastic, machine: Machine) -> Image:
    """Return the picture; something must have been printed."""
    from PIL import Image, ImageDraw

    shown = layers_of(plastic)
    cell_mm = plastic.window.cell_mm * COARSER
    radius = BEAD * machine.nozzle_mm / 2 / cell_mm
    below = beads(_halved(plastic.cells[plastic.crop(FREE_MM)]), radius, 0)
    sheet = Sheet.of(len(shown), *below.shape)
    picture = Image.new("RGB", sheet.size_px, palette.PAPER)
    draw = ImageDraw.Draw(picture)
    for number, layer in enumerate(shown):
        (left, top), (width, height) = sheet.corner(number), sheet.tile_px
        draw.rectangle((left, top, left + width - 1, top + height - 1), palette.PLATE)
        tile = _tile(layer, below, cell_mm, radius)
        tile = tile.resize(sheet.inner_px, Image.Resampling.BICUBIC)
        place = left + (width - tile.width) // 2, top + INSIDE_PX
        picture.paste(tile, place, tile.getchannel("A"))
        _caption(draw, layer, left, left + width, top + height + 22)
    _legend(draw, shown, picture.height - 20)
    return picture


def layers_of(plastic: Plastic) -> list[Shown]:
    """Return the layers to be shown, cut to what is printed."""
    rows, cols = plastic.crop(FREE_MM)
    half = tuple(slice(part.start // COARSER, part.stop // COARSER) for part in (rows, cols))
    layers = plastic.layers
    kept = [Shown(layer.z_um, layer.number, layer.kinds[half]) for layer in layers.all()]
    if kept[-1].z_um < layers.top_um:
        # Nothing lies on the last layer, so it is seen from above as a whole.
        cells = plastic.cells[rows, cols]
        kinds = np.where(cells >> KIND_BITS >= layers.top_um, cells & KIND, 0).astype(np.uint8)
        kept.append(Shown(layers.top_um, layers.top_number, _halved(kinds)))
    return _even(kept)


def _even(layers: list[Shown]) -> list[Shown]:
    """Return so many of them as lie at the most even heights."""
    if len(layers) <= max(TILES):
        return layers
    heights = np.array([layer.z_um for layer in layers])
    found = []
    for count in TILES:
        wanted = np.linspace(heights[0], heights[-1], count)
        nearest = sorted({int(np.abs(heights - height).argmin()) for height in wanted})
        steps = np.diff(heights[nearest])
        found.append((steps.max() / steps.min(), -len(nearest), nearest))
    return [layers[at] for at in min(found)[2]]


def _halved(cells: NDArray[Any]) -> NDArray[Any]:
    pairs = np.maximum(cells[::2], cells[1::2])
    halved: NDArray[Any] = np.maximum(pairs[:, ::2], pairs[:, 1::2])
    return halved


def _tile(layer: Shown, below: NDArray[np.int32], cell_mm: float, radius_px: float) -> Image:
    """Return a picture of a layer, over the shape of all that is printed."""
    from PIL import Image

    cells = np.where(layer.kinds > 0, FLAT_UM << KIND_BITS | layer.kinds.astype(np.int32), 0)
    ground = np.where(below > 0, 1 << KIND_BITS, 0)  # of no kind, and as good as flat
    broad = np.maximum(beads(cells, radius_px), ground)
    return Image.fromarray(in_light(broad, cell_mm, by_kind()))


def _caption(draw: ImageDraw, layer: Shown, left: float, right: float, base: float) -> None:
    write(draw, (left, base), f"{layer.z_um / 1000:.2f} mm", palette.WORDS)
    write(draw, (right, base), f"layer {layer.number}", palette.QUIET_WORDS, anchor="rs")


def _legend(draw: ImageDraw, shown: list[Shown], middle: float) -> None:
    left = float(GAP_PX)
    seen = {int(kind) for layer in shown for kind in np.flatnonzero(np.bincount(layer.kinds.flat))}
    for kind in sorted(Kind, reverse=True):
        if kind in seen:
            draw.rectangle(
                (left, middle - 8, left + 22, middle + 8), palette.rgb(palette.KINDS[kind])
            )
            place = left + 32, middle
            left += 64 + write(draw, place, palette.NAMES[kind], palette.QUIET_WORDS, anchor="lm")
