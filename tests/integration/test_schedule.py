"""The table of periodic work on its real scheduler."""

import threading
import time

from printd.daemon.schedule import Row, Schedule

LONG_S = 10.0


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
