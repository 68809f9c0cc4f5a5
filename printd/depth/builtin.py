"""The height map that needs no service, no network and no weights: see ``geometry.height``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from printd.core.relief_settings import ReliefSettings
from printd.depth.base import DepthMap


@dataclass(frozen=True, slots=True)
class BuiltinDepth:
    """A ``DepthSource`` that sees flat artwork, a subject or a scene; see ``geometry.height``."""

    name: str = "builtin"

    def height_map(self, photo: Path, settings: ReliefSettings, longest_px: int) -> DepthMap:
        """See ``DepthSource.height_map``."""
        # Loads scipy and Pillow, which the daemon process must not hold.
        from printd.geometry.height import height_map_of

        made = height_map_of(photo, settings, longest_px)
        return DepthMap(made.heights, made.found.warnings)
