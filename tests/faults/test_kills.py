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
FILE = ("file.written", "file.renamed", "file.synced")
INTAKE = ("intake.copied", "intake.committed", "intake.removed")
MARK = ("mark.before", "mark.in", "mark.after")
MOVE = ("move.before", "move.in", "move.after")
RECOVERY = ("recover.before", "recover.after")

# One photo on its way, in the order in which it comes by: every boundary of every state.
ONE_PHOTO = (
    *(*FILE, "intake.copied"),
    *(*MARK, *MOVE),  # ordered
    *(*MOVE, *MOVE, *MOVE, *MOVE, *MOVE),  # meshed, printable, sliced, assigned, uploaded
    *(*MARK, *RECOVERY),  # marked and never sent
    *("start.sent", *RECOVERY),
    *(*MOVE, *MOVE),  # printing, printed
    "request.in",  # the bed is clear
)
# In the short form each of the states that are only moved to has one of its boundaries, and each
# boundary two states; nothing between two starts of the daemon is another path.
ONE_PHOTO_SHORT = (
    *((name, 1) for name in (*FILE, "intake.copied", *MARK, *MOVE)),  # ordered
    *(("move.before", 1), ("move.in", 2), ("move.after", 2)),  # meshed, printable, sliced
    *(("move.before", 1), ("move.in", 2), ("move.after", 1)),  # assigned, uploaded, uploaded
    *((name, 1) for name in (*MARK, *RECOVERY, "start.sent", *RECOVERY)),
    *((name, 1) for name in ("move.in", "move.after", "move.before", "move.after")),
    ("request.in", 1),
)
# Here the job goes its way while its original is let go of: a photo of its own for each.
TAKEN = ("intake.committed", "intake.removed")
TEN_JOBS = tuple(
    (name, nth)
    for nth in (1, 2, 3)
    for name in (*FILE, *INTAKE, *MARK, *MOVE, "start.sent", "request.in")
)
AGAIN_IN_RECOVERY = (("start.sent", 1), *((name, 1) for name in RECOVERY * 3)) * 4


def test_every_failpoint_is_in_the_code_and_in_this_suite() -> None:
    code = "".join(path.read_text() for path in Path(printd.__file__).parent.rglob("*.py"))
    assert set(re.findall(r"\bhit\(\"([a-z.]+)\"\)", code)) == NAMES
    assert {*ONE_PHOTO, *TAKEN} == NAMES
    assert {*(name for name, _ in ONE_PHOTO_SHORT), *TAKEN} == NAMES


def finish(shop: Shop) -> None:
    """Let the shop print all that is left, without a fault; then judge it."""
    shop.start_and_wait()
    shop.until(shop.is_done, "every photo is printed", 300.0)
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


def die_at(shop: Shop, name: str, nth: int) -> None:
    """Run the daemon until it dies at the ``nth`` time that it comes by ``name``."""
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
def test_one_photo_killed_at_every_boundary_on_its_way_is_printed_once(
    open_shop: Opener, full: bool
) -> None:
    shop = open_shop()
    put(shop, 1)
    for name, nth in [(name, 1) for name in ONE_PHOTO] if full else ONE_PHOTO_SHORT:
        die_at(shop, name, nth)
    for name in TAKEN:
        put(shop, 1)
        die_at(shop, name, 1)
    finish(shop)


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("embedded", [False, True], ids=["programs", "embedded"])
@pytest.mark.parametrize("plan", [TEN_JOBS, AGAIN_IN_RECOVERY], ids=["once", "again-in-recovery"])
def test_killed_at_every_boundary_of_ten_jobs(
    open_shop: Opener, plan: tuple[tuple[str, int], ...], embedded: bool
) -> None:
    shop = open_shop(embedded=embedded)
    for name, nth in plan:
        put(shop, max(10 - unprinted(shop), nth if name.startswith(AT_INTAKE) else 0))
        die_at(shop, name, nth)
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
