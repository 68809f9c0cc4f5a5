"""The two pictures that a Bambu printer's display shows of a print."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from printd.core.errors import DiskError

if TYPE_CHECKING:
    from PIL.Image import Image

LARGE_PX: Final = 512
SMALL_PX: Final = 128


def plate_pictures(picture: Path | None) -> tuple[bytes, bytes] | None:
    """Return a picture of ours as two square PNGs, large and small; None: there is none.

    Of one that is wider than high the left square is taken: there a drawing has its view, and
    its words beside it.

    Raises:
        DiskError: it cannot be read.
    """
    if picture is None:
        return None
    from PIL import Image

    try:
        with Image.open(picture, formats=["PNG"]) as opened:
            whole = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError) as error:
        raise DiskError(f"{picture.name} cannot be read: {error}.") from error
    side = min(whole.size)
    square = whole.crop((0, 0, side, side))
    return _png(square, LARGE_PX), _png(square, SMALL_PX)


def _png(square: Image, side_px: int) -> bytes:
    out = io.BytesIO()
    square.resize((side_px, side_px)).save(out, "PNG")
    return out.getvalue()
