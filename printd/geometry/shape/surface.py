"""From a height map to the surface of one piece: millimetres, rim, limits of what can be made.

The order is that of the settings: what the map means (shape or tone) becomes millimetres; the
rim and the outline are part of the piece, so walls that must lean lean there too; feet come last,
since they are made not to overhang.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid
from printd.core.plate_steps import plate_steps
from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.geometry.mesh.bend import RING_DEG
from printd.geometry.mesh.relief import heights_in_mm
from printd.geometry.shape import furniture, outlines
from printd.geometry.shape.finish import finished
from printd.geometry.shape.lithophane import thickness
from printd.geometry.shape.plate import Plate
from printd.geometry.shape.printable import with_draft, without_overhangs, without_unprintable

Floats = NDArray[np.float32]
HOLE_MARGIN_MM: Final = 2.0  # of material around a hole: five lines
BESIDE_RIM_MM: Final = 1.0  # between a hole and a rim, whose inner edge it would cut


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """What is built: heights over the back, and what of them stays."""

    heights_mm: Floats  # (rows + 1, cols + 1), all above 0
    keep: Floats | None  # (rows + 1, cols + 1): what is below 0 goes; None: everything stays
    cutoff_mm: float | None  # what is lower goes


def surface_of(
    heights: Floats, mask: Floats | None, settings: ReliefSettings, size: ReliefSize
) -> Surface:
    """Apply every setting to a height map.

    Args:
        heights: (any, any), 0 to 1, row 0 at the top of the picture.
        mask: (any, any), 0 to 1: the subject, for pieces of its outline.
        settings: what to apply.
        size: of the piece, from ``settings.resolve``.

    Raises:
        SettingInvalid: the outline of a subject is asked for and there is none, or holes do not
            fit.
    """
    heights_mm = _in_mm(finished(heights, settings, size.rows, size.cols), settings, size)
    keep = _outline(mask, settings, size)
    rim_mm = settings.rim_width_mm(size)
    if rim_mm > 0:
        top_mm = settings.rim_height_mm or size.base_mm + size.relief_mm
        is_ring = settings.bend != "none" and settings.bend_deg >= RING_DEG
        heights_mm = furniture.with_rim(heights_mm, size, keep, rim_mm, top_mm, is_ring=is_ring)
    if settings.holes:
        margin_mm = max(HOLE_MARGIN_MM, rim_mm + BESIDE_RIM_MM)
        hole = furniture.hole(size, keep, settings.hole_mm, margin_mm, settings.holes)
        keep = hole if keep is None else np.minimum(keep, hole)
    return Surface(_makeable(heights_mm, keep, settings, size), keep, _cutoff_mm(settings, size))


def _in_mm(corners: Floats, settings: ReliefSettings, size: ReliefSize) -> Floats:
    line_px = (
        settings.line_mm * size.rows / size.height_mm,
        settings.line_mm * size.cols / size.width_mm,
    )
    printable = without_unprintable(corners, line_px)
    if settings.surface == "lithophane":
        thinnest_mm, thickest_mm = settings.thinnest_mm, settings.thickest_mm
        return thickness(printable, plate_of(settings), thinnest_mm, thickest_mm)
    return heights_in_mm(printable, size)


def plate_of(settings: ReliefSettings) -> Plate:
    """Return what light the plastic of a lithophane lets through."""
    if settings.plate_steps is not None:
        return Plate.from_steps(plate_steps(settings.plate_steps))
    return Plate.exponential(settings.absorption_per_mm)


def _makeable(
    heights_mm: Floats, keep: Floats | None, settings: ReliefSettings, size: ReliefSize
) -> Floats:
    """Make walls lean, overhangs go, and feet stand."""
    across_mm, down_mm = size.width_mm / size.cols, size.height_mm / size.rows
    if settings.draft_deg > 0:
        heights_mm = with_draft(heights_mm, settings.draft_deg, across_mm, down_mm)
    if settings.standing or settings.bend != "none":
        heights_mm = without_overhangs(heights_mm, down_mm)
    if settings.feet_mm > 0:
        heights_mm = furniture.with_feet(heights_mm, size, settings.feet_mm, keep)
    return heights_mm


def _cutoff_mm(settings: ReliefSettings, size: ReliefSize) -> float | None:
    if settings.depth_cutoff_pct <= 0:
        return None
    return size.base_mm + size.relief_mm * settings.depth_cutoff_pct / 100


def _outline(mask: Floats | None, settings: ReliefSettings, size: ReliefSize) -> Floats | None:
    """Return the outline as a field; None: the whole rectangle."""
    if settings.outline == "mask":
        if mask is None:
            raise SettingInvalid(
                "outline: mask follows the subject, and none was found in the picture.",
                action="Give a mask of the subject (with mask auto), or choose another outline.",
            )
        return outlines.from_mask(mask[:, ::-1] if settings.mirror else mask, size)
    if settings.outline == "rounded":
        return outlines.rounded(size, settings.corner_mm)
    makers = {"circle": outlines.circle, "ellipse": outlines.ellipse, "heart": outlines.heart}
    maker = makers.get(settings.outline)
    return None if maker is None else maker(size)
