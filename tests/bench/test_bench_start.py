"""How long it takes from the word that a bed is clear to the start that a printer has taken."""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from printd.core.jobs import State
from tests.peers.api import at_home
from tests.peers.daemon import SERVED, Daemon, merged
from tests.peers.gcode_corpus import END, PRINT, START

RUNS = 20
ALLOWED_S = 1.0  # the median; the time of the command or the request is in it
LOOK_S = 0.002
# As an operator runs it: a printer at rest is asked every ten seconds.
USUAL: dict[str, Any] = {
    "drop": {"gcode": True, "scan_s": 60.0},
    "limits": {"poll_active_s": 2.0, "poll_idle_s": 10.0},
}


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path / "home", merged(SERVED, USUAL)) as daemon:
        path = daemon.folder / "small.gcode"
        path.write_bytes((START + PRINT + END).encode())
        assert daemon.cli("add", path, "--copies", RUNS).returncode == 0
        daemon.wait_until(lambda: len(daemon.jobs()) == RUNS, "all wait")
        yield daemon


def start_times(daemon: Daemon, clear: Callable[[], None]) -> list[float]:
    """Return the seconds from each word to its start."""
    hands, took = daemon.hands(), []
    for run in range(RUNS):
        daemon.wait_until(lambda run=run: printed(daemon) == run, "the bed is taken", 60.0)  # type: ignore[misc]
        began = time.monotonic()
        clear()
        while hands.starts() == run:
            assert time.monotonic() - began < 30
            time.sleep(LOOK_S)
        took.append(time.monotonic() - began)
    return took


def printed(daemon: Daemon) -> int:
    return [job.state for job in daemon.jobs()].count(State.PRINTED)


def judge(what: str, took: list[float]) -> None:
    least, middle, most = min(took), statistics.median(took), max(took)
    print(f"\n{what}: {least:.2f} / {middle:.2f} / {most:.2f} s (least, median, most of {RUNS})")
    assert middle <= ALLOWED_S


def test_by_the_command_line(daemon: Daemon) -> None:
    judge("bed-clear typed, start sent", start_times(daemon, daemon.clear_bed))


def test_by_the_api(daemon: Daemon) -> None:
    with at_home(daemon.data) as home:

        def clear() -> None:
            with daemon.store() as store:
                (row,) = store.database.rows("SELECT bed_revision FROM printer")
            said: httpx.Response = home.post("/printers/p1/bed-clear", json={"seen": row[0]})
            assert said.status_code == 200, said.text

        judge("bed-clear posted, start sent", start_times(daemon, clear))
