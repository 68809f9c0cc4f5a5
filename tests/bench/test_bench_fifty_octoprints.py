"""Fifty OctoPrints at one daemon: how soon they are known, what they cost at rest.

And how soon a print is started when its bed has been cleared, at a real OctoPrint.
"""

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from printd.core.board import Condition
from printd.core.database import FILE, Database
from printd.core.fleet import Fleet
from printd.core.jobs import State
from tests.bench.test_bench_daemon import cpu_s, resident_mb
from tests.peers.cutting_proxy import CuttingProxy
from tests.peers.daemon import Daemon
from tests.peers.many_octoprints import many_octoprints
from tests.peers.octoprint import shared_octoprint
from tests.peers.octoprint_shop import START, daemon_at, part

COUNT, SILENT = 50, 5
CONNECTED_WITHIN_S = 5.0
REST_S = 60.0  # each is asked six times
STARTS = 20
STARTED_WITHIN_S = 1.0
# As an operator runs it: the intervals of the defaults.
USUAL: dict[str, Any] = {
    "drop": {"settle_s": 2.0, "scan_s": 60.0},
    "limits": {"poll_active_s": 2.0, "poll_idle_s": 10.0, "poll_unreachable_s": 30.0},
}


def daemon_of(folder: Path, urls: list[str]) -> Daemon:
    folder.mkdir()
    key = folder / "key"
    key.write_text("A" * 32)
    key.chmod(0o600)
    printers = {
        f"o{number}": {"kind": "octoprint", "url": url, "key_file": str(key)}
        for number, url in enumerate(urls, start=1)
    }
    return Daemon(folder / "home", {**USUAL, "printers": {**printers, "p1": None}})


@contextmanager
def fleet_of(daemon: Daemon) -> Iterator[Fleet]:
    """Open what the store knows of the printers, beside the daemon."""
    database = Database(daemon.data / FILE)
    try:
        database.use()
        yield Fleet(database)
    finally:
        database.close()


def conditions(daemon: Daemon) -> Counter[Condition | None]:
    """Count the printers by what the store last saw of them."""
    with fleet_of(daemon) as fleet:
        rows = fleet.all().values()
    return Counter(row.status.condition if row.status else None for row in rows)


def clear_bed(daemon: Daemon) -> None:
    """Say so as the command line does, without its start."""
    with fleet_of(daemon) as fleet, daemon.requests() as requests:
        seen = fleet.get("p1").bed.revision
        requests.post("bed-clear", {"printer": "p1", "seen": seen}, who="person")


def test_fifty_printers_of_which_five_never_answer(tmp_path: Path) -> None:
    with many_octoprints(COUNT, SILENT) as urls:
        daemon = daemon_of(tmp_path / "d", urls)
        begin = time.perf_counter()
        with daemon:
            daemon.wait_until(
                lambda: conditions(daemon)[Condition.IDLE] == COUNT - SILENT, "all are known"
            )
            connected_s = time.perf_counter() - begin
            daemon.wait_until(
                lambda: conditions(daemon)[Condition.OFFLINE] == SILENT, "the silent are offline"
            )
            print(f"\n{COUNT - SILENT} of {COUNT} connected after {connected_s:.2f} s")
            assert daemon.stop() == 0
    assert connected_s < CONNECTED_WITHIN_S


def test_fifty_printers_at_rest(tmp_path: Path) -> None:
    with many_octoprints(COUNT) as urls, daemon_of(tmp_path / "d", urls) as daemon:
        daemon.wait_until(lambda: conditions(daemon)[Condition.IDLE] == COUNT, "all are known")
        time.sleep(5)  # logins and first looks are over
        assert daemon.program is not None
        pid = daemon.program.pid
        before = cpu_s(pid)
        time.sleep(REST_S)
        share = (cpu_s(pid) - before) / REST_S
        resident = resident_mb(pid)
    print(f"\n{COUNT} at rest: {share:.2%} of a core (3), {resident:.0f} MB (200)")
    assert share < 0.03
    assert resident < 200


@pytest.mark.peer("octoprint")
def test_a_cleared_bed_is_printed_on_soon(tmp_path: Path) -> None:
    """From a person's word in the store to the request at the server's door."""
    server = shared_octoprint()
    sent_s: list[float] = []
    took: list[float] = []
    with CuttingProxy(server.port) as proxy:
        proxy.on_request = lambda asked: (
            sent_s.append(time.perf_counter()) if asked.startswith(START) else None
        )
        with daemon_at(server, tmp_path / "d", proxy.url, USUAL) as daemon:
            for number in range(STARTS):
                daemon.put(f"{number}.gcode", part(0, number))
            daemon.wait_until(lambda: len(daemon.jobs()) == STARTS, "all are taken")
            while len(took) < STARTS:
                asked_s = time.perf_counter()
                clear_bed(daemon)
                daemon.wait_until(lambda: len(sent_s) > len(took), "it is started")
                took.append(sent_s[-1] - asked_s)
                daemon.wait_until(lambda: count_printed(daemon) == len(took), "it is printed")
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"\nbed cleared to start: median {statistics.median(took):.2f} s, p95 {p95:.2f} s")
    assert p95 < STARTED_WITHIN_S


def count_printed(daemon: Daemon) -> int:
    return sum(state is State.PRINTED for state in daemon.states().values())
