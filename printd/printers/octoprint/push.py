"""OctoPrint's push socket: it tells that something has happened, so that it is asked at once.

What is true is asked for over HTTP; here is only the word that it is time. Without the socket
everything works, and takes as long as the monitor's period.

Source: OctoPrint 1.11.8 and 2.0.0rc7, ``server/util/sockjs.py``; the events were observed.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import websocket

from printd.printers.octoprint.client import CONNECT_S, OctoPrintClient
from printd.printers.octoprint.errors import NoAnswer, Refused

EVENTS: Final = (
    "Connected",
    "Disconnected",
    "Error",
    "PrinterStateChanged",
    "PrintStarted",
    "PrintDone",
    "PrintFailed",
    "PrintCancelled",
    "PrintPaused",
    "PrintResumed",
)
PING_S: Final = 30.0  # silence for twice as long means that nobody is there any more
FIRST_WAIT_S: Final = 2.0  # before the next try; doubled up to the longest
LONGEST_WAIT_S: Final = 120.0
END_S: Final = 1.0  # a thread that is just connecting is not waited for; it ends by itself
BETWEEN_S: Final = 0.1  # a server that floods does not wake anybody more often than this

log = logging.getLogger(__name__)


class Push:
    """One socket, kept open by a thread of its own until ``close``.

    Args:
        name: of the printer, for the thread and the log.
        url: where OctoPrint is, with its prefix.
        connect: makes a client, to log in with.
        ca_file: the certificate that signed the server's, if no public one did.
        happened: called with each event, in that thread; with an empty one after each login,
            because nothing is told twice.
    """

    def __init__(
        self,
        name: str,
        url: str,
        connect: Callable[[], OctoPrintClient],
        ca_file: Path | None,
        happened: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self._name = name
        self._address = f"ws{url.removeprefix('http')}/sockjs/websocket"
        self._connect = connect
        self._ca_file = ca_file
        self._happened = happened
        self._closing = threading.Event()
        self._socket: websocket.WebSocket | None = None
        self._thread = threading.Thread(target=self._run, name=f"push-{name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and its socket."""
        self._closing.set()
        if self._socket is not None:
            self._socket.abort()  # type: ignore[no-untyped-call]  # the library's
        self._thread.join(END_S)

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._closing.is_set():
            try:
                self._socket = self._opened()
                wait_s = FIRST_WAIT_S
                self._listen(self._socket)
            except (NoAnswer, Refused, websocket.WebSocketException, OSError, ValueError) as error:
                log.debug("%s: no push: %s", self._name, error)
            finally:
                if self._socket is not None:
                    self._socket.shutdown()  # type: ignore[no-untyped-call]  # the library's
                self._socket = None
            if self._closing.wait(wait_s):
                return
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _opened(self) -> websocket.WebSocket:
        with self._connect() as client:
            login = client.login()
        opened = websocket.create_connection(
            self._address,
            timeout=CONNECT_S,
            redirect_limit=0,
            http_no_proxy=["*"],
            suppress_origin=True,
            sslopt={"ca_certs": str(self._ca_file)} if self._ca_file else {},
        )
        opened.settimeout(PING_S)
        opened.send(json.dumps({"auth": f"{login.name}:{login.session}"}))
        wishes = {"state": False, "plugins": [], "events": list(EVENTS)}
        opened.send(json.dumps({"subscribe": wishes}))
        return opened

    def _listen(self, opened: websocket.WebSocket) -> None:
        """Pass events on until the socket ends, or asks for another login."""
        self._happened("", {})
        is_asked = False
        while not self._closing.is_set():
            try:
                frame = opened.recv_data(control_frame=True)
            except websocket.WebSocketTimeoutException:
                if is_asked:
                    raise
                opened.ping()
                is_asked = True
                continue
            is_asked = False
            opcode, content = frame
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return
            if opcode != websocket.ABNF.OPCODE_TEXT:
                continue
            message = json.loads(content)
            if not isinstance(message, dict) or "reauthRequired" in message:
                return
            self._pass_on(message.get("event"))

    def _pass_on(self, event: object) -> None:
        if not isinstance(event, dict):
            return
        payload = event.get("payload")
        self._happened(str(event.get("type")), payload if isinstance(payload, dict) else {})
        self._closing.wait(BETWEEN_S)
