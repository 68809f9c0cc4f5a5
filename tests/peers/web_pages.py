"""A web server that behaves well and badly: files, redirects, answers that never end."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Page = Callable[[BaseHTTPRequestHandler], None]


class Pages:
    """The server, and what it was asked."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.asked: list[tuple[str, str]] = []  # Host, path
        self.ending = threading.Event()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                peer.asked.append((self.headers["Host"], self.path))
                self.close_connection = True
                pages[self.path](self)

            def log_message(self, *_args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port

    def run(self) -> None:
        self._server.serve_forever(0.05)

    def close(self) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


def sent(content: bytes, status: int = 200, **headers: str) -> Page:
    """Answer with this; a length of its own may lie."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        plain = {"Content-Length": str(len(content)), "Connection": "close"}
        for name, value in {
            **plain,
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return page


@contextmanager
def pages(served: Mapping[str, Page]) -> Iterator[Pages]:
    """Serve until the block ends."""
    peer = Pages(served)
    thread = threading.Thread(target=peer.run)
    thread.start()
    try:
        yield peer
    finally:
        peer.close()
        thread.join()
