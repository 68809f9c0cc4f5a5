"""``printd status`` says who is needed, for what, and what to do; once."""

import re
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.api import at_home
from tests.peers.daemon import SERVED
from tests.peers.gcode_corpus import BLOCK, END, PRINT, START
from tests.photos import encoded, textured

GOOD = (START + PRINT + END).encode()
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


FOR_MK3 = GOOD + BLOCK.replace("nozzle_diameter = 0.4", "printer_model = MK3S").encode()
OURS = ("code", "problem", "action")


def test_every_display_says_the_same_of_every_job_and_printer(
    open_daemon: Opener, tmp_path: Path
) -> None:
    """Jobs held and waiting for several reasons: command line, API and the drop folder agree."""
    printers = {name: {"kind": "virtual"} for name in ("p2", "p3")}
    printers["p2"]["material"] = "PETG"
    daemon = open_daemon({**SERVED, "drop": {"gcode": True}, "printers": printers})
    (tmp_path / "part.gcode").write_bytes(GOOD)
    (tmp_path / "mk3.gcode").write_bytes(FOR_MK3)
    for words in (["part.gcode"], ["part.gcode", "--hold"], ["mk3.gcode"], *[["part.gcode"]] * 2):
        assert daemon.cli("add", tmp_path / words[0], *words[1:]).returncode == 0
    assert daemon.cli("move", 4, "--to", "p2").returncode == 0
    assert daemon.cli("move", 5, "--to", "p3").returncode == 0
    assert daemon.cli("printers", "out", "p3", "--note", "nozzle on order").returncode == 0
    daemon.clear_bed("p2")
    codes = ["bed_unknown", "needs_release", "wrong_kind", "wrong_material", "out_of_service"]

    def told() -> list[dict[str, str]]:
        return [job["because"] for job in daemon.ask("jobs")]

    daemon.wait_until(lambda: [why["code"] for why in told()] == codes, "each waits for its reason")
    said = told()
    with at_home(daemon.data) as home:
        daemon.wait_until(
            lambda: [job["because"] for job in home.get("/state").json()["jobs"]] == said,
            "the API says so, too",
        )
        state = home.get("/state").json()
        listed = home.get("/jobs", params={"order": "oldest"}).json()["jobs"]
    status = daemon.drop / "_status.txt"
    for number, why in enumerate(said, start=1):
        assert set(why) == set(OURS)
        assert "JOB" not in why["action"]
        assert daemon.ask("show", number)["because"] == why
        assert next(job for job in listed if job["number"] == number)["because"] == why
    lines = [f"{why['problem']} {why['action']}" for why in said]
    daemon.wait_until(
        lambda: all(line in status.read_text() for line in lines), "the folder tells all of it"
    )
    beds = daemon.cli("printers").stdout
    assert re.search(r"^p2 .*bed clear: says \w+, \d+ \w+ \d\d:\d\d UTC", beds, re.MULTILINE)
    assert "bed unknown: it has never been seen" in beds
    idle = [printer["because"] for printer in state["printers"]]
    assert [why["code"] for why in idle] == ["bed_unknown", "wrong_material", "out_of_service"]
    for command in ("printers", "status"):
        rows = daemon.ask(command)
        rows = rows["printers"] if command == "status" else rows
        assert [row["because"] for row in rows] == idle
    assert daemon.stop() == 0
