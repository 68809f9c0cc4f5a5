"""What strangers send: too much, too little, too slowly, lies, tricks. Nothing is left behind."""

import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from printd.core.errors import RecipeUnknown
from printd.core.names import display_name
from printd.web.access import SUBMIT_UPLOADS
from printd.web.keys import Scope
from printd.web.problems import USUAL_WAIT_S, words_of
from tests.peers.api import Api, served
from tests.peers.stores import new_job

EDGE = b"--edge\r\n"
FILE = b'Content-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
MASK = FILE.replace(b'"file"', b'"mask"')
END = b"\r\n--edge--\r\n"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    limits = {"free_mb": 0, "free_pct": 0, "photo_max_mb": 0.2}
    with served(tmp_path, limits=limits) as running:
        yield running


def field(name: str, value: bytes) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"\r\n\r\n'
    return EDGE + disposition.encode() + value + b"\r\n"


def post(
    api: Api, body: bytes | Iterator[bytes], kind: str = "multipart/form-data; boundary=edge"
) -> httpx.Response:
    with api.client() as client:
        return client.post("/jobs", content=body, headers={"Content-Type": kind})


def raw(api: Api, request: bytes, *, end: bool = False, until: bytes = b"\0") -> bytes:
    """Send bytes as they are and return what comes back, to its end or to some words."""
    place = urlsplit(api.server.url)
    with socket.create_connection((place.hostname, place.port), timeout=60) as plain:
        plain.sendall(request)
        if end:
            plain.shutdown(socket.SHUT_WR)
        found = b""
        while until not in found and (chunk := plain.recv(65536)):
            found += chunk
        return found


def nothing_is_left(api: Api) -> bool:
    incoming = api.config.data_dir / "incoming"
    with api.client() as client:
        jobs = client.get("/jobs").json()["jobs"]
    return jobs == [] and not (incoming.exists() and [*incoming.iterdir()])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "upload_invalid"),
        (b"no form at all", 400, "upload_invalid"),
        (EDGE + FILE + b"cut off", 400, "upload_invalid"),
        (EDGE + FILE + b"cut off\r\n--edge", 400, "upload_invalid"),
        (EDGE + END, 400, "upload_invalid"),
        (field("recipe", b"default") + b"--edge--\r\n", 400, "upload_invalid"),
        (field("path", b"/etc/passwd") + EDGE + FILE + b"x" + END, 400, "upload_invalid"),
        (field("recipe", b"a") * 2 + EDGE + FILE + b"x" + END, 400, "upload_invalid"),
        ((EDGE + FILE + b"x\r\n") * 2 + b"--edge--\r\n", 400, "upload_invalid"),
        (field("recipe", b"\xff\xfe") + EDGE + FILE + b"x" + END, 400, "upload_invalid"),
        (field("name", b"a") * 10_000 + EDGE + FILE + b"x" + END, 400, "upload_invalid"),
        (EDGE + b"X: " + b"y" * 20_000 + b"\r\n" + FILE + b"x" + END, 400, "upload_invalid"),
        (field("name", b"a" * 70_000) + EDGE + FILE + b"x" + END, 413, "body_too_large"),
        (EDGE + FILE + b"x" * 300_000 + END, 413, "body_too_large"),
        (EDGE + FILE + b"x\r\n" + EDGE + MASK + b"x" * 300_000 + END, 413, "body_too_large"),
        (EDGE + MASK + b"x" + END, 400, "upload_invalid"),
        (EDGE + FILE + b"x\r\n" + (EDGE + MASK + b"x\r\n") * 2 + END, 400, "upload_invalid"),
    ],
)
def test_a_form_that_is_not_meant_leaves_nothing(
    api: Api, body: bytes, status: int, code: str
) -> None:
    answer = post(api, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert nothing_is_left(api)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("settings", b"{", "request_invalid"),
        ("settings", b"[1]", "request_invalid"),
        ("settings", b'{"a": NaN}', "request_invalid"),
        ("settings", b"[" * 60_000, "request_invalid"),
        ("settings", b'{"a":' * 50 + b"1" + b"}" * 50, "request_invalid"),
        ("settings", b'{"a": ' + b"9" * 10_000 + b"}", "request_invalid"),
        ("settings", b'{"a": 1, "a": 2}', "request_invalid"),
        ("settings", b'{"' + b"a" * 17_000 + b'": 1}', "request_invalid"),
        ("recipe", b"r" * 65, "request_invalid"),
        ("name", b"n" * 256, "request_invalid"),
        ("copies", b"1" * 10, "request_invalid"),
        ("copies", b"many", "request_invalid"),
        ("copies", "٣".encode(), "request_invalid"),
        ("hold", b"perhaps", "request_invalid"),
    ],
)
def test_a_field_that_cannot_be_meant_is_named(
    api: Api, name: str, value: bytes, code: str
) -> None:
    answer = post(api, field(name, value) + EDGE + FILE + b"x" + END)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert name in answer.json()["problem"]
    assert len(answer.content) < 1000
    assert nothing_is_left(api)


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data", "text/plain", "multipart/form-data; boundary=", ""],
)
def test_a_body_of_another_type_is_said(api: Api, kind: str) -> None:
    answer = post(api, EDGE + FILE + b"x" + END, kind)

    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")


def test_a_boundary_that_is_too_long_is_said(api: Api) -> None:
    answer = post(api, b"x", f"multipart/form-data; boundary={'b' * 4000}")

    assert answer.status_code == 415


def test_what_is_announced_too_large_is_refused_before_it_comes(api: Api) -> None:
    head = (
        f"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {api.key()}\r\n"
        "Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: 9000000000\r\n\r\n"
    )
    answer = raw(api, head.encode(), until=b"body_too_large")

    assert answer.startswith(b"HTTP/1.1 413")
    assert nothing_is_left(api)


def test_what_is_too_large_says_how_large_it_may_be_in_round_numbers(api: Api) -> None:
    words = EDGE + FILE.replace(b".png", b".prompt.txt") + b"x" * 70_000 + END
    assert b".prompt.txt" in words
    picture = EDGE + FILE + b"x" * 300_000 + END

    said = [post(api, body).json()["problem"] for body in (words, picture)]

    assert said == ["Such a file may have up to 64 KB.", "Such a file may have up to 195 KB."]


def test_a_body_without_an_announced_length_is_counted(api: Api) -> None:
    def forever() -> Iterator[bytes]:
        yield EDGE + FILE
        for _ in range(100):
            yield b"x" * 65536

    answer = post(api, forever())

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert nothing_is_left(api)


def test_an_announced_length_that_is_never_reached_leaves_nothing(api: Api) -> None:
    body = EDGE + FILE + b"x" * 1000
    head = (
        f"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {api.key()}\r\n"
        f"Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: 5000\r\n\r\n"
    )
    place = urlsplit(api.server.url)
    with socket.create_connection((place.hostname, place.port), timeout=60) as plain:
        plain.sendall(head.encode() + body)

    assert nothing_is_left_soon(api)


def nothing_is_left_soon(api: Api) -> bool:
    """Wait until the server has seen that somebody is gone."""
    return any(nothing_is_left(api) for _ in range(200))


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /api/v1/jobs HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n",
        b"GET /api/v1/jobs HTTP/1.1\r\n\r\n",
        b"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
        b"Content-Length: 2\r\n\r\nab",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Length : 2\r\n\r\n{}",
        b"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Length: +2\r\n\r\n{}",
        b"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n localhost\r\nConnection: close\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_and_closed(api: Api, request_line: bytes) -> None:
    answer = raw(api, request_line, until=b"{}}")

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] in (b"400", b"421", b"431"), answer
    assert set(json.loads(body)) == {"code", "problem", "action", "details"}
    assert nothing_is_left(api)


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"])
def test_headers_that_are_too_long_say_how_long_they_may_be(api: Api, end: bytes) -> None:
    answer = raw(api, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 17_000 + end)

    assert b"headers_too_large" in answer
    assert answer.startswith(b"HTTP/1.1 431")
    assert b"Headers of up to 16 KB are read." in answer


def test_garbage_after_an_answer_makes_no_word_in_the_log(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    place = urlsplit(api.server.url)
    with socket.create_connection((place.hostname, place.port), timeout=60) as plain:
        plain.sendall(
            b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: multipart/form-data; boundary=edge\r\n\r\n"
        )
        answer = b""
        while b"key_needed" not in answer:
            answer += plain.recv(65536)
        plain.sendall(b"ZZ\r\n")
        while plain.recv(65536):
            continue

    assert answer.startswith(b"HTTP/1.1 401")
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_who_goes_in_the_middle_of_a_body_makes_no_word_in_the_log(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    head = (
        f"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {api.key()}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    raw(api, head.encode(), end=True)
    with api.client() as client:
        figures = (client.get(f"{api.server.url}/metrics").text for _ in range(400))
        assert any('method="POST",status="4xx"' in one for one in figures)  # it has ended

    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_what_was_sent_at_length_does_not_come_back_at_length() -> None:
    words = words_of(RecipeUnknown(f"There is no recipe {'x' * 50_000!r}."))

    assert len(words["problem"]) <= 1000
    assert words["problem"].startswith("There is no recipe 'xx")


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip, identity", "br"])
def test_what_is_packed_is_not_unpacked(api: Api, encoding: str) -> None:
    packed = gzip.compress(b'{"name": "a", "scope": "submit"}' + b" " * 10_000_000)
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    with api.client() as client:
        answer = client.post("/keys", content=packed, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")
    assert "packed" in answer.json()["problem"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_json_has_to_say_that_it_is(api: Api, kind: str) -> None:
    with api.client() as client:
        answer = client.post(
            "/keys", content=b'{"name": "a", "scope": "submit"}', headers={"Content-Type": kind}
        )

    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")
    assert "application/json" in answer.json()["problem"]


def test_a_small_body_that_is_too_large_is_refused(api: Api) -> None:
    with api.client() as client:
        known = client.post("/keys", content=b"x" * 100_000)
        unknown = client.post("/keys", content=iter([b"x" * 70_000]))

    assert [answer.status_code for answer in (known, unknown)] == [413, 413]
    assert known.json()["code"] == unknown.json()["code"] == "body_too_large"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"[]", 422),
        (b'"\xff"', 400),
        (json.dumps({f"k{n}": n for n in range(5000)}).encode()[:60_000], 422),
        (json.dumps({f"k{n}": 1 for n in range(4000)}).encode(), 422),
        (b'{"name": "\\ud800", "scope": "submit"}', 422),
        (b'{"name": "<script>alert(1)</script>", "scope": "submit"}', 422),
        (b'{"name": "a", "scope": "submit", "owner": "' + b"a" * 100 + b'"}', 422),
        (b"[" * 50_000, 400),
        (b'{"name": "a", "scope": "submit", "scope": "admin"}', 400),
        (b'{"name": "a", "scope": "submit", "expires_at": NaN}', 400),
        (b'{"name": "a", "scope": "submit", "expires_at": "9999-12-31T23:59:59-14:00"}', 422),
        (b'{"name": ' + b"9" * 5000 + b', "scope": "submit"}', 400),
    ],
)
def test_json_that_is_not_meant_is_said_and_not_repeated(
    api: Api, body: bytes, status: int
) -> None:
    with api.client() as client:
        answer = client.post("/keys", content=body, headers={"Content-Type": "application/json"})

    words = answer.json()
    assert answer.status_code == status
    assert set(words) == {"code", "problem", "action", "details"}
    assert len(answer.content) < 10_000
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "name",
    ["<img src=x onerror=alert(1)>", "a\u202egnp.exe", "a\x00\x1b[31mb", "../../etc/x", "—" * 300],
)
def test_names_are_data_and_fit_for_one_line(api: Api, name: str) -> None:
    api.store.accept(new_job(1, name=display_name(name)))
    with api.client() as client:
        shown: dict[str, Any] = client.get("/jobs/1").json()

    assert shown["name"] == display_name(name)
    assert not set(shown["name"]) & {"\u202e", "\x00", "\x1b"}
    assert len(shown["name"]) <= 80


def test_a_key_that_hands_in_too_often_is_told_to_wait(api: Api) -> None:
    with api.client(Scope.SUBMIT) as shop:
        answers = [
            shop.post("/jobs", content=b"x", headers={"Content-Type": "text/plain"})
            for _ in range(20)
        ]

    assert [answer.status_code for answer in answers[:12]] == [415] * 12
    assert answers[-1].status_code == 429
    first = next(answer for answer in answers if answer.status_code == 429)
    assert USUAL_WAIT_S < int(first.headers["retry-after"]) <= 1 / SUBMIT_UPLOADS.per_s
