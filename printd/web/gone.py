"""Whether who has asked still waits: a page that asks again has dropped what it asked before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from printd.web.answers import ONLY_HEAD

LEFT: Final = "http.disconnect"


class Gone:
    """Tells once that who has asked has closed the connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._acts: list[Callable[[], object]] = []
        self._is_so = False

    def then(self, act: Callable[[], object]) -> None:
        """Do something when it happens; at once, when it has happened."""
        with self._lock:
            if not self._is_so:
                self._acts.append(act)
                return
        act()

    def tell(self) -> None:
        """It has happened."""
        with self._lock:
            self._is_so = True
            acts, self._acts = self._acts, []
        for act in acts:
            act()


async def _watched(request: Request) -> AsyncIterator[Gone]:
    gone = Gone()
    if request.scope.get(ONLY_HEAD):  # the body is not wanted, and nobody can tell
        yield gone
        return
    watching = asyncio.create_task(_watch(request, gone))
    try:
        yield gone
    finally:
        watching.cancel()


async def _watch(request: Request, gone: Gone) -> None:
    while (await request.receive())["type"] != LEFT:
        pass
    await run_in_threadpool(gone.tell)


WhenGone = Annotated[Gone, Depends(_watched)]
