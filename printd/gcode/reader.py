"""G-code as bytes, read once and strictly: one line at a time, one meaning each.

Firmwares forgive much, and each of them something else; what two of them could read differently
is refused here, so that the judge and the printer cannot disagree. Nothing is judged here but
the form: what a command does is the business of ``motion`` and ``safety``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

CHUNK_BYTES = 1 << 20
LARGEST_FILE_BYTES = 500 * 1000 * 1000
LONGEST_CODE = 1024
LONGEST_COMMENT = 4096
# A profile's own start G-code stands in one comment of the settings block.
LONGEST_OWN_COMMENT = 64 * 1024

_N = rb"(-?(?:\d{1,9}\.?\d{0,20}|\.\d{1,20}))"
# The form in which slicers write nine lines in ten; everything else takes the longer way.
_QUICK = re.compile(
    rb"G([01])(?: X" + _N + rb")?(?: Y" + _N + rb")?(?: Z" + _N + rb")?"
    rb"(?: E" + _N + rb")?(?: F" + _N + rb")?"
).fullmatch
_HEAD = re.compile(rb"([GMT])[ \t]*(\d{1,9})(?:\.(\d{1,3}))?(?![\d.])").match
_WORD = re.compile(rb"[ \t]*([A-Z])[ \t]*([-+]?(?:\d{1,9}\.?\d{0,20}|\.\d{1,20}))?(?![\d.])").match
_NAMED = re.compile(rb"([A-Z_][A-Z0-9_]*[A-Z_][A-Z0-9_]*)(?:[ \t]+(.*))?").fullmatch
_ASSIGNED = re.compile(rb"([A-Z_][A-Z0-9_]*)=([^\s=\"'{}\[\]]*)").fullmatch
# Two firmwares read X1E5, and S0X200, as two words; a third as one number.
_GLUED = re.compile(rb"[\d.]E|(?<![\d.])0X").search
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]").search

TEXT_COMMANDS: Final = frozenset({"M117", "M118"})
QUOTING_COMMANDS: Final = frozenset({"M862"})
BINARY_MARKS: Final = {
    b"GCDE": "binary G-code",
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; none at the end."""


class MalformedLine(Exception):
    """A line that firmwares could read differently, or not at all."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


@dataclass(frozen=True, slots=True)
class Command:
    """One command of one line.

    ``name`` is normalised (``m0104`` is ``M104``); ``sub`` is the part after a dot (``M862.3``)
    or "". ``words`` maps each parameter letter to its number, None when it has none; a
    named command (``SET_FAN SPEED=1``) has ``named`` instead. ``text`` is the rest of a command
    that takes text.
    """

    line: int
    name: str
    words: dict[str, float | None] = field(default_factory=dict)
    sub: str = ""
    named: dict[str, str] | None = None
    text: str = ""


def lines_of(stream: Readable) -> Iterator[bytes]:
    """Split a stream into lines at LF, CRLF and bare CR; the ends are cut off.

    Raises:
        MalformedLine: compressed or binary content, control characters, or a line or a file
            over its limit; reading cannot go on.
    """
    rest = b""
    total = number = 0
    while chunk := stream.read(CHUNK_BYTES):
        if total == 0:
            _refuse_binary(chunk)
        total += len(chunk)
        if total > LARGEST_FILE_BYTES:
            raise MalformedLine(number, "the file is larger than 500 MB")
        if found := _CONTROL(chunk):
            line = number + max(1, len((rest + chunk[: found.start()]).splitlines()))
            code = chunk[found.start()]
            raise MalformedLine(line, f"control character 0x{code:02x}")
        chunk = rest + chunk
        # A CR at the very end may be half of a CRLF: it waits for the next chunk.
        cut = max(chunk.rfind(b"\n"), chunk.rfind(b"\r", 0, len(chunk) - 1)) + 1
        rest = chunk[cut:]
        for line_bytes in chunk[:cut].splitlines():
            number += 1
            yield line_bytes
        if len(rest) > LONGEST_CODE + LONGEST_OWN_COMMENT:
            raise MalformedLine(number + 1, "the line is too long")
    yield from rest.splitlines()


def _refuse_binary(start: bytes) -> None:
    for mark, what in BINARY_MARKS.items():
        if start.startswith(mark):
            raise MalformedLine(1, f"the file is {what}, not plain G-code")


def code_of(line: bytes, number: int, longest_comment: int) -> tuple[bytes, bytes]:
    """Cut a line at its comment; return the code and the comment, without blanks around.

    Raises:
        MalformedLine: a part is too long, or the code is not plain ASCII.
    """
    code, _, comment = line.partition(b";")
    if len(comment) > longest_comment:
        raise MalformedLine(number, f"the comment is longer than {longest_comment} bytes")
    if len(code) > LONGEST_CODE:
        raise MalformedLine(number, f"the line is longer than {LONGEST_CODE} bytes")
    if not code.isascii():
        raise MalformedLine(number, "bytes that are not ASCII outside a comment")
    return code.strip(b" \t"), comment


def quick_move(code: bytes) -> tuple[bytes | None, ...] | None:
    """Return (G, X, Y, Z, E, F) of a move in the common form, as text; else None."""
    match = _QUICK(code)
    return match.groups() if match else None


def command_of(code: bytes, number: int) -> Command:
    """Read the code of one line, comment and blanks around it cut off.

    Raises:
        MalformedLine: firmwares could read it differently.
    """
    upper = code.upper()
    head = _HEAD(upper)
    if head is None:
        return _named(code, upper, number)
    letter, digits, sub = head.groups()
    name = f"{letter.decode()}{int(digits)}"
    sub_text = sub.decode().lstrip("0") if sub else ""
    rest = upper[head.end() :]
    if name in TEXT_COMMANDS:
        text = code[head.end() :].decode("ascii").strip()
        return Command(number, name, sub=sub_text, text=text)
    if name in QUOTING_COMMANDS:
        text = code[head.end() :].decode("ascii").strip()
        rest = re.sub(rb'"[^"]*"', b"", rest)
        return Command(number, name, _words(rest, letter, number), sub=sub_text, text=text)
    return Command(number, name, _words(rest, letter, number), sub=sub_text)


def _words(rest: bytes, letter: bytes, number: int) -> dict[str, float | None]:
    if _GLUED(rest):
        raise MalformedLine(number, "an exponent or a hexadecimal number, or a missing blank")
    words: dict[str, float | None] = {}
    at = 0
    end = len(rest)
    while at < end:
        match = _WORD(rest, at)
        if match is None or match.end() == at:
            raise MalformedLine(number, f"cannot be read from {_shown(rest[at:])} on")
        key = match[1].decode()
        if key in "GMN" or (key == "T" and letter != b"M"):
            raise MalformedLine(number, f"a second command on the line: {_shown(rest[at:])}")
        if key in words:
            raise MalformedLine(number, f"parameter {key} stands twice")
        words[key] = None if match[2] is None else float(match[2])
        at = match.end()
    return words


def _named(code: bytes, upper: bytes, number: int) -> Command:
    """Read ``NAME KEY=VALUE …``, the form of Klipper's commands and macros."""
    match = _NAMED(upper)
    if match is None or len(match[1]) < 3:
        raise MalformedLine(number, f"not a command: {_shown(code)}")
    values: dict[str, str] = {}
    for part in (match[2] or b"").split():
        pair = _ASSIGNED(part)
        if pair is None:
            raise MalformedLine(number, f"not KEY=VALUE: {_shown(part)}")
        key = pair[1].decode()
        if key in values:
            raise MalformedLine(number, f"parameter {key} stands twice")
        values[key] = pair[2].decode()
    return Command(number, match[1].decode(), named=values)


def _shown(code: bytes) -> str:
    return repr(code[:40].decode("ascii", "replace"))
