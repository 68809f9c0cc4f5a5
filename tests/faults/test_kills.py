"""Killed at any moment and at every failpoint: each photo is printed exactly once.

The oracles stand outside the daemon: the journals of the machines, and the list of what was
dropped. The seed of the random moments is printed.
"""

import random
import re
import signal
import time
from pathlib import Path

import pytest

import printd
from printd.core.failpoints import NAMES
from tests.faults.conftest import Opener
from tests.peers.shop import Shop
from tests.peers.virtual_printer import wait_until

SHORT_KILLS, FULL_KILLS = 6, 50
LONGEST_LIFE_S = 2.5  # slicing takes about a second: some lives get further than others
AT_INTAKE = ("intake.", "file.")

# A killed start leaves the mark that is recovered next; the second mark of a fresh photo is that
# of its start (the first is that of its order).
BOUNDARIES = (
    *(("intake.copied", 1), ("intake.committed", 1), ("intake.removed", 1)),
    *(("file.written", 1), ("file.renamed", 1), ("file.synced", 1)),
    *(("mark.before", 1), ("mark.in", 1), ("mark.after", 1)),
    *(("move.before", 1), ("move.in", 1), ("move.after", 1)),
    *(("start.sent", 1), ("recover.before", 1), ("recover.after", 1)),
    *(("mark.after", 2), ("recover.before", 1), ("recover.after", 1)),
    ("request.in", 1),
)
MANY = tuple(
    (name, nth)
    for nth in range(1, 11)
    for name in (
        *("move.before", "move.in", "move.after", "mark.before", "mark.in", "mark.after"),
        *("intake.copied", "intake.committed", "intake.removed"),
        *("file.written", "file.renamed", "file.synced", "start.sent", "request.in"),
    )
    if nth <= 2 or name.startswith(("move.", "intake.", "file.", "mark."))
)
# Killed at a start, and again, and again, inside its recovery.
DOUBLE = (
    *(("start.sent", 1), ("recover.before", 1), ("recover.before", 1), ("recover.after", 1)),
    *(("mark.after", 2), ("recover.after", 1), ("recover.before", 1), ("recover.after", 1)),
) * 3


def test_every_failpoint_is_in_the_code_and_in_this_suite() -> None:
    code = "".join(path.read_text() for path in Path(printd.__file__).parent.rglob("*.py"))
    assert set(re.findall(r"\bhit\(\"([a-z.]+)\"\)", code)) == NAMES
    assert {name for name, _ in BOUNDARIES} == NAMES


def finish(shop: Shop) -> None:
    """Let the shop print all that is left, without a fault; then judge it."""
    shop.start_and_wait()
    shop.until(shop.is_done, "every photo is printed", 120.0)
    assert shop.end(signal.SIGTERM) == 0, shop.said()
    wait_until(lambda: not shop.processes(), "no process is left behind")
    assert shop.faults() == []


def live(shop: Shop, seconds: float) -> None:
    """Attend the shop for so long."""
    until_s = time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        shop.try_to_attend()
        time.sleep(min(0.02, left_s))


def unprinted(shop: Shop) -> int:
    """Return how many photos no machine has begun, without touching the killed store."""
    return len(shop.dropped) - sum(shop.starts().values())


def kill_at_random(shop: Shop, kills: int, photos: int, chance: random.Random) -> None:
    for _ in range(kills):
        if unprinted(shop) == 0:
            put(shop, photos)
        shop.start()
        live(shop, chance.uniform(0.0, LONGEST_LIFE_S))
        shop.kill()


def put(shop: Shop, photos: int) -> None:
    for _ in range(photos):
        shop.put(len(shop.dropped))


def die_at(shop: Shop, name: str, nth: int, photos: int) -> None:
    """Run the daemon until it dies at the ``nth`` time that it comes by ``name``."""
    needed = nth if name.startswith(AT_INTAKE) else max(0, max(nth, photos) - unprinted(shop))
    put(shop, needed)
    shop.start(f"{name}:{nth}=kill")
    shop.until(shop.has_ended, f"killed at {name}:{nth}", 60.0)
    assert shop.gone() == -signal.SIGKILL, f"{name}:{nth}\n{shop.said()}"


@pytest.mark.timeout(600)
def test_killed_at_random_moments_every_photo_is_printed_once(
    open_shop: Opener, full: bool, chance: random.Random
) -> None:
    shop = open_shop()
    kill_at_random(shop, FULL_KILLS if full else SHORT_KILLS, 10 if full else 3, chance)
    finish(shop)


@pytest.mark.timeout(600)
def test_killed_at_every_boundary_every_photo_is_printed_once(open_shop: Opener) -> None:
    shop = open_shop()
    for name, nth in BOUNDARIES:
        die_at(shop, name, nth, photos=1)
    finish(shop)


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("embedded", [False, True], ids=["programs", "embedded"])
@pytest.mark.parametrize("plan", [MANY, DOUBLE], ids=["many", "double"])
def test_killed_at_every_boundary_of_ten_jobs(
    open_shop: Opener, plan: tuple[tuple[str, int], ...], embedded: bool
) -> None:
    shop = open_shop(embedded=embedded)
    for name, nth in plan:
        die_at(shop, name, nth, photos=10)
    finish(shop)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_killed_at_random_moments_with_embedded_printers(
    open_shop: Opener, chance: random.Random
) -> None:
    shop = open_shop(embedded=True)
    kill_at_random(shop, FULL_KILLS, 10, chance)
    finish(shop)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_killed_again_and_again_before_it_is_ready(
    open_shop: Opener, chance: random.Random
) -> None:
    """Most kills fall into the start-up: lock, migration, sweep, recovery."""
    shop = open_shop()
    put(shop, 5)
    for _ in range(FULL_KILLS):
        shop.start()
        live(shop, chance.uniform(0.0, 0.4))
        shop.kill()
    kill_at_random(shop, 10, 5, chance)
    finish(shop)
