"""A daemon that is killed at each point of a job's way to a scripted Bambu printer prints it once.

The oracle is the printer's journal: how often a start arrived, and how often it began to print.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.peers.bambu import BambuLan
from tests.peers.bambu_shop import part, settings_for, starts_by_job
from tests.peers.bambu_speaker import Cut, Speaker
from tests.peers.daemon import Daemon

DIES_WITHIN_S = 30.0
NAME = "part.gcode.3mf"
# On a way without other faults the moves are: assigned, uploaded, printing, printed.
ONCE = (
    *(f"move.{side}:{nth}" for nth in (1, 2, 3, 4) for side in ("before", "in", "after")),
    *("mark.before:1", "mark.in:1", "mark.after:1", "start.sent:1"),
)
SHORT = ("mark.after:1", "start.sent:1", "move.before:4")
# Again and again: where it dies, and what is then true of the job.
WAY = (
    ("move.before:1", State.SLICED),
    ("move.after:1", State.ASSIGNED),
    ("move.in:1", State.ASSIGNED),
    ("move.after:1", State.UPLOADED),
    ("mark.in:1", State.UPLOADED),
    ("mark.after:1", State.UPLOADED),
    ("recover.before:1", State.UPLOADED),
    ("recover.after:1", State.UPLOADED),
    ("start.sent:1", State.UPLOADED),
    ("recover.before:1", State.UPLOADED),
    ("recover.after:1", State.UPLOADED),
    ("move.in:1", State.UPLOADED),
    ("move.after:1", State.PRINTING),
    ("move.in:1", State.PRINTING),
    ("move.after:1", State.PRINTED),
)


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[BambuLan]:
    with BambuLan(tmp_path / "machine", clock=600.0, broker=Speaker()) as started:
        yield started


@pytest.fixture
def daemon(peer: BambuLan, tmp_path: Path) -> Iterator[Daemon]:
    """Have the job's file in the drop folder and the bed clear, and be ended by SIGKILL."""
    with Daemon(tmp_path / "printd", settings_for(peer, tmp_path)) as made:
        made.clear_bed()
        made.kill()
        made.put(NAME, part(tmp_path, 60))
        yield made


def speaker(peer: BambuLan) -> Speaker:
    assert isinstance(peer.broker, Speaker)
    return peer.broker


def die_at(daemon: Daemon, where: str) -> None:
    """Run the daemon until it dies at a failpoint."""
    daemon.launch({"PRINTD_FAULT": f"{where}=kill"})
    daemon.wait_until(
        lambda: not daemon.runs, f"it is killed at {where}", DIES_WITHIN_S, alive=False
    )
    assert daemon.ended() == -signal.SIGKILL, daemon.log


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(where, marks=() if where in SHORT else [pytest.mark.full], id=where)
        for where in ONCE
    ],
)
def test_a_daemon_killed_once_prints_once(daemon: Daemon, peer: BambuLan, where: str) -> None:
    die_at(daemon, where)
    daemon.start()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(peer) == {"1": 1}
    assert len(peer.journal.orders()) == 1
    assert daemon.unaccounted() == set()


@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_daemon_killed_again_and_again_on_the_way_prints_once(
    daemon: Daemon, peer: BambuLan
) -> None:
    for where, state in WAY:
        die_at(daemon, where)
        assert [job.state for job in daemon.jobs()] == [state], where
    daemon.start()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(peer) == {"1": 1}
    assert len(peer.journal.orders()) == 1
    assert daemon.unaccounted() == set()


@pytest.mark.parametrize("is_whole", [False, pytest.param(True, marks=pytest.mark.full)])
def test_a_daemon_killed_during_an_upload_sends_the_file_again(
    daemon: Daemon, peer: BambuLan, is_whole: bool
) -> None:
    if is_whole:
        peer.quirks.late_226_s = 60.0  # all of it is there, and nobody says so
    else:
        peer.quirks.stalls_at = 0
    daemon.launch()
    daemon.wait_until(lambda: peer.card.names() != [], "the upload has begun")
    daemon.kill()
    peer.quirks.late_226_s, peer.quirks.stalls_at = 0.0, None
    daemon.start()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(peer) == {"1": 1}
    daemon.wait_until(lambda: peer.card.names() == [], "nothing is left there")


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
def test_a_daemon_killed_while_its_start_is_on_the_way_sends_no_second_one(
    daemon: Daemon, peer: BambuLan, cut: Cut
) -> None:
    speaker(peer).arm(cut, b"project_file")  # Cut.BEFORE: the line in the ledger is all there is
    daemon.launch()
    ledger = daemon.data / "printers" / "p1" / "ledger.jsonl"
    daemon.wait_until(
        lambda: ledger.exists() and '"event":"start"' in ledger.read_text(), "the start"
    )
    if cut is Cut.AFTER:
        daemon.wait_until(lambda: bool(peer.journal.orders()), "the start has arrived")
    daemon.kill()
    speaker(peer).disarm()  # the line was there before the message: that may never have left
    daemon.start()
    if cut is Cut.AFTER:
        daemon.wait_for_job(NAME, State.PRINTED)
        assert starts_by_job(peer) == {"1": 1}
        return
    job = daemon.wait_for_job(NAME, State.HELD)
    assert job.because is not None
    assert job.because.code == "start_in_doubt"
    assert peer.journal.orders() == []
    assert daemon.cli("resolve", job.number, "not-started").returncode == 0
    daemon.clear_bed()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(peer) == {"1": 1}
