"""From a height map in millimetres to the mesh of a piece: flat or bent, of any outline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid
from printd.core.relief_grid import LARGEST_ROOT
from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.bend import (
    Bend,
    bent,
    chords,
    joined,
    seamless,
    with_columns,
)
from printd.geometry.mesh.cutoff import cut, without_islands
from printd.geometry.mesh.flat import Flat, Grid, Mode, cut_out, uncut
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.relief import axes, without_needless
from printd.geometry.mesh.rtin import Floats, root_square
from printd.geometry.mesh.rtin_mesh import Faces
from printd.geometry.mesh.slivers import without_slivers

Triangulation = Literal["adaptive", "dense"]

TOLERANCE_MM: Final = 0.02
ISLAND_MM2: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What is made of a height map."""

    triangulation: Triangulation = "adaptive"  # as few triangles as need be; dense: two a cell
    tolerance_mm: float = TOLERANCE_MM  # along the height, at each sample; and of a bend's chords
    mode: Mode = "solid"  # a closed body; planar: the open surface alone
    cutoff_mm: float | None = None  # what is lower goes
    outline: Floats | None = None  # (rows + 1, cols + 1) of ``outlines``; what is below 0 goes
    island_mm2: float = ISLAND_MM2  # of what stays, parts smaller than this go as well
    bend: Bend | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A mesh, and where the picture lies on it."""

    mesh: Mesh
    top_faces: int  # so many of the mesh's faces, the first ones, are the picture's surface
    uv_faces: Faces  # (top_faces, 3) into ``uv``; not the mesh's own where a ring is joined
    places_mm: Floats  # (n, 2) of the vertices before they were bent, from the lower left corner
    sides_mm: tuple[float, float]  # of the picture

    @property
    def uv(self) -> Floats:
        """Places in the picture, from its lower left corner, 0 to 1, (n, 2)."""
        uv: Floats = (self.places_mm / np.array(self.sides_mm)).astype(np.float32)
        return uv


def build(heights_mm: Floats, size: ReliefSize, **shape: Any) -> Mesh:
    """Return the mesh of ``build_piece``; keywords are those of ``Shape``."""
    return build_piece(heights_mm, size, Shape(**shape)).mesh


def build_piece(heights_mm: Floats, size: ReliefSize, shape: Shape) -> Piece:
    """Make the mesh of a relief.

    A flat piece has x to the right, y up in the picture, z up; its lowest corner is at 0, but for
    the height of a surface, which is that of the map. A bent piece stands, its lowest corner at
    0: y away from the viewer, z up in the picture.

    Args:
        heights_mm: (rows + 1, cols + 1) float32; for a solid over its back and all above 0.
        size: gives width and height.
        shape: the rest.

    Raises:
        SettingInvalid: nothing is left, or the bend is too narrow.
    """
    if shape.bend is None:
        return _piece(_flat(heights_mm, size, shape, None), size, None)
    heights_mm, shape, stride = _ready_to_bend(heights_mm, size, shape, shape.bend)
    return _piece(_flat(heights_mm, size, shape, stride), size, shape.bend)


def _ready_to_bend(
    heights_mm: Floats, size: ReliefSize, shape: Shape, bend: Bend
) -> tuple[Floats, Shape, int]:
    """Return map and shape with columns close enough, and how many cells an edge may cross."""
    is_solid = shape.mode == "solid"
    times, stride = chords(bend, size.width_mm, heights_mm, shape.tolerance_mm, is_solid=is_solid)

    def ready(field: Floats) -> Floats:
        finer = with_columns(field, times)
        return seamless(finer) if bend.is_ring else finer

    outline = None if shape.outline is None else ready(shape.outline)
    return ready(heights_mm), replace(shape, outline=outline), stride


def _flat(heights_mm: Floats, size: ReliefSize, shape: Shape, stride: int | None) -> Flat:
    """Return the piece before it is bent; ``stride`` as in ``Grid``."""
    is_ring = shape.bend is not None and shape.bend.is_ring
    field = _field(heights_mm, size, shape, is_ring=is_ring)
    if field is None and stride is None:
        heights_mm = without_needless(heights_mm)
    rows, cols = heights_mm.shape[0] - 1, heights_mm.shape[1] - 1
    largest = LARGEST_ROOT if stride is None else min(LARGEST_ROOT, 1 << stride.bit_length() - 1)
    grid = Grid(
        heights_mm,
        *axes(heights_mm, size),
        tolerance_mm=shape.tolerance_mm if shape.triangulation == "adaptive" else None,
        root=root_square(rows, cols, largest),
        stride=stride,
        is_ring=is_ring,
    )
    return uncut(grid, shape.mode) if field is None else cut_out(grid, shape.mode, cut(field))


def _field(heights_mm: Floats, size: ReliefSize, shape: Shape, *, is_ring: bool) -> Floats | None:
    """Return what stays, as ``cutoff.cut`` wants it; None if that is everything."""
    fields = [] if shape.outline is None else [shape.outline]
    if shape.cutoff_mm is not None:
        fields.append(heights_mm - np.float32(shape.cutoff_mm))
    if all((field >= 0).all() for field in fields):
        return None
    cells = (heights_mm.shape[0] - 1) * (heights_mm.shape[1] - 1)
    least = shape.island_mm2 * cells / (size.width_mm * size.height_mm)
    field = without_islands(np.minimum.reduce(fields), least, is_ring=is_ring)
    if (field < 0).all():
        raise SettingInvalid(
            "Cut-off and outline leave nothing of the surface.",
            action="Use a lower cut-off, or another mask.",
        )
    return field


def _piece(flat: Flat, size: ReliefSize, bend: Bend | None) -> Piece:
    """Return the flat piece as it is to be, and where the picture lies on it."""
    vertices, faces = flat.vertices, flat.faces
    places_mm = vertices[:, :2]
    if bend is None:
        # Height stays as it was: 0 is the back, or the lowest point of the whole map.
        left_mm, near_mm = places_mm[:, 0].min(), places_mm[:, 1].min()
        if left_mm or near_mm:
            vertices = vertices - np.array([left_mm, near_mm, 0], np.float32)
    else:
        vertices = bent(vertices, bend, size.width_mm)
        if bend.is_ring:
            number = joined(flat.vertices, size.width_mm)
            stays: NDArray[np.bool_] = number == np.arange(len(number))
            vertices, faces = vertices[stays], (np.cumsum(stays, dtype=np.int32) - 1)[number][faces]
    mesh = without_slivers(Mesh(vertices, faces), flat.top_faces)
    sides_mm = size.width_mm, size.height_mm
    return Piece(mesh, flat.top_faces, flat.faces[: flat.top_faces], places_mm, sides_mm)
