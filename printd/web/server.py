"""The server of the API: its sockets, its thread, its end.

The sockets are opened while the daemon starts, so that a port which is taken is said at once;
everything else, the web framework included, is loaded in the thread that serves, part by part, so
that an end need not wait for it. Clients of the first moment wait in the sockets.
"""

from __future__ import annotations

import importlib
import logging
import socket
import threading
from pathlib import Path
from typing import Final

from printd.core.errors import FolderUnusable
from printd.core.web_config import WebConfig
from printd.web.bounds import USUAL, Bounds
from printd.web.problems import PortTaken
from printd.web.socket_file import SOCKET, short_path
from printd.web.tools import House

log = logging.getLogger(__name__)
BACKLOG: Final = 128
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  how it is reached from here
# What takes long to load, in the order in which it is needed; the last one loads all the rest.
PARTS: Final = (
    "fastapi.openapi.models",
    "fastapi.routing",
    "fastapi",
    "uvicorn",
    "printd.web.asked",
    "printd.web.api.jobs",
    "printd.web.api.acts",
    "printd.web.serving",
)


class Server:
    """Serves the API of one daemon."""

    def __init__(self, house: House, bounds: Bounds = USUAL) -> None:
        self._bounds = bounds
        self._house = house
        self._sockets: list[socket.socket] = []
        self._ending = threading.Event()
        self.url = ""

    def open(self) -> None:
        """Listen; nobody is answered yet.

        Raises:
            PortTaken: another program has the port, or the address is not ours.
            FolderUnusable: the data folder takes no socket.
        """
        config = self._house.config()
        self._sockets = [_tcp(config.web), _unix(config.data_dir)]
        host, port = self._sockets[0].getsockname()[:2]
        here = EVERYWHERE.get(host, host)
        self.url = f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"
        log.info("pages: %s/", self.url)
        log.info("API: %s/api/v1", self.url)

    def run(self, stop: threading.Event) -> None:
        """Serve until ``close``."""
        for part in PARTS:
            if stop.is_set() or self._ending.is_set():
                return
            importlib.import_module(part)
        from printd.web.serving import Serving  # it is there by now

        serving = Serving(self._house, self._bounds, self.url, self._ending, stop)
        serving.run(self._sockets)

    def close(self) -> None:
        """End: streams are told, requests under way are finished."""
        self._ending.set()

    def remove(self) -> None:
        """Close the sockets, when nobody serves any more."""
        for one in self._sockets:
            one.close()
        if self._sockets:
            (self._house.config().data_dir / SOCKET).unlink(missing_ok=True)


def _tcp(config: WebConfig) -> socket.socket:
    where = f"{config.host}:{config.port}"
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, proto)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise PortTaken(f"The API cannot listen on {where}: {error.strerror or error}.") from error
    return listening


def _unix(data_dir: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_path(data_dir) as folder:
            place = folder / SOCKET
            place.unlink(missing_ok=True)  # of a daemon that was killed: the folder is ours
            listening.bind(str(place))
            place.chmod(0o600)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise FolderUnusable(
            f"No socket can be made in {data_dir}: {error.strerror or error}."
        ) from error
    return listening
