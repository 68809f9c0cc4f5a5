"""The height map that needs no service, no network and no weights: ``geometry.heights``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from printd import __version__
from printd.core.relief_settings import ReliefSettings
from printd.depth.base import MEMORY_BYTES, DepthMap

# Settings that only act on a finished map. All others count, also those that are yet to come.
LATER: Final = frozenset(
    {
        "depth_intensity",
        "depth_cutoff_pct",
        "base_thickness",
        "invert",
        "mirror",
        "noise_reduction",
        "smoothing_px",
        "enhance_details",
        "surface_smoothing",
        "draft_deg",
        "standing",
        "ball_mm",
        "mode",
        "z_zero",
        "corner_mm",
        "rim_width",
        "rim_mm",
        "rim_height_mm",
        "holes",
        "hole_mm",
        "feet_mm",
        "bend",
        "bend_deg",
        "triangulation",
        "tolerance_mm",
        "texture",
        "relief_mm",
        "base_mm",
        "thinnest_mm",
        "thickest_mm",
        "absorption_per_mm",
        "plate_steps",
    }
)


@dataclass(frozen=True, slots=True)
class BuiltinDepth:
    """A ``DepthSource`` that sees flat artwork, a subject or a scene: ``geometry.heights``."""

    name: str = "builtin"
    memory_bytes: int = MEMORY_BYTES
    wall_s: float = 0.0

    def depends_on(
        self, settings: ReliefSettings, longest_px: int, mask: Path | None = None
    ) -> Mapping[str, Any]:
        """See ``DepthSource.depends_on``; another version of printd may see more."""
        from printd.geometry.decode.depthfile import fingerprint

        return {
            "source": "builtin",
            "printd": __version__,
            "longest_px": longest_px,
            "mask": None if mask is None else fingerprint(mask),
            "settings": settings.model_dump(mode="json", exclude=set(LATER)),
        }

    def height_map(
        self, photo: Path, settings: ReliefSettings, longest_px: int, mask: Path | None = None
    ) -> DepthMap:
        """See ``DepthSource.height_map``."""
        # Loads scipy and Pillow, which the daemon process must not hold.
        from printd.geometry.heights.height import height_map_of

        made = height_map_of(photo, settings, longest_px, mask)
        words = f"the photo itself, as {made.found.route}"
        return DepthMap(made.heights, made.found.warnings, words, made.mask)

    def fitted(
        self,
        asked: DepthMap,
        photo: Path,  # noqa: ARG002 - of the protocol; ``height_map`` follows every setting
        settings: ReliefSettings,  # noqa: ARG002
        longest_px: int,  # noqa: ARG002
        mask: Path | None = None,  # noqa: ARG002
    ) -> DepthMap:
        """See ``DepthSource.fitted``."""
        return asked
