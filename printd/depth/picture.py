"""A height map that somebody has made: a depth picture or array beside the photo, or alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from printd import __version__
from printd.core.crop import crop_box
from printd.core.relief_settings import ReliefSettings
from printd.depth.base import MEMORY_BYTES, DepthMap

if TYPE_CHECKING:  # numpy is no business of the daemon
    import numpy as np
    from numpy.typing import NDArray

PLACED_PX: Final = 256  # of the photo that is compared with its depth map


@dataclass(frozen=True, slots=True)
class PictureDepth:
    """A ``DepthSource`` that reads a file; see ``geometry.heights.depthimage``."""

    name: str = "picture"
    path: Path | None = None  # None: the photo itself is the depth map
    near: Literal["white", "black", "auto"] = "white"
    memory_bytes: int = MEMORY_BYTES
    wall_s: float = 60.0

    def depends_on(
        self,
        settings: ReliefSettings,
        longest_px: int,
        mask: Path | None = None,  # noqa: ARG002 - of the protocol; ``fitted`` follows it
    ) -> Mapping[str, Any]:
        """See ``DepthSource.depends_on``."""
        from printd.geometry.decode.depthfile import fingerprint

        return {
            "source": "picture",
            "printd": __version__,
            "sha256": None if self.path is None else fingerprint(self.path),
            "near": self.near,
            "longest_px": longest_px,
            "crop": settings.crop,
        }

    def height_map(
        self,
        photo: Path,
        settings: ReliefSettings,
        longest_px: int,
        mask: Path | None = None,  # noqa: ARG002
    ) -> DepthMap:
        """See ``DepthSource.height_map``."""
        # Loads scipy and Pillow, which the daemon process must not hold.
        from printd.geometry.decode.depthfile import read_depth_header
        from printd.geometry.heights.depthfit import whole_px
        from printd.geometry.heights.depthimage import read_depth_image

        facts = read_depth_header(photo)
        box = crop_box(settings.crop, facts.width_px, facts.height_px)
        wanted_px = whole_px(photo, box, longest_px)
        if self.path is None:
            alone = read_depth_image(photo, wanted_px, self.near)
            return DepthMap(alone.heights, alone.warnings, "the photo, which is a depth picture")
        made = read_depth_image(self.path, wanted_px, self.near, facts.aspect)
        warnings = (*made.warnings, *_placement_faults(photo, made.heights))
        return DepthMap(made.heights, warnings, "a depth picture beside the photo")

    def fitted(
        self,
        asked: DepthMap,
        photo: Path,
        settings: ReliefSettings,
        longest_px: int,
        mask: Path | None = None,
    ) -> DepthMap:
        """See ``DepthSource.fitted``; a map that somebody made keeps its heights.

        The subject is that of the photo, which may be the depth picture itself.
        """
        from printd.geometry.heights.depthfit import part_of, subject_of
        from printd.geometry.heights.depthimage import resized

        heights = part_of(asked.heights, photo, settings, longest_px)
        if mask is None and settings.outline != "mask":
            return replace(asked, heights=heights)
        subject = subject_of(photo, settings, longest_px, mask)
        outline = None if subject.values is None else resized(subject.values, heights.shape)
        warnings = (*asked.warnings, *subject.warnings)
        return DepthMap(heights, warnings, asked.source, outline)


def _placement_faults(photo: Path, heights: NDArray[np.float32]) -> tuple[str, ...]:
    from printd.geometry.heights.depthcheck import placement_faults
    from printd.geometry.heights.depthfit import tones_of

    return placement_faults(tones_of(photo, PLACED_PX), heights)
