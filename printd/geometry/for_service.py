"""The picture of a photo that a service is handed: small, upright, plain, and perhaps cut out.

Services scale down what is larger, refuse what is too large or too small, and are sent nothing of
a photo but its pixels: no place, no camera, no time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import PhotoOddShape, PhotoTooLarge, PhotoTooSmall
from printd.core.files import write_file
from printd.geometry.decode.lightness import Picture, read_picture
from printd.geometry.decode.photo import read_header
from printd.geometry.files.plainpicture import Format, plain_picture
from printd.geometry.heights.findmask import MaskFrom, SubjectMask, found_mask, mask_at_hand

Floats = NDArray[np.float32]

WHITE: Final = 255


@dataclass(frozen=True, slots=True)
class ServicePicture:
    """What was written."""

    width_px: int
    height_px: int
    format: Format
    bytes: int
    quality: int | None  # of a JPEG, 0 to 100
    cut_by: MaskFrom = "none"  # where the mask came from by which the background was cut
    warnings: tuple[str, ...] = ()  # "code: sentence"


def write_for_service(
    photo: Path,
    out: Path,
    *,
    longest_px: int,
    least_px: int = 1,
    most_bytes: int = 6_000_000,
    form: Format = "jpeg",
    cut_background: bool = False,
    mask: Path | None = None,
) -> ServicePicture:
    """Write a photo as a service takes it, whole or not at all.

    Args:
        photo: any that ``photo.read_facts`` takes.
        out: the file; an older one is replaced.
        longest_px: the longest side at most; smaller photos keep their size.
        least_px: of the shorter side of what is written.
        most_bytes: that it may have; quality and then size are lowered until it does.
        form: a JPEG has a white ground where the photo is clear or cut, a PNG is clear there.
        cut_background: leave only the subject: that of ``mask``, of the alpha channel, or the one
            that is found. Where none is found all stays, and a warning says so.
        mask: a picture of the subject, for the cut.

    Raises:
        PhotoRefused: the photo or the mask cannot be used, or the photo is too small, too long
            or too rich for the service.
        DiskFull, DiskFailed: the file cannot be written.
    """
    picture = read_picture(photo, longest_px)
    _check_sides(picture, longest_px, least_px)
    subject = SubjectMask(None)
    if cut_background:
        subject = _subject(picture, mask, read_header(photo).aspect)
    colours, alpha = _cut_out(picture, subject)
    made = plain_picture(colours, alpha, form, most_bytes=most_bytes, least_px=least_px)
    if made is None:
        raise PhotoTooLarge(
            f"The picture does not fit {most_bytes} bytes, even with {least_px} pixels a side.",
            action="Allow the service larger pictures, or use a quieter one.",
        )
    write_file(out, made.content)
    return ServicePicture(
        width_px=made.width_px,
        height_px=made.height_px,
        format=form,
        bytes=len(made.content),
        quality=made.quality,
        cut_by=subject.origin if subject.values is not None else "none",
        warnings=subject.warnings,
    )


def _check_sides(picture: Picture, longest_px: int, least_px: int) -> None:
    rows, cols = picture.lightness.shape
    if min(rows, cols) >= least_px:
        return
    if picture.longest < longest_px:
        raise PhotoTooSmall(
            f"The picture has {cols} by {rows} pixels; this service needs {least_px} on each side.",
            action="Use a larger picture.",
        )
    raise PhotoOddShape(
        f"Made small for the service, the picture has {cols} by {rows} pixels; it needs "
        f"{least_px} on each side.",
        action=f"Crop it so that one side is at most {longest_px / least_px:.0f} times the other.",
    )


def _subject(picture: Picture, mask: Path | None, aspect: float) -> SubjectMask:
    known = mask_at_hand(picture, mask, aspect=aspect)
    if known.values is not None:
        return known
    found = found_mask(picture)
    warnings = known.warnings if found.values is not None else (*known.warnings, _NOT_CUT)
    return SubjectMask(found.values, found.origin, found.confidence, found.area, warnings)


def _cut_out(picture: Picture, subject: SubjectMask) -> tuple[NDArray[np.uint8], Floats | None]:
    """Return the colours over white, and what is opaque of them."""
    if subject.values is None or subject.origin == "alpha":
        return picture.colours, picture.alpha
    share = subject.values[..., None]
    over = np.rint(picture.colours * share + WHITE * (1 - share)).astype(np.uint8)
    alpha = subject.values if picture.alpha is None else subject.values * picture.alpha
    return over, alpha


_NOT_CUT: Final = (
    "background_kept: The subject could not be told from its background, which was left as it is. "
    "Give a mask, or a photo with a plainer background."
)
