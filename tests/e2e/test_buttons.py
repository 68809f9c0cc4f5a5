"""``printd printers pause``, ``resume`` and ``light``: the buttons of printers, from a distance."""

import os
from pathlib import Path

import pytest

from printd.core.board import Condition
from printd.core.fleet import Fleet
from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.api import at_home
from tests.peers.bambu import BambuLan
from tests.peers.bambu_shop import part, settings_for
from tests.peers.daemon import PRINTD, SERVED, Daemon
from tests.peers.exposition import read
from tests.peers.terminal import Terminal

LONG = (
    b"M140 S25\nM104 S150\nG90\nM83\nG28\nG1 X10 Y10 Z0.2 F3000\nG1 X50 Y10 E2\n"
    + b"G4 P100\nG1 X51 E0.1\nG1 X50 E0.1\n" * 300
    + b"M104 S0\nM140 S0\nM84 X Y E\n"
)


def wait_for(daemon: Daemon, wanted: Condition) -> None:
    def is_so() -> bool:
        with daemon.store() as store:
            status = Fleet(store.database).get("p1").status
        return status is not None and status.condition is wanted

    daemon.wait_until(is_so, f"the printer is {wanted}")


def test_a_print_rests_and_goes_on(open_daemon: Opener) -> None:
    daemon = open_daemon({"drop": {"gcode": True}, "printers": {"p1": {"speed": 0.1}}})
    daemon.clear_bed()
    nothing = daemon.cli("printers", "pause", "p1")
    daemon.put("part.gcode", LONG)
    daemon.wait_for_job("part.gcode", State.PRINTING)

    paused = daemon.cli("printers", "pause", "p1")
    wait_for(daemon, Condition.PAUSED)
    resumed = daemon.cli("printers", "resume", "p1")
    wait_for(daemon, Condition.PRINTING)
    dark = daemon.cli("printers", "light", "p1", "off")
    daemon.stop()
    away = daemon.cli("printers", "pause", "p1")

    assert nothing.returncode == 1
    assert "p1 prints nothing that printd has started." in nothing.stderr
    assert (paused.returncode, paused.stdout) == (0, "p1 is told to pause #1.\n")
    assert (resumed.returncode, resumed.stdout) == (0, "p1 is told to go on with #1.\n")
    assert "p1 has no light that printd can switch." in dark.stderr
    assert away.returncode == 75
    assert "nothing was noted" in away.stderr


def test_what_prints_is_stopped(open_daemon: Opener) -> None:
    daemon = open_daemon({"drop": {"gcode": True}, "printers": {"p1": {"speed": 0.1}}, **SERVED})
    daemon.clear_bed()
    daemon.put("part.gcode", LONG)
    daemon.wait_for_job("part.gcode", State.PRINTING)
    stop = [str(PRINTD), "printers", "--config", str(daemon.config), "stop", "p1"]

    unasked = daemon.cli("printers", "stop", "p1")
    with Terminal(stop, daemon.folder, os.environ) as person:
        person.answers("Stop #1 part.gcode on p1? What is printed so far is lost.", "no")
        person.sees("Nothing was stopped.")
        refused_code = person.code()
    assert State.PRINTING in [job.state for job in daemon.jobs()]
    with Terminal([*stop, "--job", "1"], daemon.folder, os.environ) as person:
        person.answers("Stop #1 part.gcode on p1?", "yes")
        person.sees("p1 is told to stop #1.")
        stopped_code = person.code()
    daemon.wait_for_job("part.gcode", State.CANCELLED)
    daemon.hands().print_as_stranger(10_000)
    wait_for(daemon, Condition.BUSY)
    with at_home(daemon.data) as home:
        refused = home.post("/printers/p1/stop")
        foreign = home.post("/printers/p1/stop", json={"foreign": True})
    wait_for(daemon, Condition.CANCELLED)

    assert (unasked.returncode, refused_code, stopped_code) == (64, 64, 0)
    assert "--yes" in unasked.stderr
    assert (refused.status_code, foreign.status_code) == (409, 200)
    assert "--foreign" in refused.json()["action"]


@pytest.mark.peer("mosquitto")
def test_a_bambu_printer_has_all_the_buttons(open_daemon: Opener, tmp_path: Path) -> None:
    with BambuLan(tmp_path / "machine", clock=600.0) as peer:
        daemon = open_daemon({**settings_for(peer, tmp_path), **SERVED})
        daemon.clear_bed()
        daemon.put("one.gcode.3mf", part(tmp_path, 80_000))
        daemon.wait_for_job("one.gcode.3mf", State.PRINTING)

        told = [
            daemon.cli("printers", *words).stdout
            for words in (("light", "p1", "off"), ("pause", "p1"), ("resume", "p1"))
        ]

        with at_home(daemon.data) as home:
            heat = read(home.get("http://printd/metrics").text)["printd_temperature_celsius"]

        assert heat.labels("sensor") == {"nozzle", "bed"}
        assert told == [
            "p1 is told to switch its light off.\n",
            "p1 is told to pause #1.\n",
            "p1 is told to go on with #1.\n",
        ]
        lights = [one["system"]["led_mode"] for one in peer.orders.received if "system" in one]
        orders = [one["print"]["command"] for one in peer.orders.received if "print" in one]
        assert lights == ["off"]
        assert orders[-2:] == ["pause", "resume"]
        assert peer.hands.state == "RUNNING"
        assert len(peer.journal.starts()) == 1
