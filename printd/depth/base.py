"""What a source of height maps is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from printd.core.relief_settings import ReliefSettings

if TYPE_CHECKING:  # numpy is no business of the daemon, which only hands sources on
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class DepthMap:
    """How near each point of a photo is, and what a person should know of it.

    ``heights`` is (rows, cols) float32, 0 farthest to 1 nearest, both reached, row 0 at the top of
    the upright picture; all 0 if there is nothing to show.
    """

    heights: NDArray[np.float32]
    warnings: tuple[str, ...] = ()  # "code: sentence"


class DepthSource(Protocol):
    """Turns a photo into a height map; works in a compute child, so it is plain and picklable."""

    @property
    def name(self) -> str:
        """As in the configuration."""
        ...

    def height_map(self, photo: Path, settings: ReliefSettings, longest_px: int) -> DepthMap:
        """Return how near each point of the photo is.

        Args:
            photo: a file that was checked before.
            settings: what the source may follow; size, base and inversion come later.
            longest_px: the longest side of the map at most.

        Raises:
            PhotoRefused: the photo cannot be used.
        """
        ...
