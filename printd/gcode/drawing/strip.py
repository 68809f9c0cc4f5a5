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
WIDTH_PX: Final = 1600
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


def draw_strip(plastic: Plastic, machine: Machine) -> Image:
    """Return the picture; something must have been printed."""
    from PIL import Image, ImageDraw

    shown = layers_of(plastic)
    cell_mm = plastic.window.cell_mm * COARSER
    radius = BEAD * machine.nozzle_mm / 2 / cell_mm
    below = beads(_halved(plastic.cells[plastic.crop(FREE_MM)]), radius, 0)
    columns, scale = _layout(len(shown), *below.shape)
    tile_w = (WIDTH_PX - GAP_PX) // columns - GAP_PX
    inner = max(1, round(below.shape[1] * scale)), max(1, round(below.shape[0] * scale))
    tile_h = inner[1] + 2 * INSIDE_PX
    lines = math.ceil(len(shown) / columns)
    height = GAP_PX + lines * (tile_h + CAPTION_PX + GAP_PX) + LEGEND_PX
    picture = Image.new("RGB", (WIDTH_PX, height), palette.PAPER)
    draw = ImageDraw.Draw(picture)
    for at, layer in enumerate(shown):
        left = GAP_PX + at % columns * (tile_w + GAP_PX)
        top = GAP_PX + at // columns * (tile_h + CAPTION_PX + GAP_PX)
        draw.rectangle((left, top, left + tile_w - 1, top + tile_h - 1), palette.PLATE)
        tile = _tile(layer, below, cell_mm, radius).resize(inner, Image.Resampling.BICUBIC)
        place = left + (tile_w - inner[0]) // 2, top + INSIDE_PX
        picture.paste(tile, place, tile.getchannel("A"))
        _caption(draw, layer, left, left + tile_w, top + tile_h + 22)
    _legend(draw, shown, height - 20)
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


def _layout(tiles: int, rows: int, cols: int) -> tuple[int, float]:
    """Return in how many columns tiles are largest, and how many pixels a cell then has."""
    found = []
    for columns in range(1, tiles + 1):
        width = (WIDTH_PX - GAP_PX) / columns - GAP_PX - 2 * INSIDE_PX
        height = MOST_HEIGHT_PX / math.ceil(tiles / columns)
        height -= GAP_PX + CAPTION_PX + 2 * INSIDE_PX
        found.append((min(width / cols, height / rows), columns))
    scale, columns = max(found)
    return columns, scale


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
