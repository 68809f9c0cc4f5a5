"""The edges of triangles, each by the two vertices that it joins, and the faces on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Faces = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """The sides of all faces, three in a row for each, brought together by their ends.

    ``order`` lists the sides so that those with the same ends follow each other; ``starts`` says
    where each edge begins in it, ``counts`` how many sides it has.
    """

    faces: Faces
    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    counts: NDArray[np.intp]

    @classmethod
    def of(cls, faces: Faces) -> Edges:
        """Find the edges of faces, (m, 3)."""
        begins, ends = sides(faces)
        span = int(faces.max(initial=0)) + 1
        key = np.minimum(begins, ends) * span + np.maximum(begins, ends)
        order = np.argsort(key, kind="stable")
        ordered = key[order]
        is_new = np.ones(len(ordered), bool)
        np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
        starts = np.flatnonzero(is_new)
        return cls(faces, order, starts, np.diff(np.r_[starts, len(order)]))

    def lone(self) -> NDArray[np.int64]:
        """Return the edges with one side, (n, 2), in the direction of that side."""
        chosen = np.sort(self.order[self.starts[self.counts == 1]])
        begins, ends = sides(self.faces)
        return np.stack([begins[chosen], ends[chosen]], axis=1)

    def pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
        """Return the faces on both sides of every edge that has two, and where they disagree."""
        at = self.starts[self.counts == 2]
        one, other = self.order[at], self.order[at + 1]
        begins = sides(self.faces)[0]
        return one // 3, other // 3, begins[one] == begins[other]

    def unbalanced(self) -> NDArray[np.intp]:
        """Return the faces at edges with more than two sides that do not answer each other."""
        begins, ends = sides(self.faces)
        way = np.where(begins < ends, 1, -1)[self.order]
        sums = np.add.reduceat(way, self.starts) if len(way) else way
        crowded = (self.counts > 2) & (sums != 0)
        return np.unique(self.order[np.repeat(crowded, self.counts)] // 3)

    @property
    def are_closed(self) -> bool:
        """Every edge has two sides that agree."""
        if (self.counts != 2).any():
            return False
        return not self.pairs()[2].any()


def sides(faces: Faces) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the sides of faces begin and end, (3 m,) each."""
    begins = faces.ravel().astype(np.int64)
    return begins, faces[:, [1, 2, 0]].ravel().astype(np.int64)
