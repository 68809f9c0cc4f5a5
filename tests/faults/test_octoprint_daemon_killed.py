"""A daemon that is killed at each point of a job's way to a real OctoPrint prints it once.

The oracle is the virtual printer's own log: how often the file physically started.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.peers.cutting_proxy import CuttingProxy
from tests.peers.daemon import Daemon
from tests.peers.octoprint import OctoPrint, shared_octoprint
from tests.peers.octoprint_shop import (
    START,
    UPLOAD,
    daemon_at,
    held,
    job_of,
    part,
    starts_by_job,
)

pytestmark = pytest.mark.peer("octoprint")

DIES_WITHIN_S = 30.0
NAME = "part.gcode"
# Where the daemon dies, and what is then true of the job. A failpoint and which time it comes by,
# or a request: "asked", it has reached the server's door; "answered", the server has done it, and
# the answer is lost; "lost", it goes no further.
Death = tuple[str, State]
SHORT_WAY: tuple[Death, ...] = (
    (f"asked {UPLOAD}", State.ASSIGNED),
    ("move.after:1", State.UPLOADED),
    ("mark.before:1", State.UPLOADED),
    ("mark.after:1", State.UPLOADED),
    (f"answered {START}", State.UPLOADED),
    ("move.before:2", State.PRINTING),
)
WHOLE_WAY: tuple[Death, ...] = (
    ("move.before:1", State.SLICED),
    ("move.in:1", State.SLICED),
    ("move.after:1", State.ASSIGNED),
    (f"asked {UPLOAD}", State.ASSIGNED),
    (f"answered {UPLOAD}", State.ASSIGNED),
    ("move.before:1", State.ASSIGNED),
    ("move.in:1", State.ASSIGNED),
    ("move.after:1", State.UPLOADED),
    ("mark.before:1", State.UPLOADED),
    ("mark.in:1", State.UPLOADED),
    ("mark.after:1", State.UPLOADED),
    ("recover.before:1", State.UPLOADED),
    ("recover.after:1", State.UPLOADED),
    (f"answered {START}", State.UPLOADED),
    ("recover.before:1", State.UPLOADED),
    ("recover.after:1", State.UPLOADED),
    ("move.before:1", State.UPLOADED),
    ("move.in:1", State.UPLOADED),
    ("move.after:1", State.PRINTING),
    ("move.before:1", State.PRINTING),
    ("move.in:1", State.PRINTING),
    ("move.after:1", State.PRINTED),
)
# On a way without other faults the moves are: assigned, uploaded, printing, printed.
ONCE = (
    *(f"move.{side}:{nth}" for nth in (1, 2, 3, 4) for side in ("before", "in", "after")),
    *("mark.before:1", "mark.in:1", "mark.after:1", "start.sent:1"),
    *(f"asked {UPLOAD}", f"answered {UPLOAD}", f"answered {START}"),
)


@pytest.fixture
def server() -> OctoPrint:
    return shared_octoprint()


@pytest.fixture
def proxy(server: OctoPrint) -> Iterator[CuttingProxy]:
    with CuttingProxy(server.port) as opened:
        yield opened


@pytest.fixture
def daemon(server: OctoPrint, proxy: CuttingProxy, tmp_path: Path) -> Iterator[Daemon]:
    """Have the job's file in the drop folder and the bed clear, and be ended by SIGKILL."""
    made = daemon_at(server, tmp_path, proxy.url)
    with made:
        made.clear_bed()
        made.kill()
        made.put(NAME, part())
        yield made


def die_at(daemon: Daemon, proxy: CuttingProxy, where: str) -> None:
    """Run the daemon until it dies at ``where``."""
    when, _, request = where.partition(" ")
    fault = {} if request else {"PRINTD_FAULT": f"{where}=kill"}
    if request:
        kill_at(daemon, proxy, when, request)
    daemon.launch(fault)
    daemon.wait_until(
        lambda: not daemon.runs, f"it is killed at {where}", DIES_WITHIN_S, alive=False
    )
    assert daemon.ended() == -signal.SIGKILL, daemon.log
    proxy.on_request = proxy.on_answered = None


def kill_at(daemon: Daemon, proxy: CuttingProxy, when: str, request: str) -> None:
    def kill(asked: str) -> None:
        if asked == request or (request == START and asked.startswith(START)):
            daemon.kill()
            if when == "lost":
                raise ConnectionAbortedError  # the request goes no further

    if when == "answered":
        proxy.on_answered = kill
    else:
        proxy.on_request = kill


def die_on_the_way(daemon: Daemon, proxy: CuttingProxy, way: tuple[Death, ...]) -> None:
    for where, state in way:
        die_at(daemon, proxy, where)
        job = job_of(daemon)
        assert job is not None, where
        assert job.state is state, where


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "way", [SHORT_WAY, pytest.param(WHOLE_WAY, marks=pytest.mark.full)], ids=["short", "whole"]
)
def test_a_daemon_killed_again_and_again_on_the_way_prints_once(
    daemon: Daemon, proxy: CuttingProxy, server: OctoPrint, way: tuple[Death, ...]
) -> None:
    die_on_the_way(daemon, proxy, way)
    daemon.start()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(server) == {"1": 1}
    assert daemon.unaccounted() == set()


@pytest.mark.full
@pytest.mark.parametrize("where", ONCE)
def test_a_daemon_killed_once_prints_once(
    daemon: Daemon, proxy: CuttingProxy, server: OctoPrint, where: str
) -> None:
    die_at(daemon, proxy, where)
    daemon.start()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(server) == {"1": 1}


def test_a_daemon_killed_after_its_start_finds_the_print(
    daemon: Daemon, proxy: CuttingProxy, server: OctoPrint
) -> None:
    daemon.put(NAME, part(20))
    die_on_the_way(daemon, proxy, (("start.sent:1", State.UPLOADED),))
    daemon.start()
    daemon.wait_for_job(NAME, State.PRINTING)
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(server) == {"1": 1}


@pytest.mark.full
def test_a_daemon_killed_with_a_start_that_is_lost_asks_a_person(
    daemon: Daemon, proxy: CuttingProxy, server: OctoPrint
) -> None:
    die_on_the_way(daemon, proxy, ((f"lost {START}", State.UPLOADED),))
    daemon.start()
    job = held(daemon, NAME, "start_in_doubt")
    assert starts_by_job(server) == {}
    daemon.cli("resolve", job.number, "not-started")
    daemon.clear_bed()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(server) == {"1": 1}
