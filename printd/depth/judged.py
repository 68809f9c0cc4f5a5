"""The height map of a depth picture that a service has made, if it is worth that name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from printd import __version__
from printd.core.crop import crop_box
from printd.core.relief_settings import ReliefSettings
from printd.depth.base import MEMORY_BYTES, DepthMap
from printd.depth.builtin import BuiltinDepth
from printd.depth.picture import PictureDepth

UNUSABLE: Final = "depth_service_unusable"  # the warning that the map was made without the picture
LOOKED_AT_PX: Final = 256  # of the photo that the picture is compared with


@dataclass(frozen=True, slots=True)
class JudgedDepth:
    """A ``DepthSource`` that reads what a service gave, and does without it where it is wrong.

    Args:
        path: the picture as it came.
        label: who made it.
        detail: how much of the photo's own detail is added, 0 to 1.
    """

    path: Path
    label: str
    detail: float = 0.0
    name: str = "service"
    memory_bytes: int = MEMORY_BYTES
    wall_s: float = 60.0
    otherwise: BuiltinDepth = field(default_factory=BuiltinDepth)

    def depends_on(
        self, settings: ReliefSettings, longest_px: int, mask: Path | None = None
    ) -> Mapping[str, Any]:
        """See ``DepthSource.depends_on``; whatever the map without the picture depends on."""
        from printd.geometry.decode.depthfile import fingerprint

        return {
            "source": "judged",
            "printd": __version__,
            "sha256": fingerprint(self.path),
            "detail": self.detail,
            "otherwise": dict(self.otherwise.depends_on(settings, longest_px, mask)),
        }

    def height_map(
        self, photo: Path, settings: ReliefSettings, longest_px: int, mask: Path | None = None
    ) -> DepthMap:
        """See ``DepthSource.height_map``."""
        # Loads scipy and Pillow, which the daemon process must not hold.
        from printd.geometry.decode.depthfile import read_depth_header
        from printd.geometry.heights.depthfit import (
            spread_over_photo,
            subject_of,
            tones_of,
            whole_px,
        )
        from printd.geometry.heights.depthjudge import judged

        facts = read_depth_header(photo)
        box = crop_box(settings.crop, facts.width_px, facts.height_px)
        whole = settings.model_copy(update={"crop": "none"})
        subject = subject_of(photo, whole, LOOKED_AT_PX, mask).values
        tones = tones_of(photo, LOOKED_AT_PX)
        wanted_px = whole_px(photo, box, longest_px)
        found = judged(self.path, tones, facts.aspect, wanted_px, subject)
        if found.heights is None:
            made = self.otherwise.height_map(photo, settings, longest_px, mask)
            return DepthMap(
                made.heights,
                (self._not_used(found.reason), *made.warnings),
                f"{made.source}, since the depth picture of {self.label} was not used",
                made.mask,
            )
        words = f"a depth picture of {self.label}"
        asked = DepthMap(found.heights, found.warnings, words)
        if self.detail <= 0:
            return PictureDepth().fitted(asked, photo, settings, longest_px, mask)
        spread = spread_over_photo(found.heights, photo, settings, longest_px, mask, self.detail)
        return DepthMap(spread.heights, (*found.warnings, *spread.warnings), words, spread.mask)

    def _not_used(self, reason: str) -> str:
        return (
            f"{UNUSABLE}: The depth picture of {self.label} was not used. {reason} "
            "The heights come from the photo itself."
        )

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
