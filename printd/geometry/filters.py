"""Filters on float32 maps that the height map is made with; each exists once, here."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Floats = NDArray[np.float32]
MAP_PX: Final = 1024  # widths in "pixels" of the settings are those of a map of this size


def noise_sigma(grey: Floats) -> float:
    """Estimate the standard deviation of a picture's noise, in its own units.

    The median over the response to a second difference: edges and texture count little.
    """
    if min(grey.shape) < 3:
        return 0.0
    across = grey[:, :-2] - 2 * grey[:, 1:-1] + grey[:, 2:]
    both = across[:-2] - 2 * across[1:-1] + across[2:]
    return float(np.median(np.abs(both)) / (6 * 0.6745))


def gaussian(grey: Floats, sigma_px: float) -> Floats:
    """Smooth; the border is mirrored, so its mean stays."""
    if sigma_px <= 0:
        return grey
    smooth: Floats = ndimage.gaussian_filter(grey, sigma_px, mode="reflect", truncate=3.0)
    return smooth


def guided(grey: Floats, radius_px: int, range_scale: float) -> Floats:
    """Smooth but keep edges: variations well below ``range_scale`` go, larger steps stay.

    Source: He, Sun, Tang, Guided Image Filtering, 2010, with the picture as its own guide.
    """
    size = 2 * radius_px + 1
    mean = ndimage.uniform_filter(grey, size, mode="reflect")
    variance = ndimage.uniform_filter(grey * grey, size, mode="reflect") - mean * mean
    keep = np.maximum(variance, 0) / (np.maximum(variance, 0) + range_scale**2)
    offset = mean * (1 - keep)
    smooth: Floats = (
        ndimage.uniform_filter(keep, size, mode="reflect") * grey
        + ndimage.uniform_filter(offset, size, mode="reflect")
    ).astype(np.float32)
    return smooth


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


def slopes(grey: Floats) -> tuple[Floats, Floats]:
    """Return the forward differences along columns and rows; zero at the far border."""
    along_cols = np.diff(grey, axis=1, append=grey[:, -1:])
    along_rows = np.diff(grey, axis=0, append=grey[-1:])
    return along_cols, along_rows


def from_slopes(along_cols: Floats, along_rows: Floats, largest_px: float) -> Floats:
    """Return the map whose slopes come nearest to the given ones, and that stays near 0.

    Minimises ``|grad D - g|^2 + lambda D^2`` by one pair of cosine transforms; ``lambda`` fades
    out what is larger than ``largest_px``.
    """
    rows, cols = along_cols.shape
    divergence = along_cols + along_rows
    divergence[:, 1:] -= along_cols[:, :-1]
    divergence[1:] -= along_rows[:-1]
    spectrum = fft.dctn(divergence, norm="ortho", overwrite_x=True)
    laplace_rows = 2 * np.cos(np.pi * np.arange(rows) / rows) - 2
    laplace_cols = 2 * np.cos(np.pi * np.arange(cols) / cols) - 2
    spectrum /= (laplace_rows[:, None] + laplace_cols - 6 / largest_px**2).astype(np.float32)
    result: Floats = fft.idctn(spectrum, norm="ortho", overwrite_x=True)
    return result


def stretched(values: Floats, tail: float = 0.0) -> Floats:
    """Spread values over 0..1 so that both ends are reached.

    Args:
        values: any map; not altered.
        tail: the share at either end that is cut off, so that specks do not set the scale.
    """
    low, high = np.quantile(values, (tail, 1 - tail)) if tail else (values.min(), values.max())
    if high <= low:
        low, high = values.min(), values.max()
    if high <= low:
        return np.zeros_like(values)
    spread = (values - np.float32(low)) / np.float32(high - low)
    return np.clip(spread, 0, 1, out=spread)


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
