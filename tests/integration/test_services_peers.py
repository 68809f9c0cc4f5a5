"""The fake services themselves, asked in plain HTTP as the document of the services has it."""

import base64
import datetime as dt
import hashlib
import io
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import trimesh
from PIL import Image, ImageDraw

from tests.peers.services_base import Service
from tests.peers.services_fal import Fal
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_meshy import Meshy
from tests.peers.services_replicate import TRELLIS_VERSION, Replicate

HOUR_S = 3600.0
One = TypeVar("One", bound=Service)


def photo(number: int = 0, size: tuple[int, int] = (200, 150)) -> bytes:
    """Return a bright subject before a dark wall, another for each number."""
    image = Image.new("RGB", size, (30, 30, 40))
    ImageDraw.Draw(image).ellipse((50, 30, 120 + number, 120), fill=(200, 180, 160))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def data_uri(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


PHOTO = photo()
SHA256 = hashlib.sha256(PHOTO).hexdigest()
URI = data_uri(PHOTO)


class Client:
    """Plain requests to one fake, with its credential."""

    def __init__(self, peer: Service, **headers: str) -> None:
        self.peer = peer
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._http = httpx.Client(base_url=peer.url, headers=named, timeout=10)
        self._bare = httpx.Client(timeout=10)

    def ask(self, method: str, url: str, **more: Any) -> httpx.Response:
        return self._http.request(method, url, **more)

    def fetch(self, url: str, **headers: str) -> httpx.Response:
        """Ask the host of results, without the credential."""
        return self._bare.get(url, headers=headers)

    def close(self) -> None:
        self._http.close()
        self._bare.close()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start a fake in its own folder; at the end nothing has broken in it."""
    peers: list[Service] = []

    def start(kind: type[One], **more: Any) -> One:
        peer = kind(tmp_path / kind.name, **more)
        peers.append(peer)
        return peer

    yield start
    for peer in peers:
        peer.close()
    assert [said for peer in peers for said in peer.violations() if "Traceback" in said] == []


@pytest.fixture
def client() -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def make(peer: Service, **headers: str) -> Client:
        made = Client(peer, **headers)
        clients.append(made)
        return made

    yield make
    for made in clients:
        made.close()


Open = Callable[..., Any]
Clients = Callable[..., Client]


# Replicate, section 3.

HUNYUAN = "/v1/models/tencent/hunyuan-3d-3.1/predictions"


def bearer(peer: Service) -> dict[str, str]:
    return {"Authorization": f"Bearer {peer.key}"}


@pytest.fixture
def replicate(opened: Open) -> Replicate:
    peer: Replicate = opened(Replicate)
    return peer


@pytest.fixture
def at_replicate(replicate: Replicate, client: Clients) -> Client:
    return client(replicate, **bearer(replicate))


def test_replicate_makes_a_mesh_and_forgets_it_after_an_hour(at_replicate: Client) -> None:
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
    mesh = at_replicate.fetch(result, **bearer(peer))
    loaded: Any = trimesh.load(io.BytesIO(mesh.content), file_type="glb", force="mesh")
    assert loaded.is_watertight
    assert loaded.volume > 0.01
    peer.clock.skip(HOUR_S + 1)
    gone = at_replicate.ask("GET", url).json()
    assert (gone["output"], gone["data_removed"], gone["input"]) == (None, True, {})
    assert at_replicate.fetch(result, **bearer(peer)).status_code == 404
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
    at_replicate: Client, path: str, body: dict[str, Any], status: int
) -> None:
    said = at_replicate.ask("POST", path, json=body)
    assert said.status_code == said.json()["status"] == status
    assert said.headers["content-type"] == "application/problem+json"
    assert ("invalid_fields" in said.json()) == (status == 422)
    assert at_replicate.peer.ledger.orders() == []


def test_replicate_wants_its_key(replicate: Replicate, client: Clients) -> None:
    said = client(replicate, Authorization="Bearer r8_wrong").ask("GET", "/v1/predictions")
    assert said.status_code == 401
    assert said.json()["title"] == "Unauthenticated"
    older = client(replicate, Authorization=f"Token {replicate.key}")
    assert older.ask("GET", "/v1/account").status_code == 200


def test_replicate_gives_trellis_models_only_when_asked(at_replicate: Client) -> None:
    outputs = []
    for more in ({}, {"generate_model": True}):
        body = {"version": f"firtoz/trellis:{TRELLIS_VERSION}", "input": {"images": [URI], **more}}
        made = at_replicate.ask("POST", "/v1/predictions", json=body).json()
        at_replicate.peer.clock.skip(100)
        outputs.append(at_replicate.ask("GET", made["urls"]["get"]).json()["output"])
    assert outputs[0]["model_file"] is None
    assert outputs[1]["model_file"].endswith(".glb")


def test_replicate_cancels_what_runs_and_leaves_what_is_done(at_replicate: Client) -> None:
    made = at_replicate.ask("POST", HUNYUAN, json={"input": {"image": URI}}).json()
    assert at_replicate.ask("POST", made["urls"]["cancel"]).json()["status"] == "canceled"
    again = at_replicate.ask("POST", HUNYUAN, json={"input": {"image": URI}}).json()
    at_replicate.peer.clock.skip(100)
    unchanged = at_replicate.ask("POST", again["urls"]["cancel"])
    assert (unchanged.status_code, unchanged.json()["status"]) == (200, "succeeded")


def test_replicate_lists_also_what_was_made_behind_a_lost_answer(at_replicate: Client) -> None:
    peer = at_replicate.peer
    assert isinstance(peer, Replicate)
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


def test_replicate_takes_files_and_keeps_them_a_day(at_replicate: Client) -> None:
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


def test_replicate_says_in_words_when_to_come_again_and_what_failed(at_replicate: Client) -> None:
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


# fal, section 4.

TRELLIS_2 = "/fal-ai/trellis-2"
PRO = "/fal-ai/hunyuan-3d/v3.1/pro/image-to-3d"


@pytest.fixture
def fal(opened: Open) -> Fal:
    peer: Fal = opened(Fal)
    return peer


@pytest.fixture
def at_fal(fal: Fal, client: Clients) -> Client:
    return client(fal, Authorization=f"Key {fal.key}")


def test_fal_counts_down_and_gives_addresses_of_owner_and_app_only(at_fal: Client) -> None:
    made = at_fal.ask("POST", PRO, json={"input_image_url": URI})
    assert made.status_code == 200
    told = made.json()
    base = f"{at_fal.peer.url}/fal-ai/hunyuan-3d/requests/{told['request_id']}"
    assert told["response_url"] == base
    assert told["status_url"] == f"{base}/status"
    first = at_fal.ask("GET", told["status_url"])
    at_fal.peer.clock.skip(2)
    second = at_fal.ask("GET", told["status_url"])
    assert first.status_code == second.status_code == 202
    assert first.json()["queue_position"] > second.json()["queue_position"]
    at_fal.peer.clock.skip(10)
    assert at_fal.ask("GET", told["status_url"]).json()["status"] == "IN_PROGRESS"
    assert at_fal.ask("GET", told["response_url"]).status_code == 400
    at_fal.peer.clock.skip(60)
    done = at_fal.ask("GET", told["status_url"])
    assert (done.status_code, done.json()["status"]) == (200, "COMPLETED")
    nested = f"{PRO}/requests/{told['request_id']}"
    assert at_fal.ask("GET", f"{nested}/status").status_code == 404
    assert at_fal.ask("GET", nested).status_code == 404
    file = at_fal.ask("GET", told["response_url"]).json()["model_glb"]
    content = at_fal.fetch(file["url"]).content
    assert content.startswith(b"glTF")
    assert len(content) == file["file_size"]


@pytest.mark.parametrize(("padding", "lives_s"), [(0, 3600), (10_240, 360)])
def test_fal_keeps_a_big_answer_for_a_shorter_time(
    at_fal: Client, padding: int, lives_s: int
) -> None:
    assert isinstance(at_fal.peer, Fal)
    at_fal.peer.padding = padding
    told = at_fal.ask("POST", TRELLIS_2, json={"image_url": URI}).json()
    at_fal.peer.clock.skip(64 + lives_s - 30)
    assert at_fal.ask("GET", told["response_url"]).status_code == 200
    at_fal.peer.clock.skip(60)
    assert at_fal.ask("GET", told["response_url"]).status_code == 404


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"image": URI}, "missing"),
        ({"image_url": URI, "face_count": 1}, "extra_forbidden"),
        ({"image_url": URI, "resolution": 600}, "enum"),
        ({"image_url": "data:image/png;base64,AAAA"}, "image_load_error"),
    ],
)
def test_fal_completes_wrong_arguments_and_its_model_refuses_them(
    at_fal: Client, arguments: dict[str, Any], kind: str
) -> None:
    told = at_fal.ask("POST", TRELLIS_2, json=arguments).json()
    at_fal.peer.clock.skip(100)
    assert at_fal.ask("GET", told["status_url"]).json()["status"] == "COMPLETED"
    result = at_fal.ask("GET", told["response_url"])
    assert result.status_code == 422
    assert result.headers["x-fal-retryable"] == "false"
    assert kind in {entry["type"] for entry in result.json()["detail"]}
    assert at_fal.peer.ledger.spent() == 0


def test_fal_completes_what_failed_and_says_so_in_two_shapes(at_fal: Client) -> None:
    peer = at_fal.peer
    assert isinstance(peer, Fal)
    peer.faults.arm(Fault(Kind.MODERATE))
    told = at_fal.ask("POST", TRELLIS_2, json={"image_url": URI}).json()
    peer.clock.skip(100)
    status = at_fal.ask("GET", told["status_url"])
    assert (status.status_code, status.json()["status"]) == (200, "COMPLETED")
    assert status.json()["error_type"] == "content_policy_violation"
    detail = at_fal.ask("GET", told["response_url"]).json()["detail"]
    assert detail[0]["type"] == "content_policy_violation"
    peer.plain_detail = True
    assert isinstance(at_fal.ask("GET", told["response_url"]).json()["detail"], str)
    peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=503))
    flat = at_fal.ask("POST", TRELLIS_2, json={"image_url": URI})
    assert flat.headers["x-fal-error-type"] == flat.json()["error_type"]
    late = {"X-Fal-Request-Timeout": "1"}
    told = at_fal.ask("POST", TRELLIS_2, json={"image_url": URI}, headers=late).json()
    peer.clock.skip(100)
    timed_out = at_fal.ask("GET", told["response_url"])
    assert timed_out.status_code == 504
    assert timed_out.headers["x-fal-request-timeout-type"] == "user"


def test_fal_answers_cancelling_in_four_ways(at_fal: Client) -> None:
    def cancel(wait_s: float) -> tuple[int, str]:
        told = at_fal.ask("POST", TRELLIS_2, json={"image_url": URI}).json()
        at_fal.peer.clock.skip(wait_s)
        said = at_fal.ask("PUT", told["cancel_url"])
        return said.status_code, said.json()["status"]

    assert cancel(0) == (200, "OK")
    assert cancel(20) == (202, "CANCELLATION_REQUESTED")
    assert cancel(100) == (400, "ALREADY_COMPLETED")
    unknown = f"{TRELLIS_2}/requests/11111111-2222-4333-8444-555555555555/cancel"
    assert at_fal.ask("PUT", unknown).json() == {"status": "NOT_FOUND"}


def test_fal_takes_uploads_at_its_other_hosts_in_both_ways(fal: Fal, at_fal: Client) -> None:
    asked = {"file_name": "a.png", "content_type": "image/png"}
    place = at_fal.ask(
        "POST", f"{fal.rest_url}/storage/upload/initiate?storage_type=gcs", json=asked
    ).json()
    kind = {"Content-Type": "image/png"}
    assert httpx.put(place["upload_url"], content=PHOTO, headers=kind).status_code == 200
    token = at_fal.ask(
        "POST", f"{fal.rest_url}/storage/auth/token?storage_type=fal-cdn-v3", json={}
    ).json()
    shown = {
        "Authorization": f"{token['token_type']} {token['token']}",
        "X-Fal-File-Name": "a.png",
    }
    file = httpx.post(f"{token['base_url']}/files/upload", content=PHOTO, headers=shown).json()
    for url in (place["file_url"], file["access_url"]):
        assert at_fal.ask("POST", TRELLIS_2, json={"image_url": url}).status_code == 200
    assert [(paid.sha256, paid.price) for paid in fal.ledger.orders()] == [(SHA256, 0.3)] * 2
    assert fal.violations() == []


def test_fal_streams_states(at_fal: Client) -> None:
    told = at_fal.ask("POST", TRELLIS_2, json={"image_url": URI}).json()
    at_fal.peer.clock.skip(100)
    said = at_fal.ask("GET", told["status_url"] + "/stream")
    assert said.headers["content-type"] == "text/event-stream"
    assert '"COMPLETED"' in said.text


# Meshy, section 5.

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


@pytest.fixture
def meshy(opened: Open) -> Meshy:
    peer: Meshy = opened(Meshy)
    return peer


@pytest.fixture
def at_meshy(meshy: Meshy, client: Clients) -> Client:
    return client(meshy, **bearer(meshy))


def test_meshy_makes_what_was_asked_for_under_links_that_expire(at_meshy: Client) -> None:
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
    at_meshy: Client, more: dict[str, Any], status: int
) -> None:
    said = at_meshy.ask("POST", IMAGE, json=PRESET | more)
    assert said.status_code == status
    assert set(said.json()) == {"message"}


def test_meshy_gives_back_what_failed_and_keeps_what_was_deleted(at_meshy: Client) -> None:
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


def test_meshy_has_a_short_queue_and_an_empty_purse(opened: Open, client: Clients) -> None:
    peer = opened(Meshy, balance=30)
    at_meshy = client(peer, **bearer(peer))
    assert at_meshy.ask("POST", IMAGE, json=PRESET).status_code == 202
    assert at_meshy.ask("POST", IMAGE, json=PRESET).status_code == 402
    peer.queue_depth = 1
    full = at_meshy.ask("POST", IMAGE, json=PRESET)
    assert (full.status_code, "queue" in full.json()["message"]) == (429, True)
    assert at_meshy.ask("POST", IMAGE, json=PRESET, headers={"Origin": "x"}).status_code == 403


def test_meshy_costs_nothing_for_the_dummy_key(meshy: Meshy, client: Clients) -> None:
    dummy = client(meshy, Authorization="Bearer msy_dummy_api_key_for_test_mode_12345678")
    assert dummy.ask("POST", IMAGE, json=PRESET).status_code == 202
    assert [paid.price for paid in meshy.ledger.orders()] == [0]


def test_meshy_lists_newest_first_among_other_peoples_tasks(at_meshy: Client) -> None:
    at_meshy.peer.add_strangers(60)
    ours = at_meshy.ask("POST", IMAGE, json=PRESET).json()["result"]
    query = {"page_num": 1, "page_size": 50, "sort_by": "-created_at"}
    page = at_meshy.ask("GET", IMAGE, params=query).json()
    assert (len(page), page[0]["id"]) == (50, ours)
    assert len(at_meshy.ask("GET", IMAGE, params=query | {"page_num": 2}).json()) == 11
    assert at_meshy.ask("GET", IMAGE, params={"page_size": 51}).status_code == 400


def test_meshy_streams_until_the_end_and_one_error_for_what_is_not_there(at_meshy: Client) -> None:
    made = at_meshy.ask("POST", IMAGE, json=PRESET).json()["result"]
    with httpx.stream(
        "GET", f"{at_meshy.peer.url}{IMAGE}/{made}/stream", headers=bearer(at_meshy.peer)
    ) as said:
        lines = said.iter_lines()
        assert next(lines) == "event: message"
        at_meshy.peer.clock.skip(100)
        rest = list(lines)
    assert any(line.startswith(":") for line in rest)
    assert '"SUCCEEDED"' in rest[-2]
    unknown = f"{IMAGE}/018a210d-8ba4-705c-b111-1f1776f7f578/stream"
    assert "event: error" in at_meshy.ask("GET", unknown).text


def test_meshy_remeshes_what_it_made(at_meshy: Client) -> None:
    made = at_meshy.ask("POST", IMAGE, json=PRESET).json()["result"]
    remesh = {"input_task_id": made, "target_formats": ["stl"]}
    assert at_meshy.ask("POST", "/openapi/v1/remesh", json=remesh).status_code == 400
    at_meshy.peer.clock.skip(100)
    again = at_meshy.ask("POST", "/openapi/v1/remesh", json=remesh).json()["result"]
    at_meshy.peer.clock.skip(100)
    task = at_meshy.ask("GET", f"/openapi/v1/remesh/{again}").json()
    assert set(task["model_urls"]) == {"stl"}
    assert [paid.price for paid in at_meshy.peer.ledger.orders()] == [20, 5]
