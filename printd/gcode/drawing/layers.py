"""Some layers of a print, kept while it is read: few, whatever their number, at even heights.

How high the print will be is not known before its end. So heights are cut into slabs, and the
first layer of each is kept; when there are too many, slabs become twice as thick and every other
layer goes.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.gcode.drawing.window import SIDE, Regrid

MOST_KEPT: Final = 24
THINNEST_UM: Final = 10  # of a slab, at first; no layer is thinner
COARSER: Final = 2  # than the window: layers are shown small


class Layer:
    """The plastic of one height."""

    def __init__(self, z_um: int, number: int) -> None:
        self.z_um = z_um
        self.number = number  # from 1, in the order of the file
        self.kinds: NDArray[np.uint8] = np.zeros((SIDE // COARSER, SIDE // COARSER), np.uint8)


class Layers:
    """The layers that are kept so far."""

    def __init__(self) -> None:
        self.begun = 0
        self.top_um, self.top_number = -1, 0  # of the highest one, kept or not
        self._slab_um = THINNEST_UM
        self._kept: dict[int, Layer] = {}  # by number of slab

    def begin(self, z_um: int) -> Layer | None:
        """Return the layer at a height if it is kept; it may have been begun before."""
        self.begun += 1
        if z_um > self.top_um:
            self.top_um, self.top_number = z_um, self.begun
        slab = z_um // self._slab_um
        if slab not in self._kept:
            self._kept[slab] = Layer(z_um, self.begun)
            while len(self._kept) > MOST_KEPT:
                self._thin()
        kept = self._kept.get(z_um // self._slab_um)
        return kept if kept is not None and kept.z_um == z_um else None

    def _thin(self) -> None:
        self._slab_um *= 2
        thinned: dict[int, Layer] = {}
        for layer in self.all():
            thinned.setdefault(layer.z_um // self._slab_um, layer)
        self._kept = thinned

    def regrid(self, change: Regrid) -> None:
        """Follow a change of the window."""
        for layer in self._kept.values():
            layer.kinds = change.of(layer.kinds)

    def all(self) -> list[Layer]:
        """Return what is kept, from the lowest to the highest."""
        return sorted(self._kept.values(), key=lambda layer: layer.z_um)

    def forget(self) -> None:
        """Let go of what is kept; it has been drawn."""
        self._kept = {}
