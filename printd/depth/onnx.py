"""A height map from a network on this machine: an ONNX file that the configuration names.

Nothing is downloaded and nothing is sent. The runtime is an optional extra, loaded in the compute
child only; so is everything that the network needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from printd import __version__
from printd.core.errors import DepthUnfit
from printd.core.relief_settings import ReliefSettings
from printd.depth.base import DepthMap
from printd.depth.families import FAMILIES, Family
from printd.depth.weights import check_weights

if TYPE_CHECKING:  # numpy is no business of the daemon
    import numpy as np
    from numpy.typing import NDArray

    from printd.depth.network import Network

RAW: Final = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))  # mean and deviation of a network with its own


@dataclass(frozen=True, slots=True)
class OnnxDepth:
    """A ``DepthSource`` that runs a network; see ``families`` and ``geometry.heights.depthnet``."""

    name: str
    family: str
    path: Path
    sha256: str
    data: Mapping[str, str] = field(default_factory=dict)
    size_px: int | None = None
    output: str | None = None
    larger: Literal["nearer", "farther"] | None = None
    channels: Literal["rgb", "bgr"] = "rgb"
    normalises: bool = False
    detail: float = 0.3
    threads: int = 2
    memory_bytes: int = 4 << 30
    wall_s: float = 300.0

    def depends_on(
        self,
        settings: ReliefSettings,  # noqa: ARG002 - of the protocol; ``fitted`` follows them
        longest_px: int,  # noqa: ARG002
        mask: Path | None = None,  # noqa: ARG002
    ) -> Mapping[str, Any]:
        """See ``DepthSource.depends_on``."""
        return {
            "source": "onnx",
            "printd": __version__,
            "name": self.name,
            "family": self.family,
            "sha256": self.sha256,
            "data": dict(self.data),
            "size_px": self.size_px,
            "output": self.output,
            "larger": self.larger,
            "channels": self.channels,
            "normalises": self.normalises,
        }

    def height_map(
        self,
        photo: Path,
        settings: ReliefSettings,  # noqa: ARG002 - of the protocol; ``fitted`` follows them
        longest_px: int,  # noqa: ARG002 - of the size that the network sees best
        mask: Path | None = None,  # noqa: ARG002
    ) -> DepthMap:
        """See ``DepthSource.height_map``."""
        # Loads the runtime, scipy and Pillow, which the daemon process must not hold.
        from printd.depth.network import Network
        from printd.geometry.decode.photo import read_header
        from printd.geometry.heights.depthimage import refuse_array
        from printd.geometry.heights.depthnet import heights_of

        refuse_array(photo)
        check_weights(self.path, self.sha256, self.data)
        network = Network(self.path, self.output, self.threads)
        facts = read_header(photo)
        size = self._size(network, facts.width_px, facts.height_px)
        heights = heights_of(network.run(self._shown(photo, size)), self._larger, facts.aspect)
        if heights is None:
            raise DepthUnfit(f"The network {self.path.name} returned no finite number.")
        warnings = () if heights.any() else (_FLAT,)
        return DepthMap(heights, warnings, f"the network {self.name} ({self.family})")

    def fitted(
        self,
        asked: DepthMap,
        photo: Path,
        settings: ReliefSettings,
        longest_px: int,
        mask: Path | None = None,
    ) -> DepthMap:
        """See ``DepthSource.fitted``; the range is the subject's, and detail comes back."""
        from printd.geometry.heights.depthfit import spread_over_photo

        made = spread_over_photo(asked.heights, photo, settings, longest_px, mask, self.detail)
        warnings = (*asked.warnings, *made.warnings)
        return DepthMap(made.heights, warnings, asked.source, made.mask)

    @property
    def _family(self) -> Family:
        return FAMILIES[self.family]

    @property
    def _larger(self) -> Literal["nearer", "farther"]:
        return self.larger or self._family.larger

    def _size(self, network: Network, width: int, height: int) -> tuple[int, int]:
        """Return width and height that the network is shown."""
        from printd.geometry.heights.depthnet import shown_size

        family = self._family
        wanted_px = self.size_px or family.size_px
        open_size = shown_size(width, height, wanted_px, family.side, family.multiple)
        fixed = network.width, network.height
        if self.size_px and any(side not in (None, self.size_px) for side in fixed):
            raise DepthUnfit(
                f"size_px: {self.size_px}, but the network {self.path.name} takes pictures of "
                f"{fixed[0] or 'any'} by {fixed[1] or 'any'} pixels only.",
                action="Leave `size_px` out.",
            )
        return fixed[0] or open_size[0], fixed[1] or open_size[1]

    def _shown(self, photo: Path, size: tuple[int, int]) -> NDArray[np.float32]:
        from printd.geometry.decode.lightness import read_picture
        from printd.geometry.heights.depthnet import shown

        colours = read_picture(photo, max(size)).colours
        mean, std = RAW if self.normalises else (self._family.mean, self._family.std)
        planes = shown(colours, size, mean, std)
        return planes[::-1].copy() if self.channels == "bgr" else planes


_FLAT: Final = "depth_flat: The network saw one distance only; the relief is a flat plate."
