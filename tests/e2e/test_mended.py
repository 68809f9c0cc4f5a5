"""A database that is gone, a disk without room for one more file, a job that is not wanted."""

import os
import time
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.daemon import Daemon
from tests.peers.disks import small_disk
from tests.peers.programs import program
from tests.photos import encoded, textured

PHOTO = encoded(textured(64, 64), "PNG")


def lose_the_database(daemon: Daemon) -> None:
    for file in daemon.data.glob("printd.db*"):
        file.unlink()


def test_a_photo_that_waited_survives_the_loss_of_the_database(
    open_daemon: Opener, tmp_path: Path
) -> None:
    daemon = open_daemon({"drop": {"on_duplicate": "hold"}})
    (tmp_path / "held.png").write_bytes(PHOTO)
    assert daemon.cli("add", "--hold", str(tmp_path / "held.png")).returncode == 0
    daemon.put("cat.png", encoded(textured(64, 64, 7), "PNG"))
    daemon.wait_until(lambda: len(daemon.jobs()) == 2, "both are taken")
    daemon.put("again.png", encoded(textured(64, 64, 7), "PNG"))
    daemon.wait_for_job("again.png", State.HELD)
    names = {job.id: job.name for job in daemon.jobs()}
    daemon.stop()
    lose_the_database(daemon)

    daemon.start()

    found = daemon.jobs()
    assert {job.id: job.name for job in found} == names
    assert {job.because and job.because.code for job in found} == {"found_without_record"}
    assert {job.state for job in found} == {State.HELD}


def test_what_is_not_printds_in_its_folders_stays_and_ends_nothing(open_daemon: Opener) -> None:
    daemon = open_daemon()
    daemon.stop()
    strangers = [daemon.data / "jobs" / "lost+found", daemon.data / "incoming" / "folder"]
    for folder in strangers:
        folder.mkdir()
    (daemon.data / "jobs" / ".DS_Store").write_text("x")

    daemon.start()

    assert all(folder.is_dir() for folder in strangers)
    assert (daemon.data / "jobs" / ".DS_Store").exists()


def test_a_data_folder_that_is_misused_is_said(open_daemon: Opener) -> None:
    daemon = open_daemon()
    daemon.stop()
    (daemon.data / "jobs").rmdir()
    (daemon.data / "jobs").write_text("not a folder")

    done = daemon.run_to_its_end()

    assert done.returncode == 78
    assert "jobs cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def fill_with_files(disk: Path) -> list[Path]:
    """Make empty files until the disk has no room for one more."""
    made: list[Path] = []
    while True:
        file = disk / str(len(made))
        try:
            file.touch()
        except OSError:
            return made
        made.append(file)


def test_without_room_for_another_file_a_retry_is_refused_and_the_daemon_lives(
    tmp_path: Path,
) -> None:
    with (
        small_disk(tmp_path / "disk", "64m,nr_inodes=60") as disk,
        Daemon(tmp_path / "home", {"data_dir": str(disk / "data")}) as daemon,
    ):
        daemon.put("cat.png", PHOTO)
        daemon.wait_until(lambda: len(daemon.jobs()) == 1, "it is taken")
        assert daemon.cli("cancel", "1").returncode == 0
        fillers = fill_with_files(disk)

        done = daemon.cli("retry", "1")

        assert done.returncode != 0
        assert "No room left" in done.stderr
        assert daemon.runs
        for file in fillers:
            file.unlink()
        assert daemon.cli("retry", "1").returncode == 0


@pytest.mark.peer("prusa-slicer")
def test_cancel_ends_the_slicer_of_the_job(open_daemon: Opener, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    behaviour = f"open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    slow = program(tmp_path / "slow", behaviour)
    daemon = open_daemon({"slicers": {"prusa": {"program": str(slow)}}})
    daemon.put("cat.png", PHOTO)
    daemon.wait_until(lambda: pid_file.exists() and pid_file.read_text(), "the slicer runs")
    pid = int(pid_file.read_text())

    assert daemon.cli("cancel", "1").returncode == 0

    until = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert daemon.states() == {"cat.png": State.CANCELLED}
