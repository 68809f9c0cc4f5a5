"""A proxy on a real socket between printd and an HTTP server, that can be cut at every point.

One request a connection: it is read, judged by its first line, passed on, answered. ``arm`` says
what happens to the next request of a kind.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Self

PIECE_BYTES = 1 << 16
HEAD_BYTES = 1 << 16
POLL_S = 0.05


class Cut(StrEnum):
    """What happens to a request that was armed for."""

    BEFORE = auto()  # cut when the request has come; nothing is passed on
    MIDDLE = auto()  # half of the body is passed on, then both sides are cut
    AFTER = auto()  # passed on whole, cut when the server has answered
    SILENT = auto()  # passed on whole; the answer never comes
    ANSWER = auto()  # not passed on; answered with the bytes that were armed
    EARLY = auto()  # as ANSWER, before the body has come
    TWICE = auto()  # passed on and answered by the server, then answered as was armed


@dataclass(frozen=True, slots=True)
class _Armed:
    cut: Cut
    of: str  # beginning of the request line
    answer: bytes
    for_ever: bool


class CuttingProxy:
    """Listens on a port of its own and passes on to ``port`` of this machine.

    Args:
        port: of the server.
        prefix: of the paths as they are asked for here; the server gets them without it.
    """

    def __init__(self, port: int, prefix: str = "") -> None:
        self._server = ("127.0.0.1", port)
        self._prefix = prefix
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._port = 0
        self.requests: list[str] = []
        self.on_request: Callable[[str], object] | None = None  # called before it is passed on
        self.on_answered: Callable[[str], object] | None = None  # called before the answer leaves
        self.unplug_after: str | None = None  # a request line: unplugged when it is answered
        self.plug_in()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}{self._prefix}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def arm(self, cut: Cut, of: str, *, answer: bytes = b"", for_ever: bool = False) -> None:
        """Let the next request that begins with ``of`` meet ``cut``."""
        with self._lock:
            self._armed.append(_Armed(cut, of, answer, for_ever))

    def count(self, of: str) -> int:
        """Return how many requests have begun with ``of``."""
        with self._lock:
            return len([line for line in self.requests if line.startswith(of)])

    def plug_in(self) -> None:
        """Listen, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self._port), reuse_port=False)
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def unplug(self) -> None:
        """Listen no more, and cut what is open."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        with self._lock:
            for line in self._open:
                _cut(line)

    def close(self) -> None:
        self.unplug()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._kept(client), contextlib.suppress(OSError):
            head, rest = _head_of(client)
            if not head:
                return
            line = head.split(b"\r\n", 1)[0].decode()
            method, path, _ = line.split(" ")
            asked = f"{method} {path.removeprefix(self._prefix)}"
            with self._lock:
                self.requests.append(asked)
            fault = self._fault(asked)
            if fault is not None and fault.cut in (Cut.BEFORE, Cut.ANSWER, Cut.EARLY):
                if fault.cut is Cut.EARLY:
                    client.sendall(fault.answer)
                    client.shutdown(socket.SHUT_WR)
                _drain(client, head, rest)
                if fault.cut is not Cut.EARLY:
                    client.sendall(fault.answer)
                return
            if self.on_request is not None:
                self.on_request(asked)
            self._pass_on(client, asked, _for_server(head, asked), rest, fault)
        if self.unplug_after is not None and asked.startswith(self.unplug_after):
            self.unplug_after = None
            self.unplug()

    def _pass_on(
        self, client: socket.socket, asked: str, head: bytes, rest: bytes, fault: _Armed | None
    ) -> None:
        cut = fault.cut if fault else None
        with self._kept(socket.create_connection(self._server)) as server:
            server.sendall(head)
            if _is_upgrade(head):
                self._join(client, server)
                return
            left = _length_of(head)
            stop_at = left // 2 if cut is Cut.MIDDLE else -1
            piece = rest
            while left > 0:
                if not piece:
                    piece = client.recv(PIECE_BYTES)
                    if not piece:
                        return
                server.sendall(piece)
                left -= len(piece)
                piece = b""
                if left <= stop_at:
                    return
            if fault is not None and cut in (Cut.AFTER, Cut.TWICE):
                server.recv(PIECE_BYTES)
                client.sendall(fault.answer)
                return
            while piece := server.recv(PIECE_BYTES):
                if cut is Cut.SILENT:
                    _wait_for_end(client)
                    return
                if self.on_answered is not None:
                    self.on_answered(asked)
                client.sendall(piece)

    def _join(self, client: socket.socket, server: socket.socket) -> None:
        """Pass everything on, both ways, until one side ends."""

        def upwards() -> None:
            with contextlib.suppress(OSError):
                while piece := client.recv(PIECE_BYTES):
                    server.sendall(piece)
            _cut(server)

        threading.Thread(target=upwards, daemon=True).start()
        while piece := server.recv(PIECE_BYTES):
            client.sendall(piece)

    def _fault(self, asked: str) -> _Armed | None:
        with self._lock:
            found = next((armed for armed in self._armed if asked.startswith(armed.of)), None)
            if found is not None and not found.for_ever:
                self._armed.remove(found)
            return found

    @contextlib.contextmanager
    def _kept(self, line: socket.socket) -> Iterator[socket.socket]:
        with self._lock:
            self._open.add(line)
        try:
            yield line
        finally:
            with self._lock:
                self._open.discard(line)
            _cut(line)
            line.close()


def answer(status: str, body: str = "", *, kind: str = "application/json", more: str = "") -> bytes:
    """Return an HTTP answer, such as ``answer("302 Found", more="Location: /login")``."""
    lines = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    lines += f"{more}\r\n" if more else ""
    return f"{lines}Connection: close\r\n\r\n{body}".encode()


def _head_of(client: socket.socket) -> tuple[bytes, bytes]:
    content = b""
    while b"\r\n\r\n" not in content and len(content) < HEAD_BYTES:
        piece = client.recv(PIECE_BYTES)
        if not piece:
            return b"", b""
        content += piece
    head, _, rest = content.partition(b"\r\n\r\n")
    return head, rest


def _for_server(head: bytes, asked: str) -> bytes:
    lines = head.split(b"\r\n")[1:]
    if _is_upgrade(head):
        return b"\r\n".join([f"{asked} HTTP/1.1".encode(), *lines, b"", b""])
    kept = [line for line in lines if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([f"{asked} HTTP/1.1".encode(), *kept, b"Connection: close", b"", b""])


def _is_upgrade(head: bytes) -> bool:
    return b"\r\nupgrade: websocket" in head.lower()


def _length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _drain(client: socket.socket, head: bytes, rest: bytes) -> None:
    left = _length_of(head) - len(rest)
    while left > 0 and (piece := client.recv(PIECE_BYTES)):
        left -= len(piece)


def _wait_for_end(client: socket.socket) -> None:
    """Wait until the client gives up."""
    client.settimeout(POLL_S)
    until = time.monotonic() + 600
    while time.monotonic() < until:
        try:
            if not client.recv(1):
                return
        except TimeoutError:
            continue


def _cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
