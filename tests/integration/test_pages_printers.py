"""The pages printers, approvals, recipes and settings, as they are sent."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from printd.core.board import Condition, PrinterStatus
from printd.core.clock import utc_now
from printd.core.errors import NeedsApproval
from printd.core.fleet import Fleet
from printd.core.jobs import State
from printd.core.spools import Spools, Tray
from printd.web.keys import Keys, Scope
from printd.web.logins import COOKIE, Logins
from printd.web.pages.numbers import TIMES
from tests.peers.api import Api, served
from tests.peers.no_tls import NO_TLS
from tests.peers.stores import clear_bed, job_in, new_job
from tests.peers.virtual_printer import wait_until

EVIL = '"><script>alert(1)</script>'
TEXT = "&lt;script&gt;alert(1)&lt;/script&gt;"
PAGES = ("/printers", "/approvals", "/recipes", "/settings")


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with served(tmp_path) as api:
        yield api


def browser(api: Api, scope: Scope = Scope.OPERATE, language: str = "en") -> httpx.Client:
    word = Logins(api.store.database).begin("ana", scope)
    headers = {"Accept": "text/html", "Accept-Language": language, "Cookie": f"{COOKIE}={word}"}
    return httpx.Client(base_url=api.server.url, headers=headers, timeout=30.0, verify=NO_TLS)


def page(api: Api, path: str, scope: Scope = Scope.OPERATE, language: str = "en") -> str:
    with browser(api, scope, language) as client:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def tile(text: str, printer: str) -> str:
    found = re.search(
        rf'<article class="card printer[^>]*id="printer-{printer}">.*?</article>', text, re.DOTALL
    )
    assert found, text
    return found.group(0)


def chips(text: str) -> dict[str, int]:
    found = re.findall(r'class="chip"[^>]*>([^<]+?) <span class="count[^>]*>(\d+)<', text)
    return {words: int(many) for words, many in found}


def test_who_is_not_logged_in_sees_none_of_them(api: Api) -> None:
    with (
        httpx.Client(
            base_url=api.server.url, headers={"Accept": "text/html"}, verify=NO_TLS
        ) as stranger,
        browser(api, Scope.SUBMIT) as submitter,
    ):
        for path in (*PAGES, "/settings/doctor", "/settings/log"):
            answer = stranger.get(path)
            assert (answer.status_code, answer.headers["location"][:6]) == (303, "/login"), path
            assert submitter.get(path).status_code == 403, path


def test_printers_are_sorted_into_chips_and_say_what_is_loaded(api: Api) -> None:
    fleet = Fleet(api.store.database)
    trays = (Tray(0, 0, 0, "PLA", "1E50D0", remain=0.4, is_there=True), Tray(1, 0, 1))
    busy = PrinterStatus(Condition.BUSY, spools=Spools(trays, units=1, now=0), fault="0300_8014")
    fleet.saw("left", busy, utc_now())
    fleet.saw("right", PrinterStatus(Condition.OFFLINE, trouble=EVIL), utc_now())
    text = page(api, "/printers")
    assert chips(text) == {
        "all": 2,
        "need you": 1,  # a fault on its display
        "printing": 1,
        "idle": 0,
        "offline": 1,
        "out of service": 0,
    }
    left, right = tile(text, "left"), tile(text, "right")
    assert "tray 1 of AMS 1: blue PLA, 40 %" in left
    assert 'fill="#1E50D0"' in left
    assert "stale" not in left
    assert "stale" in right
    assert "last heard just now" in right
    assert TEXT in right
    assert "<script>alert" not in text
    assert 'id="printer-left"' not in page(api, "/printers?show=offline")
    assert 'id="printer-left"' in page(api, "/printers?show=%22%3E%3Cscript%3E")  # no such chip


def test_what_a_printer_has_besides_is_offered(tmp_path: Path) -> None:
    bambu: dict[str, Any] = {
        "host": "192.0.2.7",
        "serial": "01P00A000000001",
        "access_code_file": "code",
    }
    bambu = {**bambu, "spool": "external", "profile": "bambu-a1-prusa", "camera": True}
    printers = {
        "left": {"kind": "bambu", **bambu, "fingerprint": "ab" * 32},
        "right": {"kind": "octoprint", "url": "http://octopi.local/left", "key_file": "key"},
    }
    with served(tmp_path, printers=printers) as api:
        fleet = Fleet(api.store.database)
        fleet.saw("left", PrinterStatus(Condition.IDLE), utc_now())
        text = page(api, "/printers")
    left, right = tile(text, "left"), tile(text, "right")
    assert "Light on" in left
    assert 'data-camera="/api/v1/printers/left/camera.jpg"' in left
    assert "Its own page" not in left
    assert 'href="http://octopi.local/left" target="_blank" rel="noopener noreferrer"' in right
    assert "Light on" not in right
    assert "data-camera" not in right
    assert "never heard of" in right


def test_a_bed_that_is_clear_has_no_button_for_it(api: Api) -> None:
    Fleet(api.store.database).saw("left", PrinterStatus(Condition.IDLE), utc_now())
    assert "/printers/left/bed-clear" in page(api, "/printers")
    clear_bed(api.store, "left")
    at = "/printers/left/bed-clear"
    wait_until(lambda: at not in page(api, "/printers"), "the button is gone")
    assert chips(page(api, "/printers"))["idle"] == 1


def test_an_approval_shows_who_and_what_and_is_empty_else(api: Api) -> None:
    assert "Nothing waits for approval." in page(api, "/approvals")
    hold = NeedsApproval("Everything with recipe default is looked at by a person first.")
    facts = {
        "gcode": {"filament_g": 12.5, "print_time_s": 6600.0},
        "model": {"size_mm": [80, 60, 3]},
    }
    job = api.store.accept(new_job(1, name=EVIL, hold=hold, owner="key:shop", facts=facts))
    approve = f'data-act="/api/v1/jobs/{job.number}/approve"'
    wait_until(lambda: approve in page(api, "/approvals"), "it is shown")
    text = page(api, "/approvals", language="de")
    for words in (
        f"80{TIMES}60{TIMES}3 mm",
        "etwa 1 h 50 min",
        "12 g",
        "key:shop",
        TEXT,
        "Freigeben",
    ):
        assert words in text
    assert "<script>alert" not in text


def test_settings_show_keys_only_to_administrators(api: Api) -> None:
    Keys(api.store.database).create("web-shop", Scope.SUBMIT, by="test", owner=EVIL)
    theirs = page(api, "/settings")
    ours = page(api, "/settings", Scope.ADMIN)
    assert "web-shop" not in theirs
    assert "/api/v1/backup" not in theirs
    assert "for those who may do everything" in theirs
    assert f"<code>{api.server.url}/octoprint/any</code>" in theirs
    assert "web-shop" in ours
    assert TEXT in ours
    assert "<script>alert" not in ours
    doctor = page(api, "/settings/doctor", Scope.ADMIN)
    assert "Start it with `printd run`." in doctor
    with browser(api) as client:
        assert client.get("/settings/doctor").status_code == 403


def test_a_shape_that_is_still_to_be_checked_has_no_picture(api: Api) -> None:
    job = job_in(api.store, State.MESHED, 1, raw={"format": "stl"})
    folder = api.config.data_dir / "jobs" / job.id
    folder.mkdir(parents=True)
    (folder / "raw.stl").write_bytes(b"solid")
    assert f"/api/v1/jobs/{job.number}/thumbnail" not in page(api, f"/jobs/{job.number}")


def test_the_queue_says_states_and_ways_in_the_language_of_the_page(api: Api) -> None:
    api.store.accept(new_job(1, source="drop"))
    text = page(api, "/queue", language="de")
    for value, words in (
        ("sliced", "wartet auf einen Drucker"),
        ("printing", "druckt"),
        ("drop", "Ablageordner"),
        ("page", "Seite Gestalten"),
        ("left", "left"),
    ):
        assert f'<option value="{value}">{words}</option>' in text
    assert "· Ablageordner" in text


def test_recipes_and_profiles_are_there(api: Api) -> None:
    text = page(api, "/recipes")
    assert "recipe &#39;default&#39;" in text
    assert 'data-check="/api/v1/profiles/generic/check"' in text
    assert 'data-check="/api/v1/profiles/bambu-a1/check"' not in text  # needs an import first
    assert "printd profiles import bambu-a1 FILE" in text
