"""What all fake services have in common: the ledger, faults, downloads, violations, restarts."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.peers.no_tls import NO_TLS
from tests.peers.services import SERVICES
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
from tests.peers.services_base import Service
from tests.peers.services_clock import Clock
from tests.peers.services_faults import ASSET, Call, Fault, FaultPlan, Kind
from tests.peers.services_ledger import Ledger, Paid
from tests.peers.services_meshy import Meshy
from tests.peers.services_program import Program

IMAGE = "/openapi/v1/image-to-3d"
WISH = {"image_url": URI, "ai_model": "meshy-6", "target_formats": ["glb", "stl"]}


@pytest.fixture
def at_meshy(tmp_path: Path) -> Iterator[Client[Meshy]]:
    with asking(Meshy, tmp_path) as client:
        yield client


def order(client: Client[Meshy], **more: Any) -> str:
    said = client.ask("POST", IMAGE, json=WISH | more)
    assert said.status_code == 202
    name: str = said.json()["result"]
    return name


def links(client: Client[Meshy], **more: Any) -> dict[str, str]:
    name = order(client, **more)
    client.peer.clock.skip(100)
    found: dict[str, str] = client.ask("GET", f"{IMAGE}/{name}").json()["model_urls"]
    return found


# Answers that are lost, and statuses.


@pytest.mark.parametrize(
    ("fault", "orders"),
    [
        (Fault(Kind.RESET_BEFORE, Call.CREATE), 0),
        (Fault(Kind.RESET_READ, Call.CREATE), 0),
        (Fault(Kind.DROP, Call.CREATE), 1),
        (Fault(Kind.CUT, Call.CREATE), 1),
        (Fault(Kind.HANG, Call.CREATE, seconds=0.05), 1),
    ],
)
def test_a_cut_connection_leaves_open_whether_an_order_was_taken(
    at_meshy: Client[Meshy], fault: Fault, orders: int
) -> None:
    at_meshy.peer.faults.arm(fault)
    with pytest.raises(httpx.TransportError):
        order(at_meshy)
    assert len(at_meshy.peer.ledger.of(SHA256)) == orders
    assert at_meshy.peer.faults.left == []
    assert order(at_meshy)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("status", [401, 402, 404, 413, 422, 429, 500, 502, 503, 504])
def test_a_status_comes_before_or_after_the_order_is_taken(
    at_meshy: Client[Meshy], status: int, after: bool
) -> None:
    at_meshy.peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=status, after=after, retry_s=7))
    said = at_meshy.ask("POST", IMAGE, json=WISH)
    assert said.status_code == status
    assert set(said.json()) == {"message"}
    assert said.headers["retry-after"] == "7"
    assert len(at_meshy.peer.ledger.orders()) == after


def test_answers_may_be_a_page_or_nothing(at_meshy: Client[Meshy]) -> None:
    at_meshy.peer.faults.arm(Fault(Kind.PAGE, Call.CREATE), Fault(Kind.EMPTY, Call.CREATE))
    page, empty = (at_meshy.ask("POST", IMAGE, json=WISH) for _ in range(2))
    assert page.headers["content-type"].startswith("text/html")
    assert (empty.status_code, empty.content) == (200, b"")
    assert len(at_meshy.peer.ledger.orders()) == 1


def test_faults_come_as_often_and_as_late_as_was_armed(at_meshy: Client[Meshy]) -> None:
    at_meshy.peer.faults.arm(Fault(Kind.STATUS, Call.READ, times=2, skip=1))
    name = order(at_meshy)
    seen = [at_meshy.ask("GET", f"{IMAGE}/{name}").status_code for _ in range(5)]
    assert seen == [200, 503, 503, 200, 200]
    assert at_meshy.peer.count(Call.READ) == 5


def test_an_order_may_never_end_or_take_longer(at_meshy: Client[Meshy]) -> None:
    at_meshy.peer.faults.arm(Fault(Kind.NEVER))
    never = order(at_meshy)
    at_meshy.peer.faults.arm(Fault(Kind.LATE, seconds=500))
    late = order(at_meshy)
    at_meshy.peer.clock.skip(400)
    states = [at_meshy.ask("GET", f"{IMAGE}/{name}").json()["status"] for name in (never, late)]
    assert states == ["IN_PROGRESS"] * 2
    at_meshy.peer.clock.skip(400)
    states = [at_meshy.ask("GET", f"{IMAGE}/{name}").json()["status"] for name in (never, late)]
    assert states == ["IN_PROGRESS", "SUCCEEDED"]


# Downloads.


def test_each_photo_has_its_own_mesh_the_same_in_each_format(at_meshy: Client[Meshy]) -> None:
    formats = ["glb", "stl", "obj", "3mf"]
    found = links(at_meshy, target_formats=formats)
    volumes = {name: solid(at_meshy.fetch(found[name]).content, name).volume for name in formats}
    assert max(volumes.values()) == pytest.approx(min(volumes.values()), rel=1e-4)
    other = links(at_meshy, image_url=data_uri(photo(7)))
    assert solid(at_meshy.fetch(other["glb"]).content, "glb").volume != pytest.approx(
        volumes["glb"], rel=1e-3
    )


@pytest.mark.parametrize("extension", ["glb", "stl"])
def test_downloads_are_spoilt_once_and_then_whole(at_meshy: Client[Meshy], extension: str) -> None:
    url = links(at_meshy)[extension]
    whole = at_meshy.fetch(url).content
    got = {}
    for kind in (Kind.HTML, Kind.TRUNCATED, Kind.EMPTY_MESH, Kind.WRONG_TYPE, Kind.EXPIRED_LINK):
        at_meshy.peer.faults.arm(Fault(kind))
        got[kind] = at_meshy.fetch(url)
        assert at_meshy.fetch(url).content == whole
    assert got[Kind.HTML].status_code == 200
    assert got[Kind.HTML].content.startswith(b"<!doctype html>")
    assert got[Kind.TRUNCATED].content == whole[: len(whole) // 2]
    assert len(got[Kind.EMPTY_MESH].content) < len(whole)
    assert got[Kind.WRONG_TYPE].headers["content-type"] == "text/plain"
    assert got[Kind.EXPIRED_LINK].status_code == 403
    assert at_meshy.peer.ledger.orders()[0].downloads == 6


def test_lengths_lie(at_meshy: Client[Meshy]) -> None:
    url = links(at_meshy)["glb"]
    for fault in (Fault(Kind.LONG_LENGTH), Fault(Kind.CUT, Call.DOWNLOAD)):
        at_meshy.peer.faults.arm(fault)
        with pytest.raises(httpx.TransportError):
            at_meshy.fetch(url)
    at_meshy.peer.faults.arm(Fault(Kind.SHORT_LENGTH))
    alone = {"Connection": "close"}  # what is left over would be taken for the next answer
    short, whole = (at_meshy.fetch(url, headers=alone).content for _ in range(2))
    assert len(short) < len(whole)


def test_a_huge_result_streams(at_meshy: Client[Meshy]) -> None:
    url = links(at_meshy)["glb"]
    at_meshy.peer.faults.arm(Fault(Kind.HUGE, size=100 << 20))
    got, head = 0, b""
    with httpx.stream("GET", url) as said:
        for piece in said.iter_raw(1 << 20):
            head = head or piece[:12]
            got += len(piece)
    assert got == int(said.headers["content-length"]) == 100 << 20
    assert head[:4] == b"glTF"
    assert int.from_bytes(head[8:12], "little") == got


def test_redirects_lead_to_a_trap_to_metadata_or_back(at_meshy: Client[Meshy]) -> None:
    peer = at_meshy.peer
    url = links(at_meshy)["glb"]
    peer.faults.arm(Fault(Kind.REDIRECT_METADATA))
    assert at_meshy.fetch(url).headers["location"].startswith("http://169.254.169.254/")
    peer.faults.arm(Fault(Kind.REDIRECT_SAME))
    assert at_meshy.fetch(url, follow_redirects=True).content.startswith(b"glTF")
    assert peer.violations() == []
    peer.faults.arm(Fault(Kind.REDIRECT_LOCAL))
    at_meshy.fetch(url, follow_redirects=True)
    assert [said.startswith("a redirect") for said in peer.violations()] == [True]


def test_a_credential_at_the_host_of_results_is_a_violation(at_meshy: Client[Meshy]) -> None:
    url = links(at_meshy)["glb"]
    at_meshy.fetch(url, headers=credential(at_meshy.peer))
    assert len(at_meshy.peer.violations()) == 1
    forged = url.replace("Until=", "Until=9")
    assert at_meshy.fetch(forged).status_code == 403


def test_any_bytes_can_be_the_result(at_meshy: Client[Meshy]) -> None:
    at_meshy.peer.give(b"anything")
    assert at_meshy.fetch(links(at_meshy)["glb"]).content == b"anything"
    assert at_meshy.fetch(links(at_meshy)["glb"]).content.startswith(b"glTF")


# Time, the ledger, restarts.


def test_the_clock_makes_an_hour_of_milliseconds(tmp_path: Path) -> None:
    with asking(Meshy, tmp_path, clock=Clock(1e7)) as client:
        client.peer.retention_s = 3600.0
        name = order(client)
        deadline = time.monotonic() + 10
        while client.ask("GET", f"{IMAGE}/{name}").status_code == 200:
            assert time.monotonic() < deadline
        assert client.peer.ledger.orders()[0].ends == ["succeeded", "expired"]


def test_a_ledger_survives_a_line_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).accept(Paid("meshy", "a", "m", 20, "credits", SHA256, 1.0))
    path.write_bytes(path.read_bytes() + b'{"line": "acc')
    ledger = Ledger(path)
    ledger.accept(Paid("meshy", "b", "m", 5, "credits", "", 2.0))
    ledger.end("a", "refunded")
    assert [paid.order for paid in ledger.orders()] == ["a", "b"]
    assert ledger.spent() == 5


@pytest.fixture(params=sorted(SERVICES))
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client[Service]]:
    kind: Any = SERVICES[request.param]
    with asking(kind, tmp_path, clock=Clock(2000)) as client:
        yield client


ORDERS: dict[str, Callable[[Client[Service]], httpx.Response]] = {
    "replicate": lambda client: client.ask(
        "POST", "/v1/models/tencent/hunyuan-3d-3.1/predictions", json={"input": {"image": URI}}
    ),
    "fal": lambda client: client.ask("POST", "/fal-ai/trellis-2", json={"image_url": URI}),
    "meshy": lambda client: client.ask("POST", IMAGE, json=WISH),
    "tripo": lambda client: client.ask(
        "POST",
        "/v3/generation/image-to-model",
        json={
            "input": client.ask("POST", "/v3/files", files={"file": ("a.png", PHOTO)}).json()[
                "data"
            ]["file_token"]
        },
    ),
    "rodin": lambda client: client.ask("POST", "/api/v2/rodin", files={"images": ("a.png", PHOTO)}),
    "gemini": lambda client: client.ask(
        "POST",
        "/v1beta/models/gemini-3.1-flash-image:generateContent",
        json={
            "contents": [
                {
                    "parts": [
                        {"text": "Depth."},
                        {"inlineData": {"mimeType": "image/png", "data": URI.partition(",")[2]}},
                    ]
                }
            ]
        },
    ),
    "hunyuan": lambda client: client.ask("POST", "/send", json={"image": URI.partition(",")[2]}),
    "localai": lambda client: client.ask(
        "POST", "/3d/generations", json={"model": "trellis2-4b", "image": URI}
    ),
}


def test_every_service_takes_an_order_once_and_its_ledger_outlives_it(
    service: Client[Service], tmp_path: Path
) -> None:
    peer = service.peer
    peer.faults.arm(Fault(Kind.DROP, Call.CREATE), Fault(Kind.ODD_FIELDS))
    with pytest.raises(httpx.TransportError):
        ORDERS[peer.name](service)
    said = ORDERS[peer.name](service)
    assert said.is_success
    assert [paid.sha256 for paid in peer.ledger.orders()] == [SHA256] * 2
    assert peer.violations() == []
    peer.close()
    with asking(type(peer), tmp_path, clock=peer.clock) as again:
        assert (again.peer.url, again.peer.asset_url) == (peer.url, peer.asset_url)
        assert len(again.peer.ledger.of(SHA256)) == 2


def test_every_service_has_its_own_refusals(service: Client[Service]) -> None:
    peer = service.peer
    peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=429, retry_s=17))
    busy = ORDERS[peer.name](service)
    assert busy.status_code == 429
    assert "17" in busy.text + busy.headers.get("retry-after", "") or peer.name in {
        "hunyuan",
        "localai",
    }
    assert json.loads(busy.text)
    assert peer.ledger.orders() == []


def test_plans_repeat_for_a_seed_and_reach_every_kind() -> None:
    plans = [FaultPlan(seed).draw("gemini") for seed in range(400)]
    assert plans == [FaultPlan(seed).draw("gemini") for seed in range(400)]
    kinds = Counter(fault.kind for plan in plans for fault in plan)
    assert set(Kind) - set(kinds) == {
        *(Kind.HANG, Kind.SLOW, Kind.HUGE, Kind.REDIRECT_METADATA),
    }
    assert all(fault.times == 1 for plan in plans for fault in plan)
    downloads = [fault for plan in plans for fault in plan if fault.kind in ASSET]
    assert {fault.call for fault in downloads} == {Call.DOWNLOAD}


def test_a_program_is_killed_and_goes_on(tmp_path: Path) -> None:
    with Program(tmp_path / "fake", "meshy", factor=10) as program:
        program.arm(Fault(Kind.STATUS, Call.CREATE, status=503, after=True))
        program.add_strangers(3)
        headers = {"Authorization": f"Bearer {program.key}"}
        lost = httpx.post(f"{program.url}{IMAGE}", json=WISH, headers=headers, verify=NO_TLS)
        assert lost.status_code == 503
        urls = (program.url, program.asset_url)
        program.kill()
        [paid] = program.ledger.orders()
        program.start()
        assert (program.url, program.asset_url) == urls
        program.skip(1000)
        listed = httpx.get(f"{program.url}{IMAGE}", headers=headers, verify=NO_TLS).json()
        assert len(listed) == 4
        [ours] = [task for task in listed if task["id"] == paid.order]
        assert ours["status"] == "SUCCEEDED"
        assert httpx.get(ours["model_urls"]["glb"], verify=NO_TLS).content.startswith(b"glTF")
        [paid] = program.ledger.orders()
        assert (paid.ends, paid.downloads) == (["succeeded"], 1)
        assert program.violations() == []
        assert [seen["call"] for seen in program.requests()] == ["list", "download"]
        program.set(queue_depth=0)
        program.give(b"mesh")
        full = httpx.post(f"{program.url}{IMAGE}", json=WISH, headers=headers, verify=NO_TLS)
        assert full.status_code == 429
