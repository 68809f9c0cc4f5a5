"""Lines and columns at a terminal of any width; whole lines for whatever else reads them."""

from __future__ import annotations

import re
import shutil
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TextIO

LEAST: Final = 20  # columns; a terminal that says less has no size
GAP: Final = "  "  # between columns
BELOW: Final = "    "  # before what goes on
PROSE: Final = 30  # columns that a sentence needs beside others
KEPT: Final = "\u00a0"  # a blank at which no line ends
COMMAND: Final = re.compile("`[^`]+`")  # is copied as a whole


def width_of(stream: TextIO) -> int | None:
    """Return how many columns a stream shows; None: it is no terminal, and lines stay whole."""
    return max(LEAST, shutil.get_terminal_size().columns) if stream.isatty() else None


def fitted(text: str, stream: TextIO) -> str:
    """Return a text whose lines end at blanks before the edge of a terminal."""
    columns = width_of(stream)
    if columns is None:
        return text
    return "\n".join("\n".join(_wrapped(line, columns)) for line in text.split("\n"))


def _wrapped(line: str, columns: int) -> list[str]:
    """Return a line as several; those below stand a little to its right."""
    return _filled(line, columns, " " * (len(line) - len(line.lstrip())) + GAP)


def _filled(text: str, columns: int, below: str = "") -> list[str]:
    held = COMMAND.sub(lambda command: command.group().replace(" ", KEPT), text)
    lines = textwrap.wrap(
        held,
        columns,
        subsequent_indent=below,
        break_on_hyphens=False,
        break_long_words=False,
        drop_whitespace=True,
        replace_whitespace=False,
    )
    return [line.replace(KEPT, " ") for line in lines] or [""]


def rows_as_lines(rows: Iterable[Sequence[str]], columns: int | None) -> Iterator[str]:
    """Yield rows in aligned columns.

    At a terminal the last cell goes on below itself where it is longer than what is left; where
    next to nothing is left, it stands below its row; where not even the others fit, each row is
    a text of its own.

    Args:
        rows: of equally many cells.
        columns: of the terminal; None: as wide as it takes.
    """
    lines = [tuple(row) for row in rows]
    if not lines:
        return
    widths = [max(cells(line[index]) for line in lines) for index in range(len(lines[0]))]
    left = sum(widths[:-1]) + len(GAP) * (len(widths) - 1)
    for line in lines:
        before = "".join(
            cell + " " * (width - cells(cell)) + GAP
            for cell, width in zip(line[:-1], widths[:-1], strict=True)
        )
        if columns is None or left + widths[-1] <= columns:
            yield (before + line[-1]).rstrip()
        elif columns - left >= PROSE:
            first, *more = _filled(line[-1], columns - left)
            yield (before + first).rstrip()
            yield from (" " * left + rest for rest in more)
        elif left - len(GAP) <= columns:
            yield before.rstrip()
            yield from _filled(BELOW + line[-1], columns, BELOW) if line[-1] else ()
        else:
            yield from _filled(GAP.join(cell for cell in line if cell), columns, BELOW)


def cells(text: str) -> int:
    """Return how many columns a text takes: signs of East Asia take two, accents none."""
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
        if not unicodedata.combining(sign)
    )
