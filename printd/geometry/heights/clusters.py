"""A handful of colours that stand for many: k-means with a fixed start, so results repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.decode.colour import difference

Floats = NDArray[np.float32]
ROUNDS: Final = 12
SEED: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Colour centres and what belongs to them."""

    centres: Floats  # (k, 3)
    shares: Floats  # (k,) of all points; sum 1
    spreads: Floats  # (k,) mean standard deviation of a coordinate within the cluster


def clusters(points: Floats, count: int) -> Clusters:
    """Group colours.

    Args:
        points: (n, 3), n > 0.
        count: of centres at most; fewer if there are fewer different points.
    """
    points = points[np.lexsort(points.T)]  # a mirrored photo has the same clusters
    centres = _first_centres(points, count)
    for _ in range(ROUNDS):
        nearest = _nearest(points, centres)
        sizes = np.bincount(nearest, minlength=len(centres))
        sums = np.stack([np.bincount(nearest, points[:, k], len(centres)) for k in range(3)], 1)
        moved = sums / np.maximum(sizes, 1)[:, None]
        centres = np.where(sizes[:, None] > 0, moved, centres).astype(np.float32)
    nearest = _nearest(points, centres)
    shares = np.bincount(nearest, minlength=len(centres)) / len(points)
    spreads = [
        float(points[nearest == k].std(axis=0).mean()) if shares[k] else 0.0
        for k in range(len(centres))
    ]
    return Clusters(centres, shares.astype(np.float32), np.array(spreads, np.float32))


def nearest_centre(points: Floats, centres: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return the number of each point's centre and dE to it; (...,) for points (..., 3)."""
    number = np.zeros(points.shape[:-1], np.intp)
    least = difference(points, centres[0])
    for k in range(1, len(centres)):
        apart = difference(points, centres[k])
        closer = apart < least
        number[closer] = k
        least = np.where(closer, apart, least)
    return number, least


def _first_centres(points: Floats, count: int) -> Floats:
    """Draw points, far ones rather than near ones (k-means++)."""
    dice = np.random.default_rng(SEED)
    chosen = [points[int(dice.random() * len(points))]]
    apart = difference(points, chosen[0]) ** 2
    while len(chosen) < count and apart.sum() > 0:
        along = np.cumsum(apart, dtype=np.float64)
        place = int(np.searchsorted(along, dice.random() * along[-1], side="right"))
        chosen.append(points[min(place, len(points) - 1)])
        apart = np.minimum(apart, difference(points, chosen[-1]) ** 2)
    return np.array(chosen, np.float32)


def _nearest(points: Floats, centres: Floats) -> NDArray[np.intp]:
    """Return the number of each point's centre: of ``|p - c|^2`` what differs between centres."""
    squares = np.einsum("kc,kc->k", centres, centres) / 2
    result: NDArray[np.intp] = (squares - points @ centres.T).argmin(axis=1)
    return result
