"""The standard streams as they may be: closed, full, left by their reader, or of few signs."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import Final

STANDARD: Final = 3  # streams: input, output, errors
PLAIN: Final = "printd.plain"  # how signs are written that a stream has not
SIGNS: Final = {
    "→": "->",
    "€": "EUR",
    "£": "GBP",
    "…": "...",
    "“": '"',
    "”": '"',
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{EN DASH}": "-",
    "·": "-",
    "█": "#",
    "°": " deg ",
}


def make_ready() -> None:
    """Let every text be written to whatever the streams are; called once, before any is."""
    # A file that is opened later must not become standard output because that was closed.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < STANDARD:
        os.set_inheritable(descriptor, True)  # noqa: FBT003  takes no names
    os.close(descriptor)
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    codecs.register_error(PLAIN, _in_plain_signs)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAIN)


def _nowhere() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.FileIO(os.devnull, "w"), encoding="utf-8", write_through=True)


def _in_plain_signs(error: UnicodeError) -> tuple[str, int]:
    """Return what is written instead; bytes of a name that are no text become question marks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(SIGNS.get(sign, "?") for sign in signs), error.end


def has_every_sign() -> bool:
    """Return whether standard output takes every sign there is."""
    return (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"


def give_up_output() -> None:
    """Write nothing more to standard output, nor at the end what was not written yet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def end_line() -> None:
    """Let the shell go on below, not behind the ``^C`` that a terminal shows."""
    if sys.stderr.isatty():
        sys.stderr.write("\n")
