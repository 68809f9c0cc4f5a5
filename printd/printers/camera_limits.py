"""What a picture of a camera may be, and how long it may take."""

from __future__ import annotations

from typing import Final

CONNECT_S: Final = 5.0
STILL_S: Final = 10.0  # a whole picture takes no longer
MOST_BYTES: Final = 8_000_000
JPEG: Final = b"\xff\xd8\xff"
