"""The requests of slicers, byte for byte, over a plain socket.

Source: PrusaSlicer 2.9 and OrcaSlicer 2.3 (``OctoPrint.cpp``, sent by libcurl), Cura 5 with its
OctoPrint plug-in 3.7 (sent by Qt). The order of the fields, the names of the parts and how a name
is escaped are theirs.
"""

import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WITHIN_S = 60.0
CURL_BOUNDARY = "------------------------8d2b0f6c3a1e4f57"
QT_BOUNDARY = "boundary_.oOo._MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="
PLAIN_PART = "Content-Type: application/octet-stream\r\n"


@dataclass(frozen=True, slots=True)
class Slicer:
    """One slicer, as a server sees it."""

    name: str
    agent: str
    boundary: str
    before: tuple[tuple[str, str], ...]  # fields before the file; {print} is true or false
    after: tuple[tuple[str, str], ...] = ()
    file_part: str = PLAIN_PART
    accept: str = "*/*"

    def form(self, content: bytes, name: str, *, prints: bool) -> bytes:
        """Return the body of an upload."""
        said = {"print": "true" if prints else "false"}
        parts = [self._field(key, value.format_map(said)) for key, value in self.before]
        escaped = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        opened = (
            f"--{self.boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{escaped}"\r\n'
            f"{self.file_part}\r\n"
        )
        parts.append(opened.encode() + content + b"\r\n")
        parts += [self._field(key, value.format_map(said)) for key, value in self.after]
        return b"".join(parts) + f"--{self.boundary}--\r\n".encode()

    def _field(self, key: str, value: str) -> bytes:
        return (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        ).encode()

    def head(self, method: str, path: str, key: str, host: str, **headers: str) -> bytes:
        """Return the head of a request."""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {host}",
            f"User-Agent: {self.agent}",
            f"Accept: {self.accept}",
            f"X-Api-Key: {key}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def form_type(self) -> str:
        """Return the content type of an upload."""
        quoted = f'"{self.boundary}"' if self.boundary.startswith("boundary") else self.boundary
        return f"multipart/form-data; boundary={quoted}"


PRUSA = Slicer(
    "PrusaSlicer", "PrusaSlicer/2.9.2", CURL_BOUNDARY, (("print", "{print}"), ("path", ""))
)
ORCA = Slicer(
    "OrcaSlicer",
    "OrcaSlicer/2.3.1",
    CURL_BOUNDARY,
    (("print", "{print}"), ("path", ""), ("plateindex", "1")),
)
CURA = Slicer(
    "Cura",
    "Cura/5.10.1 (Linux) OctoPrintPlugin/3.7.3",
    QT_BOUNDARY,
    (("path", ""),),
    (("select", "{print}"), ("print", "{print}")),
    file_part="",
)
SLICERS = (PRUSA, ORCA, CURA)


@dataclass(frozen=True, slots=True)
class Said:
    """What a server has answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    interim: Sequence[int] = field(default=())  # answers before it, such as 100

    @property
    def text(self) -> str:
        """The body as a slicer shows it."""
        return self.body.decode()

    @property
    def values(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Line:
    """One connection."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), WITHIN_S)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def send(self, *pieces: bytes) -> None:
        """Send bytes."""
        for piece in pieces:
            self._socket.sendall(piece)

    def interim(self) -> int:
        """Return the status of an answer that has no body."""
        return self._head()[0]

    def answer(self) -> Said:
        """Read the answer, those before it too."""
        interim = []
        status, headers = self._head()
        while status == 100:
            interim.append(status)
            status, headers = self._head()
        length = headers.get("content-length")
        body = self._file.read() if length is None else self._file.read(int(length))
        return Said(status, headers, body, interim)

    def _head(self) -> tuple[int, dict[str, str]]:
        first = self._file.readline().decode()
        assert first.startswith("HTTP/1.1 "), first
        headers = {}
        while (line := self._file.readline().decode().rstrip("\r\n")) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return int(first.split()[1]), headers


def chunked(body: bytes, size: int = 5000) -> Iterable[bytes]:
    """Cut a body as ``Transfer-Encoding: chunked`` sends it."""
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"
