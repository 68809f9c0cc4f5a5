"""Killed at every boundary on the way of a file of G-code: printed once, nothing lost or left."""

import signal
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.peers.daemon import Daemon
from tests.peers.gcode_corpus import END, PRINT, START

GOOD = (START + PRINT + END).encode()
MOVE = ("move.before", "move.in", "move.after")
# In the order in which one file comes by; it is judged before it has a row.
SHORT_WAY = (
    *("file.written", "intake.copied", "intake.committed"),
    *("move.in", "mark.after", "start.sent", "recover.after"),
)
FULL_WAY = (
    *("file.written", "file.renamed", "file.synced", "intake.copied", "intake.committed"),
    *(*MOVE, *MOVE),  # assigned, uploaded
    *("mark.before", "mark.in", "mark.after", "recover.before", "recover.after"),
    *("start.sent", "recover.before", "recover.after"),
    *(*MOVE, *MOVE),  # printing, printed
)


@pytest.mark.timeout(300)
def test_a_file_killed_at_every_boundary_is_printed_once(tmp_path: Path, full: bool) -> None:
    with Daemon(tmp_path, {"drop": {"gcode": True}}) as daemon:
        daemon.clear_bed()
        assert daemon.stop() == 0
        daemon.put("part.gcode", GOOD)
        for name in FULL_WAY if full else SHORT_WAY:
            daemon.launch({"PRINTD_FAULT": f"{name}=kill"})
            assert daemon.ended(60.0) == -signal.SIGKILL, f"{name}\n{daemon.log}"
            assert holds(daemon), f"lost at {name}"
        daemon.start()
        job = daemon.wait_for_job("part.gcode", State.PRINTED)
        assert [job.number for job in daemon.jobs()] == [job.number]
        assert daemon.hands().starts() == 1
        assert daemon.unaccounted() == set()
        original = daemon.drop / "part.gcode"
        daemon.wait_until(lambda: not original.exists(), "the original is gone")
        assert (daemon.data / "jobs" / job.id / "print.gcode").read_bytes() == GOOD
        assert daemon.stop() == 0


def holds(daemon: Daemon) -> bool:
    """Return whether the file lies where it was, or in the folder of its one job."""
    jobs = daemon.jobs()
    copies = [daemon.data / "jobs" / job.id / "print.gcode" for job in jobs]
    kept = [copy for copy in copies if copy.read_bytes() == GOOD]
    return len(kept) == len(jobs) <= 1 and ((daemon.drop / "part.gcode").exists() or bool(jobs))
