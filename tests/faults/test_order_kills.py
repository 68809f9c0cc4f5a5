"""The daemon is killed at every boundary of an order: the service is paid once, nothing is lost.

The oracle is the ledger of the fake service, which lives on while the daemon dies.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.files import JobFolders, sha256_of
from printd.core.jobs import State
from tests.e2e.test_services import entry
from tests.peers.daemon import Daemon
from tests.peers.services import Fal, Replicate
from tests.peers.services_asking import photo
from tests.peers.services_base import Service
from tests.peers.services_clock import Clock

FACTOR = 100.0
ENDS = (State.PRINTABLE, State.HELD, State.FAILED)
# Of one photo: its intake, the note of what is sent, the mark, the order, the mesh, its states.
BOUNDARIES = (
    *(f"file.{place}:{nth}" for nth in (1, 2, 3, 4) for place in ("written", "renamed", "synced")),
    *("mark.before:1", "mark.in:1", "mark.after:1"),
    *(f"move.{place}:{nth}" for nth in (1, 2) for place in ("before", "in", "after")),
)
SHORT = {  # marked and not sent; sent and not kept; fetched and not kept
    "replicate": ("move.before:1", "move.before:2"),
    "fal": ("mark.after:1", "move.before:1"),
}


@pytest.fixture(params=["replicate", "fal"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    kind = {"replicate": Replicate, "fal": Fal}[request.param]
    with kind(tmp_path / request.param, clock=Clock(FACTOR)) as peer:
        yield peer
        assert peer.violations() == []


def settings(peer: Service) -> dict[str, object]:
    models = {"replicate": "hunyuan3d-3.1", "fal": "trellis-2-512"}
    figure = entry(peer, {"kind": peer.name, "model": models[peer.name]})
    return {
        "printers": {"p1": None},  # the shape is all that is wanted here
        "meshers": {"figure": figure},
        "recipes": {
            "default": {"mesher": "figure", "width_mm": 15, "consent": 1, "photo_check": "show"}
        },
    }


def through(daemon: Daemon, name: str) -> State:
    """Let the job of a photo go as far as it goes by itself."""

    def now() -> State | None:
        return next((job.state for job in daemon.jobs() if job.name == name), None)

    daemon.wait_until(lambda: now() in ENDS, f"{name} has its shape, or waits", 60.0)
    state = now()
    assert state is not None
    return state


def test_the_daemon_is_killed_at_every_boundary_of_an_order(
    service: Service, tmp_path: Path, full: bool
) -> None:
    daemon = Daemon(tmp_path / "printd", settings(service))
    fates: dict[str, State] = {}
    with daemon:
        for number, place in enumerate(BOUNDARIES if full else SHORT[service.name]):
            daemon.kill()
            name = f"{number}.png"
            daemon.environment["PRINTD_FAULT"] = f"{place}=kill"
            daemon.start()
            daemon.put(name, photo(number))
            program = daemon.program
            assert program is not None
            program.wait(60.0)
            assert program.returncode == -signal.SIGKILL
            del daemon.environment["PRINTD_FAULT"]
            daemon.start()
            fates[place] = through(daemon, name)
            assert len(service.ledger.orders()) <= number + 1, f"paid twice after {place}"

        held = [job for job in daemon.jobs() if job.state is State.HELD]
        assert {job.because.code for job in held if job.because} <= {"order_in_doubt"}
        for job in held:  # only where the service has no list
            assert service.name == "fal"
            sent = daemon.data / "jobs" / job.id / JobFolders.FOR_SERVICE
            ours = service.ledger.of(sha256_of(sent))
            outcome = ("accepted", "--order", ours[0].order) if ours else ("not-accepted",)
            assert daemon.cli("resolve", job.number, *outcome).returncode == 0
            assert through(daemon, job.name) is State.PRINTABLE
        states = [job.state for job in daemon.jobs()]
        assert states == [State.PRINTABLE] * len(fates)
        assert len(service.ledger.orders()) == len(fates)
    print(fates)  # noqa: T201 - for whoever reads the run
