"""G-code as bytes: split into lines, cut at comments, and refused where it is no text.

Nothing here knows a command; what stands on a line is the business of ``commands``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

CHUNK_BYTES = 1 << 16  # what is worked on at once; larger is little faster
LARGEST_FILE_BYTES = 500 * 1000 * 1000
MOST_LINES = 25_000_000  # slicers write more than 20 bytes a line
LONGEST_CODE = 1024
LONGEST_COMMENT = 4096
# A profile's own start G-code stands in one comment of the settings block.
LONGEST_OWN_COMMENT = 64 * 1024

_CONTROLS: Final = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
_CONTROL = re.compile(b"[" + re.escape(_CONTROLS) + b"]").search
_LONE_RETURN = re.compile(rb"\r(?!\n)").search

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


READING: Final = "reading"  # the rule that a line breaks whose meaning is not certain


class MalformedLine(Exception):
    """A line that firmwares could read differently, or not at all.

    ``rule`` names the safety rule, where the form alone breaks one.
    """

    def __init__(self, line: int, text: str, rule: str = READING) -> None:
        super().__init__(text)
        self.line = line
        self.text = text
        self.rule = rule


class Block(NamedTuple):
    """Some lines, one after another, each ended by LF alone; only the last may lack its end."""

    first: int  # number of the first line, from 1
    content: bytes
    lone_return: int = 0  # the first line that ends in a bare CR; 0: none does


def blocks_of(stream: Readable) -> Iterator[Block]:
    """Split a stream into blocks of whole lines, ended by LF, CRLF or bare CR.

    Raises:
        MalformedLine: compressed or binary content, control characters, or a line or a file
            over its limit; reading cannot go on.
    """
    rest = b""
    total = 0
    number = 1
    while chunk := stream.read(CHUNK_BYTES):
        if total == 0:
            _refuse_binary(chunk)
        total += len(chunk)
        if total > LARGEST_FILE_BYTES:
            raise MalformedLine(number, "the file is larger than 500 MB")
        found = _control_in(chunk)
        chunk = rest + (chunk[: found.start()] if found else chunk)
        # A CR at the very end may be half of a CRLF: it waits for the next chunk.
        cut = max(chunk.rfind(b"\n"), chunk.rfind(b"\r", 0, len(chunk) - 1)) + 1
        rest = chunk[cut:]
        if cut:
            block = _block(number, chunk[:cut])
            yield block
            number += block.content.count(b"\n")
        if number > MOST_LINES:
            raise MalformedLine(number, f"the file has more than {MOST_LINES} lines")
        if found:
            number += rest.endswith(b"\r")
            raise MalformedLine(number, f"control character 0x{found[0][0]:02x}")
        if len(rest) > LONGEST_CODE + LONGEST_OWN_COMMENT:
            raise MalformedLine(number, "the line is too long")
    if rest:
        yield _block(number, rest)


def _control_in(chunk: bytes) -> re.Match[bytes] | None:
    # To search is slow; to see that there is nothing to find is not.
    if len(chunk) == len(chunk.translate(None, _CONTROLS)):
        return None
    return _CONTROL(chunk)


def _block(number: int, content: bytes) -> Block:
    if b"\r" not in content:
        return Block(number, content)
    lone = _LONE_RETURN(content)
    line = number + content.count(b"\n", 0, lone.start()) if lone else 0
    return Block(number, content.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), line)


def lines_of(stream: Readable) -> Iterator[bytes]:
    """Split a stream into lines; the ends are cut off.

    Raises:
        MalformedLine: as ``blocks_of``.
    """
    for block in blocks_of(stream):
        yield from block.content.splitlines()


def _refuse_binary(start: bytes) -> None:
    for mark, what in BINARY_MARKS.items():
        if start.startswith(mark):
            raise MalformedLine(1, f"the file is {what}, not plain G-code")


def code_of(line: bytes, number: int, longest_comment: int) -> tuple[bytes, bytes]:
    """Cut a line at its comment; return the code and the comment, without blanks around.

    Raises:
        MalformedLine: a part is too long, the code is not plain ASCII, or the line ends in a
            backslash: firmwares of old let the next line follow on.
    """
    code, _, comment = line.partition(b";")
    if len(comment) > longest_comment:
        raise MalformedLine(number, f"the comment is longer than {longest_comment} bytes")
    if len(code) > LONGEST_CODE:
        raise MalformedLine(number, f"the line is longer than {LONGEST_CODE} bytes")
    if not code.isascii():
        raise MalformedLine(number, "bytes that are not ASCII outside a comment")
    if line.endswith(b"\\"):
        raise MalformedLine(number, "a backslash at the end of the line")
    return code.strip(b" \t"), comment
