"""The height map that needs no service, no network and no weights: see ``geometry.height``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from printd.core.relief_settings import ReliefSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class BuiltinDepth:
    """A ``DepthSource`` that sees flat artwork, a subject or a scene; see ``geometry.height``."""

    name: str = "builtin"

    def height_map(
        self, photo: Path, settings: ReliefSettings, longest_px: int
    ) -> NDArray[np.float32]:
        """See ``DepthSource.height_map``."""
        # Loads scipy and Pillow, which the daemon process must not hold.
        from printd.geometry.height import read_height_map

        return read_height_map(photo, settings, longest_px)
