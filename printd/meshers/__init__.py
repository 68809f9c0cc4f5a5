"""Where a mesh comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from printd.core.compute import Compute
from printd.depth.base import DepthSource
from printd.depth.picture import PictureDepth
from printd.meshers.base import Mesher
from printd.meshers.relief import ReliefMesher

# ``kind`` of the configuration to what makes that mesher: who works for it, where its heights come
# from, and how it reads depth files that are given beside a photo.
KINDS: Final[Mapping[str, Callable[[Compute, DepthSource, PictureDepth], Mesher]]] = (
    MappingProxyType({"relief": ReliefMesher})
)
