"""What a network is shown of a photo, and what its numbers say: pure arithmetic, no network."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from printd.geometry.filters import stretched
from printd.geometry.heights.depthimage import TAIL, filled, resized

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Side = Literal["short", "long", "both"]

MOST_LONGER: Final = 2.0  # the longest side by the wanted size: long photos would fill the memory
NEAREST: Final = 0.01  # of the median distance: what is nearer counts as hardly nearer


def shown_size(width: int, height: int, size_px: int, side: Side, multiple: int) -> tuple[int, int]:
    """Return width and height at which a network that leaves them open sees a photo best.

    Args:
        width: of the photo.
        height: of the photo.
        size_px: of the ``side``.
        side: which side gets that size; the other one follows the photo's shape.
        multiple: that both have to be of.
    """
    if side == "both":
        return size_px, size_px
    scale = size_px / (min if side == "short" else max)(width, height)
    scale = min(scale, MOST_LONGER * size_px / max(width, height))
    across, down = (multiple * max(1, round(edge * scale / multiple)) for edge in (width, height))
    return across, down


def shown(
    colours: Bytes,
    size: tuple[int, int],
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
) -> Floats:
    """Return a photo as a network wants it.

    Args:
        colours: (rows, cols, 3) sRGB.
        size: width and height of the result; the photo is squeezed into it.
        mean: of red, green and blue from 0 to 1, taken off.
        std: likewise, divided by.

    Returns:
        (3, height, width) float32: red, green, blue.
    """
    image = Image.fromarray(colours)
    # Cubic, averaging over what vanishes; the networks were trained with much the same.
    sized = np.asarray(image.resize(size, Image.Resampling.BICUBIC)).astype(np.float32) / 255
    levels = (sized - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)
    return np.ascontiguousarray(levels.transpose(2, 0, 1))


def heights_of(
    output: NDArray[np.floating], larger: Literal["nearer", "farther"], aspect: float
) -> Floats | None:
    """Turn what a network says into a height map of its photo's shape.

    Distances become nearness, 1 / distance, before they are spread: without that, a wall far
    behind a person would take nearly all of the relief.

    Args:
        output: (rows, cols), whatever the photo was squeezed into.
        larger: what a larger number means.
        aspect: width : height of the photo.

    Returns:
        (rows, cols), 0 farthest to 1 nearest, all 0 if there is but one distance; None if no
        number is finite.
    """
    whole, missing = filled(output.astype(np.float64))
    if missing == 1:
        return None
    near = whole if larger == "nearer" else _nearness(whole)
    spread = stretched((near - near.min()).astype(np.float32), TAIL)
    rows, cols = spread.shape
    # The side that was squeezed gets its length back, so nothing that was seen is lost.
    height = max(rows, cols / aspect)
    return stretched(resized(spread, (round(height), round(height * aspect))))


def _nearness(distance: NDArray[np.floating]) -> NDArray[np.floating]:
    ahead = np.maximum(distance, 0)
    typical = float(np.median(ahead)) or float(ahead.max()) or 1.0
    result: NDArray[np.floating] = 1 / (ahead / typical + NEAREST)
    return result
