"""The plate of a printer seen from above: its outline, a grid in millimetres, what is kept free."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from printd.core.machine import Machine
from printd.gcode.drawing import palette
from printd.gcode.drawing.lettering import write

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

GRID_MM: Final = 10
STRONG_MM: Final = 50
LABELS_MM: Final = (10, 20, 50, 100, 200, 500)
LEAST_GRID_PX: Final = 8  # between lines; a closer grid is left out
LEAST_LABEL_PX: Final = 60  # between numbers
EDGE_PX: Final = 2
LABEL_PX: Final = 14
OUTSIDE_PX: Final = 40  # beside the plate; then the numbers stand there
ALONE_MM: Final = 2.0  # a smaller margin is not shown


@dataclass(frozen=True, slots=True)
class View:
    """Which part of the plate a picture shows: a square of it."""

    left_mm: float
    low_mm: float
    side_mm: float
    side_px: int

    @property
    def scale(self) -> float:
        """Return pixels per millimetre."""
        return self.side_px / self.side_mm

    def x(self, x_mm: float) -> float:
        """Return pixels from the left."""
        return (x_mm - self.left_mm) * self.scale

    def y(self, y_mm: float) -> float:
        """Return pixels from the top."""
        return (self.low_mm + self.side_mm - y_mm) * self.scale

    def box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """Return a rectangle of the plate in pixels."""
        return self.x(x0), self.y(y1), self.x(x1), self.y(y0)


def draw_plate(view: View, machine: Machine, *, labels: bool) -> Image:
    """Return a picture of the empty plate."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (view.side_px, view.side_px), palette.PAPER)
    draw = ImageDraw.Draw(picture)
    width, depth, margin = machine.bed_w_mm, machine.bed_d_mm, machine.margin_mm
    draw.rectangle(view.box(0, 0, width, depth), palette.PLATE)
    for strong in (False, True):
        _grid(draw, view, machine, strong=strong)
    if margin >= ALONE_MM:
        box = view.box(margin, margin, width - margin, depth - margin)
        draw.rectangle(box, outline=palette.KEPT_FREE)
    draw.rectangle(view.box(0, 0, width, depth), outline=palette.PLATE_EDGE, width=EDGE_PX)
    if labels:
        _labels(draw, view, machine)
    return picture


def _grid(draw: ImageDraw, view: View, machine: Machine, *, strong: bool) -> None:
    step = STRONG_MM if strong else GRID_MM
    if step * view.scale < LEAST_GRID_PX:
        return
    colour = palette.GRID_STRONG if strong else palette.GRID
    for x in range(0, math.ceil(machine.bed_w_mm), step):
        draw.line((view.x(x), view.y(0), view.x(x), view.y(machine.bed_d_mm)), colour)
    for y in range(0, math.ceil(machine.bed_d_mm), step):
        draw.line((view.x(0), view.y(y), view.x(machine.bed_w_mm), view.y(y)), colour)


def _labels(draw: ImageDraw, view: View, machine: Machine) -> None:
    """Write millimetres along the lower and the left side of the picture."""
    wide = (step for step in LABELS_MM if step * view.scale >= LEAST_LABEL_PX)
    step = next(wide, LABELS_MM[-1])
    low = min(view.side_px - 8.0, view.y(0) + 20)
    outside = view.x(0) >= OUTSIDE_PX
    left, anchor = (view.x(0) - 8, "rm") if outside else (8.0, "lm")
    for x in range(0, math.floor(machine.bed_w_mm) + 1, step):
        if 30 < view.x(x) < view.side_px - 20:
            write(draw, (view.x(x), low), str(x), palette.QUIET_WORDS, LABEL_PX, "ms")
    for y in range(0, math.floor(machine.bed_d_mm) + 1, step):
        if 20 < view.y(y) < view.side_px - 30:
            write(draw, (left, view.y(y)), str(y), palette.QUIET_WORDS, LABEL_PX, anchor)
