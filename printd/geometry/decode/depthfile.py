"""The numbers in a depth file: a grey picture, or a ``.npy`` array, read strip by strip.

Numbers are taken as they are: a profile or a gamma says how a picture looks, and a depth picture is
not to be looked at. The file may be sixty times larger than what is asked for, so it is averaged
while it is read. What the numbers mean is in ``depthimage``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from printd.core.beside import DEPTH_FILE_BYTES
from printd.core.errors import (
    PhotoOddShape,
    PhotoTooLarge,
    PhotoTooSmall,
    PhotoUnreadable,
)
from printd.geometry.decode.lightness import upright
from printd.geometry.decode.npyfile import MAGIC, map_npy
from printd.geometry.decode.photo import (
    DEFAULT_LIMITS,
    PhotoFacts,
    PhotoLimits,
    open_photo,
    open_plain,
    orientation_of,
    read_header,
)

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

DEPTH_LIMITS: Final = replace(DEFAULT_LIMITS, max_bytes=DEPTH_FILE_BYTES)
STRIP_PX: Final = 1 << 20  # pixels converted at a time
SAMPLES: Final = 1024  # along each side, of which the levels are counted
COLOURED: Final = 6  # of 255: channels that differ by more are no grey
LARGEST: Final = 1e300  # what is larger is no distance, and would not survive a subtraction
PLAIN_MODES: Final = frozenset({"L", "I;16", "I;16L", "I;16B", "I;16N", "I", "F"})
SAMPLE_FORMAT, UNSIGNED = 339, 1  # of TIFF files


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """What a depth file says, upright, averaged to the size that is needed."""

    values: Doubles  # (rows, cols); NaN where there is none
    alpha: Floats | None  # (rows, cols), 0 clear to 1 opaque; None: opaque throughout
    levels: Doubles  # the distinct values, ascending, of the pixels that were looked at
    coloured: float  # share of the pixels that are not grey
    is_coarse: bool  # of 8 bits


@dataclass(frozen=True, slots=True, eq=False)
class _Raster:
    """A file that can be read from any row on."""

    rows: int
    cols: int
    strip: Callable[[int, int], NDArray[np.generic]]  # first, last: (rows, cols[, bands])
    orientation: int = 1


def is_npy(path: Path) -> bool:
    """Tell whether a file is an array; links are not followed.

    Raises:
        PhotoWrongKind, OSError: as ``photo.open_plain``.
    """
    with os.fdopen(open_plain(path), "rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file, in hex; links are not followed.

    Raises:
        PhotoWrongKind, OSError: as ``photo.open_plain``.
    """
    with os.fdopen(open_plain(path), "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_depth_header(path: Path, limits: PhotoLimits = DEPTH_LIMITS) -> PhotoFacts:
    """Check a depth file's header and limits alone.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``.
    """
    if not is_npy(path):
        return read_header(path, limits)
    with _array(path, limits) as raster:
        return PhotoFacts(
            raster.cols, raster.rows, "NPY", "F", has_alpha=False, frames_animated=False
        )


def read_numbers(path: Path, longest_px: int, limits: PhotoLimits = DEPTH_LIMITS) -> Numbers:
    """Read a depth file, upright.

    Args:
        path: a file; links are not followed.
        longest_px: from twice this size on, squares of pixels are averaged; the longest side of
            the result is less than four times this.
        limits: what the file may be.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``.
    """
    with (_array if is_npy(path) else _picture)(path, limits) as raster:
        return _read(raster, longest_px)


@contextmanager
def _array(path: Path, limits: PhotoLimits) -> Iterator[_Raster]:
    with os.fdopen(open_plain(path), "rb") as stream:
        values = map_npy(stream, limits.max_mpx * 1e6)
        if values.ndim == 3 and 1 in (values.shape[0], values.shape[2]):
            values = values[0] if values.shape[0] == 1 else values[..., 0]
        if values.ndim != 2:
            raise PhotoUnreadable(
                f"This array has the shape {values.shape}, not rows and columns.",
                action="Save the depth as one array of rows and columns.",
            )
        rows, cols = values.shape
        _check_size(cols, rows, limits)
        yield _Raster(rows, cols, lambda first, last: np.array(values[first:last]))


def _check_size(width: int, height: int, limits: PhotoLimits) -> None:
    short, long = sorted((width, height))
    size = f"The array has {width} by {height} numbers"
    if short < limits.min_side_px:
        raise PhotoTooSmall(f"{size}; each side needs at least {limits.min_side_px}.")
    if long > limits.max_ratio * short:
        raise PhotoOddShape(f"{size}: one side is {long / short:.0f} times the other.")
    if long > limits.max_side_px:
        raise PhotoTooLarge(f"{size}; a side may have at most {limits.max_side_px}.")


@contextmanager
def _picture(path: Path, limits: PhotoLimits) -> Iterator[_Raster]:
    with open_photo(path, limits) as (image, _):
        orientation = orientation_of(image)
        image.load()
        cols, rows = image.size

        def strip(first: int, last: int) -> NDArray[np.generic]:
            return _values(image, image.crop((0, first, cols, min(last, rows))))

        yield _Raster(rows, cols, strip, orientation)


def _values(image: ImageFile.ImageFile, strip: Image.Image) -> NDArray[np.generic]:
    """Return the numbers of some rows, with a last axis if there are several bands."""
    if strip.mode in PLAIN_MODES and "transparency" not in image.info:
        values = np.asarray(strip)
        return values.view(np.uint32) if _is_unsigned(image) else values
    if image.has_transparency_data:
        return np.asarray(strip.convert("RGBA"))
    return np.asarray(strip.convert("L" if strip.mode == "1" else "RGB"))


def _is_unsigned(image: ImageFile.ImageFile) -> bool:
    """Tell whether the library shows unsigned numbers of 32 bits as signed ones."""
    if image.mode != "I" or image.format != "TIFF":
        return False
    tags = getattr(image, "tag_v2", {})
    return bool(tags.get(258) == (32,) and tags.get(SAMPLE_FORMAT, (UNSIGNED,)) == (UNSIGNED,))


def _read(raster: _Raster, longest_px: int) -> Numbers:
    longest = max(raster.rows, raster.cols)
    factor = max(1, longest // (2 * longest_px))
    size = -(-raster.rows // factor), -(-raster.cols // factor)
    values, alpha = np.empty(size), np.ones(size, np.float32)
    some: list[Doubles] = []
    coloured, is_coarse = 0, False
    rows = max(1, STRIP_PX // (raster.cols * factor)) * factor
    for first in range(0, raster.rows, rows):
        strip = raster.strip(first, first + rows)
        grey, clearness, off = _grey(strip)
        place = slice(first // factor, -(-(first + len(strip)) // factor))
        values[place] = _averaged(grey, factor)
        if clearness is not None:
            alpha[place] = _averaged(clearness / 255, factor)
        some.append(_some(grey, -(-longest // SAMPLES)))
        coloured += off
        is_coarse = strip.dtype.itemsize == 1
    return Numbers(
        values=upright(values, raster.orientation),
        alpha=upright(alpha, raster.orientation) if alpha.min() < 1 else None,
        levels=np.unique(np.concatenate(some)),
        coloured=coloured / (raster.rows * raster.cols),
        is_coarse=is_coarse,
    )


def _grey(strip: NDArray[np.generic]) -> tuple[Doubles, Doubles | None, int]:
    """Return the values, the alpha channel of 255, and how many pixels are coloured."""
    if strip.ndim == 2:
        values = strip.astype(np.float64)
        values[~(np.abs(values) < LARGEST)] = np.nan
        return values, None, 0
    bands = strip.astype(np.int32)
    alpha = bands[..., 3].astype(np.float64) if bands.shape[-1] == 4 else None
    red, green, blue = bands[..., 0], bands[..., 1], bands[..., 2]
    # Whole numbers, so that a grey of 256 levels stays one.
    luma = (299 * red + 587 * green + 114 * blue + 500) // 1000
    off = np.maximum(np.abs(red - green), np.abs(green - blue)) > COLOURED
    if alpha is not None:
        off &= alpha > 0
    return luma.astype(np.float64), alpha, int(np.count_nonzero(off))


def _some(values: Doubles, step: int) -> Doubles:
    some = values[::step, ::step]
    return some[np.isfinite(some)]


def _averaged(values: Doubles, factor: int) -> Doubles:
    """Return the means over squares of ``factor`` pixels, of those that have a value."""
    if factor == 1:
        return values
    known = np.isfinite(values)
    sums = _summed(np.where(known, values, 0), factor)
    counts = _summed(known.astype(np.float64), factor)
    with np.errstate(invalid="ignore"):
        means: Doubles = sums / counts
    return means


def _summed(values: Doubles, factor: int) -> Doubles:
    rows, cols = (np.arange(0, count, factor) for count in values.shape)
    sums: Doubles = np.add.reduceat(np.add.reduceat(values, cols, axis=1), rows, axis=0)
    return sums
