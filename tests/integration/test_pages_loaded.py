"""What is loaded, as the pages show it, and the button at a job that waits for something else."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from printd.core.board import Condition, PrinterStatus
from printd.core.clock import utc_now
from printd.core.fleet import Fleet
from printd.core.jobs import State
from printd.core.loaded import Configured, Loaded
from printd.core.spools import Spools, Tray
from printd.web.keys import Scope
from printd.web.logins import COOKIE, Logins
from tests.peers.api import Api, served
from tests.peers.stores import PATH, move_on, new_job

PRINTERS = {
    "left": {"kind": "virtual", "material": "PETG", "colour": "red"},
    "right": {"kind": "virtual"},
}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with served(tmp_path, printers=PRINTERS) as api:
        yield api


def page(api: Api, path: str, scope: Scope = Scope.OPERATE) -> str:
    word = Logins(api.store.database).begin("ana", scope)
    headers = {"Accept": "text/html", "Accept-Language": "de", "Cookie": f"{COOKIE}={word}"}
    with httpx.Client(base_url=api.server.url, headers=headers, timeout=30.0) as client:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def tiles(text: str) -> list[str]:
    return re.findall(r'<article class="card printer.*?</article>', text, re.DOTALL)


def test_a_tile_says_what_is_loaded_and_who_has_said_so(api: Api) -> None:
    fleet = Fleet(api.store.database)
    word = Loaded("PETG", "red", "<b>ann", utc_now(), Configured("generic", None, ""))
    fleet.load("left", word)
    told = Spools((Tray(0, 0, 0, "PLA", "1E50D0", is_there=True),), units=1)
    fleet.saw("right", PrinterStatus(Condition.IDLE, spools=told), utc_now())
    left, right = tiles(page(api, "/printers"))
    assert "geladen: PETG" in left
    assert 'fill="#E02020"' in left
    assert re.search(r"rot \(sagt <b>ann\)", left)
    assert 'data-opens="load"' in left
    assert '"material": "PETG", "colour": "red"' in left
    assert "sagt" not in right
    assert 'data-opens="load"' not in right  # it tells by itself


def test_a_job_that_waits_for_a_filament_has_the_button_for_who_may(api: Api) -> None:
    fleet = Fleet(api.store.database)
    fleet.saw("left", PrinterStatus(Condition.IDLE), utc_now())
    facts = {"gcode": {"profile": "generic"}, "model": {"size_mm": [9, 9, 3]}}
    job = api.store.accept(new_job(facts=facts, owner="ana"))
    for state in PATH[1 : PATH.index(State.SLICED) + 1]:
        job = move_on(api.store, job, state)
    act = 'data-act="/api/v1/printers/left/load" data-body="{"material": "PLA", "colour": ""}"'
    ours, theirs = page(api, "/queue"), page(api, "/queue", Scope.SUBMIT)
    assert act in ours
    assert "PLA ist in left geladen" in ours
    needs = re.findall(r'<article class="card need">.*?</article>', page(api, "/"), re.DOTALL)
    assert any(act in need and f"#{job.number} {job.name}" in need for need in needs)
    assert job.name in theirs
    assert "printers/left/load" not in theirs
    with api.client() as client:
        found = client.get(f"/jobs/{job.number}").json()
    assert found["because"]["code"] == "wrong_material"
    assert found["to_load"] == {"printer": "left", "material": "PLA", "colour": ""}
