"""What is known of a piece before it is made."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from printd.core.relief_hints import Hint, made_hints
from printd.core.relief_settings import ReliefSettings
from printd.meshers.making import wish_hints
from printd.meshers.preview.draft import Wanted
from printd.meshers.preview.shaped import Shaped, shaped


def figures_of(wanted: Wanted, skin_mm: float) -> dict[str, Any]:
    """Return what is known of the piece before it is made, as plain values.

    Args:
        wanted: what is looked at.
        skin_mm: how much of every place a slicer makes solid.

    Raises:
        PhotoRefused, SettingInvalid, DepthMissing, DepthUnfit: as ``make_relief``.
    """
    from printd.geometry.mesh.mesh import volume_mm3
    from printd.geometry.pieces import piece_of
    from printd.geometry.shape.plastic import plastic_of
    from printd.geometry.shape.view_field import what_stays

    made = shaped(wanted)
    settings = wanted.settings
    piece = piece_of(made.surface, settings, made.size)
    low, high = piece.mesh.bounds_mm
    sides_mm = [float(side) for side in high - low]
    triangles = len(piece.mesh.faces)
    if settings.triangulation == "dense":  # adaptive ones hardly grow in number with the grid
        triangles = round(triangles * made.mesh_size.cells / made.size.cells)
    field = what_stays(made.surface, settings, made.size)
    plastic = plastic_of(made.surface.heights_mm, field, made.size, skin_mm)
    hints = _hints(made, settings, sides_mm[0], triangles)
    return {
        "size_mm": sides_mm,
        "picture_mm": [made.size.width_mm, made.size.height_mm],
        "relief_mm": made.size.relief_mm,
        "base_mm": made.size.base_mm,
        "mesh_grid": [made.mesh_size.cols, made.mesh_size.rows],
        "triangles": triangles,
        "volume_mm3": volume_mm3(piece.mesh) if settings.mode == "solid" else 0.0,
        "plastic": asdict(plastic),
        "hints": [hint.as_facts() for hint in hints],
        "warnings": list(made.warnings),
        "depth": made.found.source,
    }


def _hints(
    made: Shaped, settings: ReliefSettings, made_width_mm: float, triangles: int
) -> tuple[Hint, ...]:
    from printd.geometry.shape.measure import measured

    surface = made.surface
    found = measured(
        surface.heights_mm, made.size, None, keep=surface.keep, cutoff_mm=surface.cutoff_mm
    )
    of_shape = made_hints(
        settings,
        triangles=triangles,
        smallest_mm=found.smallest_mm,
        steep_share=found.steep_share,
    )
    return (*wish_hints(settings, made.mesh_size, made_width_mm), *of_shape)
