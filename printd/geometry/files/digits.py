"""Numbers as text, by array arithmetic: formatting one by one takes twenty times as long.

Rows are made in columns of equal width; what a shorter number leaves empty is taken out at the
end, so that the text is as short as it can be, and as plain as every reader expects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ROWS_AT_A_TIME: Final = 1 << 13  # so that what is made of them stays in the cache
_NOTHING: Final = 0  # a byte that is taken out
_ZERO: Final = ord("0")


def text_rows(numbers: NDArray[Any], around: Sequence[bytes], decimals: int = 0) -> Iterator[bytes]:
    """Yield the text of rows of numbers, some thousand rows at a time.

    Args:
        numbers: (n, k), finite; times ``10**decimals`` below 2**63.
        around: what stands before, between and after the numbers of a row: k + 1 texts.
        decimals: at most so many digits follow the point; needless zeros are left out.
    """
    for start in range(0, len(numbers), ROWS_AT_A_TIME):
        yield _text(numbers[start : start + ROWS_AT_A_TIME], around, decimals)


def _text(numbers: NDArray[Any], around: Sequence[bytes], decimals: int) -> bytes:
    columns = [_digits(column, decimals) for column in numbers.T]
    width = sum(len(column) for column in columns) + sum(map(len, around))
    text = np.empty((len(numbers), width), np.uint8)
    at = 0
    for words, column in zip(around, [*columns, ()], strict=True):
        text[:, at : at + len(words)] = np.frombuffer(words, np.uint8)
        at += len(words)
        for place in column:
            text[:, at] = place
            at += 1
    flat = text.ravel()
    whole: bytes = flat[flat != _NOTHING].tobytes()
    return whole


def _digits(numbers: NDArray[Any], decimals: int) -> list[NDArray[np.uint8]]:
    """Return the characters of numbers (n,), a place after the other, (places, n)."""
    scaled = np.rint(numbers.astype(np.float64) * 10**decimals) if decimals else numbers
    negative = scaled < 0
    rest = np.abs(scaled)
    largest = int(rest.max(initial=0))
    rest = rest.astype(np.uint32 if largest < 1 << 32 else np.uint64)
    places: list[NDArray[np.uint8]] = []
    ends = np.zeros(len(rest), bool)  # whether a digit other than 0 has come, from the right
    for number in range(max(decimals + 1, len(str(largest)))):
        if decimals and number == decimals:
            places.append(np.where(ends, ord("."), _NOTHING).astype(np.uint8))
        tens = rest // 10
        digit = (rest - tens * 10).astype(np.uint8)
        shown = digit + np.uint8(_ZERO)
        if number < decimals:
            ends |= digit > 0
            shown *= ends
        elif number > decimals:
            shown *= rest > 0
        places.append(shown)
        rest = tens
    if negative.any():
        places.append(np.where(negative, ord("-"), _NOTHING).astype(np.uint8))
    return places[::-1]
