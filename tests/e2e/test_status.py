"""``printd status`` says who is needed, for what, and what to do; once."""

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.photos import encoded, textured

CLEAR = "printd printers bed-clear"


@pytest.mark.peer("prusa-slicer")
def test_status_says_what_to_do_and_says_it_once(open_daemon: Opener) -> None:
    daemon = open_daemon({"printers": {"p1": {"speed": 20_000.0}, "p2": {"kind": "virtual"}}})
    assert daemon.cli("printers", "out", "p2", "--note", "nozzle clogged").returncode == 0
    daemon.wait_until(lambda: daemon.ask("printers")[0]["condition"] == "idle", "p1 has been seen")

    before = daemon.cli("status").stdout

    assert "Needs you" not in before  # nobody waits yet
    assert before.count(f"{CLEAR} p1") == 1
    assert before.count("p2 is out of service: nozzle clogged.") == 1
    assert before.count("printd printers in p2") == 1

    for number in range(2):
        daemon.put(f"{number}.png", encoded(textured(64, 64, number), "PNG"))
        daemon.wait_for_job(f"{number}.png", State.SLICED)
    assert daemon.cli("hold", 2).returncode == 0

    said = daemon.cli("status").stdout

    assert said.count(f"{CLEAR} p1") == 1
    needs, printers, queue = said.split("\n\n")[1:]
    assert needs.startswith("Needs you:\n  #2 1.png: Held by")
    assert "\n  #1 waits for p1: It is not known whether the bed of p1 is clear" in needs
    assert printers.startswith(
        "p1  idle  bed unknown\np2  idle  bed unknown\np2 is out of service: "
    )
    assert queue == "#1  0.png  waiting for a printer\n"
    told = daemon.ask("status")
    assert [need["code"] for need in told["needs_you"]] == ["held_by_person", "bed_unknown"]
    assert [printer["because"]["code"] for printer in told["printers"]] == [
        "bed_unknown",
        "out_of_service",
    ]

    daemon.clear_bed()
    daemon.wait_for_job("0.png", State.PRINTED)

    counts = daemon.ask("status")["jobs"]
    assert (counts["printed"], counts["held"], counts["sliced"]) == (1, 1, 0)

    daemon.clear_bed()  # now the printer is idle, and no job waits for it
    daemon.wait_until(
        lambda: daemon.ask("printers")[0]["because"]["code"] == "no_job", "it stands still"
    )

    idle = "Nothing waits; #2 needs a person."
    assert daemon.ask("status")["printers"][0]["because"]["problem"] == idle
    lines = [daemon.cli(command).stdout for command in ("status", "printers")]
    assert all(any(line.endswith(idle) for line in said.splitlines()) for said in lines)
    assert [need["code"] for need in daemon.ask("status")["needs_you"]] == ["held_by_person"]
    assert daemon.stop() == 0
