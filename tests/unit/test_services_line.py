"""One line to a service: what each thing that can happen to a request means for an order."""

import inspect
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from printd.core.errors import (
    InDoubt,
    ResultElsewhere,
    ResultGone,
    ResultTooLarge,
    ResultUnusable,
    ServiceAway,
    ServiceCredit,
    ServiceKey,
    ServiceRejected,
    ServiceRetired,
)
from printd.services.fetching import Hosts, fetch
from printd.services.line import Line, Waits, named_wait_s, said
from tests.peers.services_http import ConnectionCut, Reply, Request, Site, json_reply

QUICK = Waits(connect_s=2, answer_s=0.4, stall_s=0.4, download_s=0.4)

# Every exception class of httpx, and what it means when an order raises it. Whoever upgrades httpx
# and finds a new one here decides whether anything can have left before it.
AWAY, DOUBT, FAULT = ServiceAway, InDoubt, RuntimeError
MEANS: dict[str, type[Exception]] = {
    "ConnectError": AWAY,
    "ConnectTimeout": AWAY,
    "InvalidURL": AWAY,
    "PoolTimeout": AWAY,
    "ProxyError": AWAY,
    "UnsupportedProtocol": AWAY,
    "CloseError": DOUBT,
    "DecodingError": DOUBT,
    "HTTPError": DOUBT,
    "HTTPStatusError": DOUBT,
    "LocalProtocolError": DOUBT,
    "NetworkError": DOUBT,
    "ProtocolError": DOUBT,
    "ReadError": DOUBT,
    "ReadTimeout": DOUBT,
    "RemoteProtocolError": DOUBT,
    "RequestError": DOUBT,
    "TimeoutException": DOUBT,
    "TooManyRedirects": DOUBT,
    "TransportError": DOUBT,
    "WriteError": DOUBT,
    "WriteTimeout": DOUBT,
    # Faults in a program that uses httpx wrongly: no order is told from them.
    "CookieConflict": FAULT,
    "RequestNotRead": FAULT,
    "ResponseNotRead": FAULT,
    "StreamClosed": FAULT,
    "StreamConsumed": FAULT,
    "StreamError": FAULT,
}


class Failing(Line):
    """A line on which httpx itself fails."""

    def client(self) -> httpx.Client:
        def fail(request: httpx.Request) -> httpx.Response:
            raise _made(self.base_url.rpartition("/")[2], request)

        return httpx.Client(transport=httpx.MockTransport(fail))


def _made(name: str, request: httpx.Request) -> Exception:
    kind = getattr(httpx, name)
    if kind is httpx.HTTPStatusError:
        return httpx.HTTPStatusError("x", request=request, response=httpx.Response(500))
    made: Exception = kind("x")
    return made


def test_the_table_holds_every_exception_of_httpx() -> None:
    known = {
        name
        for name, thing in vars(httpx).items()
        if inspect.isclass(thing) and issubclass(thing, Exception)
    }
    assert known == set(MEANS)


@pytest.mark.parametrize("name", [name for name, means in MEANS.items() if means is not FAULT])
def test_what_an_exception_means_for_an_order_and_for_a_look(name: str) -> None:
    line = Failing("S", f"http://s.test/{name}", None)
    with pytest.raises(MEANS[name]) as told:
        line.order("/x", json={})
    assert type(told.value) is MEANS[name]
    with pytest.raises(ServiceAway):
        line.look("/x")


# The same with real sockets.


def line_to(url: str, **more: Any) -> Line:
    return Line("S", url, None, waits=QUICK, **more)


@pytest.fixture
def site() -> Iterator[Callable[[Callable[[Request], Reply]], Site]]:
    opened: list[Site] = []

    def make(act: Callable[[Request], Reply]) -> Site:
        opened.append(Site(act))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
        assert one.broken == []


def cut(_request: Request) -> Reply:
    raise ConnectionCut


def drip(_request: Request) -> Reply:
    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b" "
            threading.Event().wait(0.05)

    return Reply(200, pieces())


def silent(_request: Request) -> Reply:
    threading.Event().wait(1)
    raise ConnectionCut


DOUBTS: dict[str, Callable[[Request], Reply]] = {
    "reset": cut,
    "half an answer": lambda _: Reply(200, b"{" * 1000, cut_after=10),
    "too long a promise": lambda _: Reply(200, b"{}", length=500),
    "silence": silent,
    "an answer without an end": drip,
    "a redirect": lambda _: Reply(302, b"", {"Location": "http://127.0.0.1:1/"}),
    "broken gzip": lambda _: Reply(200, b"no gzip", {"Content-Encoding": "gzip"}),
    **{f"status {code}": lambda _, code=code: Reply(code) for code in (500, 502, 503, 504, 599)},  # type: ignore[misc]
}


@pytest.mark.parametrize("what", DOUBTS)
def test_what_leaves_a_doubt_about_an_order_only_delays_a_look(what: str, site: Any) -> None:
    sent: list[str] = []

    def act(request: Request) -> Reply:
        _ = request.body
        sent.append(request.method)
        return DOUBTS[what](request)

    line = line_to(site(act).url)
    with pytest.raises(InDoubt) as doubt:
        line.order("/x", json={"a": 1})
    assert doubt.value.code == "order_sent"
    assert sent == ["POST"]
    with pytest.raises(ServiceAway):
        line.look("/x")


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_without_a_connection_nothing_was_sent(site: Any) -> None:
    plain = site(lambda _: Reply(200))
    for url in (
        f"http://127.0.0.1:{closed_port()}",
        plain.url.replace("http:", "https:"),  # no TLS there
        "ftp://127.0.0.1",
    ):
        with pytest.raises(ServiceAway):
            line_to(url).order("/x", json={})


def test_a_certificate_that_nobody_vouches_for_ends_the_connection(
    site: Any, tmp_path: Path
) -> None:
    plain = site(lambda _: Reply(200))
    for content in (None, "no certificate"):
        ca_file = tmp_path / "ca.pem"
        if content:
            ca_file.write_text(content)
        with pytest.raises(ServiceAway, match="cannot be used"):
            line_to(plain.url, ca_file=ca_file).order("/x", json={})


REFUSALS = {
    400: ServiceRejected,
    401: ServiceKey,
    402: ServiceCredit,
    403: ServiceKey,
    404: ServiceRetired,
    409: ServiceRejected,
    413: ServiceRejected,
    415: ServiceRejected,
    422: ServiceRejected,
}


@pytest.mark.parametrize(("status", "error"), REFUSALS.items())
def test_a_refusal_is_one_for_orders_and_looks(
    status: int, error: type[Exception], site: Any
) -> None:
    url = site(lambda _: json_reply(status, {"detail": "no such thing"})).url
    for ask in (line_to(url).order, line_to(url).look):
        with pytest.raises(error, match="no such thing"):
            ask("/x")


def test_the_words_of_the_provider_come_first(site: Any) -> None:
    url = site(lambda _: json_reply(403, {})).url
    line = line_to(url, explains=lambda _: ServiceCredit("empty"))
    with pytest.raises(ServiceCredit, match="empty"):
        line.order("/x")


@pytest.mark.parametrize(
    ("headers", "body", "wait_s"),
    [
        ({"Retry-After": "12"}, {}, 12),
        ({}, {"detail": "Your rate limit resets in ~30s."}, 30),
        ({}, {"error": {"details": [{"retryDelay": "7.5s"}]}}, 7.5),
        ({"ratelimit-reset": "9"}, {}, 9),
        ({"Retry-After": "soon"}, {}, 15),
        ({}, {}, 15),
        ({"Retry-After": "99999"}, {}, 900),
    ],
)
def test_too_many_requests_wait_as_long_as_they_are_told(
    headers: dict[str, str], body: dict[str, Any], wait_s: float, site: Any
) -> None:
    def act(_request: Request) -> Reply:
        reply = json_reply(429, body)
        reply.headers |= headers
        return reply

    line = line_to(site(act).url)
    for ask in (line.order, line.look):
        with pytest.raises(ServiceAway) as away:
            ask("/x")
        assert away.value.again_s == wait_s


def test_a_wait_may_be_told_as_a_date() -> None:
    until = datetime.now(UTC) + timedelta(seconds=100)
    answer = httpx.Response(429, headers={"retry-after": format_datetime(until, usegmt=True)})
    wait_s = named_wait_s(answer)
    assert wait_s is not None
    assert 90 < wait_s <= 100


@pytest.mark.parametrize(
    "header", ["\u00b2", "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 32 Jan 2020 00:00:00 GMT", "-1"]
)
def test_a_wait_that_is_none_is_not_told(header: str) -> None:
    headers = [(name, header.encode("latin-1")) for name in (b"retry-after", b"ratelimit-reset")]
    assert named_wait_s(httpx.Response(429, headers=headers)) is None


ENDLESS = b"[" * 100_000


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'"x"', b"\xff\xfe", ENDLESS])
def test_an_answer_that_is_no_json_is_a_doubt_after_an_order(body: bytes) -> None:
    line = line_to("http://s.test")
    answer = httpx.Response(200, content=body)
    with pytest.raises(InDoubt):
        line.accepted(answer)
    with pytest.raises(ServiceAway):
        line.json(answer)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"detail": [{"loc": ["body"], "msg": "too small"}]}', "too small"),
        ('{"error": {"message": "no credit\\nleft"}}', "no credit left"),
        ('{"detail": "%s"}' % ("x" * 900), "x" * 300),
        ("<html>", "status 422"),
        (ENDLESS.decode(), "status 422"),
        ("{}", "no reason given"),
    ],
)
def test_the_words_of_a_refusal_are_short_and_on_one_line(body: str, words: str) -> None:
    told = said(httpx.Response(422, text=body))
    assert told.startswith(words)
    assert "\n" not in told
    assert len(told) < 330


def test_the_key_is_read_anew_and_goes_to_no_other_host(tmp_path: Path, site: Any) -> None:
    seen: list[str | None] = []

    def act(request: Request) -> Reply:
        seen.append(request.headers.get("x-key"))
        return json_reply(200, {})

    key = tmp_path / "key"
    key.write_text("first\n")
    key.chmod(0o600)
    line = Line("S", site(act).url, key, ("X-Key", "Key "), waits=QUICK)
    line.order("/x")
    key.write_text("second\n")
    line.look(f"{line.base_url}/y")
    assert seen == ["Key first", "Key second"]
    other = site(act).url
    for elsewhere in (f"{other}/y", "https://evil.test/y", "https://127.0.0.1@evil.test/y"):
        with pytest.raises(ServiceRejected, match="not its own"):
            line.look(elsewhere)
    assert len(seen) == 2


@pytest.mark.parametrize("mode", [0o644, 0o620])
def test_a_key_that_cannot_be_used_is_a_refusal_and_says_what_to_do(
    tmp_path: Path, mode: int
) -> None:
    key = tmp_path / "key"
    with pytest.raises(ServiceKey, match="cannot be read"):
        Line("S", "http://127.0.0.1:1", key).order("/x")
    key.write_text("secret\n")
    key.chmod(mode)
    with pytest.raises(ServiceKey) as refused:
        Line("S", "http://127.0.0.1:1", key).order("/x")
    assert "chmod 600" in refused.value.action
    assert "printd retry JOB" in refused.value.action
    assert "secret\n" not in str(refused.value)


def test_an_answer_that_is_the_result_goes_to_a_file(tmp_path: Path, site: Any) -> None:
    out = tmp_path / "out"
    url = site(lambda _: Reply(200, b"mesh" * 1000)).url
    answer = line_to(url).order("/x", into=out, most_bytes=5000)
    assert out.read_bytes() == b"mesh" * 1000
    assert answer.content == b""
    with pytest.raises(ResultTooLarge):
        line_to(url).order("/x", into=tmp_path / "large", most_bytes=3999)
    broken = site(lambda _: Reply(200, b"mesh" * 1000, cut_after=2000)).url
    with pytest.raises(InDoubt):
        line_to(broken).order("/x", into=tmp_path / "broken", most_bytes=5000)
    refused = site(lambda _: json_reply(422, {"detail": "no"})).url
    with pytest.raises(ServiceRejected, match="no"):
        line_to(refused).order("/x", into=tmp_path / "refused")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


# Bringing a result home.


def hosts(url: str, **more: Any) -> Hosts:
    return Hosts((url.partition("//")[2],), are_local=True, **more)


def brought(url: str, out: Path, **more: Any) -> bytes:
    fetch(line_to(url), f"{url}/m.glb", out, hosts(url, **more), 10_000)
    return out.read_bytes()


def test_a_result_is_fetched_whole_or_not_at_all(tmp_path: Path, site: Any) -> None:
    assert brought(site(lambda _: Reply(200, b"m" * 9000)).url, tmp_path / "whole") == b"m" * 9000
    for reply, error in (
        (Reply(200, b"m" * 10_001), ResultTooLarge),
        (Reply(200, iter([b"m" * 6000] * 2)), ResultTooLarge),
        (Reply(200, b"m", length=10**9), ResultTooLarge),
        (Reply(200, b""), ResultUnusable),
        (Reply(200, b"m" * 9000, cut_after=20), ServiceAway),
        (Reply(503), ServiceAway),
        (Reply(404), ResultGone),
        (Reply(403), ResultGone),
        (Reply(302, b"", {"Location": "https://evil.test/"}), ResultElsewhere),
        (Reply(302, b"", {"Location": "file:///etc/passwd"}), ResultElsewhere),
        (Reply(302, b"", {"Location": "/m.glb"}), ResultElsewhere),
    ):
        with pytest.raises(error):
            brought(site(lambda _, reply=reply: reply).url, tmp_path / "none")
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]


def test_a_result_that_drips_is_given_up(tmp_path: Path, site: Any) -> None:
    with pytest.raises(ServiceAway):
        brought(site(drip).url, tmp_path / "out")
    with pytest.raises(ServiceAway):
        brought(site(silent).url, tmp_path / "out")


NO_ADDRESSES = ("https://[::", "https://xn--/m", f"https://{'a' * 64}.assets.test/m")


@pytest.mark.parametrize(
    "url",
    [
        "http://assets.test/m",  # not https
        "https://other.test/m",
        "https://assets.test.evil.test/m",
        "https://127.0.0.1/m",
        "https://user@other.test/m",
        *NO_ADDRESSES,
    ],
)
def test_no_other_host_is_asked(url: str, tmp_path: Path) -> None:
    allowed = Hosts(("assets.test", ".assets.test"))
    with pytest.raises(ResultElsewhere):
        fetch(line_to("https://s.test"), url, tmp_path / "x", allowed, 1000)


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_an_address_that_is_none_is_not_the_services_own(url: str) -> None:
    with pytest.raises(ServiceRejected):
        line_to("https://assets.test").own_address(url)


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_nobody_is_sent_on_to_an_address_that_is_none(url: str, tmp_path: Path, site: Any) -> None:
    def act(_request: Request) -> Reply:
        return Reply(302, b"", {"Location": url})

    here = site(act).url
    with pytest.raises(ServiceAway):
        line_to(here).look("/m")
    with pytest.raises(InDoubt):
        line_to(here).order("/m")
    allowed = Hosts((here.partition("//")[2], ".assets.test"), are_local=True)
    with pytest.raises((ResultElsewhere, ServiceAway)):
        fetch(line_to(here), f"{here}/m", tmp_path / "x", allowed, 1000)


NOBODYS = ("169.254.169.254", "0.0.0.0")  # noqa: S104


@pytest.mark.parametrize(
    ("address", "are_local"),
    [
        *((address, False) for address in ("127.0.0.1", "10.1.2.3", "[::1]", "[::ffff:10.0.0.1]")),
        *((address, are_local) for address in NOBODYS for are_local in (False, True)),
    ],
)
def test_nothing_private_is_asked_for_a_service_far_away_and_nothing_odd_for_any(
    address: str, are_local: bool, tmp_path: Path
) -> None:
    allowed = Hosts((address.strip("[]"),), are_local=are_local)
    with pytest.raises(ResultElsewhere):
        fetch(line_to("https://s.test"), f"https://{address}/m", tmp_path / "x", allowed, 1000)


def test_the_key_goes_to_hosts_that_are_named_for_it_alone(tmp_path: Path, site: Any) -> None:
    seen: list[str | None] = []

    def act(request: Request) -> Reply:
        seen.append(request.headers.get("authorization"))
        return Reply(200, b"m")

    key = tmp_path / "key"
    key.write_text("secret")
    key.chmod(0o600)
    url = site(act).url
    line = Line("S", "https://s.test", key, waits=QUICK)
    host = url.partition("//")[2]
    fetch(line, f"{url}/m", tmp_path / "a", Hosts((host,), are_local=True), 10)
    fetch(line, f"{url}/m", tmp_path / "b", Hosts((), (host,), are_local=True), 10)
    assert seen == [None, "Bearer secret"]


def test_a_server_that_resets_while_it_is_told_leaves_a_doubt() -> None:
    """A body larger than any buffer: the line breaks while it is still being sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def act() -> None:
            line, _ = listener.accept()
            line.recv(100)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()

        thread = threading.Thread(target=act)
        thread.start()
        line = line_to(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(InDoubt):
            line.order("/x", content=b"x" * (16 << 20))
        thread.join()
