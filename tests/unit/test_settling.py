"""When a file in the drop folder is quiet; the test brings the time."""

from dataclasses import replace
from pathlib import Path

from printd.daemon.settling import Settling
from printd.pipeline.copying import Identity

CAT = Path("cat.jpg")
DOG = Path("dog.jpg")
FILE = Identity(device=1, inode=2, size=3, mtime_ns=4, ctime_ns=5)


def test_one_look_is_never_enough() -> None:
    settling = Settling(2.0)

    assert not settling.is_quiet(CAT, (FILE, None), 1000.0)


def test_a_file_is_quiet_after_the_settle_time() -> None:
    settling = Settling(2.0)
    settling.is_quiet(CAT, (FILE, None), 10.0)

    assert not settling.is_quiet(CAT, (FILE, None), 11.9)
    assert settling.is_quiet(CAT, (FILE, None), 12.0)


def test_every_change_begins_the_time_anew() -> None:
    changes = [
        (replace(FILE, size=4), None),
        (replace(FILE, mtime_ns=9), None),
        (replace(FILE, ctime_ns=9), None),  # a copier that sets an old mtime while it writes
        (replace(FILE, inode=9), None),
        (FILE, FILE),  # a side file has come
        (FILE, replace(FILE, size=9)),  # and was changed
    ]
    settling = Settling(2.0)
    settling.is_quiet(CAT, (FILE, None), 0.0)

    for count, look in enumerate(changes, start=1):
        assert not settling.is_quiet(CAT, look, 2.0 * count)
        assert settling.still_s(CAT, 2.0 * count) == 0.0


def test_where_writers_cannot_be_seen_it_takes_twice_as_long() -> None:
    settling = Settling(2.0)
    settling.is_quiet(CAT, (FILE, None), 0.0, 2.0)

    assert settling.next_s(0.0) == 4.0
    assert not settling.is_quiet(CAT, (FILE, None), 3.9, 2.0)
    assert settling.is_quiet(CAT, (FILE, None), 4.0, 2.0)


def test_an_unfinished_file_is_looked_at_ever_later_up_to_a_minute() -> None:
    settling = Settling(2.0)
    settling.is_quiet(CAT, (FILE, None), 0.0)
    now_s, waits = 2.0, []
    for _ in range(7):
        assert settling.is_quiet(CAT, (FILE, None), now_s)
        settling.not_finished(CAT, now_s)
        wait_s = settling.next_s(now_s)
        assert wait_s is not None
        assert not settling.is_quiet(CAT, (FILE, None), now_s + wait_s - 0.1)
        waits.append(wait_s)
        now_s += wait_s

    assert waits == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert settling.still_s(CAT, now_s) == now_s


def test_a_file_that_grows_again_is_soon_looked_at_again() -> None:
    settling = Settling(2.0)
    settling.is_quiet(CAT, (FILE, None), 0.0)
    for _ in range(6):
        settling.not_finished(CAT, 100.0)

    settling.is_quiet(CAT, (replace(FILE, size=9), None), 101.0)

    assert settling.next_s(101.0) == 2.0


def test_the_next_look_is_that_of_the_earliest_file() -> None:
    settling = Settling(2.0)
    assert settling.next_s(0.0) is None

    settling.is_quiet(CAT, (FILE, None), 0.0)
    settling.is_quiet(DOG, (FILE, None), 1.0)
    assert settling.next_s(1.0) == 1.0

    settling.forget(CAT)
    assert settling.next_s(1.0) == 2.0
    assert settling.next_s(50.0) == 0.0


def test_what_is_gone_is_forgotten() -> None:
    settling = Settling(2.0)
    settling.is_quiet(CAT, (FILE, None), 0.0)
    settling.is_quiet(DOG, (FILE, None), 0.0)

    settling.keep_only({DOG})

    assert len(settling) == 1
    assert not settling.is_quiet(CAT, (FILE, None), 10.0)  # a new file of the same name
