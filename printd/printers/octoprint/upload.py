"""The body of an upload: a form with one file, read piece by piece while it is sent.

Its length is known before the first byte, because OctoPrint refuses bodies of unknown length
(411), and no more of the file than one piece is ever in memory.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator, Mapping

SLOWEST_BYTES_S = 50_000  # an upload over a bad Wi-Fi; slower ones are given up
LEAST_S = 60.0


class Form:
    """A multipart body, to be read once.

    Args:
        fields: the plain fields by name.
        file_name: plain letters; it is written into a header.
        size: bytes that ``chunks`` will give.
        chunks: the file; what it raises ends the upload before its last byte.
    """

    def __init__(
        self, fields: Mapping[str, str], file_name: str, size: int, chunks: Iterator[bytes]
    ) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._head = _head(boundary, fields, file_name)
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._length = len(self._head) + size + len(self._tail)
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        # The first piece is read now: a file that is gone is found before anything is sent.
        self._first = next(chunks, b"")
        self._pieces = self._all(chunks)
        self._rest = b""
        self._until_s = time.monotonic() + LEAST_S + size / SLOWEST_BYTES_S

    @property
    def sha1(self) -> str:
        """Return the SHA-1 of what was read of the file, which OctoPrint 1 keeps as its hash."""
        return self._sha1.hexdigest()

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes; none at the end.

        Raises:
            TimeoutError: the upload takes too long.
        """
        if time.monotonic() > self._until_s:
            raise TimeoutError("the upload is too slow")
        if not self._rest:
            self._rest = next(self._pieces, b"")
        size = len(self._rest) if size < 0 else size
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def _all(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield self._head
        piece = self._first
        while piece:
            self._sha1.update(piece)
            yield piece
            piece = next(chunks, b"")
        yield self._tail


def _head(boundary: str, fields: Mapping[str, str], file_name: str) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
        f'filename="{file_name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    )
    return "".join(parts).encode()
