"""Which ways a mesh may come to rest: on the flat sides of its hull, or with its large faces level.

A round back has no flat side, so what lies opposite a large face may be down, too.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.mesh.stand import Skin

Array = NDArray[np.float64]

MOST: Final = 24  # of the hull, and as many of the skin
STEPS: Final = 64  # a direction's coordinates are told apart by this fraction: about a degree
SAME: Final = 0.9998  # cosine of about one degree: the same way
AXIS: Final = 1e-3  # so near an axis, the axis is meant: 0.1 mm over a length of 100


def ways(skin: Skin) -> list[Array]:
    """Return the ways that may be down, each once, the same for the same mesh.

    Those of the hull come first, for on them it lies flat.
    """
    corners = skin.vertices[skin.hull.simplices]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    looks = _largest(skin.normals, skin.areas)
    found = [
        *_largest(skin.hull.equations[:, :3], np.linalg.norm(crossed, axis=1)),
        *looks,
        *(-way for way in looks),
        *np.concatenate([-np.eye(3), np.eye(3)]),
    ]
    known: list[Array] = []
    for way in map(_straight, found):
        if all(way @ other < SAME for other in known):
            known.append(way)
    return known


def _largest(normals: Array, areas: Array) -> list[Array]:
    """Return the ways that the largest areas look; of faces that look nearly alike, one's."""
    _, group = np.unique(np.round(normals * STEPS).astype(np.int64), axis=0, return_inverse=True)
    group = group.ravel()
    totals = np.bincount(group, areas)
    largest = np.lexsort((-areas, group))
    firsts = largest[np.searchsorted(group[largest], np.arange(len(totals)))]
    return list(normals[firsts[np.argsort(-totals, kind="stable")[:MOST]]])


def _straight(way: Array) -> Array:
    """Return a way with what is nothing but rounding beside an axis taken away."""
    straight = np.where(np.abs(way) < AXIS, 0.0, way)
    return np.asarray(straight / np.linalg.norm(straight))
