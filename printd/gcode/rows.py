"""Many moves at once: the common forms of G0 to G3 and ``G92 E``, read by arithmetic on bytes.

A row is one line that is certain to mean here what it means when it is read by itself; every
line in another form is left to ``commands``. Numbers come out as ``float`` would read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LETTERS: Final = "XYZEFIJ"  # in the order of ``Rows.values``
X, Y, Z, E, F, CENTRE_X, CENTRE_Y = range(len(LETTERS))
RENAME_E = 92  # the kind of ``G92 E…``; moves have 0 to 3

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

_LONGEST_NUMBER = 12  # characters; up to there, a number is an exact quotient of two others
_LONGEST_WHOLE = 9  # digits before the point, as in ``commands``
_LONGEST_ROW = 95  # bytes; firmware cuts longer ones
_LONGEST_BLANKS = 3  # at the end of the code
_PAD = b"\n" * 32  # so that looking ahead never leaves the block
_TENS: Final = 10.0 ** np.arange(_LONGEST_NUMBER + 1)
_RANK: Final = np.full(256, 255, np.uint8)
_RANK[[ord(letter) for letter in LETTERS]] = range(len(LETTERS))
_ARC_BITS = 1 << CENTRE_X | 1 << CENTRE_Y


@dataclass(slots=True)
class Rows:
    """The rows of one block, beside where all of its lines are."""

    starts: Ints  # of every line of the block
    ends: Ints  # without the line's end
    is_row: Flags  # which lines are rows
    line: Ints  # of each row: its line in the block, from 0
    kind: Bytes  # of each row: 0 to 3, or ``RENAME_E``
    values: Floats  # (7, rows); NaN where the letter does not stand


def rows_of(content: bytes, longest_comment: int) -> Rows:
    """Read a block, as ``lines.Block`` holds it."""
    data = np.frombuffer(content + _PAD, np.uint8)
    ends = np.flatnonzero(data[: len(content)] == ord("\n"))
    if not content.endswith(b"\n"):
        ends = np.append(ends, len(content))
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    kind, body = _heads(data, starts)
    code_ends, is_row = _code_ends(data, starts, ends, longest_comment)
    is_row &= body > 0
    return _read(data, starts, ends, body, code_ends, kind, is_row)


def _heads(data: Bytes, starts: Ints) -> tuple[Bytes, Ints]:
    """Return the kind of each line, and where its first blank is; 0: it is no row."""
    first, second, third = data[starts], data[starts + 1], data[starts + 2]
    is_g = first == ord("G")
    is_move = is_g & (second >= ord("0")) & (second <= ord("3")) & (third == ord(" "))
    is_rename = is_g & (second == ord("9")) & (third == ord("2"))
    is_rename &= (data[starts + 3] == ord(" ")) & (data[starts + 4] == ord("E"))
    kind = np.where(is_move, second - ord("0"), RENAME_E).astype(np.uint8)
    body = np.where(is_move, starts + 2, np.where(is_rename, starts + 3, 0))
    return kind, body


def _code_ends(data: Bytes, starts: Ints, ends: Ints, longest_comment: int) -> tuple[Ints, Flags]:
    """Return where the code of each line ends, and whether its ends are in order."""
    marks = np.flatnonzero(data == ord(";"))
    code_ends = ends.copy()
    fine = data[ends - 1] != ord("\\")
    if len(marks):
        after = np.searchsorted(marks, starts)
        mark = marks[np.minimum(after, len(marks) - 1)]
        has = (after < len(marks)) & (mark < ends)
        code_ends[has] = mark[has]
        fine &= ~has | (ends - mark <= longest_comment)
    for _ in range(_LONGEST_BLANKS):
        code_ends -= (data[code_ends - 1] == ord(" ")) & (code_ends > starts)
    fine &= code_ends - starts <= _LONGEST_ROW
    return code_ends, fine


def _read(
    data: Bytes,
    starts: Ints,
    ends: Ints,
    body: Ints,
    code_ends: Ints,
    kind: Bytes,
    is_row: Flags,
) -> Rows:
    # Every blank of a row begins a word: a letter and its number, up to the next blank.
    blanks = np.flatnonzero(data == ord(" "))
    line = np.searchsorted(ends, blanks)
    inside = line < len(ends)
    blanks, line = blanks[inside], line[inside]
    inside = is_row[line] & (blanks >= body[line]) & (blanks < code_ends[line])
    blanks, line = blanks[inside], line[inside]
    rank = _RANK[data[blanks + 1]]
    until = code_ends[line]
    follows = line[1:] == line[:-1]
    until[:-1][follows] = blanks[1:][follows]
    number, fine = _numbers(data, blanks + 2, until - blanks - 2)
    fine &= rank < len(LETTERS)
    is_row[line[~fine]] = False
    bits = np.zeros(len(starts), np.int64)
    _gather(bits, line, rank)
    is_row &= _fit(kind, bits)
    keep = is_row[line]
    at_row = np.cumsum(is_row) - 1
    rows = np.flatnonzero(is_row)
    values = np.full((len(LETTERS), len(rows)), np.nan)
    values[rank[keep], at_row[line[keep]]] = number[keep]
    return Rows(starts, ends, is_row, rows, kind[rows], values)


def _gather(bits: Ints, line: Ints, rank: Bytes) -> None:
    """Set the bit of each letter that a line has; -1 where one stands twice."""
    if not len(line):
        return
    firsts = np.flatnonzero(np.concatenate(([True], line[1:] != line[:-1])))
    bit = np.int64(1) << np.minimum(rank, len(LETTERS)).astype(np.int64)
    sums, ors = np.add.reduceat(bit, firsts), np.bitwise_or.reduceat(bit, firsts)
    bits[line[firsts]] = np.where(sums == ors, ors, -1)


def _fit(kind: Bytes, bits: Ints) -> Flags:
    """Return which lines have the letters that their kind may have."""
    has_centre = (bits & _ARC_BITS) != 0
    is_arc = (kind == 2) | (kind == 3)
    fits: Flags = (bits > 0) & (has_centre == is_arc)
    fits &= (kind != RENAME_E) | (bits == 1 << E)
    return fits


def _numbers(data: Bytes, at: Ints, length: Ints) -> tuple[Floats, Flags]:
    """Read the numbers that begin ``at``; also return which of them are numbers."""
    fine = (length > 0) & (length <= _LONGEST_NUMBER)
    digits = np.zeros(len(at))
    count = np.zeros(len(at), np.int64)
    decimals = np.zeros(len(at), np.int64)
    negative = data[at] == ord("-")
    point = np.zeros(len(at), np.bool_)
    longest = int(length[fine].max(initial=0))
    for place in range(longest):
        inside = fine & (place < length)
        byte = data[at + np.where(inside, place, 0)]
        digit = byte - np.uint8(ord("0"))
        is_digit = inside & (digit <= 9)
        is_point = inside & (byte == ord("."))
        digits = np.where(is_digit, digits * 10.0 + digit, digits)
        count += is_digit
        decimals += is_digit & point
        known = is_digit | (is_point & ~point)
        if place == 0:
            known |= negative
        fine &= known | ~inside
        point |= is_point
    fine &= (count > 0) & (count - decimals <= _LONGEST_WHOLE)
    value = digits / _TENS[decimals]
    return np.where(negative, -value, value), fine
