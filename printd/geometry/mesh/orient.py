"""Which way up a mesh needs the least support.

Each way that it may rest is judged by the plastic that support takes, by the marks that support
leaves, by whether it stands by itself, and by its height. A mesh that stands well as it was given
stays so, since people expect their model as they made it: what does not fall over is turned only if
that saves support.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import QhullError

from printd.core.errors import MeshUnprintable
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.stand import Skin, Stand
from printd.geometry.mesh.turning import DOWN, Room, degrees_of, rotation, turned_over
from printd.geometry.mesh.ways import ways

Array = NDArray[np.float64]

# What a way up costs is counted in mm³ of plastic.
SUPPORT_SHARE: Final = 0.2  # of the room under an overhang: support is loose
MARKS_MM: Final = 1.0  # thick layers below an overhang, and the trouble of what they leave there
# In shares of the plastic of the mesh itself:
GOOD_ENOUGH: Final = 0.05  # to be saved, or there is no reason to turn a model
HEIGHT_WEIGHT: Final = 0.02  # for a model that stands as high as it is long: layers take time
TURN_WEIGHT: Final = 0.01  # for turning it over: of equal ways the nearest is best
LOOSE_WEIGHT: Final = 2.0  # what falls over needs a scaffold; half of it if it just about holds


@dataclass(frozen=True, slots=True)
class Turn:
    """What was done, and what came of it."""

    degrees: float  # 0: it stays as it was
    before: Stand
    after: Stand


def least_support(mesh: Mesh, rooms: Sequence[Room] = ()) -> tuple[Mesh, Turn]:
    """Turn a closed mesh so that it needs the least support; a good stand is left alone.

    Args:
        mesh: the skin of a solid; it is not altered.
        rooms: of the printers; only ways up that fit one of them count. None: any size will do.

    Returns:
        The mesh, its lowest corner at 0, and what was done. Always the same for the same mesh.
        Where no way up fits, the mesh as it was given.

    Raises:
        MeshUnprintable: it is flat.
    """
    try:
        skin = Skin.of(mesh)
    except (QhullError, IndexError) as error:
        raise MeshUnprintable("The model is flat; it has no inside.") from error
    given = _judged(skin, DOWN, rooms)
    chosen = given
    if given is None or given.cost_mm3 > GOOD_ENOUGH * skin.plastic_mm3:  # else nothing is saved
        chosen = _best(skin, given, rooms)
    before = given.stand if given else skin.stand(DOWN)
    if chosen is None or chosen.degrees == 0:
        return mesh, Turn(0.0, before, before)
    return turned_over(mesh, chosen.matrix), Turn(chosen.degrees, before, chosen.stand)


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """One way up that fits."""

    matrix: Array
    stand: Stand
    cost_mm3: float

    @property
    def degrees(self) -> float:
        return degrees_of(self.matrix)

    def is_worth_it(self, given: _Judged, spare_mm3: float) -> bool:
        """Return whether it is so much better that the mesh is turned."""
        saved_mm3 = given.cost_mm3 - self.cost_mm3
        if given.stand.is_stable:
            saved_mm3 = min(saved_mm3, _support_mm3(given.stand) - _support_mm3(self.stand))
        return saved_mm3 > spare_mm3


def _best(skin: Skin, given: _Judged | None, rooms: Sequence[Room]) -> _Judged | None:
    """Return the best way up that fits, or the given one if that is good enough."""
    judged = (_judged(skin, way, rooms) for way in ways(skin))
    possible = (way for way in judged if way is not None)
    best = min(possible, key=lambda way: way.cost_mm3, default=None)
    if best is None or given is None:
        return best
    return best if best.is_worth_it(given, GOOD_ENOUGH * skin.plastic_mm3) else given


def _judged(skin: Skin, way: Array, rooms: Sequence[Room]) -> _Judged | None:
    """Return what a way up costs; None: it fits nowhere."""
    matrix = rotation(skin.corners, way, rooms)
    if matrix is None:
        return None
    stand = skin.stand(way)
    longest_mm = float(np.ptp(skin.corners, axis=0).max())
    extra = HEIGHT_WEIGHT * stand.height_mm / longest_mm
    extra += TURN_WEIGHT * (1 - float(way @ DOWN)) / 2
    extra += LOOSE_WEIGHT / (1 + stand.hold**2)
    return _Judged(matrix, stand, _support_mm3(stand) + extra * skin.plastic_mm3)


def _support_mm3(stand: Stand) -> float:
    """Return the plastic that support takes, its marks counted in."""
    return SUPPORT_SHARE * stand.support_mm3 + MARKS_MM * stand.overhang_mm2
