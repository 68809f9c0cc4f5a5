"""What the people of a room do with jobs, at the real daemon: approve, copy, pause, sign off."""

from datetime import timedelta

import pytest

from printd.core.clock import to_text, utc_now
from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.gcode_corpus import END, PRINT, START
from tests.photos import encoded, textured

COINS = {
    "recipes": {
        "coin": {
            "label": "Coin",
            "width_mm": 20,
            "settings": {"mesh_quality": 128},
            "approval": "always",
            "copies": 2,
            "may_change": ["name"],
        }
    }
}


@pytest.mark.peer("prusa-slicer")
def test_a_coin_is_approved_made_twice_and_signed_off(open_daemon: Opener) -> None:
    daemon = open_daemon(COINS)
    assert "Coin" in (daemon.drop / "coin" / "README.txt").read_text()
    photo = encoded(textured(64, 64, 1), "PNG")
    (daemon.drop / "coin" / "b.png.yaml").write_text("width_mm: 200\n")
    daemon.put("b.png", photo, "coin")
    assert "does not let that be changed" in daemon.refused("b.png")

    daemon.put("a.png", photo, "coin")
    held = daemon.wait_for_job("a.png", State.HELD)
    assert held.because is not None
    assert held.because.code == "needs_approval"
    assert daemon.cli("release", held.number).returncode == 1
    assert daemon.cli("queue", "pause", "--note", "lunch").returncode == 0
    assert f"printd approve {held.number}" in held.because.action
    approved = daemon.cli("approve", held.number)
    assert (approved.returncode, approved.stdout) == (0, f"#{held.number} goes on\n")

    daemon.wait_until(lambda: len(daemon.jobs()) == 2, "its copy is a job")
    daemon.clear_bed()
    daemon.wait_until(
        lambda: [job.state for job in daemon.jobs()] == [State.SLICED] * 2, "both wait"
    )
    (why,) = {job["because"]["code"] for job in daemon.ask("jobs")}
    assert why == "queue_paused"
    assert "lunch" in daemon.cli("status").stdout
    assert daemon.hands().starts() == 0

    assert daemon.cli("queue", "resume").returncode == 0
    daemon.wait_until(
        lambda: State.PRINTED in [job.state for job in daemon.jobs()], "the first is printed"
    )
    daemon.clear_bed()
    daemon.wait_until(
        lambda: [job.state for job in daemon.jobs()] == [State.PRINTED] * 2, "so is the second"
    )

    both = daemon.cli("sign-off", 2, "good", "--bed-clear")
    assert both.stdout == "#2 is printed, good; the bed of p1 is clear\n"
    signed = daemon.ask("sign-off", 1, "bad", "--reason", "stringing")
    assert signed[0]["sign_off"] == "bad: stringing"
    shown = daemon.cli("show", 1).stdout
    assert "of drop folder, by drop" in shown
    assert "bad: stringing (says " in shown
    assert "approved" in shown
    assert [job["number"] for job in daemon.ask("jobs", "--search", "a.png coin")] == [1, 2]
    (month,) = daemon.ask("costs")
    assert (month["printed"], month["bad"]) == (2, 1)
    assert daemon.ask("again", 1)[0]["again_of"] == 1
    assert daemon.ask("again", 1, "--from", "print")[0]["state"] == "sliced"
    assert daemon.cli("forget", 2).returncode == 0
    assert daemon.stop() == 0


def test_a_colour_asked_for_by_hand_stands_in_the_job_as_from_a_side_file(
    open_daemon: Opener,
) -> None:
    daemon = open_daemon()
    photo = encoded(textured(64, 64, 1), "PNG")
    (daemon.drop / "b.png.yaml").write_text("colour: blue\nmaterial: PLA\n")
    daemon.put("b.png", photo)
    path = daemon.folder / "a.png"
    path.write_bytes(photo)
    wishes = ("--colour", "blue", "--material", "PLA")
    wrong = daemon.cli("add", path, "--colour", "mauvish")
    assert (wrong.returncode, "is no colour" in wrong.stderr) == (64, True)
    assert daemon.cli("add", path, "--hold", *wishes).returncode == 0
    by_hand = daemon.wait_for_job("a.png", State.HELD)
    daemon.wait_until(lambda: "b.png" in daemon.states(), "the drop is a job")
    (beside,) = (job for job in daemon.jobs() if job.name == "b.png")
    assert by_hand.settings == beside.settings
    assert by_hand.settings["colour"] == "blue"


def test_a_clock_before_what_has_happened_lets_nothing_start_by_its_hour(
    open_daemon: Opener,
) -> None:
    always = {"zone": "UTC", "days": {"daily": ["00:00-12:00", "12:00-24:00"]}}
    daemon = open_daemon({"drop": {"gcode": True}, "opening_hours": always})
    daemon.clear_bed()
    assert daemon.stop() == 0
    with daemon.store() as store, store.database.write() as connection:
        connection.execute("UPDATE event SET at = ?", (to_text(utc_now() + timedelta(days=1)),))
    daemon.start()
    path = daemon.folder / "small.gcode"
    path.write_bytes((START + PRINT + END).encode())
    assert daemon.cli("add", path, "--copies", 2).returncode == 0
    daemon.wait_until(
        lambda: daemon.cli("jobs").stdout.count("before what has happened") == 2, "both say why"
    )
    assert daemon.hands().starts() == 0
    assert daemon.cli("start-anyway", 1).returncode == 0
    daemon.wait_until(
        lambda: [job.state for job in daemon.jobs()] == [State.PRINTED, State.SLICED], "one prints"
    )
    assert daemon.stop() == 0
