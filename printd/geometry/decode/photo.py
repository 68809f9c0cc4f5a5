"""Opening a photo that a stranger handed in, and saying what it is.

Every limit is checked on the header, before a pixel is decoded; a picture counts as good only
after a full decode. Called inside a compute child with a memory limit, never in the daemon.
Bytes decide the kind, not names. Turning pixels into lightness is in ``lightness``.
"""

from __future__ import annotations

import errno
import importlib.util
import mmap
import os
import re
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image, ImageFile

from printd.core.errors import (
    PhotoEmpty,
    PhotoIncomplete,
    PhotoOddShape,
    PhotoRefused,
    PhotoTooLarge,
    PhotoTooSmall,
    PhotoUnreadable,
    PhotoWrongKind,
)
from printd.geometry.decode.endmarker import has_end_marker
from printd.geometry.decode.photokinds import (
    HEAD_BYTES,
    could_begin_a_picture,
    kind_of,
    other_kind,
    webp_size,
)
from printd.geometry.decode.pngcheck import check_png

EXIF_ORIENTATION: Final = 0x0112
# Kinds whose pixels are never zeros, and whose decoders take a reserved, unwritten end for one.
DENSE: Final = frozenset({"WEBP", "HEIF", "AVIF"})
ZERO_TAIL: Final = 1024
TURNED: Final = frozenset({5, 6, 7, 8})  # orientations that exchange width and height
# What ``lightness`` can read; others (Lab, HSV) are rare and come from no camera.
MODES: Final = frozenset(
    {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"}
    | {"I;16", "I;16L", "I;16B", "I;16N", "I", "F"}
)


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """What a photo may be; the defaults hold for everybody."""

    max_bytes: int = 60_000_000
    min_side_px: int = 16
    max_side_px: int = 20_000
    max_ratio: float = 20.0
    max_mpx: float = 64.0
    max_webp_mpx: float = 32.0  # its decoder holds 16 bytes a pixel, which must fit 1 GiB
    max_jpeg_mpx: float = 200.0  # by decoding at an eighth of the size
    dense_above_mpx: float = 50.0  # above, a JPEG needs min_bytes_per_px: else it is a bomb
    min_bytes_per_px: float = 0.02
    max_jpeg_scans: int = 200
    max_jpeg_scan_memory: int = 600_000_000  # a progressive JPEG is held whole, as coefficients
    soft_below_px: int = 512


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What a photo is. Sizes are those of the upright picture."""

    width_px: int
    height_px: int
    format: str
    mode: str
    has_alpha: bool
    frames_animated: bool
    warnings: tuple[str, ...] = ()

    @property
    def aspect(self) -> float:
        """Width : height."""
        return self.width_px / self.height_px


DEFAULT_LIMITS: Final = PhotoLimits()


def read_facts(path: Path, limits: PhotoLimits = DEFAULT_LIMITS) -> PhotoFacts:
    """Check a photo wholly: header, limits, end, and a full decode.

    Raises:
        PhotoRefused: one of its kinds, with the values in the problem.
        OSError: the file itself cannot be opened (missing, a link, no rights).
    """
    with open_photo(path, limits) as (image, facts):
        image.draft(None, (1, 1))  # a JPEG is read wholly and decoded at an eighth of its size
        image.load()
        return facts


def read_header(path: Path, limits: PhotoLimits = DEFAULT_LIMITS) -> PhotoFacts:
    """Check a photo's header and limits alone; a broken end is not seen.

    Raises:
        PhotoRefused, OSError: as ``read_facts``.
    """
    with _opened(path, limits) as (_, _, facts):
        return facts


@contextmanager
def open_photo(
    path: Path, limits: PhotoLimits = DEFAULT_LIMITS
) -> Iterator[tuple[ImageFile.ImageFile, PhotoFacts]]:
    """Open a photo whose header is within the limits; what fails inside becomes our error.

    Raises:
        PhotoRefused, OSError: as ``read_facts``.
    """
    with _opened(path, limits) as (stream, image, facts):
        if facts.format == "PNG":
            at = stream.tell()
            check_png(stream)
            stream.seek(at)
        with _translated(stream, facts.format):
            yield image, facts


def orientation_of(image: ImageFile.ImageFile) -> int:
    """Return the EXIF orientation that is still to be applied, 1 if none; decodes nothing."""
    if image.format == "TIFF":
        return 1  # the library turns these itself
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # the library would decode the whole picture to look for it behind the pixels
    orientation = image.getexif().get(EXIF_ORIENTATION)
    return orientation if isinstance(orientation, int) else 1


@contextmanager
def _opened(
    path: Path, limits: PhotoLimits
) -> Iterator[tuple[BinaryIO, ImageFile.ImageFile, PhotoFacts]]:
    fd = open_plain(path)
    with os.fdopen(fd, "rb") as stream:
        kind = _kind(stream, limits)
        with _translated(stream, kind):
            image = _open_as(kind, stream)
        with image:
            with _translated(stream, kind):
                _check_limits(image, os.fstat(fd).st_size, limits)
                facts = _facts_of(image)
            yield stream, image, _with_warnings(facts, limits)


def open_plain(path: Path) -> int:
    """Open a file for reading and return its descriptor; a link, folder or device is refused.

    Raises:
        PhotoWrongKind: it is no plain file.
        OSError: it cannot be opened.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise PhotoWrongKind("This is a link, not a photo.") from error
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise PhotoWrongKind("This is not a file but a folder, a pipe or a device.")
    return fd


def _kind(stream: BinaryIO, limits: PhotoLimits) -> str:
    """Return the kind, after the checks that need no picture library."""
    size_bytes = os.fstat(stream.fileno()).st_size
    if size_bytes == 0:
        raise PhotoEmpty("The file is empty.")
    if size_bytes > limits.max_bytes:
        raise PhotoTooLarge(
            f"The file has {size_bytes / 1e6:.1f} MB; at most "
            f"{limits.max_bytes / 1e6:.0f} MB are taken."
        )
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    kind = kind_of(head)
    if kind is None:
        raise _no_picture(head)
    if kind == "HEIF":
        _register_heif()
    if kind == "WEBP" and (size := webp_size(head)):
        _check_size(*size, limits.max_webp_mpx, limits)
    if kind == "JPEG":
        _check_scans(stream, limits)
    if kind in DENSE and _ends_in_zeros(stream.fileno(), size_bytes):
        raise PhotoIncomplete(f"The last {ZERO_TAIL} bytes of the file are still zeros.")
    return kind


def _ends_in_zeros(fd: int, size_bytes: int) -> bool:
    """Tell whether a sender has reserved the file's place and not written it to the end."""
    return size_bytes > ZERO_TAIL and not os.pread(fd, ZERO_TAIL, size_bytes - ZERO_TAIL).strip(
        b"\x00"
    )


def _no_picture(head: bytes) -> PhotoRefused:
    if words := other_kind(head):
        return PhotoWrongKind(f"This is {words}, not a photo.")
    if could_begin_a_picture(head):
        return PhotoIncomplete(f"The file stops after {len(head)} bytes.")
    if not head.strip(b"\x00"):
        return PhotoIncomplete("The file holds only zeros so far.")
    return PhotoUnreadable("The bytes of this file are not those of a picture.")


def _register_heif() -> None:
    if importlib.util.find_spec("pi_heif") is None:
        raise PhotoWrongKind(
            "This is a HEIC picture, and printd's extra for these is not installed.",
            action="Install it (`pip install printd[heif]`), or drop a JPEG, PNG or WebP picture.",
        )
    # Optional, and loaded only when a picture needs it.
    import pi_heif

    pi_heif.options.DECODE_THREADS = 1  # each thread would take its share of the memory limit
    pi_heif.register_heif_opener(thumbnails=False)


def _check_scans(stream: BinaryIO, limits: PhotoLimits) -> None:
    """Refuse a JPEG that hides minutes of work in thousands of scans."""
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        count = sum(1 for _ in re.finditer(b"\xff\xda", content))
    if count > limits.max_jpeg_scans:
        raise PhotoUnreadable(
            f"This JPEG picture has {count} scans; honest ones have at most "
            f"{limits.max_jpeg_scans}."
        )


def _open_as(kind: str, stream: BinaryIO) -> ImageFile.ImageFile:
    with warnings.catch_warnings():
        # Its own limits on pixels are ours in ``_check_limits``, which states the values.
        warnings.simplefilter("ignore")
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(stream, formats=[kind])
        finally:
            Image.MAX_IMAGE_PIXELS = before


@contextmanager
def _translated(stream: BinaryIO, kind: str) -> Iterator[None]:
    """Turn whatever the picture library raises into our errors."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (PhotoRefused, MemoryError):
        raise
    except Exception as error:  # its decoders raise nearly everything, down to SyntaxError
        ends = has_end_marker(stream.fileno())
        if ends is False or (ends is None and "truncated" in str(error)):
            raise PhotoIncomplete(f"This {kind} picture stops before its end.") from error
        raise PhotoUnreadable(
            f"This {kind} picture cannot be decoded ({type(error).__name__}: {error})."
        ) from error


def _facts_of(image: ImageFile.ImageFile) -> PhotoFacts:
    if image.mode not in MODES:
        raise PhotoUnreadable(f"Pictures of colour mode {image.mode} are not read.")
    width, height = image.size
    if orientation_of(image) in TURNED:
        width, height = height, width
    kind = image.format or "?"
    return PhotoFacts(
        width_px=width,
        height_px=height,
        format=kind,
        mode=image.mode,
        has_alpha=image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info,
        frames_animated=kind != "MPO" and bool(getattr(image, "is_animated", False)),
    )


def _check_limits(image: ImageFile.ImageFile, size_bytes: int, limits: PhotoLimits) -> None:
    is_jpeg = image.format in {"JPEG", "MPO"}
    _check_size(*image.size, limits.max_jpeg_mpx if is_jpeg else limits.max_mpx, limits)
    if not is_jpeg:
        return
    pixels = image.width * image.height
    if pixels > limits.dense_above_mpx * 1e6 and size_bytes < limits.min_bytes_per_px * pixels:
        raise PhotoUnreadable(
            f"This JPEG picture says it has {pixels / 1e6:.0f} million pixels, "
            f"but only {size_bytes} bytes."
        )
    if image.info.get("progressive") and _coefficient_bytes(image) > limits.max_jpeg_scan_memory:
        raise PhotoTooLarge(
            f"This progressive JPEG picture of {pixels / 1e6:.0f} million pixels needs more "
            "memory than one picture may have."
        )


def _coefficient_bytes(image: ImageFile.ImageFile) -> float:
    layers: list[tuple[int, int]] = [(h, v) for _, h, v, _ in getattr(image, "layer", [])]
    if not layers:
        return 0.0
    full = max(h for h, _ in layers) * max(v for _, v in layers)
    return 2.0 * image.width * image.height * sum(h * v / full for h, v in layers)


def _check_size(width_px: int, height_px: int, max_mpx: float, limits: PhotoLimits) -> None:
    short, long = sorted((width_px, height_px))
    size = f"The picture has {width_px} by {height_px} pixels"
    if short < limits.min_side_px:
        raise PhotoTooSmall(f"{size}; each side needs at least {limits.min_side_px}.")
    if long > limits.max_ratio * short:
        raise PhotoOddShape(f"{size}: one side is {long / short:.0f} times the other.")
    if long > limits.max_side_px:
        raise PhotoTooLarge(f"{size}; a side may have at most {limits.max_side_px}.")
    if width_px * height_px > max_mpx * 1e6:
        raise PhotoTooLarge(
            f"{size}, which is {width_px * height_px / 1e6:.0f} million; "
            f"at most {max_mpx:g} million are taken."
        )


def part_facts(
    facts: PhotoFacts, width_px: int, height_px: int, limits: PhotoLimits = DEFAULT_LIMITS
) -> PhotoFacts:
    """Return what is known of a part of a picture, which must be a picture itself.

    Raises:
        PhotoTooSmall, PhotoOddShape: it is not.
    """
    _check_size(width_px, height_px, limits.max_jpeg_mpx, limits)
    others = tuple(word for word in facts.warnings if not word.startswith("photo_soft"))
    part = replace(facts, width_px=width_px, height_px=height_px, warnings=others)
    return _with_warnings(part, limits)


def _with_warnings(facts: PhotoFacts, limits: PhotoLimits) -> PhotoFacts:
    if min(facts.width_px, facts.height_px) >= limits.soft_below_px:
        return facts
    soft = (
        f"photo_soft: The picture has {facts.width_px} by {facts.height_px} pixels; it will look "
        f"soft. {limits.soft_below_px} or more on the short side look better."
    )
    return replace(facts, warnings=(*facts.warnings, soft))
