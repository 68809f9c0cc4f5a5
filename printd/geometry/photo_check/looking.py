"""One photo as the rules look at it: what a service sees of it, and where its subject is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from printd.geometry.decode.lightness import Picture, read_picture
from printd.geometry.decode.photo import DEFAULT_LIMITS, PhotoFacts, PhotoLimits, read_header
from printd.geometry.filters import reduced
from printd.geometry.heights.findmask import SubjectMask, found_mask, mask_at_hand

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

SEEN_PX: Final = 1024  # of the longest side; services look at 512 to 1536
SMALL_PX: Final = 256  # ... of the copy on which shapes and grounds are judged
HALO: Final = 0.02  # of the longest side around the subject: neither subject nor ground


@dataclass(frozen=True, eq=False)
class Look:
    """A photo, its subject, and small copies of both, made when first asked for."""

    facts: PhotoFacts
    picture: Picture  # SEEN_PX long at most
    subject: SubjectMask

    @property
    def lightness(self) -> Floats:
        """(rows, cols), 0 black to 1 white."""
        return self.picture.lightness

    @cached_property
    def inside(self) -> Bools:
        """(rows, cols): the subject; everything if there is none."""
        if self.subject.values is None:
            return np.ones(self.lightness.shape, np.bool_)
        return self.subject.values > 0.5

    @cached_property
    def small_lightness(self) -> Floats:
        """Of the small copy, 0 to 1."""
        return reduced(self.lightness, self._step)

    @cached_property
    def small_colours(self) -> NDArray[np.uint8]:
        """(rows, cols, 3) sRGB of the small copy."""
        return np.asarray(Image.fromarray(self.picture.colours).reduce(self._step))

    @cached_property
    def small_inside(self) -> Bools:
        """Of the small copy."""
        return reduced(self.inside.astype(np.float32), self._step) > 0.5

    @cached_property
    def small_ground(self) -> Bools:
        """What surely is no part of the subject, on the small copy; nothing if there is none."""
        if self.subject.values is None:
            return np.zeros(self.small_lightness.shape, np.bool_)
        halo = max(1, round(HALO * max(self.small_lightness.shape)))
        near: Bools = ndimage.binary_dilation(self.small_inside, iterations=halo)
        return ~near

    @property
    def _step(self) -> int:
        return max(1, round(self.picture.longest / SMALL_PX))


def look_at(photo: Path, limits: PhotoLimits = DEFAULT_LIMITS, mask: Path | None = None) -> Look:
    """Read a photo and find its subject: that of the mask, of the alpha channel, or of the photo.

    Raises:
        PhotoRefused, OSError: as ``photo.read_facts``, of the photo or the mask.
    """
    facts = read_header(photo, limits)
    picture = read_picture(photo, SEEN_PX, limits)
    subject = mask_at_hand(picture, mask, aspect=facts.aspect)
    if subject.values is None:
        subject = found_mask(picture)
    return Look(facts, picture, subject)
