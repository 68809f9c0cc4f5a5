"""Filters on float32 maps that the height map is made with; each exists once, here."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Floats = NDArray[np.float32]
COARSE_PX: Final = 2  # radius of a box; a wider one is laid over a smaller copy
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
    rows, cols = values.shape
    low = float(values.min())
    places = [np.arange(rows) / cell, np.arange(cols) / cell, (values - low) / range_sigma]
    numbers = [np.rint(place).astype(np.intp) for place in places]
    shape = tuple(int(number.max()) + 1 for number in numbers)
    flat = (numbers[0][:, None] * shape[1] + numbers[1]) * shape[2] + numbers[2]
    size = int(np.prod(shape))
    reach = (sigma_px / cell, sigma_px / cell, 1.0)

    def blurred(weights: Floats | None) -> Floats:
        sums = np.bincount(flat.ravel(), None if weights is None else weights.ravel(), size)
        grid = sums.reshape(shape).astype(np.float32)
        result: Floats = ndimage.gaussian_filter(grid, reach, mode="constant", truncate=3.0)
        return result

    at = np.stack(np.broadcast_arrays(places[0][:, None], places[1], places[2]))
    count = ndimage.map_coordinates(blurred(None), at, np.float32, order=1, mode="nearest")
    total = ndimage.map_coordinates(blurred(values), at, np.float32, order=1, mode="nearest")
    smooth: Floats = np.where(count > 1e-6, total / np.maximum(count, 1e-6), values)
    return smooth.astype(np.float32, copy=False)


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
