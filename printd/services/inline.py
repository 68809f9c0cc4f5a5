"""Pictures inside a request, as text."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from printd.core.errors import DiskError

BEGINS: Final[Mapping[bytes, str]] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
    b"GIF8": "image/gif",
}


def content_of(picture: Path) -> bytes:
    """Return the bytes of a picture.

    Raises:
        DiskError: it cannot be read.
    """
    try:
        return picture.read_bytes()
    except OSError as error:
        raise DiskError(f"{picture.name} cannot be read: {error.strerror or error}.") from error


def mime_of(content: bytes) -> str | None:
    """Return what kind of picture these bytes begin; None: none that services know."""
    for begin, mime in BEGINS.items():
        if content.startswith(begin):
            return mime
    return None


def base64_of(content: bytes) -> str:
    """Return bytes as text."""
    return base64.b64encode(content).decode("ascii")


def data_uri(content: bytes) -> str:
    """Return a picture as an address that holds it."""
    return f"data:{mime_of(content) or 'application/octet-stream'};base64,{base64_of(content)}"
