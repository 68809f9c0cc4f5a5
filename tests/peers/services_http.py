"""A small HTTP/1.1 server for the fake services: threads, lazy bodies, lines that can be cut."""

import contextlib
import json
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any, Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

PIECE_BYTES: Final = 1 << 18
IDLE_S: Final = 30.0  # a connection on which nothing comes is closed
RESET: Final = struct.pack("ii", 1, 0)  # linger for no time: closing sends RST
NO_BODY: Final = frozenset({204, 304})


class ConnectionCut(Exception):
    """No answer leaves; the connection is reset."""


@dataclass(slots=True)
class Reply:
    """What is answered.

    Attributes:
        status: of HTTP.
        body: whole, or in pieces.
        headers: beside Content-Length.
        length: what Content-Length says; None: the truth, or chunks when the body is in pieces.
        cut_after: the connection is reset after so many bytes of the body.
    """

    status: int
    body: bytes | Iterator[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    cut_after: int | None = None


def json_reply(status: int, content: object, **headers: str) -> Reply:
    """Return an answer in JSON; underscores in names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = {"Content-Type": "application/json"}
    return Reply(status, json.dumps(content).encode(), kind | named)


class Request:
    """What was asked.

    Attributes:
        method: in capitals.
        path: without the query, decoded.
        target: as it stood in the request line.
        query: each value by its name.
        headers: names in small letters.
    """

    def __init__(
        self, method: str, target: str, headers: Mapping[str, str], stream: BufferedIOBase
    ) -> None:
        parts = urlsplit(target)
        self.method = method
        self.target = target
        self.path = unquote(parts.path)
        self.query = parse_qs(parts.query, keep_blank_values=True)
        self.headers = {name.lower(): value for name, value in headers.items()}
        self._stream = stream
        self._body: bytes | None = None

    @property
    def is_read(self) -> bool:
        """Whether nothing of the body is left on the line."""
        return self._body is not None or not self._has_body

    @property
    def _has_body(self) -> bool:
        return "transfer-encoding" in self.headers or self._length > 0

    @property
    def _length(self) -> int:
        return int(self.headers.get("content-length") or 0)

    @property
    def body(self) -> bytes:
        """All of it; read from the line when first asked for."""
        if self._body is None:
            chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()
            self._body = _chunks(self._stream) if chunked else self._stream.read(self._length)
            if not chunked and len(self._body) < self._length:
                raise ConnectionCut
        return self._body

    def one(self, name: str) -> str | None:
        """Return a value of the query."""
        values = self.query.get(name)
        return values[0] if values else None

    def json(self) -> Any:
        """Return the body.

        Raises:
            ValueError: it is no JSON, or is not said to be.
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise ValueError(f"Content-Type {kind!r} is not application/json")
        return json.loads(self.body)


def _chunks(stream: BufferedIOBase) -> bytes:
    content = b""
    while size := int(stream.readline().partition(b";")[0], 16):
        content += stream.read(size)
        stream.readline()
    while stream.readline().strip():
        pass  # trailers
    return content


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, site: "Site", address: tuple[str, int]) -> None:
        self.site = site
        self.lock = threading.Lock()
        self.lines: set[socket.socket] = set()
        self.cut: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.lock:
            self.lines.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.lock:
            self.lines.discard(request)
            is_cut = request in self.cut
            self.cut.discard(request)
        if is_cut:  # a FIN before the RST would look like an orderly end
            request.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        said = traceback.format_exc()
        if "ConnectionError" not in said and "BrokenPipe" not in said and "reset" not in said:
            self.site.broken.append(said)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        request = Request(self.command, self.path, dict(self.headers.items()), self.rfile)
        try:
            reply = self.server.site.answer(request)
            if not request.is_read:
                _ = request.body  # bytes left unread would turn the answer into a reset
            self._send(reply)
        except (ConnectionCut, ConnectionError):
            self._cut()
        except Exception:  # noqa: BLE001  # whatever it is, the test is to hear of it
            self._cut()
            self.server.site.broken.append(traceback.format_exc())

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # whatever the method: what answers is the site
            return self._serve
        raise AttributeError(name)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        with self.server.lock:
            self.server.cut.add(self.connection)

    def _send(self, reply: Reply) -> None:
        whole = isinstance(reply.body, bytes)
        length = len(reply.body) if isinstance(reply.body, bytes) else None
        said = length if reply.length is None else reply.length
        chunked = said is None
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif reply.status not in NO_BODY:
            self.send_header("Content-Length", str(said))
        self.end_headers()
        if self.command == "HEAD" or reply.status in NO_BODY:
            return
        pieces = iter([reply.body]) if isinstance(reply.body, bytes) else reply.body
        self._send_pieces(pieces, reply.cut_after, chunked=chunked)
        if whole and said != length:
            self._cut()

    def _send_pieces(
        self, pieces: Iterator[bytes], cut_after: int | None, *, chunked: bool
    ) -> None:
        sent = 0
        for piece in pieces:
            if cut_after is not None and sent + len(piece) > cut_after:
                self.wfile.write(piece[: cut_after - sent])
                self.wfile.flush()
                raise ConnectionCut
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            self.wfile.flush()
            sent += len(piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")


class Site:
    """One address that answers.

    Args:
        answer: what it does with a request, in a thread of its own; ``ConnectionCut`` resets.
        host: to listen at.
        port: 0 takes a free one.

    Attributes:
        broken: what went wrong in the fake itself; must stay empty.
    """

    def __init__(
        self, answer: Callable[[Request], Reply], host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.answer = answer
        self.broken: list[str] = []
        self._server = _Server(self, (host, port))
        self.port = self._server.server_port
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True, name=f"site-{self.port}"
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Listen no longer and close what is open."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        with self._server.lock:
            lines = list(self._server.lines)
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
