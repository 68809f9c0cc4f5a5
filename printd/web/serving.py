"""The thread that serves: uvicorn on sockets that are open already, until it is told to end."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import Final

import uvicorn
from anyio import to_thread

from printd.web.access import Access
from printd.web.application import application
from printd.web.bounds import Bounds
from printd.web.connections import HEADER_BYTES, connections
from printd.web.drafts import Drafts
from printd.web.hub import Hub
from printd.web.kiosk_pin import KioskPin, StaffCorner
from printd.web.logins import Links
from printd.web.pages.rendering import Rendering
from printd.web.previews import Previews
from printd.web.site import Site
from printd.web.small_pictures import SmallPictures
from printd.web.tally import Tally
from printd.web.tickets import Tickets
from printd.web.tools import House, WebTools
from printd.web.uploads import Uploads
from printd.web.view import View
from printd.web.visits import Visit, Visits, idle_s
from printd.web.watch import Watch

THREADS: Final = 64  # for handlers; those that wait for the daemon are fewer, see ``uploads``
LOOK_S: Final = 0.1
SWEEP_S: Final = 10.0
GRACE_S: Final = 5
# A request changes between threads a few times, and each waits for others that calculate; with
# Python's 5 ms it waits longer than it works.
HANDS_OVER_S: Final = 0.001


class Serving:
    """One run of the server."""

    def __init__(self, house: House, bounds: Bounds, url: str, *ending: threading.Event) -> None:
        self._ending = ending
        self._tools = WebTools(house)
        access = Access(
            self._tools.keys, self._tools.keys_used, self._tools.logins, self._tools.people
        )
        uploads = Uploads(house.config, bounds)
        self._hub = Hub()
        view = View(self._tools)
        tally = Tally(self._tools.reading)
        self._watch = Watch(self._tools, view, self._hub, tally)
        self._drafts = Drafts(house.config, house.compute)
        self._visits = Visits(self._over, idle_s=lambda: idle_s(house.config().kiosk))
        self._site = Site(
            self._tools,
            view,
            access,
            uploads,
            self._hub,
            self._watch,
            tally,
            bounds,
            Links(),
            Rendering(),
            self._drafts,
            Previews(self._drafts),
            SmallPictures(self._tools),
            self._visits,
            Tickets(self._tools.reading, self._tools.asking, changed=self._tools.record),
            StaffCorner(KioskPin(self._tools.reading)),
            url,
        )

    def run(self, sockets: Sequence[socket.socket]) -> None:
        """Serve until one of the events is set."""
        try:
            asyncio.run(self._serve(sockets))
        finally:
            self._visits.close()
            self._drafts.close()
            self._tools.close()

    async def _serve(self, sockets: Sequence[socket.socket]) -> None:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        sys.setswitchinterval(HANDS_OVER_S)
        # Its words about strangers' requests would fill the log; faults are told by the guard.
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        server = uvicorn.Server(
            uvicorn.Config(
                application(self._site),
                http=connections(self._site.bounds),
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
        self._hub.begin()
        watching = asyncio.create_task(asyncio.to_thread(self._watch.run, self._ends))
        ending = asyncio.create_task(self._end(server, watching))
        sweeping = asyncio.create_task(self._sweep())
        await server.serve(sockets=[*sockets])
        sweeping.cancel()
        await ending

    async def _end(self, server: uvicorn.Server, watching: asyncio.Task[None]) -> None:
        """End the server when it is told to, or when the store cannot be followed any more."""
        while not self._ends() and not watching.done():
            await asyncio.sleep(LOOK_S)
        self._hub.close()  # before the server: it would wait for every stream
        server.should_exit = True
        await watching

    async def _sweep(self) -> None:
        """End visits and erase drafts that nobody uses any more, every now and then."""
        while True:
            await asyncio.sleep(SWEEP_S)
            await asyncio.to_thread(self._visits.sweep)
            await asyncio.to_thread(self._drafts.sweep, time.monotonic())

    def _over(self, visit: Visit) -> None:
        """Erase what a visit that has ended leaves behind."""
        if visit.draft is not None:
            self._drafts.forget(visit.draft, visit.owner)

    def _ends(self) -> bool:
        return any(event.is_set() for event in self._ending)
