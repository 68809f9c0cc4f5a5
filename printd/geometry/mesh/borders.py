"""The open edges of a surface, and the loops that they form: its outlines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Faces = NDArray[np.int32]


def border_edges(faces: Faces, rim: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Return the directed edges of which no triangle has the reverse, (n, 2), in face order.

    Args:
        faces: (m, 3) of a surface.
        rim: by vertex number, all vertices that may lie on the border; makes it quicker.
    """
    if rim is not None:
        found = border_edges(faces[rim[faces].sum(axis=1) > 1])
        return found[rim[found].all(axis=1)]
    starts = faces.ravel().astype(np.int64)
    ends = np.roll(faces, -1, axis=1).ravel().astype(np.int64)
    span = int(faces.max(initial=0)) + 1
    # Sorting by the undirected edge brings the two directions together.
    key = np.minimum(starts, ends) * span + np.maximum(starts, ends)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    lone = np.ones(len(ordered), bool)
    same = ordered[1:] == ordered[:-1]
    lone[1:] &= ~same
    lone[:-1] &= ~same
    chosen = np.sort(order[lone])
    return np.stack([starts[chosen], ends[chosen]], axis=1)


def border_loops(faces: Faces) -> list[NDArray[np.int64]]:
    """Return the outlines of an open surface, as vertex numbers in their direction.

    The surface lies on the left of each, seen from above; no outline may meet itself or another.
    """
    following = dict(border_edges(faces).tolist())
    loops = []
    while following:
        first, following_one = following.popitem()
        loop = [first]
        while following_one != first:
            loop.append(following_one)
            following_one = following.pop(following_one)
        loops.append(np.array(loop))
    return loops
