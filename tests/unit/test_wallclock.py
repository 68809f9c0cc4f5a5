"""A clock that has been set: when it is doubted, when it is believed again, and who hears of it."""

from datetime import timedelta

import pytest

from printd.core.clock import to_text, utc_now
from printd.core.jobs import State
from printd.core.store import Store
from printd.core.wallclock import STEADY_S, WallClock, what_is_odd
from tests.peers.stores import job_in

NOW = utc_now()
DAY_S = 86400.0


class Time:
    """A wall clock that a person sets, and the time that passes all the same."""

    def __init__(self, store: Store) -> None:
        self.boot_s = 100.0
        self.now = NOW
        self.clock = WallClock(store.database, self.now, self.boot_s)

    def passes(self, seconds: float) -> str:
        self.boot_s += seconds
        self.now += timedelta(seconds=seconds)
        return self.clock.look(self.now, self.boot_s)

    def is_set(self, seconds: float) -> str:
        self.now += timedelta(seconds=seconds)
        return self.passes(1)


@pytest.mark.parametrize("seconds", [-4.0, 0.0, 3000.0])
def test_small_corrections_are_believed(store: Store, seconds: float) -> None:
    time = Time(store)
    assert time.passes(5 * DAY_S) == ""  # a night asleep is no leap: boot time counts it
    assert time.is_set(seconds) == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-10.0, "has gone back by 10 s"),
        (-DAY_S, "has gone back by 24 h"),
        (3 * 365 * DAY_S, "has gone ahead by 1095 days"),
    ],
)
def test_a_leap_is_doubted_until_it_is_taken_back(store: Store, seconds: float, said: str) -> None:
    time = Time(store)
    assert time.is_set(seconds) == said
    assert time.passes(600) == said
    assert time.is_set(-seconds) == ""
    assert time.is_set(seconds) == said


@pytest.mark.parametrize("seconds", [-DAY_S, DAY_S])
def test_a_leap_that_nobody_takes_back_for_an_hour_was_right(store: Store, seconds: float) -> None:
    time = Time(store)
    time.is_set(seconds)
    time.passes(STEADY_S - 60)
    assert time.is_set(seconds) != ""  # once more: the hour begins again
    assert time.passes(STEADY_S - 60) != ""
    assert time.passes(120) == ""
    assert time.is_set(-seconds) != ""


def test_a_clock_before_what_has_happened_is_doubted_until_it_is_set(store: Store) -> None:
    job_in(store, State.RECEIVED)
    with store.database.write() as connection:
        connection.execute("UPDATE event SET at = ?", (to_text(NOW + timedelta(days=3)),))
    time = Time(store)
    assert time.passes(1) == "stands 3 days before what has happened already"
    assert time.is_set(5 * DAY_S) == ""
    assert time.is_set(-DAY_S) == "has gone back by 24 h"


def test_what_is_odd_stands_in_the_store_and_in_its_history_once(store: Store) -> None:
    time = Time(store)
    assert not time.clock.note(time.now, time.boot_s)
    time.is_set(-DAY_S)
    assert [time.clock.note(time.now, time.boot_s) for _ in range(2)] == [True, False]
    assert what_is_odd(store.database) == "has gone back by 24 h"
    time.is_set(DAY_S)
    assert time.clock.note(time.now, time.boot_s)
    assert what_is_odd(store.database) == ""
    rows = store.database.rows("SELECT kind, text FROM event WHERE kind LIKE 'clock.%'")
    assert [tuple(row) for row in rows] == [
        ("clock.odd", "the clock has gone back by 24 h"),
        ("clock.believed", ""),
    ]


def test_another_daemon_notes_what_it_finds_and_not_what_stood_there(store: Store) -> None:
    time = Time(store)
    time.is_set(-DAY_S)
    time.clock.note(time.now, time.boot_s)
    after = WallClock(store.database, time.now + timedelta(days=3), 5.0)
    assert after.note(time.now + timedelta(days=3), 5.0)
    assert what_is_odd(store.database) == ""
