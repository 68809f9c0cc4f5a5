"""One HTTP line to a service: an order is sent once, a look as often as one likes.

No service takes a key that would make a repeated order harmless. So what happened to an order is
told apart as far as it can be known: what proves that nothing was accepted (no connection, 4xx),
and what leaves a doubt (an answer that did not come, 5xx). httpx is translated here, and only here.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

import httpx

from printd.core.errors import (
    RETRY,
    ConfigInvalid,
    InDoubt,
    PrintdError,
    ResultTooLarge,
    ServiceAway,
    ServiceCredit,
    ServiceKey,
    ServiceRejected,
    ServiceRetired,
)
from printd.core.files import new_file
from printd.core.secretfile import read_secret

AGAIN_S: Final = 10.0  # after a look that failed
THROTTLED_S: Final = 15.0  # after a 429 that names no time
LONGEST_WAIT_S: Final = 900.0
SAID_CHARACTERS: Final = 300
LARGEST_ANSWER_BYTES: Final = 64 << 20  # of JSON: a 4K picture in base64 is about 30 MB

# Before these nothing has left, whatever httpx calls them: no name, no connection, no TLS.
NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
    httpx.InvalidURL,
)
REFUSED: Final[Mapping[int, type[PrintdError]]] = {
    400: ServiceRejected,
    401: ServiceKey,
    402: ServiceCredit,
    403: ServiceKey,
    404: ServiceRetired,
    413: ServiceRejected,
    415: ServiceRejected,
    422: ServiceRejected,
}
ODD_REDIRECT: Final = UnicodeError  # httpx, of a redirect to a host that cannot be
OF_THE_WIRE: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class TooLong(Exception):
    """An answer is longer, or takes longer, than any that is meant."""


class TooLarge(TooLong):
    """An answer has too many bytes."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a service may take, in seconds."""

    connect_s: float = 15.0
    answer_s: float = 120.0  # to an order or a look; a service that answers with the result: more
    stall_s: float = 60.0  # without one byte of a download
    download_s: float = 900.0  # altogether


# What a provider's own words say of a refusal, or None: the status alone decides.
Explains = Callable[[httpx.Response], PrintdError | None]


def _nothing_more(_answer: httpx.Response) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Line:
    """The way to one service.

    Args:
        name: of the service, as people know it.
        base_url: without a slash at its end.
        key_file: holds the key; read anew for each request, so that a new one is used at once.
            None: the service asks for none.
        key_header: how the key is sent: header name and the text before the key.
        waits: how long it may take.
        explains: what a provider's own words say of a refusal.
        ca_file: of an authority of one's own; None: the public ones.
    """

    name: str
    base_url: str
    key_file: Path | None
    key_header: tuple[str, str] = ("Authorization", "Bearer ")
    waits: Waits = Waits()
    explains: Explains = _nothing_more
    ca_file: Path | None = None

    def order(
        self,
        path: str,
        into: Path | None = None,
        most_bytes: int = LARGEST_ANSWER_BYTES,
        **content: Any,
    ) -> httpx.Response:
        """Send an order, once; the answer is 2xx, its body JSON or not.

        Args:
            path: below ``base_url``.
            into: of a service that answers with the result itself: the body goes there as it
                comes, whole and synced or not at all, and the answer is without one.
            most_bytes: of the body; more is not taken.
            content: as httpx takes it: ``json``, ``files``, ``data``, ``headers``, ``params``.

        Raises:
            ServiceRefusal: the service said no: nothing is owed.
            ServiceAway: there was no connection, or too many orders: nothing was accepted.
            InDoubt: it may have been accepted.
            ResultTooLarge: the body of ``into`` is.
            DiskFull, DiskFailed: ``into`` cannot be written.
        """
        content["headers"] = {**self.key(), **content.get("headers", {})}
        sink = None if into is None else (into, most_bytes)
        try:
            answer = self._answer("POST", f"{self.base_url}{path}", sink, **content)
        except NOT_SENT as error:
            raise self._away(error) from error
        except (httpx.HTTPError, ssl.SSLError, TooLong, ODD_REDIRECT) as error:
            raise self.in_doubt(_words(error)) from error
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise self.busy(answer)
        if answer.status_code >= 500 or not (answer.is_success or answer.is_client_error):
            raise self.in_doubt(f"it answered {answer.status_code}")
        self._check(answer)
        return answer

    def look(self, path: str, method: str = "GET", **content: Any) -> httpx.Response:
        """Ask for something that costs nothing, and can be asked again; the answer is 2xx.

        Args:
            path: below ``base_url``, or the whole address that an answer of this service gave.
            method: of HTTP.
            content: as ``order``.

        Raises:
            ServiceError: the service said no.
            ServiceAway: ask again later.
        """
        content["headers"] = {**self.key(), **content.get("headers", {})}
        url = self.own_address(path)
        try:
            answer = self._answer(method, url, None, **content)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, TooLong, ODD_REDIRECT) as error:
            raise self._away(error) from error
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise self.busy(answer)
        if answer.status_code >= 500 or not (answer.is_success or answer.is_client_error):
            raise ServiceAway(f"{self.name} answered {answer.status_code}.", AGAIN_S)
        self._check(answer)
        return answer

    def own_address(self, path: str) -> str:
        """Return the whole address of ``path``; the key goes nowhere but to ``base_url``'s host.

        Raises:
            ServiceRejected: it is an address somewhere else.
        """
        if path.startswith("/"):
            return f"{self.base_url}{path}"
        here, there = httpx.URL(self.base_url), address_of(path)
        if there is None:
            raise ServiceRejected(f"{self.name} names an address that is none.")
        if (here.scheme, here.host, here.port) != (there.scheme, there.host, there.port):
            raise ServiceRejected(
                f"{self.name} names an address at {there.host or 'no host'}, which is not its own."
            )
        return path

    def json(self, answer: httpx.Response) -> dict[str, Any]:
        """Return the JSON object of an answer.

        Raises:
            ServiceAway: it is none; something between here and the service has answered.
        """
        values = _object(answer)
        if values is None:
            raise ServiceAway(f"{self.name} answered with something that is no JSON.", AGAIN_S)
        return values

    def accepted(self, answer: httpx.Response) -> dict[str, Any]:
        """Return the JSON object of the answer to an order.

        Raises:
            InDoubt: it is none: what has answered may be another one, and the order accepted.
        """
        values = _object(answer)
        if values is None:
            raise self.in_doubt("it answered with something that is no JSON")
        return values

    def busy(self, answer: httpx.Response) -> ServiceAway:
        """Return that there were too many requests, with the wait that the answer names."""
        wait_s = min(named_wait_s(answer) or THROTTLED_S, LONGEST_WAIT_S)
        return ServiceAway(f"{self.name} is busy and asks to wait {wait_s:.0f} s.", wait_s)

    def in_doubt(self, what: str) -> InDoubt:
        """Return that an order may have been accepted."""
        return InDoubt(
            "order_sent",
            f"Whether {self.name} has accepted the order is being found out: {what}.",
            again_s=AGAIN_S,
        )

    def _check(self, answer: httpx.Response) -> None:
        if answer.is_success:
            return
        kind = REFUSED.get(answer.status_code, ServiceRejected)
        raise self.explains(answer) or kind(f"{self.name} refused: {said(answer)}.")

    def _away(self, error: Exception) -> ServiceAway:
        return ServiceAway(f"{self.name} cannot be reached: {_words(error)}.", AGAIN_S)

    def key(self) -> dict[str, str]:
        """Return the header that holds the key.

        Raises:
            ServiceKey: the key cannot be read.
        """
        if self.key_file is None:
            return {}
        header, before = self.key_header
        try:
            return {header: f"{before}{read_secret(self.key_file)}"}
        except ConfigInvalid as error:  # the daemon goes on: other services, other printers
            action = f"{error.action.rstrip('.')}, {RETRY}"
            raise ServiceKey(error.problem, action=action) from error

    def _answer(
        self, method: str, url: str, sink: tuple[Path, int] | None, **content: Any
    ) -> httpx.Response:
        """Send one request on a connection of its own; a kept one may die under an order."""
        until_s = time.monotonic() + self.waits.answer_s
        body = b""
        with self.client() as client, client.stream(method, url, **content) as answer:
            if sink is not None and answer.is_success:
                self._write(answer, *sink, until_s)
            else:
                body = b"".join(self._pieces(answer, LARGEST_ANSWER_BYTES, until_s))
        headers = [pair for pair in answer.headers.multi_items() if pair[0] not in OF_THE_WIRE]
        return httpx.Response(answer.status_code, headers=headers, content=body)

    def _write(self, answer: httpx.Response, out: Path, most_bytes: int, until_s: float) -> None:
        try:
            with new_file(out) as stream:
                for piece in self._pieces(answer, most_bytes, until_s):
                    stream.write(piece)
        except TooLarge as error:
            raise ResultTooLarge(f"The result of {self.name} is {error}.") from error

    def _pieces(self, answer: httpx.Response, most_bytes: int, until_s: float) -> Iterator[bytes]:
        size = 0
        for piece in answer.iter_bytes():
            size += len(piece)
            if size > most_bytes:
                raise TooLarge(f"an answer of more than {most_bytes / 1e6:.0f} MB")
            if time.monotonic() > until_s:
                raise TooLong(f"no whole answer within {self.waits.answer_s:.0f} s")
            yield piece

    def client(self) -> httpx.Client:
        """Return a client that trusts whom this line trusts, and follows nobody elsewhere.

        Raises:
            ServiceAway: the certificate that it is to trust cannot be read.
        """
        try:
            changed_ns = self.ca_file.stat().st_mtime_ns if self.ca_file else 0
            trusted = _trusted(self.ca_file, changed_ns)
        except OSError as error:  # an SSLError is one
            words = error.strerror or str(error)
            raise ServiceAway(f"{self.ca_file} cannot be used: {words}.", AGAIN_S) from error
        timeout = httpx.Timeout(self.waits.answer_s, connect=self.waits.connect_s)
        return httpx.Client(
            timeout=timeout, verify=trusted, follow_redirects=False, trust_env=False
        )

    @classmethod
    def open(cls, name: str, base_url: str, **more: Any) -> Self:
        """Return a line to an address as the configuration writes it."""
        return cls(name=name, base_url=base_url.rstrip("/"), **more)


@cache
def _trusted(ca_file: Path | None, changed_ns: int) -> ssl.SSLContext:  # noqa: ARG001 - a key
    """Return whom a line trusts; to read the public authorities takes longer than most requests."""
    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    """Return the JSON object of an answer; None: it is none."""
    try:
        values = answer.json()
    except (ValueError, RecursionError):  # the latter of one that is nested without end
        return None
    return values if isinstance(values, dict) else None


def said(answer: httpx.Response) -> str:
    """Return the words of a refusal, for people: short, on one line."""
    try:
        values = answer.json()
    except (ValueError, RecursionError):
        return f"status {answer.status_code}"
    found = _first_words(values)
    return f"{found or 'no reason given'} (status {answer.status_code})"


def _first_words(values: Any) -> str:
    """Return what stands under the names that services use for words."""
    if isinstance(values, str):
        printable = "".join(sign if sign.isprintable() else " " for sign in values)
        return " ".join(printable.split())[:SAID_CHARACTERS].rstrip(".")
    if isinstance(values, list):
        return _first_words(values[0]) if values else ""
    if isinstance(values, dict):
        for name in ("detail", "message", "msg", "error", "title", "text"):
            if name in values and (words := _first_words(values[name])):
                return words
    return ""


def named_wait_s(answer: httpx.Response) -> float | None:
    """Return the wait that an answer names, in seconds; None: it names none.

    ``Retry-After`` in seconds or as a date; ``ratelimit-reset``; "resets in ~30s" in the words
    (Replicate); ``retryDelay`` (Gemini).
    """
    header = answer.headers.get("retry-after", "").strip()
    if header.isdecimal():
        return float(header)
    if header:
        try:
            until = parsedate_to_datetime(header)
            return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())
        except (ValueError, OverflowError):  # no date, or one beyond all calendars
            pass
    text = answer.text[:4096]
    for pattern in (r"resets in ~?(\d+(?:\.\d+)?)\s*s", r'"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"'):
        if found := re.search(pattern, text):
            return float(found[1])
    reset = answer.headers.get("ratelimit-reset", "")
    return float(reset) if reset.isdecimal() else None


def address_of(text: str) -> httpx.URL | None:
    """Return an address that a service names; None: it is none, or of a host that cannot be."""
    try:
        url = httpx.URL(text)
        url.host.encode("idna")
    except (httpx.InvalidURL, UnicodeError):
        return None
    return url


def _words(error: Exception) -> str:
    """Return the words of an exception of httpx, which may hold none."""
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    return f"{kind}, {error}".rstrip(", ").rstrip(".")
