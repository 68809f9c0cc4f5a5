"""Masks: cleaning a found one, judging it, bringing it to full size, reading a given one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from printd.core.crop import Box, crop_px
from printd.core.errors import SettingInvalid
from printd.geometry.colour import difference
from printd.geometry.filters import gaussian, guided_by, resampled
from printd.geometry.lightness import read_picture

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

SMALL_PART: Final = 0.15  # of the largest part: smaller ones go
ROUND_PX: Final = 3  # openings and closings of the found mask, on the small copy
LEAST_AREA: Final = 0.04  # of the picture
MOST_AREA: Final = 0.92
SIDE_PX: Final = 19  # of the square around a point of the outline in which colours are compared
CLEAR_DE: Final = 14.0  # a step of colour that a person sees as an outline
SMOOTH_PX: Final = 1.2  # of the small outline, whose steps would show
SHARPEN: Final = 1.4  # of the enlarged outline
LED_PX: Final = 512  # longest side at which the outline follows the picture's edges
FOUND_REACH: Final = 1 / 70  # of the map: how far a found outline may move to meet an edge
GIVEN_REACH: Final = 1 / 250  # ... a drawn one
LED_SCALE: Final = 0.04  # of the lightness: a step that counts as an edge
FRAME_PX: Final = 5  # outlines on the border of the picture say nothing


def clean(likely: Floats) -> Bools:
    """Return the subject as whole parts: no crumbs, no holes.

    Args:
        likely: (rows, cols), how surely a pixel is the subject's; small.
    """
    disc = np.hypot(*np.mgrid[-ROUND_PX : ROUND_PX + 1, -ROUND_PX : ROUND_PX + 1]) <= ROUND_PX
    padded = np.pad(likely > 0.5, 2 * ROUND_PX, mode="edge")
    opened = ndimage.binary_opening(padded, disc)
    closed = ndimage.binary_closing(opened, disc)
    inner = slice(2 * ROUND_PX, -2 * ROUND_PX)
    return filled(large_parts(closed[inner, inner]))


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
    inside, outside = _mean_near(colours, mask), _mean_near(colours, ~mask)
    return float((difference(inside[outline], outside[outline]) > CLEAR_DE).mean())


def area_is_possible(mask: Floats | Bools) -> bool:
    """Say whether a mask covers neither nearly nothing nor nearly all."""
    return LEAST_AREA <= float(mask.mean()) <= MOST_AREA


def enlarged(mask: Floats | Bools, lightness: Floats, reach: float = FOUND_REACH) -> Floats:
    """Bring a mask to the size of the picture; its outline follows the picture's edges.

    Where the picture has no edge the outline becomes a soft slope.

    Args:
        mask: (any, any), smaller or of the picture's size.
        lightness: (rows, cols) of the picture.
        reach: how far the outline may move, as a share of the picture.
    """
    rows, cols = lightness.shape
    step = max(1, round(max(rows, cols) / LED_PX))
    guide = gaussian(np.ascontiguousarray(lightness[::step, ::step]), 0.7)
    middle = resampled(gaussian(mask.astype(np.float32), SMOOTH_PX), *guide.shape)
    led = guided_by(middle, guide, max(2, round(max(guide.shape) * reach)), LED_SCALE)
    sharp: Floats = np.clip((resampled(led, rows, cols) - 0.5) * SHARPEN + 0.5, 0, 1)
    return sharp


def read_mask(
    source: Path | NDArray[np.generic], rows: int, cols: int, crop: Box | None = None
) -> Floats:
    """Read a mask that a person made: white, or opaque, is the subject.

    Args:
        source: a picture file (its alpha channel counts if it has one), or an array of any size
            and number type, spread from 0 to its largest value.
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
    grey: Floats = (picture.colours[..., 1] / np.float32(255)).astype(np.float32)
    return grey


def _from_array(source: NDArray[np.generic], crop: Box | None) -> Floats:
    if source.ndim != 2 or not source.size:
        raise SettingInvalid(f"mask: an array of shape {source.shape} is not rows and columns.")
    left, top, right, bottom = crop_px(crop, source.shape[1], source.shape[0])
    source = source[top:bottom, left:right]
    values = np.nan_to_num(source.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    positive: Floats = np.maximum(values, 0)
    return positive / np.float32(max(float(positive.max()), 1e-9))


def _mean_near(colours: Floats, part: Bools) -> Floats:
    weight = ndimage.uniform_filter(part.astype(np.float32), SIDE_PX) + np.float32(1e-4)
    sums = ndimage.uniform_filter(colours * part[..., None], (SIDE_PX, SIDE_PX, 1))
    result: Floats = sums / weight[..., None]
    return result
