"""The configuration read again by a daemon that runs."""

import signal

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.api import at_home
from tests.peers.daemon import SERVED
from tests.peers.gcode_corpus import END, PRINT, START
from tests.photos import encoded, textured

GCODE = (START + PRINT + END).encode()


@pytest.mark.peer("prusa-slicer")
def test_new_recipes_and_printers_are_used_at_once_and_a_wrong_file_changes_nothing(
    open_daemon: Opener,
) -> None:
    daemon = open_daemon({"printers": {"p1": None, "p2": {"kind": "virtual", "speed": 20_000.0}}})
    daemon.write_config(
        {
            "recipes": {"coin": {"width_mm": 20, "settings": {"mesh_quality": 128}}},
            "printers": {"p2": None, "p3": {"kind": "virtual", "speed": 20_000.0}},
        }
    )

    said = daemon.ask("config", "reload")

    assert said[0]["changed"] == ["printers.p2", "printers.p3", "recipes.coin"]
    daemon.wait_until((daemon.drop / "coin").is_dir, "the new recipe has a folder")
    daemon.wait_until(lambda: daemon.ask("printers")[0]["condition"] == "idle", "p3 was seen")
    daemon.clear_bed("p3")
    daemon.put("a.png", encoded(textured(64, 64, 1), "PNG"), "coin")
    job = daemon.wait_for_job("a.png", State.PRINTED)
    assert (job.recipe, job.printer) == ("coin", "p3")

    good = daemon.config.read_text()
    daemon.config.write_text(good + "\nnonsense: 1\n")
    daemon.signal(signal.SIGHUP)
    daemon.wait_until(lambda: "was not reloaded" in daemon.log, "the fault is said")
    daemon.config.write_text(good)
    assert daemon.ask("config", "reload")[0]["changed"] == []
    assert daemon.stop() == 0


def test_the_button_of_a_printer_that_a_reload_has_brought_works_and_its_job_keeps_it(
    open_daemon: Opener,
) -> None:
    daemon = open_daemon({"drop": {"gcode": True}})
    daemon.write_config({"printers": {"p2": {"kind": "virtual", "speed": 1.0}}})
    assert daemon.ask("config", "reload")[0]["changed"] == ["printers.p2"]
    daemon.wait_until(lambda: daemon.ask("printers")[1]["condition"] == "idle", "p2 was seen")
    daemon.clear_bed("p2")
    path = daemon.folder / "small.gcode"
    path.write_bytes(GCODE)
    assert daemon.cli("add", path, "--printer", "p2").returncode == 0
    daemon.wait_for_job("small.gcode", State.PRINTING)
    assert daemon.cli("printers", "pause", "p2").returncode == 0
    daemon.wait_until(lambda: daemon.ask("printers")[1]["condition"] == "paused", "it paused")

    daemon.write_config({"printers": {"p2": None}})
    kept = daemon.cli("config", "reload")
    assert (kept.returncode, "while it has #1" in kept.stderr) == (1, True)
    assert daemon.cli("cancel", 1).returncode == 0
    daemon.wait_for_job("small.gcode", State.CANCELLED)
    assert daemon.ask("config", "reload")[0]["changed"] == ["printers.p2"]
    assert daemon.stop() == 0


def test_another_data_folder_is_taken_over_by_a_restart_and_that_is_said(
    open_daemon: Opener,
) -> None:
    daemon = open_daemon()
    daemon.write_config({"data_dir": "elsewhere"})
    refused = daemon.cli("config", "reload")
    assert (refused.returncode, "taken over by a restart only" in refused.stderr) == (69, True)
    daemon.signal(signal.SIGHUP)
    daemon.wait_until(lambda: "after a restart only: data_dir" in daemon.log, "it is said")
    assert not (daemon.folder / "elsewhere").exists()
    assert daemon.stop() == 0


def test_the_api_reloads_and_shows_what_was_refused(open_daemon: Opener) -> None:
    daemon = open_daemon(SERVED)
    good = daemon.config.read_text()
    with at_home(daemon.data) as home:
        same = home.post("/config/reload")
        daemon.config.write_text(good + "\nnonsense: 1\n")
        refused = home.post("/config/reload")
        shown = home.get("/state").json()["needs_you"]
        daemon.config.write_text(good)
        again = home.post("/config/reload")
        mended = home.get("/state").json()["needs_you"]
    with daemon.store() as store:
        events = [event.kind for event in store.events() if event.kind.startswith("config.")]

    assert (same.status_code, same.json()) == (200, {"changed": [], "after_restart": []})
    assert (refused.status_code, refused.json()["code"]) == (409, "config_invalid")
    assert "nonsense" in refused.json()["problem"]
    assert [one["of"] for one in shown] == ["the configuration"]
    assert "was not reloaded" in shown[0]["because"]["problem"]
    assert (again.status_code, mended) == (200, [])
    assert events == ["config.reloaded", "config.refused", "config.reloaded"]
