"""The installed daemon as a service: what it tells systemd, and how it ends."""

import os
import signal
import time
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.daemon import Daemon
from tests.peers.notify import NotifySocket
from tests.photos import encoded, textured

STOPS_WITHIN_S = 8.0


def children(pid: int) -> set[int]:
    """Return the processes below ``pid``."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry.name)] = int(fields[1])
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family - {pid}


def alive(daemon: Daemon) -> None:
    assert daemon.runs, daemon.log


def test_systemd_hears_ready_watchdog_status_and_stopping(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, as_program=True)
    with NotifySocket() as told:
        program = daemon.launch({"NOTIFY_SOCKET": str(told.path), "WATCHDOG_USEC": "900000"})
        try:
            told.wait_for("READY=1", 30, lambda: alive(daemon))
            assert (daemon.drop / "README.txt").exists()  # ready means that photos can be dropped
            for _ in range(3):
                told.heard.clear()
                told.wait_for("WATCHDOG=1", 5, lambda: alive(daemon))
            told.heard.clear()
            program.send_signal(signal.SIGTERM)
            told.wait_for("STOPPING=1", 10, lambda: None)
            assert program.wait(STOPS_WITHIN_S) == 0
        finally:
            program.kill()
            program.wait()
    assert "Traceback" not in daemon.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_at_any_moment(tmp_path: Path, number: int) -> None:
    for after_s in (0.0, 0.01, 0.1, 0.4):
        with Daemon(tmp_path, as_program=True) as daemon:
            time.sleep(after_s)  # the moment is what is tested
            began_s = time.monotonic()
            daemon.signal(number)
            assert daemon.ended(STOPS_WITHIN_S) == 0
            assert time.monotonic() - began_s < STOPS_WITHIN_S
            assert "Traceback" not in daemon.log


@pytest.mark.peer("prusa-slicer")
def test_a_stop_in_the_middle_of_work_is_clean_and_the_work_goes_on(open_daemon: Opener) -> None:
    daemon = open_daemon(
        {"recipes": {"default": {"settings": {"mesh_quality": 256}}}}, as_program=True
    )
    daemon.clear_bed()
    photo = encoded(textured(2000, 1500), "PNG")
    daemon.put("cat.png", photo)
    stops = 0
    while State.PRINTED not in daemon.states().values() and stops < 6:
        assert daemon.program is not None
        time.sleep(0.45)  # in the middle of decoding, meshing, drawing, slicing …
        family = children(daemon.program.pid)
        began_s = time.monotonic()
        assert daemon.stop() == 0, daemon.log
        assert time.monotonic() - began_s < STOPS_WITHIN_S
        assert not any(Path(f"/proc/{pid}").exists() for pid in family)
        stops += 1
        daemon.start()
    daemon.wait_for_job("cat.png", State.PRINTED)

    with daemon.store() as store:
        assert not [event for event in store.events(1) if event.code == "internal_error"]
    assert len(daemon.jobs()) == 1
    assert daemon.hands().starts() == 1
    assert daemon.unaccounted() == set()
    assert daemon.stop() == 0
    assert stops > 2


def test_a_writer_that_meets_the_look_at_its_file_does_not_end_the_daemon(
    open_daemon: Opener,
) -> None:
    daemon = open_daemon(as_program=True)

    for _ in range(20):
        daemon.signal(signal.SIGIO)

    daemon.put("cat.png", encoded(textured(64, 64), "PNG"))
    daemon.wait_until(daemon.jobs, "cat.png is a job")
    assert daemon.stop() == 0


def test_without_systemd_nothing_is_missed(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, as_program=True)
    daemon.environment["NOTIFY_SOCKET"] = str(tmp_path / "nobody listens")
    daemon.launch()
    try:
        daemon.wait_until((daemon.drop / "_status.txt").exists, "it runs")
        daemon.wait_until(lambda: "ready" in daemon.log, "it is ready")
        assert daemon.stop() == 0
    finally:
        daemon.kill()


def test_it_leaves_no_thread_or_child_when_it_ends(open_daemon: Opener) -> None:
    daemon = open_daemon(as_program=True)
    assert daemon.program is not None
    for number in range(3):
        daemon.put(f"{number}.png", encoded(textured(64, 64, number), "PNG"))
    daemon.wait_until(lambda: len(daemon.jobs()) == 3, "three jobs")
    family = children(daemon.program.pid)
    assert family

    assert daemon.stop() == 0

    assert not any(Path(f"/proc/{pid}").exists() for pid in family)


def test_a_kill_leaves_no_child(open_daemon: Opener) -> None:
    daemon = open_daemon(
        {"recipes": {"default": {"settings": {"mesh_quality": 1024}}}}, as_program=True
    )
    assert daemon.program is not None
    pid = daemon.program.pid
    daemon.put("cat.png", encoded(textured(2000, 1500), "PNG"))
    family = daemon.wait_until(lambda: children(pid), "it works")
    daemon.wait_until(daemon.jobs, "cat.png is a job")
    family |= children(pid)

    os.kill(pid, signal.SIGKILL)
    daemon.ended()

    daemon.wait_until(
        lambda: not any(Path(f"/proc/{child}").exists() for child in family),
        "no child is left",
        alive=False,
    )
