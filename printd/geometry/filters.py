"""Filters on float32 maps that the height map is made with; each exists once, here."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Floats = NDArray[np.float32]
COARSE_PX: Final = 2  # radius of a box; a wider one is laid over a smaller copy
TILE_CELLS: Final = 64  # of ``bilateral``: smaller tiles have too much around them
DEEP_CELLS: Final = 25  # of value; a grid that is less deep is quick as a whole
GRID_REACH: Final = 5.0  # cells around a tile that count: three of the blur, and those read between
NOISE_SAMPLES: Final = 1 << 18
QUANTILE_SAMPLES: Final = 1 << 18
MAP_PX: Final = 1024  # widths in "pixels" of the settings are those of a map of this size


def noise_sigma(grey: Floats) -> float:
    """Estimate the standard deviation of a picture's noise, in its own units.

    The median over the response to a second difference: edges and texture count little. Of a
    large picture some rows are looked at.
    """
    rows, cols = grey.shape
    if min(rows, cols) < 3:
        return 0.0
    step = max(1, rows * cols // NOISE_SAMPLES)
    above, middle, below = (grey[first : rows - 2 + first : step] for first in range(3))
    down = above - 2 * middle + below
    both = down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:]
    return float(np.median(np.abs(both)) / (6 * 0.6745))


def gaussian(grey: Floats, sigma_px: float) -> Floats:
    """Smooth; the border is mirrored, so its mean stays."""
    if sigma_px <= 0:
        return grey
    smooth: Floats = ndimage.gaussian_filter(grey, sigma_px, mode="reflect", truncate=3.0)
    return smooth


def guided(grey: Floats, radius_px: int, range_scale: float) -> Floats:
    """Smooth but keep edges: variations well below ``range_scale`` go, larger steps stay.

    Wide ones find their coefficients, which are smooth, on a smaller copy.

    Source: He, Sun, Tang, Guided Image Filtering, 2010, with the picture as its own guide.
    """
    step = max(1, radius_px // COARSE_PX)
    size = 2 * round(radius_px / step) + 1
    mean = _box(reduced(grey, step), size)
    variance = np.maximum(_box(reduced(grey * grey, step), size) - mean * mean, np.float32(0))
    keep = np.asarray(variance / (variance + np.float32(range_scale**2)), np.float32)
    offset = np.asarray(mean * (1 - keep), np.float32)
    smooth = enlarged(_box(keep, size), *grey.shape, factor=step) * grey
    smooth += enlarged(_box(offset, size), *grey.shape, factor=step)
    return smooth


def _box(values: Floats, size: int) -> Floats:
    mean: Floats = ndimage.uniform_filter(values, size, mode="reflect")
    return mean


def reduced(values: Floats, factor: int) -> Floats:
    """Return the means over squares of ``factor`` pixels, smaller ones at the right and bottom."""
    if factor == 1:
        return values
    return np.array(Image.fromarray(values).reduce(factor))


def enlarged(values: Floats, rows: int, cols: int, *, factor: int | None = None) -> Floats:
    """Bring a map to this size, smoothly; its pixels are areas.

    Args:
        values: of the same picture, smaller.
        rows: of the result.
        cols: of the result.
        factor: by which ``reduced`` made it smaller; None: it spans the picture exactly.
    """
    if values.shape == (rows, cols):
        return values
    height, width = values.shape
    per = (rows / height, cols / width) if factor is None else (factor, factor)
    box = (0, 0, min(width, cols / per[1]), min(height, rows / per[0]))
    picture = Image.fromarray(values).resize((cols, rows), Image.Resampling.BICUBIC, box)
    return np.array(picture)


def guided_by(values: Floats, guide: Floats, radius_px: int, range_scale: float) -> Floats:
    """Smooth, but let steps follow those of another map; see ``guided``."""
    size = 2 * radius_px + 1

    def mean(of: Floats) -> Floats:
        result: Floats = ndimage.uniform_filter(of, size, mode="reflect")
        return result

    mean_guide, mean_values = mean(guide), mean(values)
    variance = np.maximum(mean(guide * guide) - mean_guide * mean_guide, np.float32(0))
    covariance = mean(guide * values) - mean_guide * mean_values
    follow: Floats = (covariance / (variance + range_scale**2)).astype(np.float32, copy=False)
    return mean(follow) * guide + mean(mean_values - follow * mean_guide)


def bilateral(values: Floats, sigma_px: float, range_sigma: float) -> Floats:
    """Average over neighbours of similar value: small variations go, larger steps stay.

    Works on a grid of space and value as coarse as the filter is wide (Paris and Durand 2006),
    so the cost does not grow with ``sigma_px``.

    Args:
        values: (rows, cols), finite.
        sigma_px: reach in pixels, above 0.
        range_sigma: reach in the unit of the values, above 0.
    """
    cell = max(1.0, sigma_px)
    grid = _Grid(values, cell, sigma_px / cell, range_sigma)
    is_deep = float(np.ptp(values)) >= DEEP_CELLS * range_sigma
    tile_px = round(TILE_CELLS * cell) if is_deep else max(values.shape)
    smooth = np.empty(values.shape, np.float32)
    for top in range(0, values.shape[0], tile_px):
        for left in range(0, values.shape[1], tile_px):
            tile = slice(top, top + tile_px), slice(left, left + tile_px)
            smooth[tile] = grid.smoothed(tile)
    return smooth


def without_specks(values: Floats) -> Floats:
    """Return the median of each pixel and its eight neighbours; beyond the border it goes on.

    Three are sorted down each column; the median of nine is that of the highest of the lows, the
    middle of the middles, and the lowest of the highs. Source: Devillard, Fast median search, 1998.
    """
    around = np.pad(values, 1, mode="edge")
    low, middle, high = _sorted(around[:-2], around[1:-1], around[2:])
    lows = np.maximum(np.maximum(low[:, :-2], low[:, 1:-1]), low[:, 2:])
    highs = np.minimum(np.minimum(high[:, :-2], high[:, 1:-1]), high[:, 2:])
    _, middles, _ = _sorted(middle[:, :-2], middle[:, 1:-1], middle[:, 2:])
    _, median, _ = _sorted(lows, middles, highs)
    return median


def _sorted(first: Floats, second: Floats, third: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the lowest, the middle and the highest of three maps at each place."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    above = np.minimum(high, third)
    return np.minimum(low, above), np.maximum(low, above), np.maximum(high, third)


class _Grid:
    """The grid of space and value, a part at a time: most of its cells are far from any value."""

    def __init__(self, values: Floats, cell: float, reach: float, range_sigma: float) -> None:
        self._values = values
        self._margin = math.ceil(GRID_REACH * cell)
        self._reach = reach, reach, 1.0
        rows, cols = values.shape
        levels = (values - float(values.min())) / range_sigma
        self._places = np.arange(rows) / cell, np.arange(cols) / cell, levels
        self._last = tuple(int(np.rint(place.max())) for place in self._places)

    def smoothed(self, tile: tuple[slice, slice]) -> Floats:
        """Return the values of one tile, smoothed; what lies around it counts."""
        around = tuple(
            slice(max(0, part.start - self._margin), part.stop + self._margin) for part in tile
        )
        row, col, level = self._places[0][around[0]], self._places[1][around[1]], self._places[2]
        places = row[:, None], col, level[around]
        numbers = [np.rint(place).astype(np.intp) for place in places]
        # A cell beyond those that hold something: what is read between two cells looks there.
        firsts = [max(0, int(number.min()) - 1) for number in numbers]
        lasts = [
            min(last, int(number.max()) + 1)
            for last, number in zip(self._last, numbers, strict=True)
        ]
        shape = tuple(last - first + 1 for first, last in zip(firsts, lasts, strict=True))
        inner = tuple(
            slice(part.start - outer.start, part.stop - outer.start)
            for part, outer in zip(tile, around, strict=True)
        )
        across, down, high = (number - first for number, first in zip(numbers, firsts, strict=True))
        flat = (across * shape[1] + down) * shape[2] + high
        values = self._values[around]
        at = np.stack(
            [
                np.broadcast_to(place, values.shape)[inner] - first
                for place, first in zip(places, firsts, strict=True)
            ]
        )
        count, total = (self._read(flat, weights, shape, at) for weights in (None, values.ravel()))
        inside: Floats = values[inner]
        return np.where(count > 1e-6, total / np.maximum(count, 1e-6), inside)

    def _read(
        self,
        flat: NDArray[np.intp],
        weights: Floats | None,
        shape: tuple[int, ...],
        at: NDArray[np.float64],
    ) -> Floats:
        """Return a sum over the cells, blurred, at some places."""
        sums = np.bincount(flat.ravel(), weights, math.prod(shape)).reshape(shape)
        blurred = ndimage.gaussian_filter(
            sums.astype(np.float32), self._reach, mode="constant", truncate=3.0
        )
        read: Floats = ndimage.map_coordinates(blurred, at, np.float32, order=1, mode="nearest")
        return read


def stretched(values: Floats, tail: float = 0.0) -> Floats:
    """Spread values over 0..1 so that both ends are reached.

    Args:
        values: any map; not altered.
        tail: the share at either end that is cut off, so that specks do not set the scale.
    """
    low, high = quantiles(values, (tail, 1 - tail)) if tail else (values.min(), values.max())
    if high <= low:
        low, high = values.min(), values.max()
    if high <= low:
        return np.zeros_like(values)
    spread = (values - np.float32(low)) / np.float32(high - low)
    return np.clip(spread, 0, 1, out=spread)


def quantiles(values: Floats, shares: tuple[float, ...]) -> NDArray[np.floating]:
    """Return quantiles of a map, of a large one as some of its points tell them."""
    step = max(1, round((values.size / QUANTILE_SAMPLES) ** 0.5))
    result: NDArray[np.floating] = np.quantile(
        values[(slice(None, None, step),) * values.ndim], shares
    )
    return result


def resampled(values: Floats, rows: int, cols: int) -> Floats:
    """Read a map at ``rows`` by ``cols`` points that span it from border to border.

    Cubic (Catmull-Rom): flat stays flat, edges stay crisp; overshoots beyond the map's own
    range are cut off.
    """
    across = _along_rows(np.ascontiguousarray(values.T), cols)
    result = _along_rows(np.ascontiguousarray(across.T), rows)
    return np.clip(result, values.min(), values.max(), out=result)


def _along_rows(values: Floats, count: int) -> Floats:
    """Read ``count`` rows of a map from its upper to its lower border."""
    last = values.shape[0] - 1
    # The centre of pixel i lies at i + 1/2; the first and last point lie on the border itself.
    place = np.linspace(0, last + 1, count) - 0.5
    whole = np.floor(place).astype(np.intp)
    part = (place - whole).astype(np.float32)[:, None]
    weights = (
        part * (-0.5 + part * (1 - 0.5 * part)),
        1 + part * part * (-2.5 + 1.5 * part),
        part * (0.5 + part * (2 - 1.5 * part)),
        part * part * (-0.5 + 0.5 * part),
    )
    result = np.zeros((count, values.shape[1]), np.float32)
    for step, weight in enumerate(weights, start=-1):
        result += weight * values[np.clip(whole + step, 0, last)]
    return result
