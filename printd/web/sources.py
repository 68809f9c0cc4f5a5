"""A file fetched from an address that somebody has named: not from everywhere, not too much.

The name behind an address is resolved once, and looked at; the connection goes to just the number
that was looked at, so that a name which means something else a moment later gains nothing. Each
redirect is an address like the first one.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import httpx
from starlette.concurrency import run_in_threadpool

from printd.core.addresses import Address, addresses_of, is_of_a_network, is_public
from printd.core.names import display_name
from printd.core.web_config import WebConfig
from printd.web.problems import SourceFailed, SourceOff, SourceRefused

MOST_REDIRECTS: Final = 5
MOST_TRIED: Final = 3  # numbers of one name
PORTS: Final = {"http": 80, "https": 443}
HEADERS: Final = {"Accept-Encoding": "identity", "User-Agent": "printd"}  # nothing is unpacked


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a fetch may take, in seconds."""

    connect_s: float = 10.0
    stall_s: float = 15.0  # without a byte
    whole_s: float = 120.0


def address_of(text: str) -> httpx.URL:
    """Return an address that may be fetched from, as far as its words say.

    Raises:
        SourceRefused: it is none of the web, or holds a password.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceRefused("This is no address of the web.") from error
    if url.scheme not in PORTS or not url.host:
        raise SourceRefused("Files are fetched from http:// and https:// addresses only.")
    if url.userinfo:
        raise SourceRefused("An address with a password in it is not used.")
    return url


def file_name_of(url: httpx.URL) -> str:
    """Return what the file at an address is called."""
    return unquote(url.path).rstrip("/").rpartition("/")[2] or "picture"


class Sources:
    """Fetches files, by the configuration of the moment."""

    def __init__(self, config: Callable[[], WebConfig], patience: Patience = Patience()) -> None:
        self._config = config
        self._patience = patience

    def check(self, text: str) -> httpx.URL:
        """Return an address that somebody has named.

        Raises:
            SourceOff: nothing is fetched at all.
            SourceRefused: nothing is fetched from there.
        """
        if not self._config().source_urls:
            raise SourceOff("printd fetches nothing from addresses.")
        return address_of(text)

    @asynccontextmanager
    async def opened(self, url: httpx.URL) -> AsyncIterator[httpx.Response]:
        """Ask for what lies at an address; its body comes while the block lasts.

        Args:
            url: checked.

        Raises:
            SourceRefused: it leads to where nothing is fetched from.
            SourceFailed: nothing comes, or not all.
        """
        try:
            async with (
                asyncio.timeout(self._patience.whole_s),
                httpx.AsyncClient(trust_env=False, headers=HEADERS) as client,
            ):
                answer = await self._last(client, url)
                try:
                    _check(answer)
                    yield answer
                finally:
                    await answer.aclose()
        except (httpx.TimeoutException, TimeoutError) as error:
            raise SourceFailed(f"{display_name(url.host)} takes too long.") from error
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            words = f"{display_name(url.host)} cannot be reached, or breaks off."
            raise SourceFailed(words) from error

    async def _last(self, client: httpx.AsyncClient, url: httpx.URL) -> httpx.Response:
        """Return the first answer that is no redirect."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._asked(client, url)
            if not answer.is_redirect:
                return answer
            await answer.aclose()
            url = address_of(str(url.join(answer.headers.get("location", ""))))
        raise SourceFailed("The address leads from one to the next without an end.")

    async def _asked(self, client: httpx.AsyncClient, url: httpx.URL) -> httpx.Response:
        """Ask at the numbers of a host, one after the other; the body is not read yet."""
        timeout = httpx.Timeout(self._patience.stall_s, connect=self._patience.connect_s)
        numbers = await self._numbers(url)
        for left, number in zip(range(len(numbers) - 1, -1, -1), numbers, strict=True):
            request = client.build_request(
                "GET",
                url.copy_with(host=str(number), fragment=None),
                headers={"Host": url.netloc.decode("ascii")},
                timeout=timeout,
                extensions={"sni_hostname": url.host, "timeout": timeout.as_dict()},
            )
            try:
                return await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if not left:
                    raise
        raise SourceFailed(f"{display_name(url.host)} has no address.")

    async def _numbers(self, url: httpx.URL) -> list[Address]:
        """Return where to connect to; a host with a number that is not public has none at all."""
        try:
            port = url.port or PORTS[url.scheme]
            numbers = await run_in_threadpool(addresses_of, url.host, port)
        except (OSError, UnicodeError) as error:
            raise SourceFailed(f"Nobody knows {display_name(url.host)}.") from error
        is_named = url.host.lower() in self._config().source_hosts
        may = is_of_a_network if is_named else is_public
        if not all(may(number) for number in numbers):
            raise SourceRefused("The address is in a network that nothing is fetched from.")
        return numbers[:MOST_TRIED]


def _check(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise SourceFailed(f"The address is answered with status {answer.status_code}.")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise SourceFailed("The file comes packed, although nobody has asked for that.")
