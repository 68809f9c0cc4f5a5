"""Does a file beside a photo have the photo's shape? A mask or a depth map must lie on it."""

from __future__ import annotations

from typing import Final

from printd.core.errors import PhotoOddShape

ODD_SHAPE: Final = 0.05  # a file may be so much longer or shorter than its photo
UNEVEN: Final = 0.02  # from so much on it is said; sides of whole pixels differ by less


def shape_faults(what: str, found: float, photo: float) -> tuple[str, ...]:
    """Return "code: sentence" for a file that has to be stretched a little to fit its photo.

    Args:
        what: the file, in words: ``mask``, ``depth picture``.
        found: its width : height.
        photo: width : height of its photo.

    Raises:
        PhotoOddShape: it is so much longer or shorter that it cannot be of this photo.
    """
    off = max(found / photo, photo / found) - 1
    sentence = f"The {what} is {found:.2f} times as wide as high, its photo {photo:.2f} times"
    if off > ODD_SHAPE:
        raise PhotoOddShape(
            f"{sentence}.", action=f"Give a {what} of the whole photo, in the photo's shape."
        )
    if off > UNEVEN:
        return (f"{what.split()[0]}_stretched: {sentence}; it was stretched to fit.",)
    return ()
