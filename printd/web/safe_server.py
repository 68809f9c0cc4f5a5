"""The server of safe mode: the sockets of the API, and behind them what only shows."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Final

import uvicorn

from printd.web.bounds import USUAL
from printd.web.connections import HEADER_BYTES, connections
from printd.web.safe_application import SafeHouse, SafeSite, application
from printd.web.server import Server
from printd.web.tools import House

LOOK_S: Final = 0.1
GRACE_S: Final = 2


class SafeServer(Server):
    """Serves what is known while the database cannot be worked with."""

    def __init__(self, house: SafeHouse) -> None:
        super().__init__(House(lambda: house.config, dict, lambda: None))
        self._safe_house = house

    def run(self, stop: threading.Event) -> None:
        """Serve until ``close``."""
        asyncio.run(self._serve(stop))

    async def _serve(self, stop: threading.Event) -> None:
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        server = uvicorn.Server(
            uvicorn.Config(
                application(SafeSite(self._safe_house), USUAL),
                http=connections(USUAL),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                h11_max_incomplete_event_size=HEADER_BYTES,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[*self._sockets]))
        while not serving.done() and not stop.is_set() and not self._ending.is_set():
            await asyncio.sleep(LOOK_S)
        server.should_exit = True
        await serving
