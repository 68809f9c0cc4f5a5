"""The print on its plate, seen from above, as it will be when the last line is laid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from printd.core.machine import Machine
from printd.gcode.drawing import palette
from printd.gcode.drawing.beads import Cells, beads, by_height, in_light
from printd.gcode.drawing.kinds import Kind
from printd.gcode.drawing.lettering import write
from printd.gcode.drawing.plastic import KIND, KIND_BITS, Plastic
from printd.gcode.drawing.plate import View, draw_plate

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

WIDTH_PX, HEIGHT_PX = 1200, 900
BORDER_PX: Final = 30
VIEW_PX: Final = HEIGHT_PX - 2 * BORDER_PX
COLUMN_PX: Final = WIDTH_PX - VIEW_PX - 3 * BORDER_PX  # beside it
LARGE: Final = 0.55  # of the plate; such a print is shown with all of it
AROUND: Final = 1.25  # of a smaller print is shown, ...
LEAST_SHOWN: Final = 0.12  # ... but never less of the plate
BEYOND: Final = 1.12  # of the plate, so that there is room for numbers
BEAD: Final = 1.12  # breadths of a nozzle; slicers lay their lines so
SHADOW_PX: Final = 7
SHADOW: Final = 0.55
RAMP_PX: Final = 210
FEW: Final = 0.01  # of the thing may be lower than the first colour: feet of steep sides
SAMPLED: Final = 3  # one cell of so many in each direction is enough for that
LOWEST: Final = 0.5  # of the height: what is shown as low may lie higher, never lower


@dataclass(frozen=True, slots=True, eq=False)
class Printed:
    """What was printed, as a picture of its own; in mm."""

    picture: Image  # RGBA
    box_mm: tuple[float, float, float, float]  # of the picture: X and Y from, X and Y to
    size_mm: tuple[float, float, float]  # of the thing itself
    low_mm: float  # where the colours begin
    aside: tuple[Kind, ...]  # which kinds are seen beside it


def draw_top(plastic: Plastic, machine: Machine) -> Image:
    """Return the picture; something must have been printed."""
    from PIL import Image, ImageDraw

    printed = _printed(plastic, BEAD * machine.nozzle_mm)
    whole = _whole_plate(machine, printed.box_mm, VIEW_PX)
    view = _near(machine, printed.box_mm) or whole
    picture = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), palette.PAPER)
    picture.paste(_scene(view, machine, printed, labels=True), (BORDER_PX, BORDER_PX))
    draw = ImageDraw.Draw(picture)
    left, top = 2 * BORDER_PX + VIEW_PX, BORDER_PX
    if view is not whole:
        small = _whole_plate(machine, printed.box_mm, COLUMN_PX)
        scene = _scene(small, machine, printed, labels=False)
        high = view.low_mm + view.side_mm
        frame = small.box(view.left_mm, view.low_mm, view.left_mm + view.side_mm, high)
        ImageDraw.Draw(scene).rectangle(frame, outline=palette.FRAME, width=2)
        picture.paste(scene, (left, top))
        top += COLUMN_PX + BORDER_PX
    _legend(draw, left, top, printed, machine)
    return picture


def _printed(plastic: Plastic, bead_mm: float) -> Printed:
    from PIL import Image

    rows, cols = crop = plastic.crop(bead_mm)
    (left, low), cell_mm = plastic.window.corner_mm, plastic.window.cell_mm
    broad = beads(plastic.cells[crop], bead_mm / 2 / cell_mm)
    kind = (broad & KIND).astype(np.uint8)
    is_thing = (kind > 0) & ~palette.is_aside().take(kind)
    top_um, low_um = int(broad.max()) >> KIND_BITS, _low_um(broad, is_thing)
    return Printed(
        picture=Image.fromarray(in_light(broad, cell_mm, by_height(low_um, top_um))),
        box_mm=(
            left + cols.start * cell_mm,
            low + rows.start * cell_mm,
            left + cols.stop * cell_mm,
            low + rows.stop * cell_mm,
        ),
        size_mm=(_extent(is_thing, 0, cell_mm), _extent(is_thing, 1, cell_mm), top_um / 1000),
        low_mm=low_um / 1000,
        aside=tuple(aside for aside in palette.ASIDE if (kind == aside).any()),
    )


def _low_um(broad: Cells, is_thing: NDArray[np.bool_]) -> int:
    """Return the height that gets the first colour: that of the lowest surface, or a half."""
    some = slice(None, None, SAMPLED)
    heights = np.sort(broad[some, some][is_thing[some, some]]) >> KIND_BITS
    lowest_um = int(heights[int(FEW * len(heights))]) if len(heights) else 0
    return min(lowest_um, round(LOWEST * (int(broad.max()) >> KIND_BITS)))


def _extent(is_thing: NDArray[np.bool_], axis: int, cell_mm: float) -> float:
    at = np.flatnonzero(is_thing.any(axis=axis))
    return (at[-1] - at[0] + 1) * cell_mm if len(at) else 0.0


def _whole_plate(machine: Machine, box_mm: tuple[float, float, float, float], side_px: int) -> View:
    """Return a view of the plate, and of what is printed beside it."""
    x0, y0 = min(0.0, box_mm[0]), min(0.0, box_mm[1])
    x1, y1 = max(machine.bed_w_mm, box_mm[2]), max(machine.bed_d_mm, box_mm[3])
    side = BEYOND * max(x1 - x0, y1 - y0)
    return View((x0 + x1 - side) / 2, (y0 + y1 - side) / 2, side, side_px)


def _near(machine: Machine, box_mm: tuple[float, float, float, float]) -> View | None:
    """Return a view of a small print; None: it is large."""
    x0, y0, x1, y1 = box_mm
    longest, plate = max(x1 - x0, y1 - y0), max(machine.bed_w_mm, machine.bed_d_mm)
    if longest > LARGE * plate:
        return None
    side = max(AROUND * longest, LEAST_SHOWN * plate)
    return View((x0 + x1 - side) / 2, (y0 + y1 - side) / 2, side, VIEW_PX)


def _scene(view: View, machine: Machine, printed: Printed, *, labels: bool) -> Image:
    """Return the plate with what is printed on it, and a soft shadow below."""
    from PIL import Image, ImageFilter

    scene = draw_plate(view, machine, labels=labels)
    x0, y0, x1, y1 = view.box(*printed.box_mm)
    size = max(1, round(x1 - x0)), max(1, round(y1 - y0))
    thing = printed.picture.resize(size, Image.Resampling.BICUBIC)
    place = round(x0), round(y0)
    shape = thing.getchannel("A")
    dark = Image.new("L", scene.size)
    blur = SHADOW_PX * view.side_px / VIEW_PX
    dark.paste(shape.point(lambda alpha: alpha * SHADOW), (place[0], round(place[1] + blur / 2)))
    dark = dark.filter(ImageFilter.GaussianBlur(blur))
    scene.paste((0, 0, 0), (0, 0, *scene.size), dark)
    scene.paste(thing, place, shape)
    return scene


def _legend(draw: ImageDraw, left: float, top: float, printed: Printed, machine: Machine) -> None:
    width, depth, height = printed.size_mm
    size = f"{_shown(width)} x {_shown(depth)} x {_shown(height)} mm"
    write(draw, (left, top + 20), size, palette.WORDS, 21)
    bed = f"on {machine.bed_w_mm:g} x {machine.bed_d_mm:g} mm"
    write(draw, (left, top + 46), bed, palette.QUIET_WORDS)
    top += 84
    for row, colour in enumerate(palette.colours_of_heights(RAMP_PX)[::-1].tolist()):
        draw.line((left, top + row, left + 26, top + row), tuple(colour))
    for share in (1.0, 0.5, 0.0):
        height_mm = printed.low_mm + share * (height - printed.low_mm)
        place = left + 40, top + (1 - share) * (RAMP_PX - 1)
        write(draw, place, f"{height_mm:.1f} mm", palette.WORDS, anchor="lm")
    top += RAMP_PX + 40
    for kind in printed.aside:
        draw.rectangle((left, top - 9, left + 26, top + 9), palette.rgb(palette.KINDS[kind]))
        write(draw, (left + 40, top), palette.NAMES[kind], palette.WORDS, anchor="lm")
        top += 34


def _shown(length_mm: float) -> str:
    return f"{length_mm:.0f}" if length_mm >= 30 else f"{length_mm:.1f}"
