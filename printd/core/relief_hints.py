"""What a person should know of a relief before it is printed, each with the setting that mends it.

Rules on plain numbers, the same for the command line and the pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from printd.core.relief_settings import ReliefSettings, ReliefSize

LAYER_MM: Final = 0.2  # of the usual profile
NOZZLE_MM: Final = 0.4
FINEST_MM: Final = 0.1  # no nozzle lays a finer line
LEAST_BASE_LAYERS: Final = 2
LEAST_RELIEF_LAYERS: Final = 3
SAMPLES_PER_LINE: Final = 2  # cells that a printed line shows
SPARE: Final = 3  # times as many cells do no harm, and may help finer nozzles
LEAST_QUALITY: Final = 128
DARK_MM: Final = 1.2  # a lithophane that is nowhere thinner lets little light through
STEEP_SHARE: Final = 0.05
WHOLE: Final = 0.97  # of the width: less is seen
HEIGHTS: Final = frozenset({"relief_mm", "base_mm", "depth_intensity", "base_thickness"})
TONES: Final = frozenset({"thinnest_mm", "thickest_mm", "absorption_per_mm", "plate_steps"})
MANY_TRIANGLES: Final = 1_000_000  # slicing takes minutes from here on


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that a print would show, and what would mend it."""

    code: str
    sentence: str
    mend: Mapping[str, Any] = field(default_factory=dict)  # settings to change; may be empty

    def as_facts(self) -> dict[str, Any]:
        """Return plain values."""
        return {"code": self.code, "sentence": self.sentence, "mend": dict(self.mend)}


def size_hints(settings: ReliefSettings, size: ReliefSize) -> Iterator[Hint]:
    """Yield what the settings alone tell."""
    if settings.mode == "solid" and size.base_mm < LEAST_BASE_LAYERS * LAYER_MM:
        yield Hint(
            "base_thin",
            f"The base is {size.base_mm:.2g} mm, less than {LEAST_BASE_LAYERS} layers: it may "
            "tear.",
            {"base_mm": LEAST_BASE_LAYERS * LAYER_MM},
        )
    if size.relief_mm < LEAST_RELIEF_LAYERS * LAYER_MM and settings.surface == "relief":
        yield Hint(
            "relief_low",
            f"The relief rises by {size.relief_mm:.2g} mm, less than {LEAST_RELIEF_LAYERS} layers: "
            "it will look flat.",
            {"relief_mm": max(LEAST_RELIEF_LAYERS * LAYER_MM, 0.04 * size.longest_mm)},
        )
    if settings.surface == "lithophane" and settings.thinnest_mm > DARK_MM:
        yield Hint(
            "plate_dark",
            f"The plate is nowhere thinner than {settings.thinnest_mm:g} mm: it will be dark.",
            {"thinnest_mm": 0.8},
        )
    if settings.surface == "lithophane" and not settings.standing and settings.bend == "none":
        yield Hint(
            "plate_lying",
            "Printed lying, a plate has only as many tones as layers; standing, it has all.",
            {"standing": True},
        )
    line_mm = settings.line_mm if settings.line_mm >= FINEST_MM else NOZZLE_MM
    useful = max(LEAST_QUALITY, round(SAMPLES_PER_LINE * size.longest_mm / line_mm))
    if settings.mesh_quality > SPARE * useful and settings.ball_mm == 0:
        yield Hint(
            "finer_than_nozzle",
            f"A {line_mm:g} mm nozzle shows {useful} cells along {size.longest_mm:.0f} mm; "
            f"{settings.mesh_quality} only take time.",
            {"mesh_quality": useful},
        )


def idle_hints(settings: ReliefSettings) -> Iterator[Hint]:
    """Yield what was set and does nothing."""
    fields = type(settings).model_fields.items()
    said = {name for name, field in fields if getattr(settings, name) != field.default}
    if settings.surface == "lithophane" and said & HEIGHTS:
        yield Hint(
            "no_effect",
            f"{', '.join(sorted(said & HEIGHTS))}: nothing of a lithophane, whose thickness is "
            "thinnest_mm to thickest_mm.",
        )
    if settings.surface != "lithophane" and said & TONES:
        yield Hint("no_effect", f"{', '.join(sorted(said & TONES))}: only of lithophanes.")


def outline_hints(
    settings: ReliefSettings, size: ReliefSize, made_width_mm: float
) -> Iterator[Hint]:
    """Yield what an outline, or a cut-off, has left of the width that was asked for."""
    if settings.bend != "none" or made_width_mm > WHOLE * size.width_mm:
        return
    name = "width_mm" if settings.longest_mm is None else "longest_mm"
    asked_mm = settings.longest_mm or size.width_mm
    yield Hint(
        "narrower",
        f"What is left is {made_width_mm:.0f} mm wide; the picture would be "
        f"{size.width_mm:.0f} mm wide.",
        {name: round(asked_mm * size.width_mm / made_width_mm, 1)},
    )


def made_hints(
    settings: ReliefSettings,
    *,
    triangles: int,
    smallest_mm: float | None,
    steep_share: float = 0.0,
) -> Iterator[Hint]:
    """Yield what the finished surface tells.

    Args:
        settings: what it was made with.
        triangles: of the mesh.
        smallest_mm: its finest feature; None if it has none, or was not measured.
        steep_share: of its area, steeper than 60 degrees; 0 if it was not measured.
    """
    if settings.standing and steep_share > STEEP_SHARE:
        yield Hint(
            "steep_standing",
            f"{steep_share:.0%} of the surface is steeper than 60 degrees, and will look frayed "
            "when it is printed standing.",
            {"smoothing_px": settings.smoothing_px + 2},
        )
    is_filtered = settings.line_mm >= NOZZLE_MM or settings.ball_mm > 0
    if smallest_mm is not None and smallest_mm < NOZZLE_MM and not is_filtered:
        yield Hint(
            "too_fine",
            f"The finest parts are {smallest_mm:.2f} mm wide; a {NOZZLE_MM} mm nozzle leaves them "
            "out.",
            {"line_mm": NOZZLE_MM},
        )
    if triangles > MANY_TRIANGLES:
        yield Hint(
            "many_triangles",
            f"{triangles:,} triangles: slicing will take minutes.",
            {"tolerance_mm": 0.05}
            if settings.triangulation == "adaptive"
            else {"triangulation": "adaptive"},
        )
