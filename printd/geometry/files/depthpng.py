"""A height map as a picture: PNG of 16 bits, white near. It is read back as a depth picture.

65 536 steps are 0.1 micrometres of a relief of 6 mm: nothing is lost that can be printed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from printd.core.files import new_file

WHITE: Final = 65535
LEVEL: Final = 3  # of deflate: beyond, the noise of the lowest bits costs time and gains nothing


def write_depth_png(path: Path, heights: NDArray[np.float32]) -> None:
    """Write a height map as grey PNG of 16 bits, whole or not at all.

    Args:
        path: the file; an older one is replaced.
        heights: (rows, cols), 0 far to 1 near; row 0 is the top. What lies beyond is cut off.

    Raises:
        DiskFull, DiskFailed: the file cannot be written.
    """
    grey = np.rint(np.clip(heights, 0, 1) * np.float32(WHITE)).astype(np.uint16)
    with new_file(path) as out:
        Image.fromarray(grey).save(out, "PNG", compress_level=LEVEL)
