"""The graph cut, which draws a found subject's outline exactly; only with OpenCV installed.

OpenCV is the optional extra ``cut``. Without it the soft mask stands as it is.
"""

from __future__ import annotations

import importlib.util
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
ROUNDS: Final = 5
SURELY: Final = 0.9  # certainty above which a pixel cannot be lost, and below 1 - it not won


def can_cut() -> bool:
    """Say whether OpenCV is there."""
    return importlib.util.find_spec("cv2") is not None


def cut(likely: Floats, colours: NDArray[np.uint8]) -> Floats:
    """Return the subject after a cut with two colour mixtures (GrabCut).

    Args:
        likely: (rows, cols), how surely a pixel is the subject's.
        colours: (rows, cols, 3) sRGB of the same size.

    Returns:
        (rows, cols) float32, 0 or 1; ``likely`` itself where there is nothing to cut.
    """
    import cv2  # optional, and a tenth of a second to load

    marks = np.where(likely > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[likely > SURELY] = cv2.GC_FGD
    marks[likely < 0.5 * (1 - SURELY)] = cv2.GC_BGD
    if not (likely > 0.5).any() or (likely > 0.5).all():
        return likely
    cv2.setRNGSeed(1)
    bgr = np.ascontiguousarray(colours[..., ::-1])
    cv2.grabCut(
        bgr, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_MASK
    )
    return np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
