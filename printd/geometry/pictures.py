"""Pictures of a finished piece: in daylight, as a milling tool leaves it, lit from behind."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from printd.core.files import new_file
from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.geometry.drawing.preview import write_preview
from printd.geometry.mesh.build import Piece
from printd.geometry.pieces import piece_of
from printd.geometry.shape.lithophane import light_on
from printd.geometry.shape.milling import Milled, milled
from printd.geometry.shape.surface import Surface, plate_of

DARK: Final = np.array([9, 8, 7], np.uint8)  # of a room in which a lamp is on


def draw_piece(
    out_png: Path,
    piece: Piece | None,
    surface: Surface,
    settings: ReliefSettings,
    size: ReliefSize,
    material: str,
    tooled: Milled | None = None,
) -> None:
    """Draw a piece as PNG; one that is milled as the tool leaves it.

    Args:
        out_png: written whole or not at all.
        piece: if it is at hand.
        surface: what it is made of.
        settings: likewise.
        size: likewise.
        material: one of ``materials.MATERIALS``.
        tooled: the milled surface, if it is at hand.

    Raises:
        SettingInvalid: no such material.
        DiskFull, DiskFailed: the picture cannot be written.
    """
    if settings.ball_mm > 0:
        tooled = tooled or milled(surface, size, settings.ball_mm)
        piece, surface, size = None, tooled.surface, tooled.size
    mesh = (piece or piece_of(surface, settings, size)).mesh
    write_preview(mesh, out_png, material=material)


def draw_light_on(
    out_png: Path, surface: Surface, settings: ReliefSettings, size: ReliefSize
) -> None:
    """Draw a plate lit from behind as PNG; where it is cut away the room is dark.

    Raises:
        DiskFull, DiskFailed: the picture cannot be written.
    """
    lit = light_on(surface.heights_mm, plate_of(settings), size.width_mm / size.cols)
    if surface.keep is not None:
        lit = np.where(surface.keep[..., None] >= 0, lit, DARK)
    if surface.cutoff_mm is not None:
        lit = np.where(surface.heights_mm[..., None] >= surface.cutoff_mm, lit, DARK)
    with new_file(out_png) as stream:
        Image.fromarray(lit).save(stream, format="PNG", compress_level=3)
