"""Files that printd fetches itself: from where it may, as much as it may, for as long as it may."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from printd.core.web_config import WebConfig
from printd.web.problems import SourceFailed, SourceRefused
from printd.web.sources import Patience, Sources
from tests.peers.api import Api, served
from tests.peers.web_pages import Pages, pages, sent

LIMITS = {"free_mb": 0, "free_pct": 0, "photo_max_mb": 0.01}
HERE = "127.0.0.1"


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        for _ in range(1000):
            handler.wfile.write(b"x" * 1000)


def slow_headers(handler: BaseHTTPRequestHandler) -> None:
    """Send a header now and then: each in time, all of them never."""
    with suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            handler.wfile.write(b"X: y\r\n")
            handler.wfile.flush()
            time.sleep(0.05)


PAGES = {
    "/ok.png": sent(b"a picture"),
    "/loop": sent(b"", 302, Location="/loop"),
    "/to-metadata": sent(b"", 302, Location="http://169.254.169.254/latest/meta-data"),
    "/to-a-file": sent(b"", 307, Location="file:///etc/passwd"),
    "/gone.png": sent(b"nothing", 404),
    "/empty.png": sent(b""),
    "/said-large.png": sent(b"x", Content_Length="90000000"),
    "/endless.png": endless,
    "/cut.png": sent(b"half", Content_Length="100"),
    "/packed.png": sent(b"\x1f\x8b", Content_Encoding="gzip"),
    "/slow.png": slow_headers,
}


@pytest.fixture
def peer() -> Iterator[Pages]:
    with pages(PAGES) as running:
        yield running


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    web = {"port": 0, "source_urls": True, "source_hosts": [HERE]}
    with served(tmp_path, web=web, limits=LIMITS) as running:
        yield running


def asked(api: Api, url: str, **more: Any) -> httpx.Response:
    with api.client() as client:
        return client.post("/jobs", json={"source_url": url, **more})


def left(api: Api) -> list[Path]:
    incoming = api.config.data_dir / "incoming"
    return [*incoming.iterdir()] if incoming.exists() else []


def test_nothing_is_fetched_unless_the_configuration_says_so(tmp_path: Path, peer: Pages) -> None:
    with served(tmp_path) as api:
        answer = asked(api, peer.url("/ok.png"))

    assert (answer.status_code, answer.json()["code"]) == (403, "source_off")
    assert peer.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:{port}/ok.png",
        "http://127.1:{port}/ok.png",
        "http://2130706433:{port}/ok.png",
        "http://0x7f.0.0.1:{port}/ok.png",
        "http://0.0.0.0:{port}/ok.png",
        "http://[::1]:{port}/ok.png",
        "http://[::ffff:127.0.0.1]:{port}/ok.png",
        "http://[::127.0.0.1]:{port}/ok.png",
        "http://[2002:7f00:1::]:{port}/ok.png",
        "http://[64:ff9b::7f00:1]:{port}/ok.png",
        "http://10.0.0.1/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/a.png",
        "http://224.0.0.1/a.png",
        "http://user:secret@127.0.0.1:{port}/ok.png",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a.png",
        "http:///a.png",
        "/etc/passwd",
        "",
    ],
)
def test_an_address_of_the_own_network_is_not_asked(api: Api, peer: Pages, url: str) -> None:
    answer = asked(api, url.format(port=peer.port))

    assert (answer.status_code, answer.json()["code"]) == (422, "source_refused")
    assert peer.asked == []
    assert left(api) == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/loop", 422, "source_failed"),
        ("/to-metadata", 422, "source_refused"),
        ("/to-a-file", 422, "source_refused"),
        ("/gone.png", 422, "source_failed"),
        ("/empty.png", 422, "source_failed"),
        ("/said-large.png", 413, "body_too_large"),
        ("/endless.png", 413, "body_too_large"),
        ("/cut.png", 422, "source_failed"),
        ("/packed.png", 422, "source_failed"),
    ],
)
def test_what_comes_badly_is_said_and_leaves_nothing(
    api: Api, peer: Pages, path: str, status: int, code: str
) -> None:
    answer = asked(api, peer.url(path))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(peer.asked) == (6 if path == "/loop" else 1)
    assert left(api) == []


def test_a_redirect_is_held_to_the_same(api: Api) -> None:
    with pages({"/ok.png": sent(b"a picture")}) as inner:
        away = {"/away": sent(b"", 302, Location=inner.url("/ok.png", "localhost"))}
        with pages(away) as outer:
            answer = asked(api, outer.url("/away"))

    assert answer.json()["code"] == "source_refused"
    assert inner.asked == []


def test_nobody_at_the_address_is_said(api: Api, peer: Pages) -> None:
    unknown = asked(api, "http://no-such-name.invalid/a.png")
    peer.close()
    closed = asked(api, peer.url("/ok.png"))

    assert unknown.json()["code"] == closed.json()["code"] == "source_failed"


async def fetched(url: str, patience: Patience, *hosts: str) -> bytes:
    config = WebConfig(source_urls=True, source_hosts=[*hosts])
    sources = Sources(lambda: config, patience)
    async with sources.opened(sources.check(url)) as answer:
        return b"".join([chunk async for chunk in answer.aiter_raw()])


def test_a_host_that_is_named_is_asked_by_its_name(peer: Pages) -> None:
    found = asyncio.run(fetched(peer.url("/ok.png", "localhost"), Patience(), "localhost"))

    assert found == b"a picture"
    assert peer.asked == [(f"localhost:{peer.port}", "/ok.png")]


def test_a_host_that_is_named_has_no_address_of_a_link(peer: Pages) -> None:
    with pytest.raises(SourceRefused):
        asyncio.run(fetched("http://169.254.169.254/", Patience(), "169.254.169.254"))


def test_an_answer_that_trickles_ends(peer: Pages) -> None:
    patience = Patience(connect_s=10, stall_s=10, whole_s=0.5)
    with pytest.raises(SourceFailed, match="takes too long"):
        asyncio.run(fetched(peer.url("/slow.png"), patience, HERE))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "body_invalid"),
        (b"[" * 60_000, 400, "body_invalid"),
        (b'{"source_url": NaN}', 400, "body_invalid"),
        (b"[]", 422, "request_invalid"),
        (b"{}", 422, "request_invalid"),
        (b'{"source_url": "http://a.example/", "path": "/etc"}', 422, "request_invalid"),
        (b'{"source_url": "http://a.example/", "copies": 0}', 422, "request_invalid"),
        (b'{"source_url": "' + b"a" * 70_000 + b'"}', 413, "body_too_large"),
    ],
)
def test_a_document_that_is_not_meant_is_said(
    api: Api, body: bytes, status: int, code: str
) -> None:
    with api.client() as client:
        answer = client.post("/jobs", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
