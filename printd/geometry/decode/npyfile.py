"""A ``.npy`` file that a stranger made: looked at before anything is loaded, never unpickled."""

from __future__ import annotations

import math
import os
import warnings
from typing import BinaryIO, Final, TypeAlias

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from printd.core.errors import PhotoIncomplete, PhotoTooLarge, PhotoUnreadable

MAGIC: Final = npy.MAGIC_PREFIX
MOST_VALUE_BYTES: Final = 8  # longer numbers differ from machine to machine
KINDS: Final = frozenset("biuf")  # truth values, whole numbers, fractions
_READERS: Final = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_ACTION: Final = "Save it with `numpy.save` as one array of rows and columns of numbers."

Shape: TypeAlias = tuple[int, ...]


def map_npy(stream: BinaryIO, most_values: float) -> NDArray[np.generic]:
    """Return the array in a file, still on the disk: parts are read when they are looked at.

    Args:
        stream: a real file, at its beginning.
        most_values: how many numbers it may hold.

    Raises:
        PhotoUnreadable: it is no array of plain numbers, or longer than its header says.
        PhotoTooLarge: it holds too many numbers.
        PhotoIncomplete: it stops before its end.
    """
    shape, by_columns, dtype = _header(stream)
    count = math.prod(shape)
    if dtype.hasobject or dtype.kind not in KINDS or dtype.itemsize > MOST_VALUE_BYTES:
        raise PhotoUnreadable(f"This array holds {dtype}, not plain numbers.", action=_ACTION)
    if count > most_values:
        raise PhotoTooLarge(
            f"This array holds {count / 1e6:.0f} million numbers; at most "
            f"{most_values / 1e6:g} million are taken."
        )
    if count <= 0:
        raise PhotoUnreadable(f"This array of shape {shape} is empty.", action=_ACTION)
    start = stream.tell()
    there, wanted = os.fstat(stream.fileno()).st_size - start, count * dtype.itemsize
    if there < wanted:
        raise PhotoIncomplete(f"The file holds {there} of the {wanted} bytes of its array.")
    if there > wanted:
        raise PhotoUnreadable(
            f"The file holds {there} bytes where its array has {wanted}.", action=_ACTION
        )
    order: Final = "F" if by_columns else "C"
    return np.memmap(stream, dtype, "r", start, shape, order)


def _header(stream: BinaryIO) -> tuple[Shape, bool, np.dtype[np.generic]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = _READERS.get(npy.read_magic(stream))
            if read is None:
                raise PhotoUnreadable("This .npy file is of an unknown version.", action=_ACTION)
            shape, by_columns, dtype = read(stream)
    except PhotoUnreadable:
        raise
    except Exception as error:  # its parser lets through what the header's text provokes
        raise PhotoUnreadable(
            f"The header of this .npy file makes no sense ({error}).", action=_ACTION
        ) from error
    if any(side < 0 for side in shape):
        raise PhotoUnreadable(f"This array has the shape {shape}.", action=_ACTION)
    return shape, by_columns, dtype
