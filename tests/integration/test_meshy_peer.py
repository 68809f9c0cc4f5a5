"""The fake Meshy, asked in plain HTTP as section 5 of the document has it."""

import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.peers.services_asking import URI, Client, asking, credential, data_uri, photo
from tests.peers.services_faults import Fault, Kind
from tests.peers.services_meshy import Meshy

HOUR_S = 3600.0


@pytest.fixture
def at_meshy(tmp_path: Path) -> Iterator[Client[Meshy]]:
    with asking(Meshy, tmp_path) as client:
        yield client


IMAGE = "/openapi/v1/image-to-3d"
PRESET = {
    "image_url": URI,
    "ai_model": "meshy-6",
    "should_texture": False,
    "should_remesh": True,
    "topology": "triangle",
    "target_polycount": 200_000,
    "target_formats": ["glb", "stl"],
    "symmetry_mode": "auto",
}


def test_meshy_makes_what_was_asked_for_under_links_that_expire(at_meshy: Client[Meshy]) -> None:
    peer = at_meshy.peer
    made = at_meshy.ask("POST", IMAGE, json=PRESET)
    assert made.status_code == 202
    where = f"{IMAGE}/{made.json()['result']}"
    waiting = at_meshy.ask("GET", where)
    assert waiting.headers["retry-after"] == "5"
    assert waiting.json()["status"] == "PENDING"
    assert waiting.json()["preceding_tasks"] > 0
    peer.clock.skip(30)
    assert at_meshy.ask("GET", where).json()["status"] == "IN_PROGRESS"
    peer.clock.skip(60)
    done = at_meshy.ask("GET", where)
    assert "retry-after" not in done.headers
    task = done.json()
    assert set(task["model_urls"]) == {"glb", "stl"}
    assert (task["status"], task["consumed_credits"]) == ("SUCCEEDED", 20)
    assert task["expires_at"] > time.time() * 1000
    stl = at_meshy.fetch(task["model_urls"]["stl"]).content
    assert len(stl) == 84 + 50 * struct.unpack("<I", stl[80:84])[0]
    balance = at_meshy.ask("GET", "/openapi/v1/balance").json()["balance"]
    assert balance == 980
    peer.clock.skip(3 * 24 * HOUR_S)
    expired = at_meshy.fetch(task["model_urls"]["stl"])
    assert (expired.status_code, expired.headers["content-type"]) == (403, "application/xml")
    assert b"AccessDenied" in expired.content
    assert at_meshy.ask("GET", where).status_code == 404


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"target_polycount": 99}, 400),
        ({"ai_model": "meshy-7"}, 400),
        ({"target_formats": ["step"]}, 400),
        ({"polycount": 100}, 400),
        ({"should_texture": "false"}, 400),
        ({"image_url": "data:image/png;base64,AAAA"}, 400),
    ],
)
def test_meshy_refuses_with_a_message_only(
    at_meshy: Client[Meshy], more: dict[str, Any], status: int
) -> None:
    said = at_meshy.ask("POST", IMAGE, json=PRESET | more)
    assert said.status_code == status
    assert set(said.json()) == {"message"}


def test_meshy_gives_back_what_failed_and_keeps_what_was_deleted(at_meshy: Client[Meshy]) -> None:
    peer = at_meshy.peer
    peer.faults.arm(Fault(Kind.FAIL))
    failed = at_meshy.ask("POST", IMAGE, json=PRESET).json()["result"]
    deleted = at_meshy.ask("POST", IMAGE, json=PRESET).json()["result"]
    assert peer.ledger.spent() == 40
    assert at_meshy.ask("DELETE", f"{IMAGE}/{deleted}").status_code == 200
    assert at_meshy.ask("GET", f"{IMAGE}/{deleted}").status_code == 404
    peer.clock.skip(100)
    task = at_meshy.ask("GET", f"{IMAGE}/{failed}").json()
    assert task["status"] == "FAILED"
    assert task["task_error"]["message"]
    assert peer.ledger.spent() == 20
    assert [paid.is_refunded for paid in peer.ledger.orders()] == [True, False]


def test_meshy_has_a_short_queue_and_an_empty_purse(at_meshy: Client[Meshy]) -> None:
    peer = at_meshy.peer
    peer.balance = 30
    assert at_meshy.ask("POST", IMAGE, json=PRESET).status_code == 202
    assert at_meshy.ask("POST", IMAGE, json=PRESET).status_code == 402
    peer.queue_depth = 1
    full = at_meshy.ask("POST", IMAGE, json=PRESET)
    assert (full.status_code, "queue" in full.json()["message"]) == (429, True)
    assert at_meshy.ask("POST", IMAGE, json=PRESET, headers={"Origin": "x"}).status_code == 403


def test_meshy_costs_nothing_for_the_dummy_key(at_meshy: Client[Meshy]) -> None:
    dummy = {"Authorization": "Bearer msy_dummy_api_key_for_test_mode_12345678"}
    assert at_meshy.ask("POST", IMAGE, json=PRESET, headers=dummy).status_code == 202
    assert [paid.price for paid in at_meshy.peer.ledger.orders()] == [0]


def test_meshy_lists_newest_first_among_other_peoples_tasks(at_meshy: Client[Meshy]) -> None:
    at_meshy.peer.add_strangers(60)
    ours = at_meshy.ask("POST", IMAGE, json=PRESET).json()["result"]
    query = {"page_num": 1, "page_size": 50, "sort_by": "-created_at"}
    page = at_meshy.ask("GET", IMAGE, params=query).json()
    assert (len(page), page[0]["id"]) == (50, ours)
    assert len(at_meshy.ask("GET", IMAGE, params=query | {"page_num": 2}).json()) == 11
    assert at_meshy.ask("GET", IMAGE, params={"page_size": 51}).status_code == 400


def test_meshy_streams_to_the_end_and_says_what_is_not_there(
    at_meshy: Client[Meshy],
) -> None:
    made = at_meshy.ask("POST", IMAGE, json=PRESET).json()["result"]
    at_meshy.peer.event_s = 0.0
    with httpx.stream(
        "GET", f"{at_meshy.peer.url}{IMAGE}/{made}/stream", headers=credential(at_meshy.peer)
    ) as said:
        lines = said.iter_lines()
        assert next(lines) == "event: message"
        at_meshy.peer.clock.skip(100)
        rest = list(lines)
    assert any(line.startswith(":") for line in rest)
    assert '"SUCCEEDED"' in rest[-2]
    unknown = f"{IMAGE}/018a210d-8ba4-705c-b111-1f1776f7f578/stream"
    assert "event: error" in at_meshy.ask("GET", unknown).text


def test_meshy_remeshes_what_it_made(at_meshy: Client[Meshy]) -> None:
    made = at_meshy.ask("POST", IMAGE, json=PRESET).json()["result"]
    remesh = {"input_task_id": made, "target_formats": ["stl"]}
    assert at_meshy.ask("POST", "/openapi/v1/remesh", json=remesh).status_code == 400
    at_meshy.peer.clock.skip(100)
    again = at_meshy.ask("POST", "/openapi/v1/remesh", json=remesh).json()["result"]
    at_meshy.peer.clock.skip(100)
    task = at_meshy.ask("GET", f"/openapi/v1/remesh/{again}").json()
    assert set(task["model_urls"]) == {"stl"}
    assert [paid.price for paid in at_meshy.peer.ledger.orders()] == [20, 5]


def test_meshy_takes_several_views_and_analyses_for_nothing(at_meshy: Client[Meshy]) -> None:
    views = {"image_urls": [URI, data_uri(photo(5))], "ai_model": "meshy-5"}
    multi = "/openapi/v1/multi-image-to-3d"
    made = at_meshy.ask("POST", multi, json=views).json()["result"]
    assert at_meshy.ask("POST", multi, json={"image_urls": [URI] * 5}).status_code == 400
    at_meshy.peer.clock.skip(100)
    analysis = "/openapi/v1/print/analyze"
    asked = at_meshy.ask("POST", analysis, json={"input_task_id": made}).json()["result"]
    at_meshy.peer.clock.skip(100)
    assert "printability" in at_meshy.ask("GET", f"{analysis}/{asked}").json()
    assert [paid.price for paid in at_meshy.peer.ledger.orders()] == [15, 0]


def test_meshy_gives_3mf_only_when_asked(at_meshy: Client[Meshy]) -> None:
    wish = {name: value for name, value in PRESET.items() if name != "target_formats"}
    made = at_meshy.ask("POST", IMAGE, json=wish).json()["result"]
    at_meshy.peer.clock.skip(100)
    urls = at_meshy.ask("GET", f"{IMAGE}/{made}").json()["model_urls"]
    assert set(urls) == {"glb", "obj", "fbx", "stl", "usdz"}
