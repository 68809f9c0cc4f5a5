"""The fake fal, asked in plain HTTP as section 4 of the document has it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.peers.no_tls import NO_TLS
from tests.peers.services_asking import PHOTO, SHA256, URI, Client, asking
from tests.peers.services_fal import Fal
from tests.peers.services_faults import Call, Fault, Kind

HOUR_S = 3600.0


@pytest.fixture
def at_fal(tmp_path: Path) -> Iterator[Client[Fal]]:
    with asking(Fal, tmp_path) as client:
        yield client


TRELLIS_2 = "/fal-ai/trellis-2"
PRO = "/fal-ai/hunyuan-3d/v3.1/pro/image-to-3d"


def test_fal_counts_down_and_gives_addresses_of_owner_and_app_only(at_fal: Client[Fal]) -> None:
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
    at_fal: Client[Fal], padding: int, lives_s: int
) -> None:
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
    at_fal: Client[Fal], arguments: dict[str, Any], kind: str
) -> None:
    told = at_fal.ask("POST", TRELLIS_2, json=arguments).json()
    at_fal.peer.clock.skip(100)
    assert at_fal.ask("GET", told["status_url"]).json()["status"] == "COMPLETED"
    result = at_fal.ask("GET", told["response_url"])
    assert result.status_code == 422
    assert result.headers["x-fal-retryable"] == "false"
    assert kind in {entry["type"] for entry in result.json()["detail"]}
    assert at_fal.peer.ledger.spent() == 0


def test_fal_completes_what_failed_and_says_so_in_two_shapes(at_fal: Client[Fal]) -> None:
    peer = at_fal.peer
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


def test_fal_answers_cancelling_in_four_ways(at_fal: Client[Fal]) -> None:
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


def test_fal_takes_uploads_at_its_other_hosts_in_both_ways(at_fal: Client[Fal]) -> None:
    fal = at_fal.peer
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
    file = httpx.post(
        f"{token['base_url']}/files/upload", content=PHOTO, headers=shown, verify=NO_TLS
    ).json()
    for url in (place["file_url"], file["access_url"]):
        assert at_fal.ask("POST", TRELLIS_2, json={"image_url": url}).status_code == 200
    assert [(paid.sha256, paid.price) for paid in fal.ledger.orders()] == [(SHA256, 0.3)] * 2
    assert fal.violations() == []


def test_fal_streams_states(at_fal: Client[Fal]) -> None:
    told = at_fal.ask("POST", TRELLIS_2, json={"image_url": URI}).json()
    at_fal.peer.clock.skip(100)
    said = at_fal.ask("GET", told["status_url"] + "/stream")
    assert said.headers["content-type"] == "text/event-stream"
    assert '"COMPLETED"' in said.text


def test_fal_heeds_its_headers(at_fal: Client[Fal]) -> None:
    def results(**headers: str) -> tuple[int, int]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        told = at_fal.ask("POST", TRELLIS_2, json={"image_url": URI}, headers=named).json()
        at_fal.peer.clock.skip(200)
        said = at_fal.ask("GET", told["response_url"])
        file = said.json().get("model_glb", {}).get("url")
        return said.status_code, at_fal.fetch(file).status_code if file else 0

    assert results() == (200, 200)
    assert results(X_Fal_Store_IO="0") == (404, 0)
    short = '{"expiration_duration_seconds": 60}'
    assert results(X_Fal_Object_Lifecycle_Preference=short) == (200, 404)
    wrong = {"X-Fal-Queue-Priority": "high"}
    said = at_fal.ask("POST", TRELLIS_2, json={"image_url": URI}, headers=wrong)
    assert said.status_code == 422


@pytest.mark.parametrize(
    ("path", "arguments", "price"),
    [
        (TRELLIS_2, {"image_url": URI, "resolution": 512}, 0.25),
        (TRELLIS_2, {"image_url": URI, "resolution": "1536"}, 0.35),
        (PRO.replace("pro", "rapid"), {"input_image_url": URI, "enable_pbr": True}, 0.375),
    ],
)
def test_fal_charges_by_the_arguments(
    at_fal: Client[Fal], path: str, arguments: dict[str, Any], price: float
) -> None:
    at_fal.ask("POST", path, json=arguments)
    assert at_fal.peer.ledger.spent() == pytest.approx(price)


def test_fal_knows_no_other_apps_and_locks_who_has_no_money(at_fal: Client[Fal]) -> None:
    assert at_fal.ask("POST", "/fal-ai/unknown", json={}).status_code == 404
    at_fal.peer.balance = 0.1
    assert at_fal.ask("POST", TRELLIS_2, json={"image_url": URI}).status_code == 403
    assert at_fal.peer.ledger.orders() == []
