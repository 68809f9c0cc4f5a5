"""Masks: cleaning a found one, judging it, reading a given one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from printd.core.crop import Box, crop_px
from printd.core.errors import SettingInvalid
from printd.geometry.decode.colour import difference
from printd.geometry.decode.lightness import read_picture
from printd.geometry.decode.photo import read_header
from printd.geometry.filters import resampled
from printd.geometry.heights.outline import colours_beside

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

SMALL_PART: Final = 0.15  # of the largest part: smaller ones go
ROUND_PX: Final = 3  # openings and closings of the found mask, on the small copy
LEAST_AREA: Final = 0.04  # of the picture
MOST_AREA: Final = 0.92
SIDE_PX: Final = 19  # of the square around a point of the outline in which colours are compared
SIDE_STEP: Final = 2  # ... on every second pixel
CLEAR_DE: Final = 14.0  # a step of colour that a person sees as an outline
FRAME_PX: Final = 5  # outlines on the border of the picture say nothing


def clean(likely: Floats) -> Bools:
    """Return the subject as whole parts: no crumbs, no cracks, no holes.

    Args:
        likely: (rows, cols), how surely a pixel is the subject's; small.
    """
    mask = np.pad(likely > 0.5, 2 * ROUND_PX, mode="edge")
    opened = ~_shrunk(~_shrunk(mask, ROUND_PX), ROUND_PX)
    return filled(large_parts(closed(opened, ROUND_PX)))


def closed(mask: Bools, radius_px: int) -> Bools:
    """Fill cracks and bays narrower than twice the radius."""
    grown = ~_shrunk(~np.pad(mask, 2 * radius_px, mode="edge"), radius_px)
    return _shrunk(grown, radius_px)


def _shrunk(mask: Bools, radius_px: int) -> Bools:
    """Take some pixels off a mask all around, by an octagon, and as many off the array."""
    for turn in range(radius_px):
        middle = mask[1:-1] & mask[:-2] & mask[2:]
        if turn % 2:
            mask = middle[:, 1:-1] & middle[:, :-2] & middle[:, 2:]
        else:
            mask = middle[:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    return mask


def large_parts(mask: Bools) -> Bools:
    """Drop parts that are small beside the largest one."""
    labels, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    keep: Bools = (sizes >= SMALL_PART * sizes.max())[labels]
    return keep & mask


def filled(mask: Bools) -> Bools:
    """Fill holes; the lower border counts as closed, for busts that stand on it."""
    closed = np.pad(mask, ((0, 1), (0, 0)))
    closed[-1] = True
    whole: Bools = ndimage.binary_fill_holes(closed)[:-1]
    return whole


def confidence(mask: Bools, colours: Floats) -> float:
    """Return the share of the outline that parts two different mean colours, 0 to 1.

    Masks that cut through one texture have little of it; a mask that follows a real but wrong
    edge is not found out.

    Args:
        mask: (rows, cols), about 256 long.
        colours: (rows, cols, 3) Lab of the same size.
    """
    outline = mask & ~ndimage.binary_erosion(mask, border_value=1)
    outline[:FRAME_PX] = outline[-FRAME_PX:] = False
    outline[:, :FRAME_PX] = outline[:, -FRAME_PX:] = False
    if outline.sum() < 20:
        return 0.0
    inside, outside = colours_beside(mask.astype(np.float32), colours, SIDE_STEP, SIDE_PX)
    places = tuple(place // SIDE_STEP for place in np.nonzero(outline))
    return float((difference(inside[places], outside[places]) > CLEAR_DE).mean())


def area_is_possible(mask: Floats | Bools) -> bool:
    """Say whether a mask covers neither nearly nothing nor nearly all."""
    return LEAST_AREA <= float(mask.mean()) <= MOST_AREA


def aspect_of(source: Path | NDArray[np.generic]) -> float:
    """Return width : height of a mask that a person made.

    Raises:
        PhotoRefused, OSError, SettingInvalid: as ``read_mask``.
    """
    if isinstance(source, Path):
        return read_header(source).aspect
    rows, cols = _checked(source).shape
    return float(cols / rows)


def read_mask(
    source: Path | NDArray[np.generic], rows: int, cols: int, crop: Box | None = None
) -> Floats:
    """Read a mask that a person made: white, or opaque, is the subject.

    Args:
        source: a picture file (its alpha channel counts if it has one, else the brightest of
            its colours), or an array of any size and number type, spread from 0 to its largest
            value.
        rows: of the result.
        cols: of the result.
        crop: the part of it that is wanted; None: all of it.

    Raises:
        PhotoRefused, OSError: the file is no picture that can be read.
        SettingInvalid: the array is not of two dimensions, or empty.
    """
    if isinstance(source, Path):
        values = _from_file(source, rows, cols, crop)
    else:
        values = _from_array(source, crop)
    if values.shape != (rows, cols):
        values = resampled(values, rows, cols)
    return np.clip(values, 0, 1)


def _from_file(source: Path, rows: int, cols: int, crop: Box | None) -> Floats:
    picture = read_picture(source, max(rows, cols), crop=crop)
    if picture.alpha is not None:
        return picture.alpha
    brightest: Floats = picture.colours.max(axis=-1) / np.float32(255)
    return brightest


def _from_array(source: NDArray[np.generic], crop: Box | None) -> Floats:
    rows, cols = _checked(source).shape
    left, top, right, bottom = crop_px(crop, cols, rows)
    source = source[top:bottom, left:right]
    values = np.nan_to_num(source.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    positive: Floats = np.maximum(values, 0)
    return positive / np.float32(max(float(positive.max()), 1e-9))


def _checked(source: NDArray[np.generic]) -> NDArray[np.generic]:
    if source.ndim != 2 or not source.size:
        raise SettingInvalid(f"mask: an array of shape {source.shape} is not rows and columns.")
    return source
