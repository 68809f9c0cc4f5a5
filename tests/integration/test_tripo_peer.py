"""The fake Tripo, asked in plain HTTP as section 7 of the document has it."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.peers.services_asking import PHOTO, SHA256, URI, Client, asking, credential, solid
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_tripo import Tripo

TO_MODEL = "/v3/generation/image-to-model"
BARE = {"model": "v3.1-20260211", "texture": False, "pbr": False}


@pytest.fixture
def at_tripo(tmp_path: Path) -> Iterator[Client[Tripo]]:
    with asking(Tripo, tmp_path) as client:
        yield client


def upload(client: Client[Tripo]) -> str:
    sent = client.ask("POST", "/v3/files", files={"file": ("a.png", PHOTO, "image/png")})
    token: str = sent.json()["data"]["file_token"]
    assert token.startswith("file_")
    return token


def order(client: Client[Tripo], **more: Any) -> str:
    made = client.ask("POST", TO_MODEL, json={"input": upload(client), **BARE, **more}).json()
    assert made["code"] == 0
    task: str = made["data"]["task_id"]
    return task


def task_of(client: Client[Tripo], name: str) -> dict[str, Any]:
    task: dict[str, Any] = client.ask("GET", f"/v3/tasks/{name}").json()["data"]
    return task


def test_tripo_makes_a_mesh_under_a_link_that_is_renewed(at_tripo: Client[Tripo]) -> None:
    name = order(at_tripo)
    assert task_of(at_tripo, name)["status"] == "queued"
    at_tripo.peer.clock.skip(30)
    assert task_of(at_tripo, name)["status"] == "running"
    at_tripo.peer.clock.skip(60)
    task = task_of(at_tripo, name)
    assert (task["status"], task["credits_consumed"]) == ("success", 20)
    link = task["output"]["model_url"]
    assert solid(at_tripo.fetch(link).content, "glb").is_watertight
    at_tripo.peer.clock.skip(601)
    assert at_tripo.fetch(link).status_code == 403
    renewed = task_of(at_tripo, name)["output"]["model_url"]
    assert at_tripo.fetch(renewed).status_code == 200
    [paid] = at_tripo.peer.ledger.orders()
    assert (paid.sha256, paid.price, paid.downloads) == (SHA256, 20, 2)


def test_tripo_traces_every_answer_in_its_envelope(at_tripo: Client[Tripo]) -> None:
    unknown = at_tripo.ask("GET", "/v3/tasks/nobody")
    assert unknown.headers["x-tripo-trace-id"]
    assert unknown.json()["code"] != 0
    wrong = at_tripo.ask("GET", "/v3/account/balance", headers=credential(at_tripo.peer, "tsk_x"))
    assert (wrong.status_code, wrong.json()["code"]) == (401, 1002)
    at_tripo.peer.errors_as_200 = True
    hidden = at_tripo.ask("GET", "/v3/tasks/nobody")
    assert (hidden.status_code, hidden.json()["code"]) == (200, 1004)


@pytest.mark.parametrize(
    "body",
    [
        {"input": URI, **BARE},
        {"input": {"file_token": "file_1"}, **BARE},
        {"input": "file_unknown", **BARE},
        {"input": "file_unknown", "style": "clay"},
    ],
)
def test_tripo_takes_only_tokens_addresses_and_tasks(
    at_tripo: Client[Tripo], body: dict[str, Any]
) -> None:
    said = at_tripo.ask("POST", TO_MODEL, json=body)
    assert (said.status_code, said.json()["code"]) == (400, 1004)
    assert at_tripo.ask("POST", TO_MODEL, content=b"{").json()["code"] == 1003


def test_tripo_accepts_face_limit_minus_one_and_fails_the_task(at_tripo: Client[Tripo]) -> None:
    name = order(at_tripo, face_limit=-1)
    at_tripo.peer.clock.skip(100)
    task = task_of(at_tripo, name)
    assert (task["status"], task["error"]["code"]) == ("failed", 1004)
    assert at_tripo.peer.ledger.spent() == 0
    at_tripo.peer.older_form = True
    assert task_of(at_tripo, name)["error_code"] == 1004


def test_tripo_says_busy_and_broke_with_its_codes(at_tripo: Client[Tripo]) -> None:
    token = upload(at_tripo)
    at_tripo.peer.concurrency = 0
    busy = at_tripo.ask("POST", TO_MODEL, json={"input": token, **BARE})
    assert (busy.status_code, busy.json()["code"]) == (429, 2000)
    at_tripo.peer.concurrency, at_tripo.peer.balance = 10, 19
    broke = at_tripo.ask("POST", TO_MODEL, json={"input": token, **BARE})
    assert (broke.status_code, broke.json()["code"]) == (403, 2010)
    assert at_tripo.peer.ledger.orders() == []


@pytest.mark.parametrize(("kind", "status"), [(Kind.MODERATE, "banned"), (Kind.GONE, "expired")])
def test_tripo_ends_in_other_ways(at_tripo: Client[Tripo], kind: Kind, status: str) -> None:
    at_tripo.peer.faults.arm(Fault(kind))
    name = order(at_tripo)
    at_tripo.peer.clock.skip(100)
    assert task_of(at_tripo, name)["status"] == status
    assert task_of(at_tripo, name)["output"] == {}


def test_tripo_passes_through_states_that_nobody_knows(at_tripo: Client[Tripo]) -> None:
    at_tripo.peer.faults.arm(Fault(Kind.ODD_STATE), Fault(Kind.ODD_FIELDS))
    name = order(at_tripo)
    seen = []
    for _ in range(3):
        at_tripo.peer.clock.skip(25)
        seen.append(task_of(at_tripo, name)["status"])
    assert seen == ["unknown", "finalizing", "success"]
    assert "experimental" in task_of(at_tripo, name)


def test_tripo_converts_in_a_second_task(at_tripo: Client[Tripo]) -> None:
    name = order(at_tripo)
    wish = {"input": name, "format": "STL"}
    assert at_tripo.ask("POST", "/v3/models/convert", json=wish).json()["code"] == 1004
    at_tripo.peer.clock.skip(100)
    made = at_tripo.ask("POST", "/v3/models/convert", json=wish).json()["data"]["task_id"]
    dear = at_tripo.ask("POST", "/v3/models/convert", json=wish | {"flatten_bottom": True})
    assert dear.json()["data"]["task_id"] not in {name, made}
    at_tripo.peer.clock.skip(100)
    stl = at_tripo.fetch(task_of(at_tripo, made)["output"]["model_url"]).content
    glb = at_tripo.fetch(task_of(at_tripo, name)["output"]["model_url"]).content
    assert solid(stl, "stl").volume == pytest.approx(solid(glb, "glb").volume)
    assert [paid.price for paid in at_tripo.peer.ledger.orders()] == [20, 5, 10]


def test_tripo_returns_depth_in_grey_at_the_size_asked_for(at_tripo: Client[Tripo]) -> None:
    wish = {"input": upload(at_tripo), "kind": "gray", "process_res": 252}
    path = "/v3/generation/image-to-depth"
    made = at_tripo.ask("POST", path, json=wish).json()["data"]["task_id"]
    at_tripo.peer.clock.skip(100)
    url = task_of(at_tripo, made)["output"]["depth_image_url"]
    depth = Image.open(io.BytesIO(at_tripo.fetch(url).content))
    assert (depth.mode, depth.size) == ("L", (252, 189))
    assert at_tripo.ask("POST", path, json=wish | {"process_res": 125}).json()["code"] == 1004


def test_tripo_takes_uploads_at_a_signed_place(at_tripo: Client[Tripo]) -> None:
    place = at_tripo.ask("POST", "/v3/files/presign", json={"format": "png"}).json()["data"]
    assert place["expires_in"] == 1800
    assert httpx.put(place["presigned_url"], content=PHOTO).status_code == 200
    for _ in range(2):  # a token may be used again
        body = {"input": place["file_token"], **BARE}
        assert at_tripo.ask("POST", TO_MODEL, json=body).json()["code"] == 0
    assert [paid.sha256 for paid in at_tripo.peer.ledger.orders()] == [SHA256] * 2
    shown = credential(at_tripo.peer)
    httpx.put(place["presigned_url"], content=PHOTO, headers=shown)
    assert len(at_tripo.peer.violations()) == 1


def test_tripo_lists_what_was_used_also_by_others(at_tripo: Client[Tripo]) -> None:
    at_tripo.peer.add_strangers(5)
    at_tripo.peer.faults.arm(Fault(Kind.DROP, Call.CREATE))
    body = {"input": upload(at_tripo), **BARE}
    with pytest.raises(httpx.TransportError):
        at_tripo.ask("POST", TO_MODEL, json=body)
    [paid] = at_tripo.peer.ledger.orders()
    query = {"limit": 3, "offset": 0}
    items = at_tripo.ask("GET", "/v3/account/usage", params=query).json()["data"]["items"]
    assert (len(items), items[0]["task_id"]) == (3, paid.order)
    names = {"task_ids": [paid.order, "nobody"]}
    many = at_tripo.ask("POST", "/v3/tasks/list", json=names).json()["data"]
    assert (list(many["tasks"]), many["missed"]) == ([paid.order], ["nobody"])
    at_tripo.peer.list_is_array = True
    assert isinstance(at_tripo.ask("POST", "/v3/tasks/list", json=names).json()["data"], list)
    account = at_tripo.ask("GET", "/v3/account/balance").json()["data"]
    assert account == {"balance": 980, "frozen": 20}
