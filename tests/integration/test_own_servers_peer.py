"""The fakes of servers that people run themselves, asked as section 11 of the document has it."""

import base64
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.services_asking import PHOTO, SHA256, URI, Client, asking, solid
from tests.peers.services_clock import Clock
from tests.peers.services_faults import Fault, Kind
from tests.peers.services_hunyuan import Hunyuan
from tests.peers.services_localai import LocalAI
from tests.peers.virtual_printer import wait_until

BASE64 = base64.b64encode(PHOTO).decode()
TRELLIS = {"model": "trellis2-4b", "image": BASE64, "quality": "512"}


@pytest.fixture
def at_hunyuan(tmp_path: Path) -> Iterator[Client[Hunyuan]]:
    with asking(Hunyuan, tmp_path, clock=Clock(2000)) as client:
        yield client


@pytest.fixture
def at_localai(tmp_path: Path) -> Iterator[Client[LocalAI]]:
    with asking(LocalAI, tmp_path, clock=Clock(2000)) as client:
        yield client


def status(client: Client[Hunyuan], **sent: Any) -> dict[str, Any]:
    uid = client.ask("POST", "/send", json={"image": BASE64, **sent}).json()["uid"]
    client.peer.clock.skip(100)
    told: dict[str, Any] = client.ask("GET", f"/status/{uid}").json()
    return told


@pytest.mark.parametrize("kind", ["stl", "glb"])
def test_hunyuan_returns_the_file_itself_with_floaters(
    at_hunyuan: Client[Hunyuan], kind: str
) -> None:
    said = at_hunyuan.ask("POST", "/generate", json={"image": BASE64, "type": kind})
    assert said.status_code == 200
    assert solid(said.content, kind).body_count == 7
    clean = at_hunyuan.ask(
        "POST", "/generate", json={"image": BASE64, "type": kind, "texture": True}
    )
    assert solid(clean.content, kind).body_count == 1
    assert [paid.sha256 for paid in at_hunyuan.peer.ledger.orders()] == [SHA256] * 2


@pytest.mark.parametrize("sent", [{"image": URI}, {"text": "a cat"}, {"image": "AAAA"}])
def test_hunyuan_fails_always_with_the_same_404_and_after_send_never(
    at_hunyuan: Client[Hunyuan], sent: dict[str, Any]
) -> None:
    said = at_hunyuan.ask("POST", "/generate", json=sent)
    assert (said.status_code, said.json()["error_code"]) == (404, 1)
    uid = at_hunyuan.ask("POST", "/send", json=sent).json()["uid"]
    at_hunyuan.peer.clock.skip(100)
    assert at_hunyuan.ask("GET", f"/status/{uid}").json() == {"status": "processing"}
    assert at_hunyuan.ask("GET", "/status/nobody").json() == {"status": "processing"}


def test_hunyuan_completes_only_glb_and_may_show_half_of_it(at_hunyuan: Client[Hunyuan]) -> None:
    whole = base64.b64decode(status(at_hunyuan)["model_base64"])
    assert int.from_bytes(whole[8:12], "little") == len(whole)
    assert status(at_hunyuan, type="stl") == {"status": "processing"}
    at_hunyuan.peer.writes_s = 1e6
    half = base64.b64decode(status(at_hunyuan)["model_base64"])
    assert int.from_bytes(half[8:12], "little") > len(half)


def test_hunyuan_forgets_its_jobs_when_it_is_started_again(tmp_path: Path) -> None:
    with asking(Hunyuan, tmp_path) as client:
        uid = client.ask("POST", "/send", json={"image": BASE64}).json()["uid"]
    with asking(Hunyuan, tmp_path) as client:
        client.peer.clock.skip(1000)
        assert client.ask("GET", f"/status/{uid}").json() == {"status": "processing"}


def test_hunyuan_does_one_thing_at_a_time(tmp_path: Path) -> None:
    with asking(Hunyuan, tmp_path) as client:
        ask, sent = client.ask, {"image": BASE64}
        working = threading.Thread(target=ask, args=("POST", "/generate"), kwargs={"json": sent})
        working.start()
        wait_until(lambda: client.peer.waiting() == 1, "it works")
        asking_status = threading.Thread(target=ask, args=("GET", "/status/x"))
        asking_status.start()
        wait_until(lambda: len(client.peer.requests) == 2, "the question has come")
        assert client.peer.requests[1].status == 0
        client.peer.clock.skip(100)
        working.join()
        asking_status.join()
        assert [seen.status for seen in client.peer.requests] == [200, 200]


def test_hunyuan_2_1_checks_and_never_completes_without_texture(
    at_hunyuan: Client[Hunyuan],
) -> None:
    at_hunyuan.peer.generation = "2.1"
    assert at_hunyuan.ask("GET", "/health").json()["status"] == "healthy"
    said = at_hunyuan.ask("POST", "/generate", json={"image": BASE64, "octree_resolution": 32})
    assert said.status_code == 422
    assert said.json()["detail"][0]["loc"] == ["body", "octree_resolution"]
    assert status(at_hunyuan) == {"status": "texturing"}
    assert "initial_model_base64" in status(at_hunyuan, texture=True)
    assert at_hunyuan.peer.violations() == []
    status(at_hunyuan, steps=5)
    assert at_hunyuan.peer.violations() == ["hunyuan ignores the fields ['steps']"]


def test_localai_answers_with_a_path_on_the_same_server(at_localai: Client[LocalAI]) -> None:
    wish = TRELLIS | {"params": {"print_remesh": "true", "components": "largest"}}
    said = at_localai.ask("POST", "/3d/generations", json=wish)
    assert said.status_code == 200
    [data] = said.json()["data"]
    assert data["url"].startswith("/generated-3d/")
    mesh = solid(at_localai.ask("GET", data["url"]).content, "glb")
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    raw = at_localai.ask("POST", "/3d/generations", json=TRELLIS | {"response_format": "b64_json"})
    content = base64.b64decode(raw.json()["data"][0]["b64_json"])
    assert not solid(content, "glb").is_winding_consistent


@pytest.mark.parametrize(
    ("more", "status_code"),
    [
        ({"model": "trellis"}, 404),
        ({"quality": "2048"}, 400),
        ({"params": {"print_remesh": True}}, 400),
        ({"image": "!"}, 400),
        ({"resolution": 512}, 400),
    ],
)
def test_localai_refuses_what_it_does_not_know(
    at_localai: Client[LocalAI], more: dict[str, Any], status_code: int
) -> None:
    said = at_localai.ask("POST", "/3d/generations", json=TRELLIS | more)
    assert said.status_code == said.json()["error"]["code"] == status_code


def test_localai_may_want_a_key_and_may_fail(tmp_path: Path) -> None:
    with asking(LocalAI, tmp_path, clock=Clock(2000), key="secret") as client:
        client.peer.faults.arm(Fault(Kind.FAIL))
        assert client.ask("POST", "/3d/generations", json=TRELLIS).status_code == 500
        bare = client.fetch(f"{client.peer.url}/3d/generations")
        assert bare.status_code == 404
        said = client.ask("POST", "/3d/generations", json=TRELLIS, headers={"Authorization": ""})
        assert said.status_code == 401
