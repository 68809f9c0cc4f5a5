"""Closed doors, prices and limits at the real daemon: said everywhere in the same words."""

from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.daemon import Daemon
from tests.photos import encoded, textured

pytestmark = pytest.mark.peer("prusa-slicer")
CLOSED = "p1 never starts anything (opening hours)."
SETTINGS = {
    "opening_hours": {"days": {}},
    "price": {"per_gram": 0.1, "minimum": 2, "currency": "CHF"},
    "limits": {"per_person": {"money": 1.5}},
}


def because(daemon: Daemon, number: int) -> tuple[str, str]:
    said = daemon.ask("show", number)["because"]
    return said["code"], said["problem"]


def test_a_job_that_is_too_dear_is_held_let_go_and_waits_for_open_doors(
    open_daemon: Opener, tmp_path: Path
) -> None:
    daemon = open_daemon(SETTINGS)
    daemon.clear_bed()
    photo = tmp_path / "cat.png"
    photo.write_bytes(encoded(textured(64, 64, 1), "PNG"))
    assert daemon.cli("add", photo).returncode == 0
    job = daemon.wait_for_job("cat.png", State.HELD)
    code, problem = because(daemon, job.number)
    assert code == "limit_reached"
    assert problem.startswith("This print takes 2.00 CHF; ")
    assert problem.endswith(" may have 1.50 CHF within 24 h.")

    assert daemon.cli("release", job.number).returncode == 0
    job = daemon.wait_for_job("cat.png", State.SLICED)
    assert job.facts["price"] == {"amount": "2.00", "currency": "CHF", "text": "2.00 CHF"}
    assert because(daemon, job.number) == ("closed_hours", CLOSED)
    status = daemon.drop / "_status.txt"
    daemon.wait_until(lambda: CLOSED in status.read_text(), "_status.txt says it too")
    assert CLOSED in daemon.cli("status").stdout

    assert daemon.cli("add", photo).returncode != 0  # he has had more than he may
    assert len(daemon.jobs()) == 1
    assert daemon.unaccounted() == set()

    daemon.write_config({"limits": {"per_person": {"money": 4}}})
    assert daemon.ask("config", "reload")[0]["changed"] == ["limits.per_person"]
    assert daemon.cli("add", photo, "--name", "second").returncode == 0
    daemon.wait_for_job("second", State.SLICED)  # and is not held
