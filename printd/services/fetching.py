"""Bringing a result home: from hosts that are allowed, never from a private address, not too much.

A link that a service names is a stranger's word. Each address, also of a redirect, is resolved and
looked at before anything is sent to it, and the connection goes to just the address that was looked
at. A key goes along only to hosts that are named for it.
"""

from __future__ import annotations

import hashlib
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from printd.core.addresses import addresses_of, is_of_a_network, is_public
from printd.core.errors import (
    ResultElsewhere,
    ResultGone,
    ResultTooLarge,
    ResultUnusable,
    ServiceAway,
)
from printd.core.files import new_file
from printd.services.line import AGAIN_S, ODD_REDIRECT, Line, address_of

MOST_REDIRECTS: Final = 5
GONE: Final = frozenset({401, 403, 404, 410})  # links that have expired answer like this


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where results of a service may lie.

    Args:
        names: ``assets.meshy.ai``, with a dot before it for all hosts below: ``.fal.media``; with
            a port where it is not the usual one: ``192.168.1.5:8081``.
        with_key: the same, for hosts that want the key, too.
        are_local: the service stands in the own network: private addresses are allowed.
    """

    names: tuple[str, ...]
    with_key: tuple[str, ...] = ()
    are_local: bool = False

    def allow(self, url: httpx.URL) -> bool:
        """Return whether a result may be fetched from here."""
        plain = url.scheme == "https" or (url.scheme == "http" and self.are_local)
        return plain and _is_among(url, (*self.names, *self.with_key))

    def want_key(self, url: httpx.URL) -> bool:
        """Return whether this host is given the key."""
        return _is_among(url, self.with_key)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A result that is on the disk, synced."""

    bytes: int
    sha256: str
    content_type: str


def fetch(line: Line, url: str, out: Path, hosts: Hosts, most_bytes: int) -> Fetched:
    """Write what lies at ``url`` to ``out``, whole and synced or not at all.

    Args:
        line: of the service that has named the address.
        url: of the result.
        out: an older file is replaced.
        hosts: where it may lie; redirects are held to the same.
        most_bytes: more is not taken.

    Raises:
        ResultElsewhere: the address is none of the service's.
        ResultGone: there is nothing (any more): the link may have expired.
        ResultTooLarge, ResultUnusable: it is too much, or not all of it comes.
        ServiceAway: it cannot be reached now.
        DiskFull, DiskFailed: it cannot be written.
    """
    until_s = time.monotonic() + line.waits.download_s
    address = _named(line, url)
    try:
        with line.client() as client:
            for _ in range(MOST_REDIRECTS):
                request = _request(client, line, address, hosts)
                answer = client.send(request, stream=True)
                try:
                    if answer.is_redirect:
                        there = address.join(answer.headers.get("location", ""))
                        address = _named(line, str(there))
                        continue
                    _check(line, answer)
                    return _written(answer, out, most_bytes, until_s)
                finally:
                    answer.close()
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, ODD_REDIRECT) as error:
        words = f"{type(error).__name__} {error}".strip()
        raise ServiceAway(
            f"The result of {line.name} cannot be fetched: {words}.", AGAIN_S
        ) from error
    raise ResultElsewhere(f"{line.name} sends from one address to the next.")


def _named(line: Line, text: str) -> httpx.URL:
    """Return an address that a service names; the result of one that is none is there still."""
    url = address_of(text)
    if url is None:
        raise ResultElsewhere(f"{line.name} names an address that is none.")
    return url


def _request(client: httpx.Client, line: Line, url: httpx.URL, hosts: Hosts) -> httpx.Request:
    """Return the request for an address that has been looked at, to just that address."""
    if not hosts.allow(url):
        raise ResultElsewhere(f"{line.name} names {url.scheme}://{url.netloc.decode()}.")
    number = _address_of(url, hosts, line)
    headers = {"Host": url.netloc.decode("ascii"), **_key(line, url, hosts)}
    timeout = httpx.Timeout(line.waits.stall_s, connect=line.waits.connect_s)
    return client.build_request(
        "GET",
        url.copy_with(host=number),
        headers=headers,
        timeout=timeout,
        extensions={"sni_hostname": url.host, "timeout": timeout.as_dict()},
    )


def _key(line: Line, url: httpx.URL, hosts: Hosts) -> Mapping[str, str]:
    return line.key() if hosts.want_key(url) else {}


def _address_of(url: httpx.URL, hosts: Hosts, line: Line) -> str:
    """Return the number of the host, if nothing private hides behind its name."""
    port = url.port or {"https": 443, "http": 80}[url.scheme]
    try:
        number = addresses_of(url.host, port)[0]
    except OSError as error:
        raise ServiceAway(f"{url.host} of {line.name} is not found: {error}.", AGAIN_S) from error
    may = is_of_a_network if hosts.are_local else is_public
    if not may(number):
        raise ResultElsewhere(
            f"{line.name} names {url.host}, which is {number}, a private address."
        )
    return str(number)


def _check(line: Line, answer: httpx.Response) -> None:
    if answer.status_code in GONE:
        raise ResultGone(f"The result of {line.name} is not there ({answer.status_code}).")
    if not answer.is_success:
        raise ServiceAway(
            f"The result of {line.name} cannot be fetched: status {answer.status_code}.", AGAIN_S
        )


def _written(answer: httpx.Response, out: Path, most_bytes: int, until_s: float) -> Fetched:
    """Write the body as it comes."""
    claimed = answer.headers.get("content-length", "")
    if claimed.isdecimal() and int(claimed) > most_bytes:
        raise ResultTooLarge(f"The result has {int(claimed) / 1e6:.0f} MB.")
    digest, size = hashlib.sha256(), 0
    with new_file(out) as stream:
        for (
            chunk
        ) in answer.iter_bytes():  # as they come: pieces of one size wait for one that drips
            size += len(chunk)
            if size > most_bytes:
                raise ResultTooLarge(f"The result has more than {most_bytes / 1e6:.0f} MB.")
            if time.monotonic() > until_s:
                raise httpx.ReadTimeout("it takes too long")
            digest.update(chunk)
            stream.write(chunk)
        if not size:
            raise ResultUnusable("The result is an empty file.")
    return Fetched(size, digest.hexdigest(), answer.headers.get("content-type", ""))


def _is_among(url: httpx.URL, names: tuple[str, ...]) -> bool:
    host = url.host.lower()
    with_port = host if url.port is None else f"{host}:{url.port}"
    return any(
        host.endswith(name) if name.startswith(".") else name in (with_port, host)
        for name in (name.lower() for name in names)
    )
