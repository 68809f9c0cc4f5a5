"""From a surface to a file: the piece as the settings want it, in the kind that its name asks for.

STL and 3MF for slicers, OBJ with the photo as texture in a ZIP, or the height map alone as a
16-bit picture. A plain dense solid goes to STL in strips, without ever being held whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid
from printd.core.files import new_file
from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.geometry.files.depthpng import write_depth_png
from printd.geometry.files.meshio import write_stl
from printd.geometry.files.objzip import Texture, write_obj_zip
from printd.geometry.files.threemf import write_3mf
from printd.geometry.mesh.bend import Bend
from printd.geometry.mesh.build import Piece, Shape, build_piece
from printd.geometry.mesh.mesh import volume_mm3
from printd.geometry.mesh.pose import standing, top_at_zero
from printd.geometry.mesh.relief import write_relief_stl
from printd.geometry.shape.surface import Surface

Colours = NDArray[np.uint8]  # (rows, cols, 3) sRGB

TITLE: Final = "relief"  # what slicers show; not the file's name, so that bytes do not follow it
HEIGHTS: Final = ".png"
KINDS: Final = (".stl", ".3mf", ".zip", HEIGHTS)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    bbox_mm: tuple[float, float, float]  # sides of the piece as it lies or stands in the file
    triangles: int  # 0 of a height map alone
    volume_mm3: float  # 0 of a surface alone
    bytes: int


def piece_of(surface: Surface, settings: ReliefSettings, size: ReliefSize) -> Piece:
    """Build the mesh of a surface, lying or standing as it is asked for.

    Raises:
        SettingInvalid: nothing is left of it, or its bend is too narrow.
    """
    bend = None if settings.bend == "none" else Bend(settings.bend, settings.bend_deg)
    shape = Shape(
        triangulation=settings.triangulation,
        tolerance_mm=settings.tolerance_mm,
        mode=settings.mode,
        cutoff_mm=surface.cutoff_mm,
        outline=surface.keep,
        bend=bend,
    )
    piece = build_piece(surface.heights_mm, size, shape)
    if settings.standing and bend is None:
        piece = replace(piece, mesh=standing(piece.mesh, piece.top_faces))
    if settings.z_zero == "top":
        piece = replace(piece, mesh=top_at_zero(piece.mesh))
    return piece


def write_piece(piece: Piece, colours: Colours | None, out: Path) -> Written:
    """Write a mesh, whole or not at all.

    Args:
        piece: with its lowest corner at 0.
        colours: of the picture, for the texture of ``.zip``.
        out: ``.stl``, ``.3mf`` or ``.zip``.

    Raises:
        SettingInvalid: no such kind.
        DiskFull, DiskFailed: it cannot be written.
    """
    kind = kind_of(out)
    if kind == ".3mf":
        write_3mf(out, piece.mesh, title=TITLE)
    elif kind == ".zip":
        write_obj_zip(out, piece.mesh, _texture(piece, colours))
    else:
        write_stl(out, piece.mesh)
    low, high = piece.mesh.bounds_mm
    right, far, up = (float(side) for side in high - low)
    is_closed = piece.top_faces < len(piece.mesh.faces)
    return Written(
        (right, far, up),
        len(piece.mesh.faces),
        volume_mm3(piece.mesh) if is_closed else 0.0,
        out.stat().st_size,
    )


def _texture(piece: Piece, colours: Colours | None) -> Texture | None:
    if colours is None:
        return None
    return Texture(colours, piece.uv, piece.top_faces, piece.uv_faces)


def is_plain_dense(surface: Surface, settings: ReliefSettings, out: Path) -> bool:
    """Tell whether ``write_dense`` makes the same file as ``piece_of`` and ``write_piece``."""
    return (
        settings.triangulation == "dense"
        and (settings.mode, settings.bend, settings.standing) == ("solid", "none", False)
        and surface.keep is None
        and surface.cutoff_mm is None
        and kind_of(out) == ".stl"
    )


def write_dense(surface: Surface, size: ReliefSize, out: Path) -> Written:
    """Write a plain dense solid in strips; memory does not grow with the file."""
    with new_file(out) as stream:
        made = write_relief_stl(stream, surface.heights_mm, size)
    return Written(made.bbox_mm, made.triangles, made.volume_mm3, made.bytes)


def write_heights(surface: Surface, size: ReliefSize, out: Path) -> Written:
    """Write the heights alone as a 16-bit picture, white at the highest point."""
    low, high = float(surface.heights_mm.min()), float(surface.heights_mm.max())
    span = max(high - low, 1e-9)
    write_depth_png(out, ((surface.heights_mm - low) / span).astype(np.float32))
    return Written((size.width_mm, size.height_mm, high), 0, 0.0, out.stat().st_size)


def kind_of(out: Path) -> str:
    """Return the kind of file that a name asks for.

    Raises:
        SettingInvalid: it is none of ``KINDS``.
    """
    kind = out.suffix.lower()
    if kind not in KINDS:
        raise SettingInvalid(
            f"{out.name}: no such kind of file; known are {', '.join(KINDS)}.",
            action="Name it so: .zip is OBJ with the photo as texture, .png the height map alone.",
        )
    return kind
