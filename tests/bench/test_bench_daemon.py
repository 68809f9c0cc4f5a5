"""The daemon at rest, the start of the command line, and the start after a crash with a queue."""

import hashlib
import json
import os
import statistics
import subprocess
import time
from pathlib import Path

from printd.core.config import Config
from printd.core.files import JobFolders
from printd.core.jobs import State
from printd.core.recipes import order_for
from printd.core.store import NewJob
from tests.peers.daemon import PRINTD, Daemon
from tests.photos import encoded, textured

REST_S = 20.0
QUEUED = 1000


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def test_the_daemon_at_rest(tmp_path: Path) -> None:
    # As an operator runs it: the intervals of the defaults, one printed job behind it.
    usual = {
        "drop": {"settle_s": 2.0, "scan_s": 60.0},
        "limits": {"poll_active_s": 2.0, "poll_idle_s": 10.0, "idle_workers_s": 3.0},
    }
    with Daemon(tmp_path / "home", usual) as daemon:
        daemon.wait_until(lambda: daemon.cli("printers").returncode == 0, "printers are listed")
        daemon.clear_bed()
        daemon.put("one.png", encoded(textured(64, 64), "PNG"))
        daemon.wait_for_job("one.png", State.PRINTED)
        time.sleep(5)  # the helpers of the last calculation end
        assert daemon.program is not None
        pid = daemon.program.pid
        before = cpu_s(pid)
        time.sleep(REST_S)
        share = (cpu_s(pid) - before) / REST_S
        resident = resident_mb(pid)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    print(f"\nat rest: {share:.2%} of a core (allowed 1 %), {resident:.0f} MB (allowed 150)")
    assert share < 0.01
    assert resident < 150
    assert children == []


def test_printd_version() -> None:
    took = []
    for _ in range(15):
        before = time.perf_counter()
        subprocess.run([PRINTD, "version"], check=True, capture_output=True)
        took.append(time.perf_counter() - before)
    median = statistics.median(took)
    print(f"\nprintd version: median {1000 * median:.0f} ms (allowed 150)")
    assert median < 0.15


def queue_up(daemon: Daemon, count: int) -> None:
    """Put jobs into the data folder as the inbox does, with their photos."""
    config = Config.model_validate(daemon.settings, context={"folder": daemon.folder})
    order = order_for(config, "default", {})
    folders = JobFolders(daemon.data)
    photo = encoded(textured(64, 64), "PNG")
    sha256 = hashlib.sha256(photo).hexdigest()
    with daemon.store() as store:
        for number in range(count):
            folder = folders.new()
            (folder / JobFolders.PHOTO).write_bytes(photo)
            store.accept(NewJob(folder.name, f"{number}.png", order.recipe, order.settings, sha256))


def start_and_move(daemon: Daemon) -> tuple[float, float]:
    """Start the daemon; return the seconds until READY=1 and until a job has moved on."""
    with daemon.store() as store:
        seen = store.events(limit=1)[-1].seq
        before = time.perf_counter()
        daemon.start()
        ready_s = time.perf_counter() - before
        while not any(
            event.after not in (None, State.HELD) and event.seq > seen
            for event in store.events(limit=50)
        ):
            time.sleep(0.005)
        return ready_s, time.perf_counter() - before


def test_start_after_a_kill_with_a_queue(tmp_path: Path) -> None:
    ready_s, moved_s = [], []
    for round_ in range(3):
        daemon = Daemon(tmp_path / f"home{round_}")
        with daemon:
            pass
        queue_up(daemon, QUEUED)
        start_and_move(daemon)
        daemon.kill()
        ready, moved = start_and_move(daemon)
        ready_s.append(ready)
        moved_s.append(moved)
        daemon.kill()
    print(
        f"\nstart with {QUEUED} queued jobs after SIGKILL: READY after "
        f"{[round(s, 2) for s in ready_s]} s, a job moved on after "
        f"{[round(s, 2) for s in moved_s]} s (allowed 2)"
    )
    assert max(moved_s) < 2


def test_status_with_a_queue(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path / "home")
    with daemon:
        pass
    queue_up(daemon, QUEUED)
    before = time.perf_counter()
    done = daemon.cli("jobs", "--json")
    print(f"\nprintd jobs --json with {QUEUED} jobs: {time.perf_counter() - before:.2f} s")
    assert len(json.loads(done.stdout)) == QUEUED
