"""What is loaded, as a person says it: by a command, through the API, over a restart."""

from pathlib import Path
from typing import Any

import pytest

from printd.core.database import FILE
from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.api import at_home
from tests.peers.daemon import SERVED, Daemon
from tests.peers.gcode_corpus import END, PRINT, START
from tests.photos import encoded, textured

SMALL = {"width_mm": 30, "settings": {"mesh_quality": 128}}


def material_of(daemon: Daemon) -> Any:
    return daemon.ask("printers")[0]["material"]


@pytest.mark.peer("prusa-slicer")
def test_a_job_waits_until_somebody_says_that_its_filament_is_loaded(open_daemon: Opener) -> None:
    daemon = open_daemon({"recipes": {"default": {**SMALL, "material": "PETG"}}})
    daemon.clear_bed()
    daemon.put("cat.png", encoded(textured(300, 200), "PNG"))
    daemon.wait_for_job("cat.png", State.SLICED)
    assert "printd printers load p1 --material PETG" in daemon.cli("show", "last").stdout

    nothing = daemon.cli("printers", "load", "p1")
    cheese = daemon.cli("printers", "load", "p1", "--material", "cheese")
    assert (nothing.returncode, cheese.returncode) == (64, 64)
    assert "generic of p1 has PLA, PETG" in cheese.stderr
    assert material_of(daemon) == "PLA"

    said = daemon.cli("printers", "load", "p1", "--material", "petg", "--colour", "red")
    assert (said.returncode, said.stdout) == (0, "p1 has red PETG loaded.\n")
    job = daemon.wait_for_job("cat.png", State.PRINTED)
    assert job.facts["gcode"]["material"] == "PETG"
    assert daemon.hands().starts() == 1

    assert daemon.stop() == 0
    away = daemon.cli("printers", "load", "p1", "--material", "PLA")
    assert (away.returncode, "printd does not run" in away.stderr) == (75, True)
    daemon.start()
    assert material_of(daemon) == "PETG"
    assert daemon.ask("config", "reload")[0]["changed"] == []
    daemon.write_config({"printers": {"p1": {"material": "PLA"}}})
    assert daemon.ask("config", "reload")[0]["changed"] == ["printers.p1"]
    assert material_of(daemon) == "PLA"
    daemon.write_config({"printers": {"p1": {"material": None}}})
    daemon.ask("config", "reload")
    assert material_of(daemon) == "PLA"  # an old word does not come back
    assert daemon.stop() == 0


def test_a_word_that_a_start_has_found_overruled_does_not_come_back(open_daemon: Opener) -> None:
    daemon = open_daemon()
    assert daemon.cli("printers", "load", "p1", "--material", "PETG").returncode == 0
    for configured in ("PLA", None):
        assert daemon.stop() == 0
        daemon.write_config({"printers": {"p1": {"material": configured}}})
        daemon.start()
    assert material_of(daemon) == "PLA"
    assert daemon.stop() == 0


def test_the_api_is_told_what_is_loaded_and_says_who_said_so(open_daemon: Opener) -> None:
    daemon = open_daemon({**SERVED, "printers": {"p1": {"colour": "white"}}})
    with at_home(daemon.data) as home:
        before = home.get("/printers/p1").json()
        told = home.post("/printers/p1/load", json={"material": "PETG", "colour": "#E02020"})
        again = home.post("/printers/p1/load", json={"material": "PETG", "colour": "#E02020"})
        unknown = home.post("/printers/p1/load", json={"material": "cheese"})
        nowhere = home.post("/printers/nobody/load", json={"material": "PETG"})
        known = home.post("/printers/p1/load", json={})
    with daemon.store() as store:
        events = [event for event in store.events() if event.kind == "printer.loaded"]

    assert (before["material"], before["colour"], before["loaded_by"]) == ("PLA", "FFFFFF", None)
    assert (before["materials"][:2], before["can_load"]) == (["PLA", "PETG"], True)
    assert told.status_code == again.status_code == 200, told.text
    assert (told.json()["material"], told.json()["colour"]) == ("PETG", "E02020")
    assert told.json()["loaded_by"] == events[0].who
    assert (unknown.status_code, unknown.json()["code"]) == (422, "setting_invalid")
    assert nowhere.status_code == 404
    assert (known.json()["material"], known.json()["colour"]) == ("PETG", "")
    assert [event.text for event in events] == ["red PETG", "red PETG", "PETG"]


def test_steps_by_hand_and_doctor_go_by_what_is_loaded(open_daemon: Opener, tmp_path: Path) -> None:
    """M104 S250 is too hot for PLA, and what PETG takes; also when printd does not run."""
    daemon = open_daemon()
    file = tmp_path / "warm.gcode"
    file.write_text(START + "M104 S250\n" + PRINT + END)
    before = daemon.cli("lint", file, "--printer", "p1")
    assert (before.returncode, "250 °C" in before.stdout) == (1, True)
    assert daemon.cli("printers", "load", "p1", "--material", "PETG").returncode == 0

    assert daemon.cli("lint", file, "--printer", "p1").returncode == 0
    assert daemon.cli("lint", file, "--printer", "generic").returncode == 1
    assert daemon.stop() == 0
    assert daemon.cli("lint", file, "--printer", "p1").returncode == 0
    daemon.write_config({"printers": {"p1": {"material": "PLA"}}})
    assert daemon.cli("lint", file, "--printer", "p1").returncode == 1
    (daemon.data / FILE).write_bytes(b"no database")
    assert daemon.cli("lint", file, "--printer", "p1").returncode == 1
