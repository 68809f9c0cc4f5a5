"""Which part of a photo is its subject, judged by colours and places alone.

Subjects differ in colour from the photo's upper border, are fenced off from it by edges, and
stand in the middle or reach down to the lower border (busts do). No single measure is right on
every photo, so several guesses are made; ``mask`` judges them. Each is soft, a share of
certainty at each pixel. All work on a small copy, about ``WORK_PX`` long.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.decode.colour import difference
from printd.geometry.filters import gaussian, guided_by, stretched
from printd.geometry.heights.clusters import clusters

Floats = NDArray[np.float32]

WORK_PX: Final = 256
BORDER: Final = 0.03  # of the short side: how wide the border is
SIDES: Final = 0.6  # upper share of the left and right side that counts as border
BORDER_COLOURS: Final = 5
RARE_COLOUR: Final = 0.10  # share of the border below which a colour is no ground
SPREAD: Final = 5.0  # dE added to the spread of a border colour
RARITY_CAP: Final = 7.0  # in spreads
BARRIER: Final = 40.0  # dE along the easiest path that counts as fully fenced
# Opinions: the dE at which a pixel counts as fully fenced, and the weight of rarity beside it.
FENCES: Final = ((40.0, 0.0), (40.0, 0.3), (60.0, 0.0))
APART: Final = 35.0  # dE from an evenly lit ground that counts as wholly different
EXPLAINED: Final = 20.0  # dE below which the ground explains a pixel
ENOUGH_EXPLAINED: Final = 0.85  # share of the border from which a ground is trusted
DOUBT: Final = 4  # exponent: how fast trust goes with what is not explained
# Terms of the ground, the dE to which a pixel takes part in finding it, the say of the inside.
GROUND_TURNS: Final = (
    (1, 30.0, 0.0),
    (1, 15.0, 0.3),
    (3, 10.0, 0.7),
    *((3, 8.0, 1.0),) * 2,
    *((6, 8.0, 1.0),) * 6,
)
GROUND_STEP: Final = 4  # the ground is fitted to every fourth pixel, both ways
FAR_OUT: Final = 0.3  # exponent of the place: how little it counts in these
BARRIER_STEP: Final = 2  # the barrier is measured on every second pixel
BARRIER_ROUNDS: Final = 3
BINS: Final = 14  # of a colour histogram, along each axis
ROUNDS: Final = 4
EVIDENCE_CAP: Final = 4.0  # of one pixel's colour, as a logarithm
ON_COLOUR: Final = 0.8  # weight of the colours in the vote, ...
ON_PLACE: Final = 0.9  # ... and of where a pixel lies


def guesses(colours: Floats) -> list[tuple[Floats, float]]:
    """Return how surely each pixel belongs to the subject, in several opinions.

    Args:
        colours: (rows, cols, 3) Lab, small.

    Returns:
        For each opinion (rows, cols) float32, 0 to 1, of which 0.5 is the outline, and how far
        it may be trusted, 0 to 1.
    """
    smooth = np.stack([gaussian(colours[..., k], 1.0) for k in range(3)], axis=-1)
    rarity, barrier = _evidence(smooth)
    if barrier.max() <= 0:
        return []
    place = centre_prior(barrier.shape)
    opinions = [
        _parted(((1 - share) * np.minimum(barrier / cap, 1) + share * rarity) * place**FAR_OUT)
        for cap, share in FENCES
    ]
    salience = 0.6 * rarity + 0.4 * np.minimum(barrier / BARRIER, 1)
    opinions.append(_voted(smooth, stretched(salience * place, 0.005)))
    away, explained = off_ground(smooth)
    different = np.minimum(away / APART, 1)
    on_ground = [_parted(different), _parted(different * place**FAR_OUT)]
    trust = min(1.0, explained / ENOUGH_EXPLAINED) ** DOUBT
    return [(one, 1.0) for one in opinions] + [(one, trust) for one in on_ground]


def _evidence(colours: Floats) -> tuple[Floats, Floats]:
    """Return the rarity of each pixel's colour, 0 to 1, and the barrier around it, in dE."""
    ground = _ground(colours)
    found = clusters(colours[ground], BORDER_COLOURS)
    rarity = np.full(colours.shape[:2], RARITY_CAP, np.float32)
    for centre, share, spread in zip(found.centres, found.shares, found.spreads, strict=True):
        if share > RARE_COLOUR:
            rarity = np.minimum(rarity, difference(colours, centre) / (spread + SPREAD))
    rarity = (rarity / RARITY_CAP).astype(np.float32)
    return rarity, _barrier(colours, ground & (rarity < 0.5))


def off_ground(colours: Floats) -> tuple[Floats, float]:
    """Return dE to a ground whose colour changes smoothly, and the share of the border it explains.

    The ground, as on a table lit from one side, is a parabola in each channel. It is fitted to the
    border first, level, then tilted, then bent, and to all that is like it; what differs loses its
    say.

    Args:
        colours: (rows, cols, 3) Lab, small and smooth.
    """
    every = (slice(None, None, GROUND_STEP),) * 2
    terms = _parabola_terms(*colours.shape[:2])
    few_terms, few = terms[every].reshape(-1, 6), colours[every].reshape(-1, 3)
    border = _ground(colours)[every].ravel()
    say: NDArray[np.floating] = border.astype(np.float64)
    shape: NDArray[Any] = np.zeros((6, 3))
    for count, like, of_inside in GROUND_TURNS:
        used = few_terms[:, :count]
        weighted = used * say[:, None]
        shape[:count] = np.linalg.solve(used.T @ weighted + 1e-6 * np.eye(count), weighted.T @ few)
        apart = difference(few, few_terms @ shape)
        say = np.where(border, 1.0, of_inside) / (1 + (apart / like) ** 2) ** 2
    away = difference(colours, (terms @ shape).astype(np.float32))
    explained = float((away[_ground(colours)] < EXPLAINED).mean())
    return away, explained


def _parabola_terms(rows: int, cols: int) -> NDArray[np.float64]:
    """Return 1, x, y, x^2, xy, y^2 at each pixel, x and y from -1 to 1: (rows, cols, 6)."""
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, cols), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _parted(salience: Floats) -> Floats:
    """Return certainty around the best threshold."""
    spread = stretched(salience.astype(np.float32, copy=False), 0.005)
    certainty: Floats = np.clip(0.5 + 2 * (spread - np.float32(otsu(spread))), 0, 1)
    return certainty


def centre_prior(shape: tuple[int, ...]) -> Floats:
    """Return how likely a place is the subject's: the middle, and all below it."""
    rows, cols = shape
    across = (np.arange(cols, dtype=np.float32) + 0.5 - cols / 2) / (0.5 * cols)
    above = np.minimum((np.arange(rows, dtype=np.float32) + 0.5) / rows - 0.55, 0) / 0.55
    result: Floats = np.exp(-(above[:, None] ** 2) - across**2)
    return result


def otsu(values: Floats) -> float:
    """Return the threshold between two groups of values from 0 to 1 that parts them best."""
    counts, edges = np.histogram(values, 128, (0.0, 1.0))
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sum_below = np.cumsum(counts * middles)
    means = sum_below / np.maximum(below, 1)
    others = (sum_below[-1] - sum_below) / np.maximum(above, 1)
    return float(edges[1:][int((below * above * (means - others) ** 2).argmax())])


def _ground(colours: Floats) -> NDArray[np.bool_]:
    """Return the border that is taken for ground: the top, and the upper part of the sides."""
    rows, cols = colours.shape[:2]
    width = max(2, round(BORDER * min(rows, cols)))
    ground = np.zeros((rows, cols), np.bool_)
    ground[:width] = True
    upper = max(1, round(SIDES * rows))
    ground[:upper, :width] = ground[:upper, -width:] = True
    return ground


def _barrier(colours: Floats, seeds: NDArray[np.bool_]) -> Floats:
    """Return how much the colour must vary on the easiest way from the seeds to each pixel.

    The variation of a way is the sum over the channels of highest minus lowest value on it
    (minimum barrier distance); sweeps in four directions come close enough to the least one.
    """
    step = BARRIER_STEP if min(colours.shape[:2]) >= 32 else 1
    coarse = colours[::step, ::step]
    high, low = coarse.copy(), coarse.copy()
    least = np.where(seeds[::step, ::step], 0, np.inf).astype(np.float32)
    for _ in range(BARRIER_ROUNDS):
        for turn in range(4):
            views = (np.rot90(part, turn) for part in (coarse, high, low, least))
            _sweep(*views)
    fine = np.repeat(np.repeat(least, step, axis=0), step, axis=1)
    fine = fine[: colours.shape[0], : colours.shape[1]]
    return gaussian(np.where(np.isfinite(fine), fine, 0).astype(np.float32), step / 2)


def _sweep(colours: Floats, high: Floats, low: Floats, least: Floats) -> None:
    """Pass on ways from each row to the next; alters all but ``colours``."""
    for row in range(1, len(colours)):
        higher = np.maximum(high[row - 1], colours[row])
        lower = np.minimum(low[row - 1], colours[row])
        cost = np.where(np.isfinite(least[row - 1]), (higher - lower).sum(axis=-1), np.inf)
        better = cost < least[row]
        least[row, better] = cost[better]
        high[row, better] = higher[better]
        low[row, better] = lower[better]


def _voted(colours: Floats, salience: Floats) -> Floats:
    """Let colours vote: those commoner inside than outside pull their pixels in."""
    threshold = otsu(salience)
    place = centre_prior(salience.shape)
    likely = np.clip(0.5 + (salience - threshold) / 0.6, 0.02, 0.98)
    prior = np.clip(0.12 + 0.8 * place * np.minimum(1, salience + 0.35), 0.05, 0.95)
    prior = np.log(prior / (1 - prior))
    surely_ground = _ground(colours) & (salience < 0.6 * threshold)
    bins = _bins(colours)
    guide = colours[..., 0] / np.float32(100)
    for _ in range(ROUNDS):
        inside = _histogram(bins, np.where(surely_ground, 0, likely))
        outside = _histogram(bins, 1 - likely)
        evidence = np.clip(np.log(inside / outside), -EVIDENCE_CAP, EVIDENCE_CAP)[bins]
        vote = (ON_COLOUR * evidence + ON_PLACE * prior).astype(np.float32)
        calm = guided_by(guided_by(vote, guide, 6, 0.045), guide, 3, 0.022)
        likely = 1 / (1 + np.exp(-1.6 * calm))
        likely = np.where(surely_ground, np.minimum(likely, 0.2), likely)
    result: Floats = likely.astype(np.float32)
    return result


def _bins(colours: Floats) -> NDArray[np.intp]:
    """Return the number of each pixel's cell of the colour histogram."""
    low, high = colours.min(axis=(0, 1)), colours.max(axis=(0, 1))
    span = np.maximum(high - low, 1.0)  # a grey picture has no span of a and b
    cells = ((colours - low) / span * (BINS - 1) + 0.5).astype(np.intp)
    numbers: NDArray[np.intp] = (cells[..., 0] * BINS + cells[..., 1]) * BINS + cells[..., 2]
    return numbers


def _histogram(bins: NDArray[np.intp], weights: NDArray[np.floating]) -> Floats:
    """Return how common each colour is among the weighted pixels, slightly blurred; sum 1."""
    counts = np.bincount(bins.ravel(), weights.ravel(), BINS**3).astype(np.float32)
    counts = gaussian(counts.reshape(BINS, BINS, BINS), 0.7).ravel()
    counts += np.float32(1e-4 * counts.sum() / BINS**3 + 1e-9)
    shares: Floats = counts / counts.sum()
    return shares
