"""The fake Replicate, asked in plain HTTP as section 3 of the document has it."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.peers.services_asking import (
    PHOTO,
    SHA256,
    URI,
    Client,
    asking,
    credential,
    data_uri,
    photo,
    solid,
)
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_replicate import Replicate
from tests.peers.services_replicate_models import TRELLIS_VERSION

HOUR_S = 3600.0


@pytest.fixture
def at_replicate(tmp_path: Path) -> Iterator[Client[Replicate]]:
    with asking(Replicate, tmp_path) as client:
        yield client


HUNYUAN = "/v1/models/tencent/hunyuan-3d-3.1/predictions"


def test_replicate_makes_a_mesh_and_forgets_it(
    at_replicate: Client[Replicate],
) -> None:
    peer = at_replicate.peer
    made = at_replicate.ask("POST", HUNYUAN, json={"input": {"image": URI}})
    assert made.status_code == 201
    assert made.json()["status"] == "starting"
    assert made.json()["logs"] == ""
    assert len(made.json()["id"]) == 26
    [paid] = peer.ledger.orders()
    assert (paid.order, paid.sha256, paid.ends) == (made.json()["id"], SHA256, [])
    url = made.json()["urls"]["get"]
    assert url.startswith(peer.url)
    peer.clock.skip(20)
    early = at_replicate.ask("GET", url).json()
    peer.clock.skip(30)
    later = at_replicate.ask("GET", url).json()
    assert early["status"] == later["status"] == "processing"
    assert len(early["logs"]) < len(later["logs"])
    assert later["output"] is None
    peer.clock.skip(60)
    done = at_replicate.ask("GET", url)
    assert {"ratelimit-remaining", "ratelimit-reset"} <= set(done.headers)
    assert done.json()["status"] == "succeeded"
    result = done.json()["output"]
    assert at_replicate.fetch(result).status_code == 401
    mesh = at_replicate.fetch(result, headers=credential(peer))
    loaded = solid(mesh.content, "glb")
    assert loaded.is_watertight
    assert loaded.volume > 0.01
    peer.clock.skip(HOUR_S + 1)
    gone = at_replicate.ask("GET", url).json()
    assert (gone["output"], gone["data_removed"], gone["input"]) == (None, True, {})
    assert at_replicate.fetch(result, headers=credential(peer)).status_code == 404
    [paid] = peer.ledger.orders()
    assert (paid.ends, paid.downloads) == (["succeeded", "expired"], 1)
    assert peer.violations() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/predictions", {"version": "firtoz/trellis", "input": {"images": [URI]}}, 404),
        ("/v1/models/firtoz/trellis/predictions", {"input": {"images": [URI]}}, 404),
        ("/v1/predictions", {"version": TRELLIS_VERSION, "input": {"image": URI}}, 422),
        ("/v1/predictions", {"version": TRELLIS_VERSION, "input": {"images": URI}}, 422),
        ("/v1/predictions", {"version": "0" * 64, "input": {"images": [URI]}}, 422),
        (HUNYUAN, {"input": {"image": URI, "prompt": "a cat"}}, 422),
        (HUNYUAN, {"input": {"image": URI, "face_count": 39_999}}, 422),
        (HUNYUAN, {"input": {"image": data_uri(photo(0, (100, 100)))}}, 422),
        (
            "/v1/models/hyper3d/rodin/predictions",
            {"input": {"images": [URI], "mesh_mode": "Triangle"}},
            422,
        ),
    ],
)
def test_replicate_refuses_what_a_model_does_not_take(
    at_replicate: Client[Replicate], path: str, body: dict[str, Any], status: int
) -> None:
    said = at_replicate.ask("POST", path, json=body)
    assert said.status_code == said.json()["status"] == status
    assert said.headers["content-type"] == "application/problem+json"
    assert ("invalid_fields" in said.json()) == (status == 422)
    assert at_replicate.peer.ledger.orders() == []


def test_replicate_wants_its_key(at_replicate: Client[Replicate]) -> None:
    replicate = at_replicate.peer
    shown = {"Authorization": "Bearer r8_wrong"}
    said = at_replicate.ask("GET", "/v1/predictions", headers=shown)
    assert said.status_code == 401
    assert said.json()["title"] == "Unauthenticated"
    older = {"Authorization": f"Token {replicate.key}"}
    assert at_replicate.ask("GET", "/v1/account", headers=older).status_code == 200


def test_replicate_gives_trellis_models_only_when_asked(at_replicate: Client[Replicate]) -> None:
    outputs = []
    for more in ({}, {"generate_model": True}):
        body = {"version": f"firtoz/trellis:{TRELLIS_VERSION}", "input": {"images": [URI], **more}}
        made = at_replicate.ask("POST", "/v1/predictions", json=body).json()
        at_replicate.peer.clock.skip(100)
        outputs.append(at_replicate.ask("GET", made["urls"]["get"]).json()["output"])
    assert outputs[0]["model_file"] is None
    assert outputs[1]["model_file"].endswith(".glb")


def test_replicate_cancels_only_what_runs(
    at_replicate: Client[Replicate],
) -> None:
    made = at_replicate.ask("POST", HUNYUAN, json={"input": {"image": URI}}).json()
    assert at_replicate.ask("POST", made["urls"]["cancel"]).json()["status"] == "canceled"
    again = at_replicate.ask("POST", HUNYUAN, json={"input": {"image": URI}}).json()
    at_replicate.peer.clock.skip(100)
    unchanged = at_replicate.ask("POST", again["urls"]["cancel"])
    assert (unchanged.status_code, unchanged.json()["status"]) == (200, "succeeded")


def test_replicate_lists_what_a_lost_answer_made(
    at_replicate: Client[Replicate],
) -> None:
    peer = at_replicate.peer
    peer.page_size = 10
    peer.add_strangers(25)
    before = dt.datetime.now(dt.UTC)
    peer.faults.arm(Fault(Kind.DROP, Call.CREATE))
    with pytest.raises(httpx.TransportError):
        at_replicate.ask("POST", HUNYUAN, json={"input": {"image": URI}})
    [paid] = peer.ledger.of(SHA256)
    found: list[dict[str, Any]] = []
    url: str | None = "/v1/predictions"
    while url:
        page = at_replicate.ask("GET", url).json()
        found += page["results"]
        url = page["next"]
    assert len(found) == 26
    assert [order["created_at"] for order in found] == sorted(
        (order["created_at"] for order in found), reverse=True
    )
    assert [order["id"] for order in found if order["input"] == {"image": URI}] == [paid.order]
    query = {"created_after": before.isoformat(), "created_before": "2100-01-01T00:00:00Z"}
    window = at_replicate.ask("GET", "/v1/predictions", params=query).json()["results"]
    assert [order["id"] for order in window] == [paid.order]


def test_replicate_takes_files_and_keeps_them_a_day(at_replicate: Client[Replicate]) -> None:
    sent = at_replicate.ask("POST", "/v1/files", files={"content": ("a.png", PHOTO, "image/png")})
    assert sent.status_code == 201
    assert sent.json()["checksums"]["sha256"] == SHA256
    where = sent.json()["urls"]["get"]
    made = at_replicate.ask("POST", HUNYUAN, json={"input": {"image": where}})
    assert made.status_code == 201
    assert [paid.sha256 for paid in at_replicate.peer.ledger.orders()] == [SHA256]
    at_replicate.peer.clock.skip(25 * HOUR_S)
    late = at_replicate.ask("POST", HUNYUAN, json={"input": {"image": where}})
    assert late.status_code == 422


def test_replicate_says_in_words_when_and_why(
    at_replicate: Client[Replicate],
) -> None:
    peer = at_replicate.peer
    peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=429, retry_s=17))
    peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=402), Fault(Kind.MODERATE))
    busy = at_replicate.ask("POST", HUNYUAN, json={"input": {"image": URI}})
    assert busy.status_code == 429
    assert "resets in ~17s" in busy.json()["detail"]
    poor = at_replicate.ask("POST", HUNYUAN, json={"input": {"image": URI}})
    assert poor.json()["title"] == "Insufficient credit"
    assert peer.ledger.orders() == []
    made = at_replicate.ask("POST", HUNYUAN, json={"input": {"image": URI}}).json()
    peer.clock.skip(100)
    read = at_replicate.ask("GET", made["urls"]["get"])
    assert (read.status_code, read.json()["status"]) == (200, "failed")
    assert "NSFW" in read.json()["error"]
    assert not peer.ledger.orders()[0].is_refunded


def test_replicate_waits_for_a_while_when_asked_to(at_replicate: Client[Replicate]) -> None:
    wish = {"input": {"image": URI}}
    at_replicate.peer.clock.factor = 20
    for work_s, state in ((0.01, "succeeded"), (60.0, "starting")):
        at_replicate.peer.queue_s, at_replicate.peer.work_s = work_s, work_s
        said = at_replicate.ask("POST", HUNYUAN, json=wish, headers={"Prefer": "wait=1"})
        assert (said.status_code, said.json()["status"]) == (201, state)
        assert said.headers["preference-applied"] == "wait=1"
    refused = at_replicate.ask("POST", HUNYUAN, json=wish, headers={"Prefer": "wait=61"})
    assert refused.status_code == 422


def test_replicate_cancels_at_the_deadline(at_replicate: Client[Replicate]) -> None:
    wish = {"input": {"image": URI}}
    made = at_replicate.ask("POST", HUNYUAN, json=wish, headers={"Cancel-After": "30s"}).json()
    assert made["deadline"] > made["created_at"]
    at_replicate.peer.clock.skip(31)
    assert at_replicate.ask("GET", made["urls"]["get"]).json()["status"] == "canceled"


def test_replicate_tells_the_newest_version_and_what_it_takes(
    at_replicate: Client[Replicate],
) -> None:
    version = at_replicate.ask("GET", "/v1/models/firtoz/trellis").json()["latest_version"]
    assert version["id"] == TRELLIS_VERSION
    taken = version["openapi_schema"]["components"]["schemas"]["Input"]["properties"]
    assert "images" in taken


@pytest.mark.parametrize(("shape", "kind"), [("list", list), ("string", str), ("object", dict)])
def test_replicate_gives_rodin_in_any_shape(
    at_replicate: Client[Replicate], shape: str, kind: type
) -> None:
    at_replicate.peer.rodin_output = shape
    wish = {"input": {"images": [URI], "geometry_file_format": "stl", "mesh_mode": "Raw"}}
    path = "/v1/models/hyper3d/rodin/predictions"
    made = at_replicate.ask("POST", path, json=wish).json()
    at_replicate.peer.clock.skip(100)
    output = at_replicate.ask("GET", made["urls"]["get"]).json()["output"]
    assert isinstance(output, kind)
    assert "out.stl" in str(output)
