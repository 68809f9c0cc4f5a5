"""A scripted Bambu printer that loses its power at each boundary of a job: no second start.

It comes back idle and without memory, so that what it was told may have happened or not. The
oracle is its journal. Afterwards a person says what they see, and clears the bed.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from printd.core.jobs import Job, State
from tests.peers.bambu import BambuLan
from tests.peers.bambu_shop import part, settings_for, starts_by_job
from tests.peers.bambu_speaker import Speaker
from tests.peers.daemon import Daemon

NAME, NEXT = "part.gcode.3mf", "next.gcode.3mf"
FOR_EVER_S = 80_000
CLOCK = 600.0


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[BambuLan]:
    with BambuLan(tmp_path / "machine", clock=CLOCK, broker=Speaker()) as started:
        yield started


@pytest.fixture
def daemon(peer: BambuLan, tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path / "printd", settings_for(peer, tmp_path)) as made:
        made.clear_bed()
        yield made


def put(daemon: Daemon, folder: Path, name: str = NAME, seconds: int = 60) -> None:
    daemon.put(name, part(folder, seconds))


def held(daemon: Daemon, code: str, name: str = NAME) -> Job:
    job = daemon.wait_for_job(name, State.HELD)
    assert job.because is not None
    assert job.because.code == code
    return job


def print_the_next(daemon: Daemon, peer: BambuLan, folder: Path) -> None:
    """Print another job, which waits until the bed is cleared."""
    put(daemon, folder, NEXT, 61)
    waits = daemon.wait_for_job(NEXT, State.SLICED)
    assert daemon.ask("show", waits.number)["because"]["code"] == "bed_not_clear"
    peer.hands.clear_bed()
    daemon.clear_bed()
    daemon.wait_for_job(NEXT, State.PRINTED)
    assert [line.on_bed for line in peer.journal.starts()] == [""] * len(peer.journal.starts())


# Before a start has left, nothing is in doubt.


@pytest.mark.full
def test_power_lost_during_an_upload_delays_a_job(
    daemon: Daemon, peer: BambuLan, tmp_path: Path
) -> None:
    peer.quirks.stalls_at = 0
    put(daemon, tmp_path)
    daemon.wait_until(lambda: peer.card.names() != [], "the upload has begun")
    peer.quirks.stalls_at = None
    peer.power_cycle()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(peer) == {"1": 1}


@pytest.mark.full
def test_power_lost_between_upload_and_start_delays_a_job(
    daemon: Daemon, peer: BambuLan, tmp_path: Path
) -> None:
    daemon.kill()
    put(daemon, tmp_path)
    daemon.launch({"PRINTD_FAULT": "mark.before:1=kill"})
    daemon.wait_until(lambda: not daemon.runs, "it is killed", alive=False)
    peer.power_cycle()
    daemon.start()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(peer) == {"1": 1}


# After it, only a person knows.


@pytest.mark.parametrize(
    "shows",
    [
        pytest.param("nothing", marks=pytest.mark.full),
        pytest.param("its name", marks=pytest.mark.full),
    ],
)
def test_power_lost_before_a_start_shows_leaves_a_doubt(
    daemon: Daemon, peer: BambuLan, tmp_path: Path, shows: str
) -> None:
    peer.quirks.prepare_after_s = FOR_EVER_S
    peer.quirks.identity_after_s = FOR_EVER_S if shows == "nothing" else 0.0
    put(daemon, tmp_path)
    daemon.wait_until(peer.journal.orders, "the start")
    peer.power_cycle()
    peer.quirks.prepare_after_s, peer.quirks.identity_after_s = None, 0.0
    job = held(daemon, "start_in_doubt")
    daemon.wait_until(lambda: peer.card.names() == [], "the file is deleted")
    daemon.cli("resolve", job.number, "not-started")
    peer.hands.clear_bed()
    daemon.clear_bed()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(peer) == {"1": 1}
    assert len(peer.journal.orders()) == 2


def while_heating(peer: BambuLan) -> bool:
    return peer.hands.state == "PREPARE"


def while_printing(peer: BambuLan) -> bool:
    return peer.hands.state == "RUNNING"


def while_resting(peer: BambuLan) -> bool:
    if peer.hands.state == "RUNNING":
        peer.hands.pause()
    return peer.hands.state == "PAUSE"


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(while_heating, marks=pytest.mark.full),
        while_printing,
        pytest.param(while_resting, marks=pytest.mark.full),
    ],
)
def test_power_lost_in_a_print_leaves_its_end_to_a_person(
    daemon: Daemon, peer: BambuLan, tmp_path: Path, moment: Callable[[BambuLan], bool]
) -> None:
    if moment is while_heating:
        peer.quirks.heats_for_s = FOR_EVER_S
    put(daemon, tmp_path, seconds=FOR_EVER_S)
    daemon.wait_for_job(NAME, State.PRINTING)
    daemon.wait_until(lambda: moment(peer), "the moment")
    peer.power_cycle()
    peer.quirks.heats_for_s = 0.0
    job = held(daemon, "end_unknown")
    daemon.cli("resolve", job.number, "failed")
    held(daemon, "printer_fault")
    print_the_next(daemon, peer, tmp_path)
    assert starts_by_job(peer)["1"] <= 1
    assert len(peer.journal.orders()) == 2


@pytest.mark.full
def test_power_lost_while_printd_is_away_leaves_the_end_to_a_person(
    daemon: Daemon, peer: BambuLan, tmp_path: Path
) -> None:
    put(daemon, tmp_path, seconds=FOR_EVER_S)
    daemon.wait_for_job(NAME, State.PRINTING)
    daemon.kill()
    peer.power_cycle()
    daemon.start()
    held(daemon, "end_unknown")
    assert starts_by_job(peer) == {"1": 1}


@pytest.mark.full
def test_power_lost_after_the_end_changes_nothing(
    daemon: Daemon, peer: BambuLan, tmp_path: Path
) -> None:
    put(daemon, tmp_path)
    daemon.wait_for_job(NAME, State.PRINTED)
    peer.power_cycle()
    print_the_next(daemon, peer, tmp_path)
    assert starts_by_job(peer) == {"1": 1, "2": 1}


# The bed.


@pytest.mark.full
@pytest.mark.parametrize("victim", ["printd", "printer", "both"])
def test_a_bed_that_was_not_cleared_outlives_printd_and_the_printer(
    daemon: Daemon, peer: BambuLan, tmp_path: Path, victim: str
) -> None:
    put(daemon, tmp_path)
    daemon.wait_for_job(NAME, State.PRINTED)
    put(daemon, tmp_path, NEXT, 61)
    daemon.wait_for_job(NEXT, State.SLICED)
    if victim != "printer":
        daemon.kill()
    if victim != "printd":
        peer.power_cycle()
    if victim != "printer":
        daemon.start()
    waits = daemon.wait_for_job(NEXT, State.SLICED)
    assert daemon.ask("show", waits.number)["because"]["code"] == "bed_not_clear"
    assert starts_by_job(peer) == {"1": 1}
    peer.hands.clear_bed()
    daemon.clear_bed()
    daemon.wait_for_job(NEXT, State.PRINTED)
    assert [line.on_bed for line in peer.journal.starts()] == ["", ""]


# A person at the printer, at the same moment.


@pytest.mark.full
def test_a_strangers_print_that_came_first_keeps_the_bed(
    daemon: Daemon, peer: BambuLan, tmp_path: Path
) -> None:
    peer.quirks.prepare_after_s = 900  # one and a half seconds
    put(daemon, tmp_path)
    daemon.wait_until(peer.journal.orders, "the start")
    peer.hands.start("theirs.gcode.3mf", 3_000)
    job = daemon.wait_for_job(NAME, State.HELD)
    assert job.because is not None
    assert job.because.code in ("start_refused", "start_in_doubt")
    daemon.wait_until(lambda: peer.hands.state != "RUNNING", "theirs is over")
    assert peer.journal.starts("pd-") == []
    if job.because.code == "start_refused":
        daemon.cli("retry", job.number)
    else:
        daemon.cli("resolve", job.number, "not-started")
    daemon.wait_for_job(NAME, State.SLICED)
    peer.hands.clear_bed()
    daemon.clear_bed()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert [line.on_bed for line in peer.journal.starts("pd-")] == [""]
