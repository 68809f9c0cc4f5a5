"""One reader's stream of events, as browsers read it (server-sent events).

Source: WHATWG HTML, section 9.2, server-sent events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from printd.web.bounds import Bounds
from printd.web.hub import Hub, Message

log = logging.getLogger(__name__)
HEADERS: Final = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
}
COMMENT: Final = b": still here\n"
AGAIN: Final = b"retry: 2000\n\n"  # ms until a browser whose stream has ended comes back


class Stream(Response):
    """What one reader is told, until it goes, falls behind, or may no longer listen.

    Args:
        hub: who tells; it has been joined.
        of: as whom it has been joined.
        place: in its ring.
        seen: the number of the newest event that the reader has, with ``before``.
        before: what it has missed.
        text_of: what it is told of a message; b"": nothing.
        may_listen: asked now and then, whether anything happens or not.
        bounds: how long it may be quiet, or stuck.
    """

    def __init__(
        self,
        hub: Hub,
        of: str | None,
        place: int,
        seen: int,
        before: Sequence[Message],
        text_of: Callable[[Message], bytes],
        may_listen: Callable[[], bool],
        bounds: Bounds,
    ) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._hub = hub
        self._of = of
        self._place = place
        self._seen = seen
        self._before = before
        self._text_of = text_of
        self._may_listen = may_listen
        self._bounds = bounds
        # Of the loop's clock: when it is asked whether the reader may listen still, ...
        self._asks_at_s = 0.0
        self._said_s = 0.0  # ... and when it was told anything last
        self._placed = -1  # the number that the reader would come back with

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send until the end."""
        self._send = send
        self._asks_at_s = asyncio.get_running_loop().time() + self._bounds.stream_quiet_s
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        gone = asyncio.create_task(_gone(receive))
        try:
            await send(start)
            await self._say(AGAIN + b"".join(map(self._noted, self._before)) + self._place_of())
            while not self._hub.is_closed and not gone.done():
                if not await self._is_let() or not await self._go_on(gone):
                    break
            await self._say(b"", more=False)
        except TimeoutError:
            log.info("a reader of events takes nothing any more; its stream is ended")
        finally:
            gone.cancel()
            self._hub.leave(self._of)

    async def _is_let(self) -> bool:
        """Say whether the reader may listen, as it was found a moment ago."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._asks_at_s:
            return True
        self._asks_at_s = now_s + self._bounds.stream_quiet_s
        return await run_in_threadpool(self._may_listen)

    async def _go_on(self, gone: asyncio.Task[None]) -> bool:
        """Send what is new, or wait for it; False: this reader is dropped."""
        found = self._hub.after(self._place)
        if found is None:
            return False
        if found:
            self._place = found[-1][0]
            await self._tell([message for _, message in found])
        quiet_s = self._said_s + self._bounds.stream_quiet_s - asyncio.get_running_loop().time()
        if quiet_s <= 0:  # also where much happens that is none of this reader's business
            await self._say(COMMENT + (self._place_of() or b"\n"))
        elif not found:
            news = asyncio.create_task(self._hub.news())
            await asyncio.wait({news, gone}, timeout=quiet_s, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
        return True

    async def _tell(self, messages: Sequence[Message]) -> None:
        """Send of what has come what is this reader's business."""
        fresh = [one for one in messages if one.seq is None or one.seq > self._seen]
        self._seen = max((one.seq for one in fresh if one.seq is not None), default=self._seen)
        if text := b"".join(map(self._noted, fresh)):
            await self._say(text)

    def _noted(self, message: Message) -> bytes:
        """Return what the reader is told of a message; note its number."""
        text = self._text_of(message)
        if text and message.seq is not None:
            self._placed = message.seq
        return text

    def _place_of(self) -> bytes:
        """Return the number to come back with, where the last message has told another one.

        Without data it is no message, and the reader keeps it all the same.
        """
        if self._placed >= self._seen:
            return b""
        self._placed = self._seen
        return b"id: %d\n\n" % self._seen

    async def _say(self, text: bytes, *, more: bool = True) -> None:
        self._said_s = asyncio.get_running_loop().time()
        async with asyncio.timeout(self._bounds.stream_stuck_s):
            await self._send({"type": "http.response.body", "body": text, "more_body": more})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
