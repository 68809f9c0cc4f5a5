"""The step wedge: a small plate of known thicknesses, printed once to measure a plastic."""

from __future__ import annotations

from pathlib import Path

from printd.core.relief_settings import ReliefSettings
from printd.meshers.making import NOTHING, Beside, ReliefReport, write_all


def make_wedge(settings: ReliefSettings, out: Path, beside: Beside = NOTHING) -> ReliefReport:
    """Make a standing wedge from ``thinnest_mm`` to ``thickest_mm``.

    Args:
        settings: thicknesses, and how the mesh is made.
        out: of one of ``pieces.KINDS``.
        beside: progress and pictures that are wanted.

    Raises:
        SettingInvalid, DiskFull, DiskFailed: as ``make_relief``.
    """
    from printd.geometry.shape.lithophane import step_wedge, wedge_steps_mm
    from printd.geometry.shape.surface import Surface

    thicknesses = settings.thinnest_mm, settings.thickest_mm
    heights_mm, size = step_wedge(*thicknesses)
    upright = ReliefSettings(
        surface="lithophane",
        standing=True,
        triangulation=settings.triangulation,
        tolerance_mm=settings.tolerance_mm,
    )
    written, figures = write_all(Surface(heights_mm, None, None), upright, size, out, beside)
    steps = " ".join(f"{step:.2f}:?" for step in wedge_steps_mm(*thicknesses))
    return ReliefReport(
        *written.bbox_mm,
        base_mm=size.base_mm,
        triangles=written.triangles,
        bytes=written.bytes,
        volume_mm3=written.volume_mm3,
        photo_px=None,
        depth="the fields of a step wedge",
        warnings=(f'plate_steps: Measure the light through each field: --plate-steps "{steps}".',),
        hints=(),
        measured=figures,
    )
