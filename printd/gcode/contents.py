"""What a G-code file is, as people are shown it: plain values that can cross processes."""

from __future__ import annotations

from dataclasses import dataclass

Bounds = tuple[float, float, float, float, float, float]  # x0 y0 z0 x1 y1 z1; mm


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture inside a file; ``thumbnails.png_of`` decodes it."""

    width_px: int
    height_px: int
    kind: str  # "PNG", "JPG", "QOI"
    line: int  # of its beginning


@dataclass(frozen=True, slots=True)
class Contents:
    """One file. What the slicer claims is None or "" where it says nothing."""

    slicer: str
    version: str
    printer_model: str
    printer_profile: str
    print_profile: str
    filament_profile: str
    filament_type: str
    time_s: float | None  # as the slicer says
    filament_mm: float | None  # as the slicer says, of all extruders
    filament_g: float | None
    cost: float | None  # as the slicer says, or by its weight and price
    objects: tuple[str, ...]
    thumbnails: tuple[Thumbnail, ...]
    layers: int  # marked by the slicer, else counted where the print rises
    bounds_mm: Bounds | None  # of what is extruded from the first layer on
    extruded_mm: float  # of filament; what is drawn back and pushed again counts once
    least_time_s: float  # at the speeds that the file names, without any slowing down
    max_nozzle_c: float
    max_bed_c: float
    max_chamber_c: float
    unread_lines: int  # that have no certain meaning
