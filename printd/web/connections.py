"""One connection of a client: how long it may say nothing, and how many an address may have.

uvicorn waits for the first request of a connection as long as it takes; here it is closed. The
user behind the Unix socket is told by the kernel.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import Counter
from http import HTTPStatus
from typing import Any, ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from printd.core.errors import RequestRefused
from printd.web.bounds import Bounds
from printd.web.problems import HeadersTooLarge, RequestUnreadable, words_of

HEADER_BYTES: Final = 16 * 1024
USER: Final = "user:"
LENGTHS: Final = frozenset({b"content-length", b"transfer-encoding"})


class _OneLength(h11.Connection):
    """The requests of a connection: one that says its length twice is none, and ends it.

    Between two readers of different minds another request could hide in it. Source: RFC 9112,
    section 6.3.
    """

    wrong_status = 400  # of what was no request

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return what has come.

        Raises:
            h11.RemoteProtocolError: it is no request.
        """
        try:
            event = super().next_event()
            if isinstance(event, h11.Request):
                _check(event)
        except h11.RemoteProtocolError as error:
            self.wrong_status = error.error_status_hint
            raise
        return event


def _check(request: h11.Request) -> None:
    """Refuse what h11 takes where all of it comes at once."""
    if {name for name, _ in request.headers} >= LENGTHS:
        raise h11.RemoteProtocolError("two lengths of one body")
    sizes = [len(request.target), *(len(name) + len(value) for name, value in request.headers)]
    if sum(sizes) > HEADER_BYTES:
        raise h11.RemoteProtocolError("too long", HeadersTooLarge.status)


class Connection(H11Protocol):
    """A connection with an end."""

    bounds: ClassVar[Bounds] = Bounds()
    of_address: ClassVar[Counter[str]] = Counter()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read = _OneLength(h11.SERVER, HEADER_BYTES)
        self.conn = self._read
        self._patience: asyncio.TimerHandle | None = None
        self._counted: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; close it at once where its address has too many."""
        super().connection_made(transport)
        self._wait_for_headers()
        sock: socket.socket = transport.get_extra_info("socket")
        if sock.family == socket.AF_UNIX:
            self.client = (f"{USER}{_user_of(sock)}", 0)
            return
        self._counted = self.client[0] if self.client else ""
        self.of_address[self._counted] += 1
        if self.of_address[self._counted] > self.bounds.per_address:
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._headers_came()
        if self._counted is not None:
            self.of_address[self._counted] -= 1
            if not self.of_address[self._counted]:
                del self.of_address[self._counted]
            self._counted = None
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Take what has come; once there are headers, the guard counts the time."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._headers_came()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  the words are ours
        """Say that it was no request, and end; where an answer has begun, that is all.

        What a client has not asked for rightly must not make words in the log.
        """
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for event in _no_request(self._read.wrong_status):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def on_response_complete(self) -> None:
        """Wait for the next request; one that is begun has to be finished, too."""
        self._wait_for_headers()
        super().on_response_complete()

    def _wait_for_headers(self) -> None:
        self._headers_came()
        self._patience = self.loop.call_later(self.bounds.headers_s, self._give_up)

    def _headers_came(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self.transport.close()


def _no_request(status: int) -> tuple[h11.Event, ...]:
    """Return the answer to what cannot be read."""
    error: RequestRefused = RequestUnreadable("This cannot be read as a request.")
    if status == HeadersTooLarge.status:
        error = HeadersTooLarge(f"Headers of up to {HEADER_BYTES // 1024} KB are read.")
    body, reason = json.dumps(words_of(error)).encode(), HTTPStatus(error.status).phrase
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "x-content-type-options": "nosniff",
        "connection": "close",
    }
    return (
        h11.Response(status_code=error.status, headers=[*headers.items()], reason=reason),
        h11.Data(data=body),
        h11.EndOfMessage(),
    )


def connections(within: Bounds) -> type[Connection]:
    """Return the connections of one server."""

    class OfOneServer(Connection):
        bounds = within
        of_address: ClassVar[Counter[str]] = Counter()

    return OfOneServer


def _user_of(sock: socket.socket) -> int:
    """Return the number of the user at the other end. Source: unix(7), SO_PEERCRED."""
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return int(uid)
