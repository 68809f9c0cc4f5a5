"""Twenty files dropped at once on two printers: each good one is printed once, the bad are said.

The short form drops ten, and the camera is slow for four seconds; the long one is ``--full``.
"""

import threading
import time
from pathlib import Path

import pytest

from printd.core.beds import Beds, BedState
from printd.core.jobs import AT_PRINTER, State
from tests.e2e.conftest import Opener
from tests.peers.daemon import Daemon
from tests.photos import encoded, textured

GOOD, FULL_GOOD = 7, 17
GROWS_FOR_S, FULL_GROWS_FOR_S = 4.0, 10.0
PIECE_EVERY_S = 0.5
PRINTERS = ("left", "right")
SETTINGS = {
    "drop": {"incomplete_after_s": 2.0, "empty_after_s": 2.0},
    "printers": {
        "p1": None,
        **{name: {"kind": "virtual", "speed": 60_000.0} for name in PRINTERS},
    },
}


def grow(path: Path, content: bytes, grows_for_s: float) -> None:
    """Write a file as a slow camera does: a piece every half second, the file closed between."""
    pieces = int(grows_for_s / PIECE_EVERY_S)
    size = len(content) // pieces + 1
    for at in range(0, len(content), size):
        with path.open("ab") as stream:
            stream.write(content[at : at + size])
        time.sleep(PIECE_EVERY_S)  # the writer is slow; that is what is tested


def clear_when_ended(daemon: Daemon) -> None:
    """Do what a person at the printers does: take off what has ended, and say so."""
    with daemon.store() as store:
        beds = Beds(store.database).all()
        busy = {job.printer for job in store.jobs(AT_PRINTER)}
    for name in PRINTERS:
        if beds[name].state is not BedState.CLEAR and name not in busy:
            daemon.clear_bed(name)
    time.sleep(0.1)  # a person does not look all the time


def follow(daemon: Daemon, printed: int, within_s: float) -> None:
    until = time.monotonic() + within_s
    while sum(state is State.PRINTED for state in daemon.states().values()) < printed:
        assert daemon.runs
        assert time.monotonic() < until, daemon.states()
        clear_when_ended(daemon)


@pytest.mark.peer("prusa-slicer")
@pytest.mark.timeout(300)
def test_twenty_files_at_once_are_printed_once_each_and_the_bad_two_are_said(
    open_daemon: Opener, request: pytest.FixtureRequest
) -> None:
    full = request.config.getoption("--full")
    count, grows_for_s = (FULL_GOOD, FULL_GROWS_FOR_S) if full else (GOOD, GROWS_FOR_S)
    daemon = open_daemon(SETTINGS)
    good = {f"{number:02}.png": encoded(textured(64, 64, number), "PNG") for number in range(count)}
    grown = encoded(textured(64, 64, 99), "JPEG")
    broken = bytearray(encoded(textured(64, 64, 98), "PNG"))
    broken[len(broken) // 2] ^= 0xFF
    began_s = time.monotonic()
    writer = threading.Thread(target=grow, args=(daemon.drop / "grows.jpg", grown, grows_for_s))
    writer.start()
    for name, content in {**good, "broken.png": bytes(broken), "empty.png": b""}.items():
        (daemon.drop / name).write_bytes(content)

    assert "code: photo_unreadable" in daemon.refused("broken.png")
    assert "code: photo_empty" in daemon.refused("empty.png")
    while writer.is_alive():
        assert "grows.jpg" not in daemon.states()
        clear_when_ended(daemon)
    writer.join()
    assert time.monotonic() - began_s >= grows_for_s
    follow(daemon, count + 1, 200)

    jobs = daemon.jobs()
    assert {job.name: job.state for job in jobs} == dict.fromkeys(
        [*good, "grows.jpg"], State.PRINTED
    )
    starts = [
        line["print"]
        for name in PRINTERS
        for line in daemon.hands(name).journal()
        if line["event"] == "started"
    ]
    assert sorted(starts) == sorted(str(job.print_name) for job in jobs)
    for job in jobs:
        photo = (daemon.data / "jobs" / job.id / "photo.bin").read_bytes()
        assert photo == {**good, "grows.jpg": grown}[job.name]
    failed = {path.name for path in (daemon.drop / "_failed").iterdir()}
    assert failed == {"broken.png", "broken.png.txt", "empty.png", "empty.png.txt"}
    assert {path.name for path in daemon.drop.iterdir()} == {
        *("_failed", "_status.txt", "again", "README.txt", ".printd.lock")
    }
    assert daemon.unaccounted() == set()
    assert daemon.stop() == 0
