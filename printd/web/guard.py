"""Before anything is looked at: for whom a request is meant, who sends it, how long it is.

``Host`` keeps out pages that have pointed their own name at this machine; ``Origin`` keeps other
pages from changing anything; the length is counted, whatever the headers say.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from printd.core.errors import PrintdError
from printd.core.web_config import WebConfig
from printd.web.answers import ONLY_HEAD
from printd.web.bounds import Bounds
from printd.web.connections import USER
from printd.web.problems import (
    BodyTooLarge,
    BodyTooSlow,
    HostRefused,
    OriginRefused,
    TagDiffers,
    WrongType,
)
from printd.web.tally import Tally

log = logging.getLogger(__name__)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SMALL_BYTES: Final = 64 * 1024  # of every body but uploads, which count themselves
SECURE: Final[Mapping[bytes, bytes]] = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; sandbox",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}
# Source: RFC 9112, section 3.2; a port says nothing about for whom a request is meant.
HOST: Final = re.compile(
    r"(?:\[(?P<number>[0-9a-f:.]+)\]|(?P<name>[^\[\]:@]*))(?::\d{0,5})?", re.ASCII
)
LOCAL_NAMES: Final = frozenset({"localhost", "ip6-localhost"})


class Guard:
    """Lets requests in that are meant for this server."""

    def __init__(
        self,
        app: ASGIApp,
        config: WebConfig,
        is_upload: Callable[[str], bool],
        refusal: Callable[[str, PrintdError], Response],
        tally: Tally,
        bounds: Bounds,
        phone_host: str = "",
    ) -> None:
        self._app = app
        self._bounds = bounds
        self._tally = tally
        self._refusal = refusal
        named = {*config.names, config.host, phone_host} - {""}
        self._names = LOCAL_NAMES | {name.lower() for name in named}
        self._origins = frozenset(config.origins)
        self._is_upload = is_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may come in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = _headers_of(scope)
        origin = headers.get("origin", "")
        allowed = origin if origin in self._origins else ""
        answer = _Answer(send, allowed, self._tally, scope["method"])
        try:
            if not (scope.get("client") or ("",))[0].startswith(USER):
                self._check(scope["method"], headers)
            if scope["method"] not in READS:
                _check_change(headers)
            if not self._is_upload(scope["path"]):
                announced = headers.get("content-length", "")
                receive = _Counted(receive, announced, self._bounds.small_body_s).receive
        except PrintdError as error:
            refused = self._refusal(scope["path"], error)
            await refused(scope, receive, answer.send)
            return
        if allowed and scope["method"] == "OPTIONS":
            await answer.preflight()
            return
        if scope["method"] == "HEAD":  # the server below leaves the body out of the answer
            scope, receive = {**scope, "method": "GET", ONLY_HEAD: True}, _nobody_waits
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            log.exception("a request has failed")  # it has been answered; it is told once, here

    def _check(self, method: str, headers: Mapping[str, str]) -> None:
        host = headers.get("host", "")
        if not self._is_ours(host):
            raise HostRefused("The name in this request's Host is not one of this server's.")
        if method in READS:
            return
        origin = headers.get("origin", "").lower()
        if origin in self._origins:
            return
        site = headers.get("sec-fetch-site", "none")
        foreign = origin not in ("", f"http://{host}", f"https://{host}")
        if foreign or site not in ("none", "same-origin"):
            raise OriginRefused("Another web page has sent this; it may not change anything here.")

    def _is_ours(self, host: str) -> bool:
        name = _name_of(host.lower())
        return name in self._names or _is_address(name)


def _check_change(headers: Mapping[str, str]) -> None:
    """Refuse what would be overlooked: a condition that nobody looks at, a body in a wrapping."""
    if headers.get("if-match", "*") != "*":
        raise TagDiffers("If-Match is not looked at where something is changed.")
    if headers.get("content-encoding", "").lower() not in ("", "identity"):
        raise WrongType("Bodies are taken as they are, not packed.")


async def _nobody_waits() -> Message:
    """Return what ends a stream: its headers were all that was asked for."""
    return {"type": "http.disconnect"}


def _headers_of(scope: Scope) -> dict[str, str]:
    """Return the first of each header."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return found


def _name_of(host: str) -> str:
    """Return the name in a Host header, without its port; "": it is no such header."""
    found = HOST.fullmatch(host)
    return found.group("number") or found.group("name") if found else ""


def _is_address(name: str) -> bool:
    """Say whether it is a number: a page can point only names at other machines."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class _Counted:
    """A small body, counted as it comes."""

    def __init__(self, receive: Receive, announced: str, within_s: float) -> None:
        if announced.isdecimal() and int(announced[:18]) > SMALL_BYTES:
            raise _too_large()
        self._receive = receive
        self._bytes = 0
        self._until = asyncio.get_running_loop().time() + within_s
        self._ended = False

    async def receive(self) -> Message:
        """Return what comes next; after the body only its end may, however long that takes."""
        if self._ended:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError as error:
            raise BodyTooSlow("The body of this request did not come in time.") from error
        self._bytes += len(message.get("body", b""))
        if self._bytes > SMALL_BYTES:
            raise _too_large()
        self._ended = not message.get("more_body", False)
        return message


async def small_body(request: Request, within_s: float) -> bytes:
    """Return the body of a request to where uploads go, too, that is no upload.

    Raises:
        BodyTooLarge, BodyTooSlow: it is not small.
    """
    counted = _Counted(request.receive, request.headers.get("content-length", ""), within_s)
    return await Request(request.scope, counted.receive).body()


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"Up to {SMALL_BYTES // 1024} KB are taken here.")


class _Answer:
    """The answer, with the headers that every answer has."""

    def __init__(self, send: Send, origin: str, tally: Tally, method: str) -> None:
        self._send = send
        self._origin = origin
        self._tally = tally
        self._method = method if method in METHODS else "other"
        self._began_s = time.monotonic()

    async def send(self, message: Message) -> None:
        """Send it on."""
        if message["type"] == "http.response.start":
            took_s, status = time.monotonic() - self._began_s, f"{message['status'] // 100}xx"
            self._tally.answers.saw(took_s, method=self._method, status=status)
            own = {name.lower() for name, _ in message["headers"]}
            wanted = {**SECURE, **self._shared()}
            more = [(name, value) for name, value in wanted.items() if name not in own]
            message = {**message, "headers": [*message["headers"], *more]}
        await self._send(message)

    async def preflight(self) -> None:
        """Tell a page of a configured origin what it may ask."""
        headers = [
            (b"access-control-allow-methods", b"GET, HEAD, POST, DELETE"),
            (
                b"access-control-allow-headers",
                b"authorization, content-type, idempotency-key, if-match, if-none-match,"
                b" if-range, last-event-id, range, x-api-key",
            ),
            (b"access-control-max-age", b"600"),
        ]
        await self.send({"type": "http.response.start", "status": 204, "headers": headers})
        await self.send({"type": "http.response.body", "body": b""})

    def _shared(self) -> dict[bytes, bytes]:
        if not self._origin:
            return {}
        return {
            b"access-control-allow-origin": self._origin.encode(),
            b"access-control-expose-headers": b"*",
            b"cross-origin-resource-policy": b"cross-origin",
            b"vary": b"origin",
        }
