"""Clients that are slow, silent, many, or talk nonsense: they end, and others do not notice."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from printd.core.pausing import Pausing
from printd.web.bounds import USUAL, Bounds
from printd.web.keys import Keys, Scope
from printd.web.rates import MOST_KEPT, Buckets, Rate
from printd.web.uploads import AT_ONCE, OF_ONE
from tests.peers.api import Api, served
from tests.photos import encoded, textured

GET = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"
SHORT = 0.3
PHOTO = encoded(textured(64, 64), "PNG")


def plain(api: Api) -> socket.socket:
    place = urlsplit(api.server.url)
    return socket.create_connection((place.hostname, place.port), timeout=60)


def to_the_end(line: socket.socket) -> bytes:
    found = b""
    with suppress(ConnectionResetError):
        while chunk := line.recv(65536):
            found += chunk
    return found


def to(line: socket.socket, words: bytes) -> bytes:
    found = b""
    while words not in found:
        chunk = line.recv(65536)
        assert chunk, found
        found += chunk
    return found


def is_cut_off(line: socket.socket, trickle: bytes) -> bool:
    """Send a byte now and then, each in good time, until the other end has had enough."""
    line.settimeout(0.05)
    with suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(1000):
            line.sendall(trickle)
            try:
                if line.recv(65536) == b"":
                    return True
            except TimeoutError:
                continue
        return False
    return True


@pytest.fixture
def bounds() -> Bounds:
    return USUAL


@pytest.fixture
def api(tmp_path: Path, bounds: Bounds) -> Iterator[Api]:
    with served(tmp_path, bounds) as running:
        yield running


def within(**shorter: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("bounds", [replace(USUAL, **shorter)])


# Slow ones.


@within(headers_s=SHORT)
@pytest.mark.parametrize("begin", [b"", b"GET /readyz HTTP/1.1\r\nX: "])
def test_who_never_finishes_a_header_is_cut_off(api: Api, begin: bytes) -> None:
    with plain(api) as line:
        line.sendall(begin)
        assert is_cut_off(line, b"y")


@within(headers_s=SHORT)
def test_who_says_nothing_is_cut_off(api: Api) -> None:
    with plain(api) as line:
        assert to_the_end(line) == b""


@within(headers_s=SHORT)
def test_the_second_request_has_to_be_whole_too(api: Api) -> None:
    with plain(api) as line:
        line.sendall(GET)
        assert to(line, b'"ok":true').startswith(b"HTTP/1.1 200")
        line.sendall(b"GET /readyz HTTP/1.1\r\nX: ")
        assert is_cut_off(line, b"y")


@within(small_body_s=SHORT)
def test_a_small_body_that_trickles_is_refused(api: Api) -> None:
    head = (
        f"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {api.key()}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    )
    with plain(api) as line:
        line.sendall(head.encode())
        answer = to(line, b"body_too_slow")

    assert answer.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    "bounds", [replace(USUAL, upload_idle_s=SHORT), replace(USUAL, upload_base_s=SHORT)]
)
def test_an_upload_that_stops_or_trickles_is_refused_and_leaves_nothing(
    api: Api, bounds: Bounds
) -> None:
    head = (
        f"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {api.key()}\r\n"
        "Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: 900000\r\n\r\n"
        '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    )
    with plain(api) as line:
        line.sendall(head.encode() + b"x" * 600_000)
        answer = b""
        line.settimeout(0.05 if bounds.upload_base_s == SHORT else 60)
        while b"body_too_slow" not in answer:
            with suppress(TimeoutError):
                answer += line.recv(65536)
                continue
            line.sendall(b"x")

    incoming = api.config.data_dir / "incoming"
    assert answer.startswith(b"HTTP/1.1 408")
    assert [*incoming.iterdir()] == []


@within(headers_s=SHORT, small_body_s=SHORT)
def test_an_answer_that_takes_long_is_waited_for(api: Api) -> None:
    """The bounds are for what clients send, not for what they wait for."""
    with api.client() as client, client.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        next(lines)
        with plain(api) as other:
            assert to_the_end(other) == b""  # cut off: so much time has passed
        Keys(api.store.database).create("news", Scope.SUBMIT, by="ana")
        assert next(line for line in lines if "key.created" in line)


# Many.


@within(per_address=3)
def test_an_address_has_so_many_connections_and_no_more(api: Api) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(plain(api)) for _ in range(3)]
        for line in held:
            line.sendall(GET)
            to(line, b'"ok":true')
        with plain(api) as one_more:
            assert to_the_end(one_more) == b""
        with api.at_home() as home:
            assert home.get("http://printd/readyz").status_code == 200
        held[0].close()
        assert any(is_answered(api) for _ in range(200))


def is_answered(api: Api) -> bool:
    with plain(api) as line:
        with suppress(ConnectionResetError, BrokenPipeError):
            line.sendall(
                GET + b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
        return b'"ok":true' in to_the_end(line)


def test_slow_uploads_of_weak_keys_leave_room_for_others(api: Api) -> None:
    texts = [
        Keys(api.store.database).create(f"slow{number}", Scope.SUBMIT, by="ana")[1]
        for number in range(2)
    ]
    with ExitStack() as stack:
        for number in range(AT_ONCE):
            head = (
                "POST /api/v1/drafts HTTP/1.1\r\nHost: localhost\r\n"
                f"X-Api-Key: {texts[number % 2]}\r\n"
                "Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: 900000\r\n\r\n"
                '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
            )
            stack.enter_context(plain(api)).sendall(head.encode() + b"x" * 300_000)
        incoming = api.config.data_dir / "incoming"
        while not incoming.exists() or len([*incoming.iterdir()]) < 2 * OF_ONE:
            assert is_answered(api)
        with api.client() as client:
            taken = client.post("/drafts", files={"file": ("a.png", PHOTO)})

        assert taken.status_code == 201
        assert len([*incoming.iterdir()]) == 2 * OF_ONE


def test_thousands_of_addresses_are_not_remembered_for_ever() -> None:
    buckets = Buckets(Rate(at_once=2, per_s=0.1))
    for number in range(3 * MOST_KEPT):
        assert buckets.take(f"10.0.{number}", now_s=0.0)
    assert len(buckets) == MOST_KEPT
    assert buckets.wait_s("10.1.1.1") == 0.0
    last = f"10.0.{3 * MOST_KEPT - 1}"
    assert [buckets.take(last, now_s=1.0) for _ in range(2)] == [True, False]
    assert buckets.wait_s(last) == pytest.approx(9.0)  # a tenth of a token is there

    assert buckets.take("10.1.1.1", now_s=30.0)

    assert len(buckets) == 1
    assert buckets.take(last, now_s=30.0)


# Streams.


@within(stream_quiet_s=0.1)
def test_a_quiet_stream_is_kept_open_by_comments(api: Api) -> None:
    with api.client() as client, client.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        assert [next(line for line in lines if line.startswith(":")) for _ in range(3)] == [
            ": still here"
        ] * 3


@within(stream_quiet_s=0.1)
def test_a_stream_whose_key_is_revoked_ends(api: Api) -> None:
    with (
        api.client(Scope.OPERATE) as client,
        api.client() as other,
        client.stream("GET", "/events") as ends,
        other.stream("GET", "/events") as goes_on,
    ):
        lines = goes_on.iter_lines()
        next(lines)
        Keys(api.store.database).revoke("test-operate", by="ana")
        heard = [*ends.iter_lines()]
        assert next(line for line in lines if "key.revoked" in line)

    assert heard[0] == "retry: 2000"


@within(stream_quiet_s=0.1)
def test_a_stream_whose_key_expires_ends(api: Api) -> None:
    with api.client(Scope.OPERATE) as client, client.stream("GET", "/events") as ends:
        with api.store.database.write() as connection:
            connection.execute("UPDATE api_key SET expires_at = '2026-05-03T12:00:00.000+00:00'")
        heard = [*ends.iter_lines()]
        after = client.get("/jobs")

    assert heard[0] == "retry: 2000"
    assert after.json()["code"] == "api_key_expired"


@within(stream_quiet_s=1.0)
def test_a_stream_whose_key_is_revoked_ends_though_much_happens(api: Api) -> None:
    queue = Pausing(api.store.database)
    with api.client(Scope.OPERATE) as client, client.stream("GET", "/events") as ends:
        lines = ends.iter_lines()
        next(lines)
        Keys(api.store.database).revoke("test-operate", by="ana")
        for heard, line in enumerate(lines):
            assert heard < 400, "it does not end"
            # The next thing happens as soon as one is told.
            if line.startswith("id:") and not queue.resume(by="ana"):
                queue.pause(by="ana")


# Nonsense.


def test_requests_in_one_breath_are_answered_in_their_order(api: Api) -> None:
    with plain(api) as line:
        line.sendall(
            GET * 5
            + GET.replace(b"/readyz", b"/nothing")
            + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        )
        answers = to_the_end(line).split(b"HTTP/1.1 ")[1:]

    assert [answer[:3] for answer in answers] == [b"200"] * 5 + [b"404", b"200"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\xfe\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n folded: b\r\n\x01: c\r\n\r\n",
        b"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        b"\r\nZZ\r\n",
        b"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: odd\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_garbage_after_a_good_request_ends_the_connection_alone(api: Api, garbage: bytes) -> None:
    with plain(api) as line:
        line.sendall(GET + garbage)
        line.shutdown(socket.SHUT_WR)
        answers = to_the_end(line).split(b"HTTP/1.1 ")[1:]

    assert answers[0].startswith(b"200")
    assert all(not answer.startswith((b"2", b"5")) for answer in answers[1:])
    assert is_answered(api)


def test_what_follows_a_body_of_two_lengths_is_no_request(api: Api) -> None:
    hidden = GET.replace(b"/readyz", b"/healthz")
    head = (
        b"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    with plain(api) as line:
        line.sendall(head + hidden)
        line.shutdown(socket.SHUT_WR)
        answer = to_the_end(line)

    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1
    assert b"connection: close" in answer.lower()
    assert is_answered(api)
