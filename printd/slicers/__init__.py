"""What makes files for printers: G-code, or layers of resin."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from printd.slicers.base import Slicer
from printd.slicers.orca import OrcaSlicer
from printd.slicers.prusa import PrusaSlicer
from printd.slicers.resin import ResinSlicer

KINDS: Final[Mapping[str, Slicer]] = MappingProxyType(
    {
        PrusaSlicer.name: PrusaSlicer(),
        OrcaSlicer.name: OrcaSlicer(),
        ResinSlicer.name: ResinSlicer(),
    }
)
