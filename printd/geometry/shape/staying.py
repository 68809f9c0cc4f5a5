"""What of a surface stays when its outline is cut and what is too low goes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def staying(heights_mm: Floats, keep: Floats | None, cutoff_mm: float | None) -> Floats:
    """Return a field like ``keep`` that knows the cut-off as well; islands are not sunk in it.

    Args:
        heights_mm: (rows + 1, cols + 1).
        keep: (rows + 1, cols + 1), below 0 what goes; None: everything stays.
        cutoff_mm: what is lower goes; None: nothing goes.

    Returns:
        (rows + 1, cols + 1) float32, 0 or more where the surface stays.
    """
    fields = [] if keep is None else [keep]
    if cutoff_mm is not None:
        fields.append(heights_mm - np.float32(cutoff_mm))
    if not fields:
        return np.broadcast_to(np.float32(1), heights_mm.shape)
    field: Floats = np.minimum.reduce(fields)
    return field
