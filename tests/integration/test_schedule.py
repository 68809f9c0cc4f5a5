"""The table of periodic work on its real scheduler."""

import threading
import time
from datetime import datetime, timedelta

from printd.core.clock import utc_now
from printd.daemon.schedule import Moments, Row, Schedule

LONG_S = 10.0
SOON = timedelta(milliseconds=50)


def no_fault(fault: BaseException) -> None:
    raise AssertionError from fault


def test_each_row_is_done_again_and_again() -> None:
    done = {"often": threading.Semaphore(0), "seldom": threading.Semaphore(0)}
    rows = [
        Row("often", 0.05, done["often"].release),
        Row("seldom", 0.1, done["seldom"].release),
    ]
    schedule = Schedule(rows, no_fault)
    schedule.start()
    for name in (*["often"] * 3, *["seldom"] * 2):
        assert done[name].acquire(timeout=LONG_S)
    schedule.close()


def test_a_row_that_takes_long_is_not_started_twice() -> None:
    under_way = threading.Lock()
    done = threading.Semaphore(0)
    twice = []

    def slow() -> None:
        if not under_way.acquire(blocking=False):
            twice.append("started while it ran")
            return
        time.sleep(0.15)
        under_way.release()
        done.release()

    schedule = Schedule([Row("slow", 0.05, slow)], no_fault)
    schedule.start()
    for _ in range(2):
        assert done.acquire(timeout=LONG_S)
    schedule.close()
    assert twice == []


def test_a_fault_in_a_row_is_handed_on() -> None:
    told = threading.Event()
    faults = []

    def fails() -> None:
        raise ZeroDivisionError

    def failed(fault: BaseException) -> None:
        faults.append(fault)
        told.set()

    schedule = Schedule([Row("broken", 0.05, fails)], failed)
    schedule.start()
    assert told.wait(LONG_S)
    schedule.close()
    assert isinstance(faults[0], ZeroDivisionError)


def test_closing_waits_for_the_row_under_way() -> None:
    began, ended = threading.Event(), threading.Event()

    def slow() -> None:
        began.set()
        time.sleep(0.2)
        ended.set()

    schedule = Schedule([Row("slow", 0.05, slow)], no_fault)
    schedule.start()
    assert began.wait(LONG_S)
    schedule.close()
    assert ended.is_set()


def test_a_schedule_that_never_began_can_be_closed() -> None:
    Schedule([], no_fault).close()


# Moments.


def test_moments_come_one_after_the_other_and_none_comes_early() -> None:
    start = utc_now()
    due = [start + number * 4 * SOON for number in (1, 2, 3)]
    came: list[datetime] = []
    over = threading.Event()

    def next_after(moment: datetime) -> datetime | None:
        return next((at for at in due if at > moment), None)

    def act() -> None:
        came.append(utc_now())
        if came[-1] >= due[-1]:
            over.set()

    schedule = Schedule([], no_fault, [Moments("doors", next_after, act)])
    schedule.start()
    assert over.wait(LONG_S)
    schedule.close()
    # On a machine that sleeps through two of them they may come as one.
    assert len(came) <= len(due)
    assert all(at >= due[number] for number, at in enumerate(came))


def test_when_what_says_them_changes_the_next_moment_is_found_afresh() -> None:
    done = threading.Event()
    wait = [timedelta(days=300)]
    moments = Moments("doors", lambda moment: moment + wait[0], done.set)
    schedule = Schedule([], no_fault, [moments])
    schedule.start()
    wait[0] = SOON
    schedule.find_moments()
    assert done.wait(LONG_S)
    schedule.close()


def test_a_moment_that_is_none_any_more_does_not_come() -> None:
    done, other = threading.Event(), threading.Semaphore(0)
    known = [True]

    def next_after(moment: datetime) -> datetime | None:
        return moment + 4 * SOON if known[0] else None

    rows = [Row("other", 0.2, other.release)]
    schedule = Schedule(rows, no_fault, [Moments("doors", next_after, done.set)])
    schedule.start()
    known[0] = False
    schedule.find_moments()
    for _ in range(2):
        assert other.acquire(timeout=LONG_S)
    schedule.close()
    assert not done.is_set()


def test_a_fault_in_finding_a_moment_is_handed_on_and_the_rows_go_on() -> None:
    done = threading.Semaphore(0)
    faults: list[BaseException] = []

    def fails(_moment: datetime) -> datetime | None:
        raise ZeroDivisionError

    rows = [Row("often", 0.05, done.release)]
    schedule = Schedule(rows, faults.append, [Moments("doors", fails, lambda: None)])
    schedule.start()
    for _ in range(2):
        assert done.acquire(timeout=LONG_S)
    schedule.close()
    assert [type(fault) for fault in faults] == [ZeroDivisionError]
