"""The API of the real daemon: what is handed in becomes a job, what is asked is done."""

import io
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from printd.core.clock import utc_now
from printd.core.jobs import Job, State
from printd.web.access import SUBMIT_UPLOADS
from tests.e2e.conftest import Opener, ended
from tests.peers.api import at_home
from tests.peers.daemon import SERVED, Daemon
from tests.peers.exposition import read
from tests.peers.no_tls import NO_TLS
from tests.peers.web_pages import pages, sent
from tests.photos import encoded, quarters, textured

PHOTO = encoded(textured(64, 64), "PNG")
HALF = encoded(quarters(64, 64), "PNG")
Made = Callable[[], list[Job]]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon whose bed is never cleared; the jobs of other tests are in it, too."""
    with ended(Daemon(tmp_path_factory.mktemp("api"), SERVED)) as opened:
        yield opened


@pytest.fixture
def made(daemon: Daemon) -> Made:
    """Return the jobs that the test has made."""
    before = {job.id for job in daemon.jobs()}
    return lambda: [job for job in daemon.jobs() if job.id not in before]


@pytest.fixture
def home(daemon: Daemon) -> Iterator[httpx.Client]:
    with at_home(daemon.data) as client:
        yield client


def over_tcp(daemon: Daemon, key: str) -> httpx.Client:
    """Return a client on the port that the daemon has said."""
    said = re.findall(r"API: (http://\S+)/api/v1", daemon.log)[-1]
    return httpx.Client(
        base_url=f"{said}/api/v1", headers={"X-Api-Key": key}, timeout=120.0, verify=NO_TLS
    )


def hand_in(client: httpx.Client, content: bytes = PHOTO, key: str = "", **fields: str) -> Any:
    name = fields.pop("file_name", "mia.png")
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/jobs", files={"file": (name, content)}, data=fields, headers=headers)


def left_lying(daemon: Daemon) -> list[str]:
    return [file.name for file in (daemon.data / "incoming").iterdir()]


def test_an_upload_is_a_job_before_it_is_answered(
    daemon: Daemon, home: httpx.Client, made: Made
) -> None:
    answer = hand_in(home, recipe="default", name="Mia", settings='{"width_mm": 15}')

    said = answer.json()
    assert answer.status_code == 201, said
    assert answer.headers["location"] == f"/api/v1/jobs/{said['id']}"
    (job,) = made()
    assert (job.number, job.name, job.source) == (said["number"], "Mia", "api")
    assert job.settings["relief"]["width_mm"] == 15
    assert (daemon.data / "jobs" / job.id / "photo.bin").read_bytes() == PHOTO
    assert left_lying(daemon) == []


def test_the_same_key_is_the_same_job_and_no_other(
    daemon: Daemon, home: httpx.Client, made: Made
) -> None:
    first = hand_in(home, key="a", hold="true")
    again = hand_in(home, key="a", hold="true")
    other = hand_in(home, encoded(textured(64, 64, 2), "PNG"), key="a", hold="true")
    settings = hand_in(home, key="a", hold="false")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["number"] == again.json()["number"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert settings.status_code == 422
    assert len(made()) == 1
    assert left_lying(daemon) == []


def test_the_same_key_of_somebody_else_is_another_job(
    daemon: Daemon, home: httpx.Client, made: Made
) -> None:
    given = daemon.ask("keys", "create", "neighbour", "--scope", "submit")
    with over_tcp(daemon, given["key"]) as neighbour:
        answers = [hand_in(client, key="mine", hold="true") for client in (home, neighbour)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({job.number for job in made()}) == 2


def test_the_same_key_at_the_same_time_is_one_job(daemon: Daemon, made: Made) -> None:
    answers = []

    def send() -> None:
        with at_home(daemon.data) as client:
            answers.append(hand_in(client, key="twin", hold="true"))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len(made()) == 1


def test_an_act_with_a_key_is_done_once(daemon: Daemon, home: httpx.Client, made: Made) -> None:
    def act(verb: str, key: str = "", **told: Any) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return home.post(f"/jobs/{number}/{verb}", json=told, headers=headers)

    number = hand_in(home, hold="true").json()["number"]
    assert act("cancel", "end").status_code == act("cancel", "end").status_code == 200
    again = [act("again", "once") for _ in range(3)]
    other = act("again", "twice")
    mixed = [act("again", "once", **{"from": "mesh"}), act("retry", "once")]
    upload = hand_in(home, key="once", hold="true")
    unkeyed = act("again")

    assert len({answer.json()["number"] for answer in again}) == 1
    assert other.json()["number"] != again[0].json()["number"]
    assert {answer.json()["code"] for answer in (*mixed, upload)} == {"idempotency_key_reused"}
    assert {job.again_of for job in made()} == {None, number}
    assert len(made()) == 1 + 3, unkeyed.text


def test_an_act_that_was_refused_may_be_asked_again(home: httpx.Client) -> None:
    number = hand_in(home, hold="true").json()["number"]
    key = {"Idempotency-Key": f"copies of {number}"}
    home.post(f"/jobs/{number}/move", json={"to": "p1"})
    refused = home.post(f"/jobs/{number}/copies", json={"copies": 3, "seen": 0}, headers=key)
    done = home.post(f"/jobs/{number}/copies", json={"copies": 3}, headers=key)
    again = home.post(f"/jobs/{number}/copies", json={"copies": 3}, headers=key)
    long = home.post(f"/jobs/{number}/hold", headers={"Idempotency-Key": "x" * 201})

    assert (refused.status_code, done.status_code, again.status_code) == (409, 200, 200)
    assert (long.status_code, long.json()["code"]) == (422, "request_invalid")


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        ("cancel", {}),
        ("hold", {}),
        ("copies", {"copies": 2}),
        ("move", {"to": "p1"}),
        ("reorder", {"before": "first"}),
        ("release", {}),
    ],
)
def test_an_act_on_what_has_moved_on_is_refused(
    home: httpx.Client, verb: str, told: dict[str, Any]
) -> None:
    number = hand_in(home, hold="true").json()["number"]
    held = home.post(f"/jobs/{number}/move", json={"to": "p1"}).json()
    late = home.post(f"/jobs/{number}/{verb}", json={**told, "seen": held["revision"] - 1})

    assert (late.status_code, late.json()["code"]) == (409, "not_possible_now")
    assert "has moved on since you looked" in late.json()["problem"]
    done = home.post(f"/jobs/{number}/{verb}", json={**told, "seen": held["revision"]})
    assert (done.status_code == 200) == (verb != "hold"), done.text
    home.post(f"/jobs/{number}/cancel")


REFUSED: tuple[tuple[bytes, dict[str, str], str], ...] = (
    (b"no picture", {}, "photo_unreadable"),
    (b"", {}, "photo_empty"),
    (PHOTO, {"recipe": "nothing"}, "recipe_unknown"),
    (PHOTO, {"settings": '{"width_mm": -1}'}, "setting_invalid"),
    (PHOTO, {"settings": '{"__proto__": 1}'}, "setting_invalid"),
    (PHOTO, {"copies": "0"}, "setting_invalid"),
    (PHOTO, {"copies": "-3"}, "setting_invalid"),
    (b"G1 X1\n", {"file_name": "a.gcode"}, "gcode_off"),
)


def heights() -> bytes:
    out = io.BytesIO()
    np.save(out, np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1)))
    return out.getvalue()


HEIGHTS = heights()


def hand_in_beside(client: httpx.Client, name: str = "mia.png", **more: Any) -> Any:
    files: dict[str, Any] = {key: more.pop(key) for key in ("mask", "depth") if key in more}
    key = {"Idempotency-Key": more.pop("key")} if "key" in more else {}
    return client.post(
        "/jobs", files={"file": (name, PHOTO), **files}, data={"hold": "true", **more}, headers=key
    )


def test_a_mask_and_heights_go_with_a_picture(
    daemon: Daemon, home: httpx.Client, made: Made
) -> None:
    mask, other = HALF, encoded(textured(64, 64, 3), "PNG")
    first = hand_in_beside(home, mask=("m.png", mask), depth=("d.npy", HEIGHTS), key="beside")
    again = hand_in_beside(home, mask=("m.png", mask), depth=("d.npy", HEIGHTS), key="beside")
    changed = hand_in_beside(home, mask=("m.png", other), depth=("d.npy", HEIGHTS), key="beside")
    bare = hand_in_beside(home, key="beside")

    assert (first.status_code, again.status_code) == (201, 200), first.json()
    assert {one.json()["code"] for one in (changed, bare)} == {"idempotency_key_reused"}
    (job,) = made()
    folder = daemon.data / "jobs" / job.id
    assert (folder / "mask.bin").read_bytes() == mask
    assert (folder / "depth.bin").read_bytes() == HEIGHTS
    assert left_lying(daemon) == []


def test_a_mask_that_cannot_be_used_is_said_and_leaves_nothing(
    daemon: Daemon, home: httpx.Client, made: Made
) -> None:
    cut_off = hand_in_beside(home, mask=("m.png", HALF[:100]))
    no_array = hand_in_beside(home, depth=("d.npy", b"\x93NUMPY nothing"))
    unused = hand_in_beside(home, mask=("m.png", HALF), settings='{"mask": "none"}')

    assert "mask beside the photo" in cut_off.json()["problem"]
    assert "depth file beside the photo" in no_array.json()["problem"]
    assert unused.json()["code"] == "setting_invalid"
    assert [one.status_code for one in (cut_off, no_array, unused)] == [422] * 3
    assert made() == []
    assert daemon.unaccounted() == set()
    assert left_lying(daemon) == []


def test_a_picture_is_fetched_from_where_it_may_be(open_daemon: Opener) -> None:
    web = {"enabled": True, "source_urls": True, "source_hosts": ["127.0.0.1"]}
    daemon = open_daemon({"web": web})
    served = {"/f%C3%BCr/mia.png": sent(PHOTO), "/bad.png": sent(PHOTO[:200])}
    with at_home(daemon.data) as home, pages(served) as shop:
        wanted = {"source_url": shop.url("/f%C3%BCr/mia.png"), "settings": {"width_mm": 15}}
        first = home.post("/jobs", json=wanted, headers={"Idempotency-Key": "a"})
        again = home.post("/jobs", json=wanted, headers={"Idempotency-Key": "a"})
        bad = home.post("/jobs", json={"source_url": shop.url("/bad.png")})

    assert (first.status_code, again.status_code, bad.status_code) == (201, 200, 422)
    assert bad.json()["code"].startswith("photo_")
    (job,) = daemon.jobs()
    assert (job.name, job.settings["relief"]["width_mm"]) == ("mia.png", 15)
    assert (daemon.data / "jobs" / job.id / "photo.bin").read_bytes() == PHOTO
    assert left_lying(daemon) == []


def test_figures_tell_when_the_folder_was_looked_at(home: httpx.Client) -> None:
    found = read(home.get("http://printd/metrics").text)

    age_s = utc_now().timestamp() - found["printd_drop_last_scan_timestamp_seconds"].value()
    assert 0 <= age_s < 600


def test_what_cannot_be_used_is_said_and_leaves_nothing(
    daemon: Daemon, home: httpx.Client, made: Made
) -> None:
    for number, (content, fields, code) in enumerate(REFUSED):
        answer = hand_in(home, content, key=str(number), **fields)
        again = hand_in(home, content, key=str(number), **fields)

        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
        assert again.json() == answer.json()
    assert made() == []
    assert daemon.unaccounted() == set()
    assert left_lying(daemon) == []


def test_a_job_is_held_released_and_cancelled(daemon: Daemon, home: httpx.Client) -> None:
    number = hand_in(home, hold="true").json()["number"]

    released = home.post(f"/jobs/{number}/release")
    held = home.post(f"/jobs/{number}/hold", json={"reason": "wrong colour"})
    late = home.post(f"/jobs/{number}/release", json={"seen": 0})
    cancelled = home.post(f"/jobs/{number}/cancel")
    twice = home.post(f"/jobs/{number}/cancel")

    assert released.status_code == 200, released.text
    assert held.json()["because"]["code"] == "held_by_person"
    assert "wrong colour" in held.json()["because"]["problem"]
    assert (late.status_code, late.json()["code"]) == (409, "not_possible_now")
    assert cancelled.json()["state"] == "cancelled"
    assert (twice.status_code, twice.json()["code"]) == (409, "not_possible_now")


def bed_with(home: httpx.Client, number: int) -> Any:
    """Return the bed as it is shown, once a job lies on it; what is shown may be a second old."""
    bed = home.get("/printers/p1").json()["bed"]
    return bed if bed["job"] == number else None


@pytest.mark.peer("prusa-slicer")
def test_a_picture_is_printed_when_the_bed_is_cleared(open_daemon: Opener) -> None:
    daemon = open_daemon(SERVED)
    with at_home(daemon.data) as home:
        number = hand_in(home).json()["number"]
        daemon.wait_for_job("mia.png", State.SLICED)

        waiting = home.get(f"/jobs/{number}").json()
        state = home.get("/state").json()
        told = daemon.ask("show", number)
        sentence = waiting["because"]["problem"]
        daemon.wait_until(
            lambda: sentence in (daemon.drop / "_status.txt").read_text(), "it is told"
        )
        typed = daemon.cli("status").stdout
        bed = home.get("/printers/p1").json()["bed"]
        cleared = home.post("/printers/p1/bed-clear", json={"seen": bed["revision"]})
        stale = home.post("/printers/p1/bed-clear", json={"seen": bed["revision"]})
        daemon.wait_for_job("mia.png", State.PRINTED)
        lies = daemon.wait_until(lambda: bed_with(home, number), "it lies on the bed")
        said = {"word": "good", "bed_clear": lies["revision"]}
        signed = home.post(f"/jobs/{number}/sign-off", json=said)
        free = home.get("/printers/p1").json()["bed"]
        again = home.post(f"/jobs/{number}/again", json={"from": "slice"})
        no_step = home.post(f"/jobs/{number}/again", json={"from": "paint"})

    assert waiting["because"]["code"] == "bed_unknown"
    assert state["needs_you"][0]["because"] == waiting["because"]
    assert told["because"] == waiting["because"]
    assert f"#{number} waits for p1: {sentence}\n" in typed
    assert cleared.status_code == 200, cleared.text
    assert stale.status_code == 409
    assert signed.json()["sign_off"]["word"] == "good"
    assert (lies["state"], free["state"]) == ("occupied", "clear")
    assert again.json()["again_of"] == number
    assert again.json()["size_mm"] == pytest.approx([12.0, 12.0, 1.8])
    assert no_step.status_code == 422


def test_printers_and_the_queue_stop_and_go_on(daemon: Daemon, home: httpx.Client) -> None:
    out = home.post("/printers/p1/out", json={"note": "nozzle\u202e on order"})
    back = home.post("/printers/p1/in")
    paused = home.post("/queue/pause", json={"note": "lunch"})
    state = home.get("/state").json()
    on = home.post("/queue/resume")

    assert out.json()["out_of_service"] == "nozzle\ufffd on order"
    assert back.json()["out_of_service"] is None
    assert paused.json()["paused"]["code"] == "queue_paused"
    assert state["queue"]["paused"] == paused.json()["paused"]
    assert on.json()["paused"] is None
    assert home.post("/printers/nobody/in").status_code == 404


def test_a_key_of_the_command_line_hands_in_and_sees_its_own(daemon: Daemon) -> None:
    given = daemon.ask("keys", "create", "shop", "--scope", "submit", "--owner", "Ana")
    with at_home(daemon.data) as home, over_tcp(daemon, given["key"]) as shop:
        other = hand_in(home, hold="true").json()["number"]
        own = shop.post("/jobs", files={"file": ("a.png", PHOTO)}, data={"hold": "true"})
        seen = shop.get("/jobs").json()["jobs"]
        foreign = shop.post(f"/jobs/{other}/cancel")
        wrong = shop.post(f"/jobs/{own.json()['id']}/release")
        cancelled = shop.post(f"/jobs/{own.json()['id']}/cancel")
        daemon.ask("keys", "revoke", "shop")
        ended = shop.get("/jobs")

    assert own.status_code == 201, own.text
    assert own.json()["owner"] == "key:shop"
    assert [job["number"] for job in seen] == [own.json()["number"]]
    assert own.json()["can"] == ["cancel"]
    assert (foreign.status_code, wrong.status_code) == (404, 403)
    assert (cancelled.json()["state"], cancelled.json()["can"]) == ("cancelled", [])
    assert (ended.status_code, ended.json()["code"]) == (401, "api_key_revoked")
    assert given["key"] not in daemon.log
    (key,) = [one for one in daemon.ask("keys") if one["name"] == "shop"]
    assert key["used_at"] is not None or key["revoked_at"] is not None


def test_what_was_handed_in_before_is_not_counted_again(daemon: Daemon) -> None:
    given = daemon.ask("keys", "create", "diligent", "--scope", "submit")
    at_once = int(SUBMIT_UPLOADS.at_once)
    with over_tcp(daemon, given["key"]) as shop:
        answers = [hand_in(shop, key="a", hold="true") for _ in range(at_once + 3)]
        new = [hand_in(shop, key=f"b{n}", hold="true") for n in range(at_once + 3)]
        # Another picture with a known key is none that was handed in before.
        other = [hand_in(shop, HALF, key="a", hold="true") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201] + [200] * (at_once + 2)
    assert 429 in [answer.status_code for answer in new]
    assert 429 in [answer.status_code for answer in other]


def test_keys_are_made_without_a_daemon_too(open_daemon: Opener) -> None:
    daemon = open_daemon(SERVED)
    assert daemon.stop() == 0
    made = daemon.ask("keys", "create", "shop", "--scope", "operate")
    daemon.start()
    with over_tcp(daemon, made["key"]) as client:
        assert client.get("/state").status_code == 200


def test_without_the_api_everything_else_goes_on(open_daemon: Opener) -> None:
    daemon = open_daemon()

    made = daemon.cli("keys", "create", "shop", "--scope", "submit")

    assert made.returncode == 0
    assert "without its API" in made.stderr
    assert not (daemon.data / "api.sock").exists()
    assert daemon.stop() == 0


def test_a_taken_port_is_said_in_a_sentence(open_daemon: Opener, daemon: Daemon) -> None:
    port = int(over_tcp(daemon, "x").base_url.port or 0)
    other = Daemon(daemon.folder.parent / "other", {"web": {"enabled": True, "port": port}})

    ended = other.run_to_its_end()

    assert ended.returncode == 69
    assert f"The API cannot listen on 127.0.0.1:{port}: Address already in use." in ended.stderr
    assert "Traceback" not in ended.stderr
