"""Killed while a slicer sends: what it was told is true, and no file is two jobs."""

import signal
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.peers.daemon import SERVED, Daemon
from tests.peers.sending import GOOD, Host
from tests.peers.slicers import PRUSA

POINTS = ("intake.copied", "intake.committed")


def test_killed_before_the_slicer_is_told_each_file_is_one_job(tmp_path: Path) -> None:
    with Daemon(tmp_path, SERVED, environment={"PRINTD_FAULT": f"{POINTS[0]}=kill"}) as daemon:
        host = Host(daemon)
        for point, following in zip(POINTS, (*POINTS[1:], None), strict=True):
            with host.line() as line:
                line.send(*host.upload(PRUSA, GOOD, f"{point}.gcode"))
                assert daemon.ended(60.0) == -signal.SIGKILL, daemon.log
                with pytest.raises((AssertionError, OSError)):
                    line.answer()
            # It was synced and asked for: the job is made at the next start.
            daemon.environment = {"PRINTD_FAULT": f"{following}:2=kill"} if following else {}
            daemon.log_file.unlink()
            daemon.start()
            host.find()
            daemon.wait_for_job(f"{point}.gcode", State.HELD)
        host.assert_nothing_stays()
        assert len(daemon.jobs()) == len(POINTS)


def test_killed_in_the_middle_of_a_file_nothing_stays(tmp_path: Path) -> None:
    with Daemon(tmp_path, SERVED) as daemon:
        host = Host(daemon)
        incoming = daemon.data / "incoming"
        head, body = host.upload(PRUSA, GOOD * 20_000, "part.gcode", prints=True)
        with host.line() as line:
            line.send(head, body[: len(body) // 2])
            daemon.wait_until(lambda: list(incoming.iterdir()), "half of it has come")
            daemon.kill()
        daemon.start()
        host.assert_nothing_stays()
        assert daemon.jobs() == []
