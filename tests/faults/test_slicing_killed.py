"""The daemon and the slicer, killed at any moment of slicing: nothing half is ever printed.

The oracles stand outside the daemon: the process table, the last line of every G-code file, and the
journals of the machines. A job whose slicer is killed is held, as a slicer without memory; a person
lets it go on. The seed of the random moments is printed.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import pytest

from printd.core.files import JobFolders, sha256_of
from printd.core.jobs import State
from printd.slicers.prusa import LAST_LINE
from tests.faults.conftest import Opener
from tests.peers.shop import Shop
from tests.peers.virtual_printer import wait_until
from tests.telling import Tell

SHORT_KILLS, FULL_KILLS = 3, 20
SLICING_S = 0.35  # about as long as these models take: some kills hit the end, and what follows
GONE_WITHIN_S = 5.0
HELD_BECAUSE = {"slicer_memory"}  # of a SIGKILL that is not printd's own


def slicer_of(shop: Shop) -> int | None:
    """Return a slicer that works in the shop now."""
    return next((pid for pid in shop.processes() if name_of(pid) == "prusa-slicer"), None)


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def go_on(shop: Shop) -> None:
    """Let every held job go on, as a person who reads why it was held."""
    with shop.desk() as desk:
        asked = {request.args["job"] for request in desk.requests.open({"retry"})}
        for job in desk.store.jobs():
            if job.state is State.HELD and job.number not in asked:
                assert job.because is not None
                assert job.because.code in HELD_BECAUSE, job.because
                words = {"job": job.number, "seen": job.revision}
                desk.requests.post("retry", words, who="person")


def is_sliced(shop: Shop) -> bool:
    """Return whether no photo is left to slice."""
    jobs = shop.jobs()
    return len(jobs) == len(shop.dropped) and all("gcode" in job.facts for job in jobs)


def next_slicer(shop: Shop) -> int:
    """Wait until a slicer works; there is always something for it to do."""
    found: list[int] = []

    def begun() -> bool:
        go_on(shop)
        if is_sliced(shop):
            shop.put(len(shop.dropped))
        found.extend(pid for pid in [slicer_of(shop)] if pid)
        return bool(found)

    shop.until(begun, "a slicer works")
    return found[0]


def kill_daemon(shop: Shop) -> float:
    """Kill it; return after how many seconds nothing of it was left."""
    shop.kill()
    begun_s = time.monotonic()
    wait_until(lambda: not shop.processes(), "no process is left behind", GONE_WITHIN_S)
    return time.monotonic() - begun_s


def was_killed(pid: int) -> bool:
    """Kill a slicer, if it still works."""
    if name_of(pid) != "prusa-slicer":
        return False
    os.kill(pid, signal.SIGKILL)
    return True


def half_files(shop: Shop) -> Iterator[str]:
    """Give what passes for G-code and is none, or is not what its job says."""
    at_machines = shop.root.glob("machine-*/files/pd-*")
    for file in (*shop.data.rglob("*.gcode"), *at_machines):
        is_private = any(folder.name.startswith(".slicing-") for folder in file.parents)
        if not is_private and not file.read_bytes().rstrip().endswith(LAST_LINE):
            yield f"half a file: {file}"
    folders = JobFolders(shop.data)
    for job in shop.jobs():
        file = folders.of(job.id) / JobFolders.GCODE
        if "gcode" in job.facts and sha256_of(file) != job.facts["gcode"]["sha256"]:
            yield f"not what was judged: {file}"


def kill_while_slicing(shop: Shop, kills: int, chance: random.Random) -> tuple[Counter[str], float]:
    """Kill the daemon or the slicer so many times; return whom, and the longest that one stayed."""
    victims = list(islice(cycle(("slicer", "daemon")), kills))
    chance.shuffle(victims)
    longest_s = 0.0
    for victim in victims:
        hit = False
        while not hit:
            pid = next_slicer(shop)
            time.sleep(chance.uniform(0.0, SLICING_S))
            hit = victim == "daemon" or was_killed(pid)
        if victim == "daemon":
            longest_s = max(longest_s, kill_daemon(shop))
            assert list(half_files(shop)) == []
            shop.start_and_wait()
    return Counter(victims), longest_s


def is_printed(shop: Shop) -> bool:
    go_on(shop)
    jobs = shop.jobs()
    return len(jobs) == len(shop.dropped) and all(job.state is State.PRINTED for job in jobs)


@pytest.mark.peer("prusa-slicer")
@pytest.mark.timeout(900)
def test_killed_while_slicing_every_job_is_sliced_and_printed_once(
    open_shop: Opener, full: bool, chance: random.Random, tell: Tell
) -> None:
    kills = FULL_KILLS if full else SHORT_KILLS
    shop = open_shop()
    for _ in range(kills):
        shop.put(len(shop.dropped))
    shop.start_and_wait()
    killed, longest_s = kill_while_slicing(shop, kills, chance)
    shop.until(lambda: is_printed(shop), "every photo is printed", 300.0)
    assert list(half_files(shop)) == []
    assert shop.end(signal.SIGTERM) == 0, shop.said()
    wait_until(lambda: not shop.processes(), "no process is left behind")
    assert shop.faults() == []
    tell(
        f"killed while slicing: {killed['slicer']} slicers, {killed['daemon']} daemons, nothing of "
        f"which was left after {longest_s:.2f} s; {len(shop.dropped)} jobs sliced and printed once"
    )
