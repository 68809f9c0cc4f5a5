"""The thread that serves: uvicorn on sockets that are open already, until it is told to end."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from typing import Final

import uvicorn
from anyio import to_thread

from printd.web.access import Access
from printd.web.application import application
from printd.web.connections import HEADER_BYTES, Connection
from printd.web.site import Site
from printd.web.tools import House, WebTools
from printd.web.uploads import Uploads
from printd.web.view import View

THREADS: Final = 64  # for handlers; those that wait for the daemon are fewer, see ``uploads``
LOOK_S: Final = 0.1
GRACE_S: Final = 5


class Serving:
    """One run of the server."""

    def __init__(self, house: House, *ending: threading.Event) -> None:
        self._ending = ending
        self._tools = WebTools(house)
        access = Access(self._tools.keys, self._tools.keys_used)
        uploads = Uploads(house.config)
        self._site = Site(self._tools, View(self._tools), access, uploads)

    def run(self, sockets: Sequence[socket.socket]) -> None:
        """Serve until one of the events is set."""
        try:
            asyncio.run(self._serve(sockets))
        finally:
            self._tools.close()

    async def _serve(self, sockets: Sequence[socket.socket]) -> None:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        server = uvicorn.Server(
            uvicorn.Config(
                application(self._site),
                http=Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                h11_max_incomplete_event_size=HEADER_BYTES,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        waiting = asyncio.create_task(self._end(server))
        try:
            await server.serve(sockets=[*sockets])
        finally:
            waiting.cancel()

    async def _end(self, server: uvicorn.Server) -> None:
        while not any(event.is_set() for event in self._ending):
            await asyncio.sleep(LOOK_S)
        server.should_exit = True
