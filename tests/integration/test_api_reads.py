"""What the API tells, to whom, and by which name it may be asked."""

import socket
import sqlite3
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from printd.core.board import Condition, PrinterStatus
from printd.core.clock import from_text, to_text, utc_now
from printd.core.database import FILE
from printd.core.errors import HeldByPerson
from printd.core.fleet import Fleet
from printd.core.jobs import State
from printd.core.wallclock import WallClock
from printd.web.keys import Keys, Scope
from printd.web.problems import PortTaken
from printd.web.server import Server
from printd.web.socket_file import SOCKET
from printd.web.tools import House
from tests.peers.api import Api, served
from tests.peers.no_tls import NO_TLS
from tests.peers.stores import clear_bed, job_in, new_job

FOUR_WORDS = {"code", "problem", "action", "details"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with served(tmp_path) as running:
        yield running


def said(answer: httpx.Response) -> tuple[int, str]:
    words = answer.json()
    assert set(words) == FOUR_WORDS
    assert words["problem"]
    assert words["action"].endswith(".")
    return answer.status_code, words["code"]


# Keys.


def test_without_a_key_nothing_is_told(api: Api) -> None:
    with api.client(None) as nobody:
        answers = [nobody.get(path) for path in ("/jobs", "/state", "/printers", "/recipes")]

    assert {said(answer) for answer in answers} == {(401, "key_needed")}
    assert answers[0].headers["www-authenticate"] == "Bearer"


def test_a_key_may_come_in_either_header(api: Api) -> None:
    with api.client(None) as client:
        bearer = client.get("/jobs", headers={"Authorization": f"Bearer {api.key()}"})
        plain = client.get("/jobs", headers={"X-Api-Key": api.key()})

    assert (bearer.status_code, plain.status_code) == (200, 200)


def test_a_wrong_a_revoked_and_a_weaker_key_are_told_apart(api: Api) -> None:
    _, text = Keys(api.store.database).create("old", Scope.ADMIN, by="ana")
    Keys(api.store.database).revoke("old", by="ana")
    with api.client(None) as client:
        wrong = client.get("/jobs", headers={"X-Api-Key": "pd_nonsense"})
        revoked = client.get("/jobs", headers={"X-Api-Key": text})
    with api.client(Scope.SUBMIT) as shop, api.client(Scope.OPERATE) as staff:
        weaker = [shop.get("/state"), staff.get("/keys"), staff.post("/keys", json={})]

    assert said(wrong) == (401, "api_key_refused")
    assert said(revoked) == (401, "api_key_revoked")
    assert {said(answer) for answer in weaker} == {(403, "api_key_too_weak")}


def test_a_revoked_key_ends_at_once(api: Api) -> None:
    with api.client(Scope.OPERATE) as client:
        assert client.get("/jobs").status_code == 200
        Keys(api.store.database).revoke("test-operate", by="ana")

        assert said(client.get("/jobs")) == (401, "api_key_revoked")


def test_keys_that_are_guessed_are_slowed_down(api: Api) -> None:
    with api.client(None) as client:
        tried = [client.get("/jobs", headers={"X-Api-Key": str(n)}) for n in range(40)]
        good = client.get("/jobs", headers={"X-Api-Key": api.key()})

    assert said(tried[-1]) == (429, "too_many_requests")
    assert tried[-1].headers["retry-after"]
    assert good.status_code == 200


def test_a_key_that_hands_in_sees_its_own_jobs_only(api: Api) -> None:
    mine = api.store.accept(new_job(1, owner="key:test-submit", source="api"))
    api.store.accept(new_job(2, owner="ana"))
    with api.client(Scope.SUBMIT) as shop:
        listed = shop.get("/jobs").json()["jobs"]
        asked = shop.get("/jobs", params={"owner": "ana"}).json()["jobs"]
        other = shop.get("/jobs/2")
        own = shop.get(f"/jobs/{mine.id}")

    assert [job["number"] for job in listed] == [1]
    assert [job["number"] for job in asked] == [1]
    assert said(other) == (404, "no_such_job")
    assert own.json()["owner"] == "key:test-submit"


def test_a_key_that_hands_in_cannot_tell_jobs_of_others_from_none(api: Api) -> None:
    theirs = api.store.accept(new_job(1, owner="ana"))
    mine = api.store.accept(new_job(2, owner="key:test-submit"))
    api.store.accept(new_job(3, owner="ana"))
    with api.client(Scope.SUBMIT) as shop:
        last = shop.get("/jobs/last").json()["number"]
        begins = shop.get(f"/jobs/{mine.id[:-1]}").json()["number"]
        words = {
            word: shop.get(f"/jobs/{word}").json()["problem"].replace(word, "…")
            for word in ("1", "9", theirs.id, "20260503T120000-9999999999")
        }

    assert (last, begins) == (2, 2)
    assert words["1"] == words["9"]
    assert words[theirs.id] == words["20260503T120000-9999999999"]


def test_a_key_is_told_only_what_it_may_do(api: Api) -> None:
    for number, state in enumerate((State.SLICED, State.UPLOADED), start=1):
        job_in(api.store, state, number, gcode={}, model={"size_mm": (1.0, 1.0, 1.0)})
    with api.store.database.write() as connection:
        connection.execute("UPDATE job SET owner = 'key:test-submit'")
    with api.client(Scope.SUBMIT) as shop, api.client(Scope.OPERATE) as staff:
        mine = {job["number"]: job["can"] for job in shop.get("/jobs").json()["jobs"]}
        one = shop.get("/jobs/1").json()["can"]
        theirs = {job["number"]: job["can"] for job in staff.get("/jobs").json()["jobs"]}

    assert mine == {1: ["cancel"], 2: []}
    assert one == ["cancel"]
    assert theirs == {1: ["hold", "move", "reorder", "copies", "cancel"], 2: ["hold", "cancel"]}


def test_a_key_made_over_the_api_is_shown_once_and_works(api: Api) -> None:
    with api.client() as admin:
        made = admin.post("/keys", json={"name": "shop", "scope": "submit", "owner": "Ana"})
        again = admin.post("/keys", json={"name": "shop", "scope": "submit"})
        listed = admin.get("/keys").json()["keys"]
    with api.client(None, **{"X-Api-Key": made.json()["key"]}) as shop:
        assert shop.get("/jobs").status_code == 200

    assert made.status_code == 201
    assert said(again) == (409, "not_possible_now")
    assert "key" not in listed[-1]
    assert made.json()["key"] not in repr(listed)


def test_the_socket_in_the_data_folder_needs_no_key_and_is_for_its_owner(api: Api) -> None:
    with api.at_home() as home:
        answer = home.get("/keys")

    assert answer.status_code == 200
    mode = (api.config.data_dir / SOCKET).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


# Names and pages.


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8321", 200),
        ("[::1]:8321", 200),
        ("localhost:1", 200),
        ("LOCALHOST", 200),
        ("print.local", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:8321", 421),
        ("print.local@evil.example", 421),
        ("[::1]evil.example", 421),
        ("localhost:evil.example", 421),
        ("", 421),
    ],
)
def test_only_our_own_names_are_answered(tmp_path: Path, host: str, status: int) -> None:
    with served(tmp_path, web={"port": 0, "names": ["print.local"]}) as api, api.client() as client:
        assert client.get("/jobs", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": "http://HOST"}, 201),
        ({"Origin": "https://shop.example"}, 201),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
    ],
)
def test_another_page_changes_nothing(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    with (
        served(tmp_path, web={"port": 0, "origins": ["https://shop.example"]}) as api,
        api.client() as client,
    ):
        own = api.server.url.removeprefix("http://")
        sent = {name: value.replace("HOST", own) for name, value in headers.items()}
        answer = client.post("/keys", json={"name": "a", "scope": "submit"}, headers=sent)

    assert answer.status_code == status
    shared = answer.headers.get("access-control-allow-origin")
    assert shared == ("https://shop.example" if "shop" in repr(headers) else None)


@pytest.mark.parametrize("path", ["/jobs", "/jobs/1/photo", "/keys", "/nothing"])
def test_a_page_of_a_configured_origin_may_ask_what_it_may(tmp_path: Path, path: str) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    origins = ["https://shop.example"]
    with served(tmp_path, web={"port": 0, "origins": origins}) as api, api.client(None) as client:
        ours, others = (
            client.options(path, headers={"Origin": origin, **asks})
            for origin in ("https://shop.example", "https://evil.example")
        )

    assert (ours.status_code, ours.content) == (204, b"")
    assert ours.headers["access-control-allow-origin"] == "https://shop.example"
    allowed = ours.headers["access-control-allow-headers"].split(", ")
    assert {"x-api-key", "idempotency-key", "range", "if-match", "content-type"} <= {*allowed}
    assert ours.headers["access-control-expose-headers"] == "*"
    assert "access-control-allow-credentials" not in ours.headers
    assert others.status_code in (404, 405)
    assert "access-control-allow-origin" not in others.headers


def test_every_answer_is_closed_to_other_pages(api: Api) -> None:
    with api.client() as client:
        answers = [client.get("/jobs"), client.get("/nope"), client.get("/jobs/9")]

    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


# Jobs.


def test_jobs_come_by_pages_newest_first(api: Api) -> None:
    for number in range(1, 8):
        api.store.accept(new_job(number))
    seen = []
    with api.client() as client:
        page = client.get("/jobs", params={"limit": 3}).json()
        while True:
            seen += [job["number"] for job in page["jobs"]]
            if page["next"] is None:
                break
            page = client.get("/jobs", params={"limit": 3, "cursor": page["next"]}).json()

    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_jobs_are_found_by_what_they_are(api: Api) -> None:
    api.store.accept(new_job(1, owner="ana", source="api"))
    job_in(api.store, State.SLICED, 2, gcode={}, model={"size_mm": (1.0, 1.0, 1.0)})
    with api.client() as client:

        def found(**asked: str | list[str]) -> list[int]:
            answer = client.get("/jobs", params=asked)
            assert answer.status_code == 200, answer.text
            return [job["number"] for job in answer.json()["jobs"]]

        assert found(state="received") == [1]
        assert found(state=["received", "sliced"]) == [2, 1]
        assert found(owner="ana") == [1]
        assert found(source="api") == [1]
        assert found(search="cat-2") == [2]
        assert found(since="2020-01-01T00:00:00Z") == [2, 1]
        assert found(until="2020-01-01T00:00:00Z") == []


def test_a_job_is_found_by_number_id_and_last(api: Api) -> None:
    job = api.store.accept(new_job(1))
    with api.client() as client:
        answers = [client.get(f"/jobs/{word}").json() for word in ("1", job.id, "last")]

    assert {answer["id"] for answer in answers} == {job.id}
    assert answers[0]["timeline"][0]["kind"] == "job.accepted"


def test_a_job_that_waits_says_why_each_printer_does_not_take_it(api: Api) -> None:
    job_in(api.store, State.SLICED, gcode={}, model={"size_mm": (1.0, 1.0, 1.0)})
    with api.client() as client:
        answer = client.get("/jobs/1").json()
        printers = [printer["name"] for printer in client.get("/printers").json()["printers"]]

    assert printers
    assert {one["printer"] for one in answer["elsewhere"]} == set(printers)
    assert answer["because"] in [one["because"] for one in answer["elsewhere"]]


def test_a_held_job_says_why_in_the_words_of_every_display(api: Api) -> None:
    job = api.store.accept(new_job(1))
    api.store.stop(job, State.HELD, HeldByPerson("Held by ana."), who="ana")
    with api.client() as client:
        shown = client.get("/jobs/1").json()
        state = client.get("/state").json()

    assert shown["because"]["code"] == "held_by_person"
    assert shown["because"]["problem"] == "Held by ana."
    assert state["jobs"][0]["because"] == shown["because"]
    assert state["needs_you"][0]["because"] == shown["because"]
    assert state["needs_you"][0]["job"] == 1


def test_what_the_client_has_is_not_sent_again(api: Api) -> None:
    job = api.store.accept(new_job(1))
    with api.client() as client:
        for path in ("/jobs", "/jobs/1", "/state", "/printers", "/recipes", "/recipes/default"):
            first = client.get(path)
            same = client.get(path, headers={"If-None-Match": first.headers["etag"]})
            assert (first.status_code, same.status_code, same.content) == (200, 304, b"")
        tag = client.get("/jobs/1").headers["etag"]
        assert client.get("/jobs/1", headers={"If-Match": f'"x", {tag}'}).status_code == 200
        assert said(client.get("/jobs/1", headers={"If-Match": '"x"'})) == (412, "tag_differs")
        acted = client.post("/jobs/1/cancel", headers={"If-Match": tag})
        assert said(acted) == (412, "tag_differs")
        api.store.stop(job, State.HELD, HeldByPerson("Held by ana."), who="ana")
        after = client.get("/jobs/1", headers={"If-None-Match": tag})

    assert (after.status_code, after.json()["state"]) == (200, "held")


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/jobs/..%2f..%2fprintd.db",
        "/jobs/%00",
        "/jobs/%F0%9F%92%A9",
        "/jobs/99999999999999999999999999",
        "/jobs/-1",
        "/jobs/1%27%20OR%201=1",
        "/printers/%2e%2e",
        "/printers/%3Cscript%3E",
        "/recipes/%2e%2e%2fdefault",
    ],
)
def test_tricks_in_an_id_find_nothing(api: Api, path: str) -> None:
    api.store.accept(new_job(1))
    with api.client() as client:
        answer = client.get(path)

    assert answer.status_code in (404, 422)
    said(answer)
    assert "script" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "state=x",
        "limit=0",
        "limit=x",
        "since=2026-01-01T00:00:00",
        "since=0001-01-01T00:00:00%2B14:00",
        "until=9999-12-31T23:59:59-14:00",
        "cursor=-1",
        "cursor=%D9%A1",
    ],
)
def test_a_question_that_cannot_be_meant_names_its_field(api: Api, query: str) -> None:
    with api.client() as client:
        assert said(client.get(f"/jobs?{query}")) == (422, "request_invalid")


# Printers, health, the description.


def test_printers_say_what_stops_them(api: Api) -> None:
    with api.client() as client:
        listed = client.get("/printers").json()["printers"]
        one = client.get("/printers/left").json()

    assert [printer["name"] for printer in listed] == ["left", "right"]
    assert one["bed"]["state"] == "unknown"
    assert one["because"]["code"] == "offline"


def test_an_idle_printer_says_why_in_the_words_of_every_display(api: Api) -> None:
    Fleet(api.store.database).saw("left", PrinterStatus(Condition.IDLE), utc_now())
    clear_bed(api.store)
    with api.client() as client:
        one = client.get("/printers/left").json()
        state = client.get("/state").json()

    assert (one["because"]["code"], one["because"]["problem"]) == ("no_job", "Nothing waits.")
    assert state["printers"][0]["because"] == one["because"]
    assert [need["printer"] for need in state["needs_you"]] == ["right"]  # it has not answered


def test_health_needs_no_key_on_this_machine(api: Api) -> None:
    with httpx.Client(base_url=api.server.url, timeout=60, verify=NO_TLS) as client:
        health, ready = client.get("/healthz"), client.get("/readyz")

    checks = dict.fromkeys(("store", "disk", "drop", "clock"), "ok")
    never = {"left": None, "right": None}
    assert health.json() == {
        "ok": True,
        "checks": checks,
        "offline_since": never,
        "oldest_step_at": None,
    }
    assert ready.json()["ok"]


def test_health_tells_what_is_wrong_and_since_when(api: Api) -> None:
    now = utc_now()
    api.store.accept(new_job(1))
    Fleet(api.store.database).saw("left", PrinterStatus(Condition.OFFLINE), now)
    Fleet(api.store.database).saw("right", PrinterStatus(Condition.IDLE), now)
    api.scanned_at = now - timedelta(minutes=6)
    WallClock(api.store.database, now - timedelta(days=2), 9.0).note(now - timedelta(days=2), 9.0)
    with api.at_home() as home:
        health = home.get("http://printd/healthz")
        ready = home.get("http://printd/readyz")

    said = health.json()
    assert (health.status_code, ready.status_code) == (503, 200)
    wrong = {name: word for name, word in said["checks"].items() if word != "ok"}
    assert wrong == {"drop": "scan_old", "clock": "clock_odd"}
    assert {*said["offline_since"]} == {"left"}
    assert from_text(said["offline_since"]["left"]) == from_text(to_text(now))
    assert from_text(said["oldest_step_at"]) == api.store.job(1).moved_at


def test_health_finds_a_store_that_takes_no_change(api: Api) -> None:
    file = api.config.data_dir / FILE
    locked = sqlite3.connect(file)
    locked.execute("BEGIN IMMEDIATE")
    with api.at_home() as home:
        health = home.get("http://printd/healthz")
    locked.close()

    assert health.status_code == 503
    assert health.json()["checks"]["store"] != "ok"


def test_the_description_has_an_example_of_every_problem(api: Api) -> None:
    with api.client(None) as client:
        description = client.get("/openapi.json").json()

    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            for status, answer in operation["responses"].items():
                if status >= "4" and "application/json" in answer.get("content", {}):
                    assert "example" in answer["content"]["application/json"], (path, status)


def test_an_unknown_method_and_an_unknown_address_are_problems(api: Api) -> None:
    with api.client() as client:
        wrong = client.put("/jobs")
        assert said(wrong) == (405, "wrong_method")
        assert wrong.headers["allow"] == "GET, HEAD, POST"
        assert said(client.get("/nothing")) == (404, "no_such_thing")
        assert said(client.get("/jobs/")) == (404, "no_such_thing")


# Start and end.


def test_a_port_that_is_taken_is_said(tmp_path: Path, api: Api) -> None:
    port = int(api.server.url.rsplit(":", 1)[1])
    config = api.config.model_copy(update={"web": api.config.web.model_copy(update={"port": port})})
    with pytest.raises(PortTaken, match=f"cannot listen on 127.0.0.1:{port}: Address already"):
        Server(House(lambda: config, dict, lambda: None)).open()


def test_a_socket_is_made_in_a_folder_whose_path_is_too_long_for_one(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 100) / ("b" * 100)
    deep.mkdir(parents=True)
    with served(deep) as api, api.at_home() as home:
        assert home.get("/jobs").status_code == 200


def test_a_socket_that_a_killed_daemon_has_left_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(tmp_path)
    left.bind(SOCKET)
    left.close()
    with served(tmp_path) as api, api.at_home() as home:
        assert home.get("/jobs").status_code == 200
    assert not (tmp_path / SOCKET).exists()
