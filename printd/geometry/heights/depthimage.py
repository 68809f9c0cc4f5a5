"""From a depth file to a height map: 0 farthest to 1 nearest, whatever the file's numbers mean.

What is wrong with a file, and can be put up with, becomes a warning: it is coloured, flat, of few
levels, full of holes, or inside out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from printd.core.crop import Box
from printd.core.errors import PhotoUnreadable, PhotoWrongKind
from printd.geometry.decode.depthfile import (
    DEPTH_LIMITS,
    Doubles,
    Floats,
    Numbers,
    is_npy,
    read_depth_header,
    read_numbers,
)
from printd.geometry.decode.photo import PhotoLimits
from printd.geometry.filters import gaussian, stretched
from printd.geometry.heights.shapes import shape_faults

Near = Literal["white", "black", "auto"]

TAIL: Final = 0.001  # of the values at either end, which single specks may not set
MOST_COLOURED: Final = 0.01  # share of the pixels that may be coloured in a grey picture
FLAT_LEVELS: Final = 64  # of 256: a range below that leaves less than 10 bits after stretching
FEW_LEVELS: Final = 40  # below, terraces show on any relief
PLATEAUS: Final = 8  # up to so many levels are meant: a logo, a map of layers
SMOOTH_LEVELS: Final = 2048  # from so many on, steps are thinner than 3 micrometres of 6 mm
WIDEST_TERRACE: Final = 1 / 24  # of the map: sigma of the first smoothing of terraces, ...
NARROWER: Final = 1.6  # ... by which each is narrower than the one before, ...
NARROWEST_PX: Final = 0.5  # ... down to this
SMALL_SIGMA_PX: Final = 3.0  # blurs on a smaller copy are as wide as this there, or wider
BORDER: Final = 1 / 12  # of the short side: the ring that is compared with the middle
MIDDLE: Final = 1 / 4  # of each side, cut off around the middle
TURNED: Final = 0.15  # of the depth: a border that is so much nearer looks inside out


@dataclass(frozen=True, slots=True, eq=False)
class DepthImage:
    """What a depth file says."""

    heights: Floats  # (rows, cols), 0 farthest to 1 nearest, both reached unless it is flat
    warnings: tuple[str, ...] = ()  # "code: sentence"


def read_depth_image(
    path: Path,
    longest_px: int,
    near: Near = "white",
    aspect: float | None = None,
    limits: PhotoLimits = DEPTH_LIMITS,
    plateaus: int = PLATEAUS,
) -> DepthImage:
    """Read a depth picture or a ``.npy`` array, upright, no larger than asked.

    Where the picture is clear it is farthest. What has no value takes that of the nearest point
    that has one. Levels of few bits are smoothed by less than a level.

    Args:
        path: a file; links are not followed.
        longest_px: the longest side of the result at most; smaller files keep their size.
        near: what is nearest: ``white`` (the highest number), ``black``, or what stands in the
            middle of the picture (``auto``).
        aspect: width : height of the photo that the file belongs to; the result has that shape.
        limits: what the file may be.
        plateaus: up to so many levels are meant; more, if they are few, are smoothed.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``; the file has no value at all, or another
            shape than its photo.
    """
    numbers = read_numbers(path, longest_px, limits)
    rows, cols = numbers.values.shape
    warnings = _faults_of(numbers, plateaus)
    if aspect is not None:
        found = read_depth_header(path, limits).aspect
        warnings += shape_faults("depth picture", found, aspect)
    whole, holes = _without_holes(numbers)
    if holes > 0:
        warnings.append(
            f"depth_holes: {100 * holes:.2g} % of the depth map have no value; they were filled "
            "from their neighbours."
        )
    spread, step = _spread(whole, numbers, plateaus)
    size = _size(rows, cols, longest_px, aspect)
    heights, words = _white_near(resized(spread, size), near)
    heights = without_terraces(heights, step)
    if numbers.alpha is not None:
        heights = heights * resized(numbers.alpha, size)
    return DepthImage(stretched(heights), (*warnings, *words))


def refuse_array(photo: Path) -> None:
    """Refuse what holds depth alone where a photo is looked at.

    Raises:
        PhotoWrongKind, OSError: as ``photo.open_plain``; it is an array.
    """
    if is_npy(photo):
        raise PhotoWrongKind(
            "This is a depth array, not a photo.",
            action="Take its numbers as heights: `--depth picture`, in the configuration `depth: "
            "picture`.",
        )


def filled(values: NDArray[np.floating]) -> tuple[NDArray[np.floating], float]:
    """Give each point without a finite value that of the nearest point with one.

    Returns:
        The map, and the share of it that was filled: 1 if nothing is finite.
    """
    known = np.isfinite(values)
    share = 1 - float(known.mean())
    if not 0 < share < 1:
        return values, share
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    return values[tuple(nearest)], share


def resized(heights: Floats, size: tuple[int, ...], part: Box | None = None) -> Floats:
    """Bring a map, or a part of it, to another size: cubic, averaging where it shrinks.

    Args:
        heights: (any, any), 0 to 1.
        size: rows and columns of the result.
        part: left, top, right, bottom as fractions; None: all of it.
    """
    if part is None and heights.shape == size:
        return heights
    rows, cols = size
    height, width = heights.shape
    left, top, right, bottom = part or (0.0, 0.0, 1.0, 1.0)
    box = (left * width, top * height, right * width, bottom * height)
    image = Image.fromarray(np.ascontiguousarray(heights, np.float32))
    sized = np.asarray(image.resize((cols, rows), Image.Resampling.BICUBIC, box))
    within: Floats = np.clip(sized, heights.min(), heights.max())
    return within


def is_inside_out(heights: Floats, by: float) -> bool:
    """Tell whether the border lies nearer than the middle, by so much of the depth at least.

    Args:
        heights: (rows, cols), 0 to 1.
        by: 0 to 1.
    """
    rows, cols = heights.shape
    width = max(1, round(BORDER * min(rows, cols)))
    ring = np.ones(heights.shape, np.bool_)
    ring[width : rows - width, width : cols - width] = False
    top, left = int(MIDDLE * rows), int(MIDDLE * cols)
    middle = heights[top : rows - top, left : cols - left]
    return float(np.median(heights[ring]) - np.median(middle)) > by


def without_terraces(heights: Floats, step: float) -> Floats:
    """Smooth the terraces that few levels leave, and move nothing by more than half a level.

    So edges stay where and as they are. From wide to narrow, a smoothing counts where it stays
    within about half a level of the map: in wide terraces all do, in fine detail few.

    Args:
        heights: (rows, cols), 0 to 1.
        step: between two levels; 0 if there are too many to be seen.
    """
    if step <= 0:
        return heights
    half = np.float32(step / 2)
    low, high = heights - half, heights + half
    smooth, sigma_px = heights, WIDEST_TERRACE * max(heights.shape)
    while sigma_px > NARROWEST_PX:
        wide = _widely(smooth, sigma_px)
        fits = np.clip(3 - 2 * np.abs(wide - heights) / half, 0, 1)
        smooth = np.clip(smooth + fits * (wide - smooth), low, high)
        sigma_px /= NARROWER
    return smooth


def _widely(heights: Floats, sigma_px: float) -> Floats:
    """Blur, if widely on a smaller copy: a kernel of hundreds of pixels would take minutes."""
    factor = max(1, int(sigma_px / SMALL_SIGMA_PX))
    if factor == 1:
        return gaussian(heights, sigma_px)
    rows, cols = heights.shape
    small = resized(heights, (max(1, rows // factor), max(1, cols // factor)))
    return resized(gaussian(small, sigma_px / factor), heights.shape)


def _without_holes(numbers: Numbers) -> tuple[Doubles, float]:
    """Return values everywhere, and the share of those that were missing where it is opaque."""
    values = numbers.values
    if numbers.alpha is None:
        whole, missing = filled(values)
    else:
        opaque = numbers.alpha >= 0.5
        missing = float(np.isnan(values[opaque]).mean()) if opaque.any() else 1.0
        whole, _ = filled(np.where(opaque, values, np.nan))
    if missing == 1:
        raise PhotoUnreadable(
            "The depth map has no value anywhere.", action="Give one that holds finite numbers."
        )
    return whole.astype(np.float64, copy=False), missing


def _spread(values: Doubles, numbers: Numbers, plateaus: int) -> tuple[Floats, float]:
    """Return the values from 0 to 1, and the step between two levels in that range, 0 if fine."""
    low = float(values.min())
    span = float(values.max()) - low
    if span <= 0:
        return np.zeros(values.shape, np.float32), 0.0
    shares = ((values - low) / span).astype(np.float32)
    opaque = shares if numbers.alpha is None else shares[numbers.alpha >= 0.5]
    bottom, top = (float(end) for end in np.quantile(opaque, (TAIL, 1 - TAIL)))
    if top <= bottom:
        bottom, top = 0.0, 1.0
    heights = np.clip((shares - np.float32(bottom)) / np.float32(top - bottom), 0, 1)
    if not plateaus < len(numbers.levels) < SMOOTH_LEVELS:
        return heights, 0.0
    return heights, float(np.median(np.diff(numbers.levels))) / span / (top - bottom)


def _size(rows: int, cols: int, longest_px: int, aspect: float | None) -> tuple[int, int]:
    """Return rows and columns of the result: the photo's shape, no larger than asked or there."""
    longest = min(longest_px, max(rows, cols))
    wide = cols / rows if aspect is None else aspect
    if wide >= 1:
        return max(1, round(longest / wide)), longest
    return longest, max(1, round(longest * wide))


def _white_near(heights: Floats, near: Near) -> tuple[Floats, tuple[str, ...]]:
    """Return the map with its nearest point at 1, and what is to be said about that."""
    if not heights.any():
        return heights, ()
    if near == "auto":
        inside_out = is_inside_out(heights, 0.0)
        return (1 - heights, (_WAS_TURNED,)) if inside_out else (heights, ())
    if near == "black":
        return 1 - heights, ()
    return heights, (_LOOKS_TURNED,) if is_inside_out(heights, TURNED) else ()


def _faults_of(numbers: Numbers, plateaus: int) -> list[str]:
    """Return what a person should know of the numbers."""
    found = []
    if numbers.coloured > MOST_COLOURED:
        found.append(
            f"depth_not_grey: {100 * numbers.coloured:.0f} % of the depth picture is coloured, so "
            "it may be no depth picture; its brightness was taken for nearness. Give a grey one."
        )
    levels = numbers.levels
    if len(levels) == 1:
        found.append(
            "depth_flat: The depth map shows one distance only; the relief is a flat plate."
        )
    elif len(levels) <= plateaus:
        found.append(
            f"depth_levels: The depth map has {len(levels)} levels only; they become plateaus."
        )
    elif len(levels) < FEW_LEVELS:
        found.append(
            f"depth_banded: The depth map has {len(levels)} levels only; its terraces were "
            "smoothed. A map of 16 bits has none."
        )
    elif numbers.is_coarse and (used := _levels_used(numbers)) < FLAT_LEVELS:
        found.append(
            f"depth_flat: The depth picture uses {used:.0f} of 256 levels; it was stretched. A "
            "map of 16 bits, or of more contrast, is finer."
        )
    return found


def _levels_used(numbers: Numbers) -> float:
    low, high = np.nanquantile(numbers.values, (0.01, 0.99))
    return float(high - low)


_WAS_TURNED: Final = (
    "depth_turned: The border of the depth map was nearer than its middle, so it was turned "
    "inside out. Say `near: white` or `near: black` if that is wrong."
)
_LOOKS_TURNED: Final = (
    "depth_inside_out: The border of the depth map lies nearer than its middle. If the relief "
    "looks inside out, say `near: black`."
)
