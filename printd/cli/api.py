"""The running daemon, asked over its socket in the data folder: no key, no web library."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from printd.core.errors import DaemonAway, RequestRefused
from printd.web.socket_file import SOCKET, short_path

ANSWER_WITHIN_S = 60.0


class Refusal(RequestRefused):
    """What the daemon has said no to, in its own words."""

    code = "refused"
    action = "Do what the problem says, then repeat."

    @classmethod
    def of(cls, words: Mapping[str, Any]) -> Self:
        """Return what an answer says."""
        error = cls(str(words.get("problem", "")), action=str(words.get("action", "")))
        error.code = str(words.get("code", cls.code))  # type: ignore[misc]  # the daemon's own
        return error


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, data_dir: Path) -> None:
        super().__init__("printd", timeout=ANSWER_WITHIN_S)
        self._data_dir = data_dir

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with short_path(self._data_dir) as folder:
            self.sock.connect(str(folder / SOCKET))


def call(
    data_dir: Path, method: str, path: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Ask the daemon of a data folder; return the document it answers with.

    Args:
        data_dir: its folder.
        method: of the request.
        path: below ``/api/v1``.
        body: sent as JSON.

    Raises:
        DaemonAway: nobody answers at the socket.
        Refusal: it says no.
    """
    connection = _OverSocket(data_dir)
    try:
        text = None if body is None else json.dumps(dict(body))
        kind = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, f"/api/v1{path}", text, kind)
        answer = connection.getresponse()
        words: dict[str, Any] = json.loads(answer.read() or b"{}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DaemonAway(f"printd does not answer at its socket in {data_dir}.") from error
    finally:
        connection.close()
    if answer.status >= 400:
        raise Refusal.of(words)
    return words
