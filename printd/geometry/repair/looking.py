"""What a mesh file that a person hands in is, before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from printd.core.errors import MeshSizeUnclear
from printd.geometry.repair.raw import RawMesh
from printd.geometry.repair.reading import read_foreign

# Of a format without a unit. Printers make what is between: an STL of 0.1 is in metres, one of 1 a
# unit cube, one of 50 000 in micrometres, and printd does not guess which.
LEAST_MM: Final = 5.0
MOST_MM: Final = 2000.0


def looked_at(file: Path, *, is_sized: bool) -> Mapping[str, Any]:
    """Return format, axis that points up, triangles and longest side in mm (not if it is sized).

    Args:
        file: of a stranger.
        is_sized: somebody has said how large the piece is to be.

    Raises:
        MeshSizeUnclear: nobody has, and the file does not tell.
        MeshUnreadable, MeshEmpty, MeshTooLarge, MeshCompressed: as ``read_foreign`` does.
    """
    raw = read_foreign(file)
    facts = {"format": raw.kind, "up": raw.up, "triangles": len(raw.faces)}
    return facts if is_sized else {**facts, "longest_mm": _longest_mm(raw)}


def _longest_mm(raw: RawMesh) -> float:
    longest = float(np.ptp(raw.vertices, axis=0).max())
    if raw.unit_mm is not None and raw.kind == "3mf":
        return longest * raw.unit_mm
    if LEAST_MM <= longest <= MOST_MM:
        return longest
    raise MeshSizeUnclear(
        f"The longest side of the mesh is {longest:.3g}, and the file does not say of what."
    )
