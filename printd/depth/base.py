"""What a source of height maps is.

A source may take minutes or cost money, and a person tries many settings. So the work is in two
halves: ``height_map`` is asked once, and what it gave is kept (``kept``) for as long as nothing
that ``depends_on`` names has changed; ``fitted`` is cheap and follows the settings every time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from printd.core.relief_settings import ReliefSettings

if TYPE_CHECKING:  # numpy is no business of the daemon, which only hands sources on
    import numpy as np
    from numpy.typing import NDArray

MEMORY_BYTES: Final = 1 << 30  # what the pictures need; a source with a network needs more


@dataclass(frozen=True, slots=True, eq=False)
class DepthMap:
    """How near each point of a photo is, and what a person should know of it.

    ``heights`` is (rows, cols) float32, 0 farthest to 1 nearest, both reached, row 0 at the top of
    the upright picture; all 0 if there is nothing to show.
    """

    heights: NDArray[np.float32]
    warnings: tuple[str, ...] = ()  # "code: sentence"
    source: str = ""  # what made it, in words for a person
    mask: NDArray[np.float32] | None = None  # of the same size, 0 to 1: the subject, if known


class DepthSource(Protocol):
    """Turns a photo into a height map; works in a compute child, so it is plain and picklable."""

    @property
    def name(self) -> str:
        """As in the configuration."""
        ...

    @property
    def memory_bytes(self) -> int:
        """What the child may need, its libraries counted."""
        ...

    @property
    def wall_s(self) -> float:
        """How long ``height_map`` may take, beside all other work on the photo."""
        ...

    def depends_on(
        self, settings: ReliefSettings, longest_px: int, mask: Path | None = None
    ) -> Mapping[str, Any]:
        """Return, as plain values, all but the photo that decides what ``height_map`` returns.

        Raises:
            PhotoRefused, OSError: a file beside the photo cannot be used.
        """
        ...

    def height_map(
        self, photo: Path, settings: ReliefSettings, longest_px: int, mask: Path | None = None
    ) -> DepthMap:
        """Return how near each point of the photo is.

        Args:
            photo: a file that was checked before.
            settings: what the source may follow; size, base and inversion come later.
            longest_px: the longest side of the map that is wanted in the end.
            mask: a picture of the subject; None: sought, if the settings say so.

        Raises:
            PhotoRefused: the photo, or a file beside it, cannot be used.
            DepthMissing, DepthUnfit: the source cannot work.
        """
        ...

    def fitted(
        self,
        asked: DepthMap,
        photo: Path,
        settings: ReliefSettings,
        longest_px: int,
        mask: Path | None = None,
    ) -> DepthMap:
        """Return the map that ``height_map`` gave as the settings want it now.

        Args:
            asked: from ``height_map``; not altered.
            photo: as before.
            settings: crop and subject are followed here.
            longest_px: the longest side of the result at most.
            mask: as before.

        Raises:
            PhotoRefused: the photo, or a file beside it, cannot be used.
        """
        ...
