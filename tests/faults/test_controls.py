"""Controls of the oracles: without the mark a print is made twice, without the bed's flag two meet.

The daemon is killed right after a start command was answered; while it is dead, one guard is taken
out of the store. What the other tests never see must then be found by the same oracle.
"""

import signal
import sqlite3
from contextlib import closing

from printd.core.database import FILE
from tests.faults.conftest import Opener
from tests.peers.shop import Shop
from tests.peers.virtual_printer import wait_until
from tests.telling import Tell


def killed_after_a_start(shop: Shop, photos: int) -> None:
    for seed in range(photos):
        shop.put(seed)
    shop.start("start.sent:1=kill")
    shop.until(lambda: shop.has_ended() or bool(shop.starts()), "the first is started")
    # Nobody clears the bed any more: what it holds is what the daemon finds.
    shop.until(shop.has_ended, "killed after the start command", attended=False)
    assert shop.gone() == -signal.SIGKILL
    wait_until(lambda: any(line["event"] == "finished" for line in shop.journal("left")), "it ends")


def take_out(shop: Shop, statement: str) -> None:
    with closing(sqlite3.connect(shop.data / FILE)) as connection, connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()


def test_without_its_mark_a_start_is_made_twice(open_shop: Opener, tell: Tell) -> None:
    shop = open_shop(printers=("left",))
    killed_after_a_start(shop, photos=1)
    take_out(shop, "DELETE FROM mark WHERE step = 'printing'")
    shop.start_and_wait()
    shop.until(shop.is_done, "printed")
    assert shop.faults() == ["#1 was started 2 times"]
    tell(f"without the mark: {shop.faults()}")


def test_with_its_mark_it_is_made_once(open_shop: Opener) -> None:
    shop = open_shop(printers=("left",))
    killed_after_a_start(shop, photos=1)
    shop.start_and_wait()
    shop.until(shop.is_done, "printed")
    assert shop.faults() == []


def test_without_the_flag_of_the_bed_two_prints_meet(open_shop: Opener, tell: Tell) -> None:
    shop = open_shop(printers=("left",))
    killed_after_a_start(shop, photos=2)
    take_out(shop, "UPDATE printer SET bed = 'clear'")
    shop.start_and_wait()
    shop.until(lambda: shop.starts().total() == 2, "both are started", attended=False)
    assert [line["bed"] for line in shop.collisions()] == ["occupied"]
    tell("without the flag of the bed: a start onto an occupied bed")
