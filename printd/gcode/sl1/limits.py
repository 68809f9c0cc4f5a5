"""The display of a resin printer: its dots, which way round they lie, how long they may shine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

Box = tuple[int, int, int, int]  # left, top, right, bottom; in dots, the last two not included
Rectangle = tuple[float, float, float, float]  # x0 y0 x1 y1; mm
Seconds = tuple[float, float]  # the least, the most


@dataclass(frozen=True, slots=True)
class ResinLimits:
    """What the pictures of a printer's layers must be; from the settings of its profile."""

    pixels_x: int
    pixels_y: int
    portrait: bool  # the display's X runs down the pictures
    mirror_x: bool
    mirror_y: bool
    exposure_s: Seconds
    first_exposure_s: Seconds

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Self:
        """Read PrusaSlicer's settings.

        Raises:
            ValueError: a number is none.
            KeyError: one is missing.
        """
        return cls(
            pixels_x=int(settings["display_pixels_x"]),
            pixels_y=int(settings["display_pixels_y"]),
            portrait=settings["display_orientation"] == "portrait",
            mirror_x=settings["display_mirror_x"] == "1",
            mirror_y=settings["display_mirror_y"] == "1",
            exposure_s=_range(settings, "exposure_time"),
            first_exposure_s=_range(settings, "initial_exposure_time"),
        )

    @property
    def columns(self) -> int:
        """Return how wide a layer's picture is; dots."""
        return self.pixels_y if self.portrait else self.pixels_x

    @property
    def rows(self) -> int:
        """Return how high a layer's picture is; dots."""
        return self.pixels_x if self.portrait else self.pixels_y

    def on_bed(self, box: Box, width_mm: float, depth_mm: float) -> Rectangle:
        """Return where on the bed a part of a picture is printed.

        Source: boxes at known places, sliced with PrusaSlicer 2.5.0 for both orientations and
        all mirrors.
        """
        across = _shares(box[0], box[2], self.columns, turned=self.portrait != self.mirror_x)
        down = _shares(box[1], box[3], self.rows, turned=not self.mirror_y)
        x, y = (down, across) if self.portrait else (across, down)
        return x[0] * width_mm, y[0] * depth_mm, x[1] * width_mm, y[1] * depth_mm


def _shares(low: int, high: int, whole: int, *, turned: bool) -> tuple[float, float]:
    if turned:
        low, high = whole - high, whole - low
    return low / whole, high / whole


def _range(settings: Mapping[str, str], key: str) -> Seconds:
    return float(settings[f"min_{key}"]), float(settings[f"max_{key}"])
