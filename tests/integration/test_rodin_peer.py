"""The fake Rodin, asked in plain HTTP as section 8 of the document has it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.services_asking import PHOTO, SHA256, Client, asking, credential, photo, solid
from tests.peers.services_faults import Fault, Kind
from tests.peers.services_rodin import Rodin

PRESET = {
    "tier": "Gen-2",
    "geometry_file_format": "stl",
    "mesh_mode": "Raw",
    "quality_override": "150000",
}
FILE = ("images", ("a.png", PHOTO, "image/png"))


@pytest.fixture
def at_rodin(tmp_path: Path) -> Iterator[Client[Rodin]]:
    with asking(Rodin, tmp_path) as client:
        yield client


def order(client: Client[Rodin], **more: str) -> dict[str, Any]:
    said = client.ask("POST", "/api/v2/rodin", files=[FILE], data=PRESET | more)
    assert said.status_code == 201
    made: dict[str, Any] = said.json()
    return made


def jobs(client: Client[Rodin], made: dict[str, Any]) -> list[str]:
    body = {"subscription_key": made["jobs"]["subscription_key"]}
    said = client.ask("POST", "/api/v2/status", json=body)
    assert (said.status_code, said.json()["error"]) == (201, "OK")
    return [job["status"] for job in said.json()["jobs"]]


def files(client: Client[Rodin], made: dict[str, Any]) -> dict[str, str]:
    said = client.ask("POST", "/api/v2/download", json={"task_uuid": made["uuid"]})
    assert (said.status_code, said.json()["error"]) == (201, "OK")
    return {file["name"]: file["url"] for file in said.json()["list"]}


def test_rodin_ends_its_jobs_one_by_one_and_lists_files_as_they_come(
    at_rodin: Client[Rodin],
) -> None:
    made = order(at_rodin)
    assert (made["error"], len(made["jobs"]["uuids"])) == (None, 3)
    assert jobs(at_rodin, made) == ["Waiting"] * 3
    assert files(at_rodin, made) == {}
    at_rodin.peer.clock.skip(30)
    assert jobs(at_rodin, made) == ["Done", "Generating", "Waiting"]
    assert "base.stl" not in files(at_rodin, made)
    at_rodin.peer.clock.skip(60)
    assert jobs(at_rodin, made) == ["Done"] * 3
    found = files(at_rodin, made)
    assert {"base.stl", "preview.webp", "texture_diffuse.png"} <= set(found)
    assert solid(at_rodin.fetch(found["base.stl"]).content, "stl").is_watertight
    at_rodin.peer.clock.skip(601)
    assert at_rodin.fetch(found["base.stl"]).status_code == 403
    again = files(at_rodin, made)["base.stl"]
    assert at_rodin.fetch(again).status_code == 200
    [paid] = at_rodin.peer.ledger.orders()
    assert (paid.price, paid.downloads) == (0.5, 2)


def test_rodin_may_fail_in_one_job_of_several(at_rodin: Client[Rodin]) -> None:
    at_rodin.peer.faults.arm(Fault(Kind.FAIL))
    made = order(at_rodin, addons="HighPack")
    at_rodin.peer.clock.skip(100)
    assert jobs(at_rodin, made) == ["Done", "Done", "Failed"]
    assert "base.stl" not in files(at_rodin, made)
    assert at_rodin.peer.ledger.spent() == 1.5


@pytest.mark.parametrize(
    "more",
    [
        {"mesh_mode": "Triangle"},
        {"seed": "65536"},
        {"seed": "x"},
        {"faces": "100"},
        {"is_micro": "true"},
    ],
)
def test_rodin_refuses_values_it_does_not_know(
    at_rodin: Client[Rodin], more: dict[str, str]
) -> None:
    said = at_rodin.ask("POST", "/api/v2/rodin", files=[FILE], data=PRESET | more)
    assert (said.status_code, said.json()["error"]) == (422, "VALIDATION_ERROR")
    at_rodin.peer.refuses_with = 201
    hidden = at_rodin.ask("POST", "/api/v2/rodin", files=[FILE], data=PRESET | more)
    assert (hidden.status_code, hidden.json()["error"]) == (201, "VALIDATION_ERROR")
    assert at_rodin.peer.ledger.orders() == []


def test_rodin_takes_forms_only_and_keeps_the_order_of_pictures(at_rodin: Client[Rodin]) -> None:
    assert at_rodin.ask("POST", "/api/v2/rodin", json=PRESET).status_code == 422
    assert at_rodin.ask("POST", "/api/v2/rodin", data=PRESET).status_code == 422
    second = ("images", ("b.png", photo(9), "image/png"))
    assert at_rodin.ask("POST", "/api/v2/rodin", files=[second, FILE]).status_code == 201
    six = [FILE] * 6
    assert at_rodin.ask("POST", "/api/v2/rodin", files=six).status_code == 422
    assert [paid.sha256 for paid in at_rodin.peer.ledger.orders()] == [
        hashlib.sha256(photo(9)).hexdigest()
    ]
    assert at_rodin.peer.ledger.of(SHA256) == []


def test_rodin_wants_its_key_and_both_of_its_names(at_rodin: Client[Rodin]) -> None:
    wrong = credential(at_rodin.peer, "nobody")
    assert at_rodin.ask("POST", "/api/v2/status", json={}, headers=wrong).status_code == 401
    made = order(at_rodin)
    by_uuid = {"subscription_key": made["uuid"]}
    assert at_rodin.ask("POST", "/api/v2/status", json=by_uuid).status_code == 422
    by_key = {"task_uuid": made["jobs"]["subscription_key"]}
    assert at_rodin.ask("POST", "/api/v2/download", json=by_key).status_code == 422


@pytest.mark.parametrize(
    ("good", "said"),
    [("OK", {"error": "OK"}), ("", {"error": ""}), (None, {"error": None}), ("absent", {})],
)
def test_rodin_says_in_several_ways_that_nothing_is_wrong(
    at_rodin: Client[Rodin], good: str | None, said: dict[str, Any]
) -> None:
    made = order(at_rodin)
    at_rodin.peer.good_error = good
    told = at_rodin.ask("POST", "/api/v2/download", json={"task_uuid": made["uuid"]}).json()
    assert told == {**said, "list": []}
