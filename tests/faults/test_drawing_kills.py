"""The daemon is killed at every boundary of a picture from words: it is paid once, and kept.

The answer of the artist is the picture itself. So what is lost with it is for a person to say, and
what is on the disk is never asked for again. The oracle is the ledger of the fake service.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.peers.daemon import Daemon
from tests.peers.services_benches import key_file, usual
from tests.peers.services_clock import Clock
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_gemini import Gemini

ENDS = (State.PRINTABLE, State.HELD, State.FAILED)
# The intake, the mark, the note of what is sent, the picture, the states until it is a piece.
BOUNDARIES = (
    *("mark.before:1", "mark.in:1", "mark.after:1"),
    *(f"file.{place}:{nth}" for nth in (1, 2, 3) for place in ("written", "renamed", "synced")),
    *(f"move.{place}:{nth}" for nth in (1, 2) for place in ("before", "in", "after")),
)
SHORT = ("mark.after:1", "file.written:3", "move.before:1")  # marked; lost; on the disk
LOST = (
    "file.renamed:2",
    "file.synced:2",
    "file.written:3",
)  # sent, or noted to be, and no picture on the disk


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Gemini]:
    with Gemini(tmp_path / "gemini", clock=Clock(1000)) as opened:
        opened.pixels = {"1K": 128}
        yield opened
        assert opened.violations() == []


def settings(peer: Gemini) -> dict[str, object]:
    nano = usual(peer, kind="gemini", key_file=str(key_file(peer)))
    return {
        "printers": {"p1": None},  # the piece is all that is wanted here
        "pictures": {"nano": nano},
        "recipes": {"default": {"pictures": "nano"}},
    }


def through(daemon: Daemon, name: str) -> State:
    """Let the job of some words go as far as it goes by itself."""

    def now() -> State | None:
        return next((job.state for job in daemon.jobs() if job.name == name), None)

    daemon.wait_until(lambda: now() in ENDS, f"{name} is a piece, or waits", 60.0)
    state = now()
    assert state is not None
    return state


@pytest.mark.timeout(400)
def test_the_daemon_is_killed_at_every_boundary_of_a_picture(
    peer: Gemini, tmp_path: Path, full: bool
) -> None:
    daemon = Daemon(tmp_path / "printd", settings(peer))
    fates: dict[str, State] = {}
    with daemon:
        for number, place in enumerate(BOUNDARIES if full else SHORT):
            daemon.kill()
            daemon.cli("add", "--prompt", f"castle {number}", "--consent", "0.07")  # is kept
            program = daemon.launch({"PRINTD_FAULT": f"{place}=kill"})
            program.wait(60.0)
            assert program.returncode == -signal.SIGKILL
            daemon.start()
            fates[place] = through(daemon, f"castle {number}")
            assert len(peer.ledger.orders()) <= number + 1, f"paid twice after {place}"

        held = [job for job in daemon.jobs() if job.state is State.HELD]
        assert {job.because.code for job in held if job.because} <= {"order_in_doubt"}
        assert {place for place, fate in fates.items() if fate is State.HELD} <= set(LOST)
        for job in held:
            assert daemon.cli("resolve", job.number, "not-accepted").returncode == 0
            assert through(daemon, job.name) is State.PRINTABLE
        ends = [(job.state, job.because) for job in daemon.jobs()]
        assert [state for state, _ in ends] == [State.PRINTABLE] * len(fates), ends
        assert len(peer.ledger.orders()) <= len(fates) + len(held)
    print(fates)  # noqa: T201 - for whoever reads the run


def test_a_daemon_that_dies_while_the_artist_works_leaves_a_doubt(
    peer: Gemini, tmp_path: Path
) -> None:
    peer.faults.arm(Fault(Kind.HANG, Call.CREATE, seconds=30.0))
    with Daemon(tmp_path / "printd", settings(peer)) as daemon:
        daemon.cli("add", "--prompt", "a castle", "--consent", "5")
        daemon.wait_until(peer.ledger.orders, "the picture is ordered")
        daemon.kill()
        daemon.start()
        job = daemon.wait_for_job("a castle", State.HELD)
        assert job.because is not None
        assert (job.because.code, job.in_doubt) == ("order_in_doubt", True)
        assert daemon.cli("resolve", job.number, "lost").returncode == 0
        assert through(daemon, "a castle") is State.PRINTABLE
        assert len(peer.ledger.orders()) == 2
        orders = daemon.ask("costs", "--services")["orders"]
        assert [order["state"] for order in orders] == ["lost", "delivered"]
