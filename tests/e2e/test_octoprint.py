"""The daemon and a real OctoPrint: handed in, printed once; each end with its word.

The oracle of starts is the virtual printer's own log.
"""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from printd.core.jobs import Job, State
from printd.printers.octoprint.status import path_of
from tests.e2e.conftest import Opener
from tests.peers.cutting_proxy import Cut, CuttingProxy
from tests.peers.daemon import Daemon
from tests.peers.octoprint import EACH_RELEASE, OctoPrint, Release, shared_octoprint
from tests.photos import encoded, textured

HEAT = "M140 S25\nM104 S150\nG90\nM83\nG28\nM109 S150\n"
MOVE = "G1 X10 Y10 Z0.2 F3000\nG1 X50 Y10 E2\n"
END = "M104 S0\nM140 S0\nM84 X Y E\n"
STEP = "G4 P100\nG1 X51 E0.1\nG1 X50 E0.1\n"
QUICK = (HEAT.replace("M109 S150\n", "") + MOVE + END).encode()

Opened = Callable[..., Daemon]


def slow(steps: int) -> bytes:
    """Return a print that takes at least a tenth of a second for each step."""
    return QUICK.replace(b"M104 S0", STEP.encode() * steps + b"M104 S0")


@pytest.fixture(params=EACH_RELEASE)
def server(request: pytest.FixtureRequest) -> OctoPrint:
    release: Release = request.param
    return shared_octoprint(release)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OctoPrint]:
    with OctoPrint(tmp_path / "octoprint") as started:
        yield started


@pytest.fixture
def daemon_at(open_daemon: Opener, tmp_path: Path) -> Opened:
    """Open a daemon whose only printer is the one at ``url``, its bed clear."""

    def opened(server: OctoPrint, url: str = "") -> Daemon:
        key = tmp_path / "p1.key"
        key.write_text(server.key)
        key.chmod(0o600)
        where = {"url": url or server.url, "key_file": str(key), "answer_s": 2}
        daemon = open_daemon(
            {
                "drop": {"gcode": True},
                "printers": {"p1": {"kind": "octoprint", "speed": None, **where}},
                "limits": {"start_evidence_s": 1.0},
            }
        )
        daemon.clear_bed()
        return daemon

    return opened


def the_job(daemon: Daemon) -> Job:
    (job,) = daemon.jobs()
    return job


def code_of(job: Job) -> str | None:
    return job.because.code if job.because else None


# Once, whole, and nothing is left there.


def test_a_file_is_printed_once_and_tidied(daemon_at: Opened, server: OctoPrint) -> None:
    daemon = daemon_at(server)
    daemon.put("part.gcode", QUICK)
    job = daemon.wait_for_job("part.gcode", State.PRINTED)
    assert server.hands.starts() == 1
    daemon.wait_until(lambda: server.hands.file(path_of(str(job.print_name))) is None, "tidied")
    daemon.put("other.gcode", QUICK + b"; other\n")
    waiting = daemon.wait_for_job("other.gcode", State.SLICED)
    assert daemon.ask("show", waiting.number)["because"]["code"] == "bed_not_clear"
    daemon.clear_bed()
    daemon.wait_for_job("other.gcode", State.PRINTED)
    assert server.hands.starts() == 2


@pytest.mark.full
def test_a_photo_is_printed_once(daemon_at: Opened, server: OctoPrint) -> None:
    daemon = daemon_at(server)
    daemon.put("cat.jpg", encoded(textured(64, 64), "jpeg"))
    daemon.wait_for_job("cat.jpg", State.PRINTED, 600.0)
    assert server.hands.starts() == 1


# Ends.


def test_what_a_person_cancels_at_octoprint_is_cancelled(
    daemon_at: Opened, server: OctoPrint
) -> None:
    daemon = daemon_at(server)
    daemon.put("part.gcode", slow(300))
    daemon.wait_for_job("part.gcode", State.PRINTING)
    server.hands.cancel()
    daemon.wait_for_job("part.gcode", State.CANCELLED)
    assert server.hands.starts() == 1


def test_what_is_cancelled_here_stops_there(daemon_at: Opened, server: OctoPrint) -> None:
    daemon = daemon_at(server)
    daemon.put("part.gcode", slow(300))
    job = daemon.wait_for_job("part.gcode", State.PRINTING)
    daemon.cli("cancel", job.number)
    daemon.wait_for_job("part.gcode", State.CANCELLED)
    server.hands.wait_for("Operational")


def test_an_error_of_the_firmware_is_told_and_held(daemon_at: Opened, server: OctoPrint) -> None:
    daemon = daemon_at(server)
    daemon.put("part.gcode", slow(300))
    daemon.wait_for_job("part.gcode", State.PRINTING)
    server.hands.firmware_error()
    job = daemon.wait_for_job("part.gcode", State.HELD)
    assert code_of(job) == "printer_fault"
    assert server.hands.starts() == 1


# Ends of programs.


def test_a_daemon_that_was_killed_finds_its_print(daemon_at: Opened, server: OctoPrint) -> None:
    daemon = daemon_at(server)
    daemon.put("part.gcode", slow(40))
    daemon.wait_for_job("part.gcode", State.PRINTING)
    daemon.kill()
    daemon.start()
    daemon.wait_for_job("part.gcode", State.PRINTED)
    assert server.hands.starts() == 1


def test_a_print_that_ended_while_nobody_watched_is_printed(
    daemon_at: Opened, server: OctoPrint
) -> None:
    daemon = daemon_at(server)
    daemon.put("part.gcode", slow(10))
    daemon.wait_for_job("part.gcode", State.PRINTING)
    daemon.kill()
    server.hands.wait_for("Operational")
    daemon.start()
    daemon.wait_for_job("part.gcode", State.PRINTED)
    assert server.hands.starts() == 1


@pytest.mark.peer("octoprint")
def test_an_octoprint_that_was_killed_leaves_the_end_to_a_person(
    daemon_at: Opened, own_server: OctoPrint
) -> None:
    daemon = daemon_at(own_server)
    daemon.put("part.gcode", slow(300))
    job = daemon.wait_for_job("part.gcode", State.PRINTING)
    own_server.restart()
    held = daemon.wait_for_job("part.gcode", State.HELD)
    assert code_of(held) == "end_unknown"
    daemon.cli("resolve", job.number, "printed")
    daemon.wait_for_job("part.gcode", State.PRINTED)
    assert own_server.hands.starts(path_of(str(job.print_name))) == 1


# Starts in doubt.


def test_a_start_that_was_lost_on_its_way_is_held_and_cannot_happen_late(
    daemon_at: Opened, server: OctoPrint
) -> None:
    with CuttingProxy(server.port) as proxy:
        daemon = daemon_at(server, proxy.url)
        proxy.arm(Cut.BEFORE, "POST /api/files/local/printd/")
        daemon.put("part.gcode", QUICK)
        job = daemon.wait_for_job("part.gcode", State.HELD)
        assert code_of(job) == "start_in_doubt"
        assert server.hands.file(path_of(str(job.print_name))) is None
        assert server.hands.starts() == 0
        daemon.cli("resolve", job.number, "not-started")
        daemon.clear_bed()
        daemon.wait_for_job("part.gcode", State.PRINTED)
        assert proxy.count("POST /api/files/local/printd/") == 2
    assert server.hands.starts() == 1


def test_a_start_whose_answer_is_lost_goes_on(daemon_at: Opened, server: OctoPrint) -> None:
    with CuttingProxy(server.port) as proxy:
        daemon = daemon_at(server, proxy.url)
        proxy.arm(Cut.AFTER, "POST /api/files/local/printd/")
        daemon.put("part.gcode", QUICK)
        daemon.wait_for_job("part.gcode", State.PRINTED)
    assert server.hands.starts() == 1


@pytest.mark.peer("octoprint")
def test_a_server_that_sleeps_holds_nobody_else_up(
    daemon_at: Opened, own_server: OctoPrint
) -> None:
    daemon = daemon_at(own_server)
    own_server.signal(signal.SIGSTOP)
    daemon.put("part.gcode", QUICK)
    daemon.wait_for_job("part.gcode", State.SLICED)
    assert daemon.stop() == 0
    own_server.signal(signal.SIGCONT)
