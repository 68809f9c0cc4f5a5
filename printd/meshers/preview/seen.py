"""What a browser is sent of a surface, to bend and light it by itself."""

from __future__ import annotations

import time
from typing import Any

from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.meshers.preview.draft import Wanted
from printd.meshers.preview.shaped import shaped


def heights_of(wanted: Wanted, cells: int) -> dict[str, Any]:
    """Return what a browser bends and lights: ``content`` is its body, the rest its headers.

    Args:
        wanted: what is to be seen.
        cells: along the longest side, about.

    Raises:
        PhotoRefused, SettingInvalid, DepthMissing, DepthUnfit: as ``make_relief``.
    """
    from printd.geometry.shape.view_field import settings_exact, view_field

    made = shaped(wanted)
    settings, size = wanted.settings, made.size
    began_s = time.perf_counter()
    seen = view_field(made.surface, settings, size, cells)
    return {
        "content": seen.content,
        "grid": [seen.heights.shape[1], seen.heights.shape[0]],
        "size_mm": [size.width_mm, size.height_mm],
        "bounds_mm": list(seen.bounds_mm),
        "base_mm": size.base_mm,
        "relief_mm": size.relief_mm,
        "z_mm": [seen.low_mm, seen.span_mm],
        "has_keep": seen.keep is not None,
        "bend": _bend(settings, size, seen.low_mm + seen.span_mm),
        "uniforms": list(settings_exact(settings, size)),
        "mesh_grid": [made.mesh_size.cols, made.mesh_size.rows],
        "warnings": [word.partition(":")[0] for word in made.warnings],
        "raw_ms": made.raw_s * 1000,
        "shape_ms": (made.shape_s + time.perf_counter() - began_s) * 1000,
        "cpu_ms": time.process_time() * 1000,  # of this child, since it was forked
    }


def _bend(settings: ReliefSettings, size: ReliefSize, highest_mm: float) -> str:
    """Return how the piece is bent: the kind, the angle in degrees, the radius in mm; or none."""
    if settings.bend == "none":
        return "none"
    from printd.geometry.mesh.bend import Bend

    radius_mm = Bend(settings.bend, settings.bend_deg).radius_mm(size.width_mm, highest_mm)
    return f"{settings.bend},{settings.bend_deg:g},{radius_mm:.4f}"
