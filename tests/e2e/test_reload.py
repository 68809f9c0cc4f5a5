"""The configuration read again by a daemon that runs."""

import signal

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.photos import encoded, textured


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
