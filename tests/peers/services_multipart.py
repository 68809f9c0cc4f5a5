"""Reads ``multipart/form-data`` as the fake services are sent it."""

import re
from dataclasses import dataclass
from typing import Final

BOUNDARY: Final = re.compile(r'multipart/form-data\s*;.*boundary="?([^";]+)"?', re.IGNORECASE)
PARAMETER: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Part:
    """One part: ``file`` is the name of a file, None for a field of text."""

    name: str
    content: bytes
    file: str | None = None
    kind: str = ""

    @property
    def text(self) -> str:
        """Its content as text."""
        return self.content.decode()


def parts(content_type: str, body: bytes) -> list[Part]:
    """Return the parts in their order.

    Raises:
        ValueError: it is no multipart form, or a broken one.
    """
    found = BOUNDARY.fullmatch(content_type.strip())
    if not found:
        raise ValueError(f"{content_type!r} is no multipart form")
    line = b"--" + found[1].encode()
    pieces = (b"\r\n" + body).split(b"\r\n" + line)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise ValueError("the form does not end")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, _blank, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    headers = {}
    for line in head.decode().split("\r\n"):
        name, _colon, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    said = dict(PARAMETER.findall(headers.get("content-disposition", "")))
    if "name" not in said:
        raise ValueError("a part has no name")
    return Part(said["name"], content, said.get("filename"), headers.get("content-type", ""))
