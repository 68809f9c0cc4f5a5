"""Times in sentences: all in the zone of this machine, and each names it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from printd.core.beds import Bed, BedState
from printd.core.board import Condition, PrinterStatus
from printd.core.clock import boot_id
from printd.core.fleet import PrinterRow
from printd.core.machine import Machine
from printd.core.matching import House, Needs, Offer, why_not
from printd.core.moments import day, hour, is_same_day, moment_words, stamp
from printd.core.pausing import Pause

EVENING = datetime(2026, 5, 3, 22, 30, tzinfo=UTC)  # in Tokyo it is the next morning
CLEAR = Bed(BedState.CLEAR, 1, "cleared", EVENING, boot_id=boot_id())
OFF, AT_WORK = PrinterStatus(Condition.OFFLINE), PrinterStatus(Condition.PRINTING, "pd-1-1-x")
NEEDS = Needs(2, (10.0, 10.0, 1.0), confirmed_at=EVENING)


@pytest.fixture(autouse=True)
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as there:
        there.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


def test_a_moment_is_that_of_the_clock_on_the_wall_and_names_its_zone() -> None:
    assert stamp(EVENING) == "4 May 07:30 JST"
    assert stamp(EVENING, year=True, seconds=True) == "4 May 2026 07:30:00 JST"
    assert (day(EVENING), day(EVENING, year=True)) == ("4 May", "4 May 2026")
    assert hour(EVENING) == "07:30 JST"


def test_a_day_begins_at_midnight_of_this_machine() -> None:
    assert is_same_day(EVENING, EVENING + timedelta(hours=16))
    assert not is_same_day(EVENING, EVENING - timedelta(hours=8))


def test_hours_are_told_in_the_zone_that_they_are_written_in() -> None:
    later = EVENING + timedelta(hours=2)
    assert moment_words(later, EVENING, UTC) == "tomorrow at 00:30 UTC"


def reason(row: PrinterRow, house: House | None = None) -> str:
    machine = Machine("generic", "marlin", 220, 220, 250, 0.4, 285, 110)
    found = why_not(NEEDS, Offer(row, machine, "generic", house=house or House()))
    assert found is not None
    return found.problem


A_DAY = timedelta(days=1)
ROW = PrinterRow("left", CLEAR, OFF, EVENING, None, None)
OLD = House(now=EVENING + 2 * A_DAY, confirmed_for=A_DAY)
IDLE = replace(ROW, status=PrinterStatus(Condition.IDLE))
SENTENCES: dict[str, Callable[[], str]] = {
    "left has not answered since 4 May 07:30 JST.": lambda: reason(ROW),
    "left prints #1 until about 09:00 JST.": lambda: reason(
        replace(ROW, job=1, status=replace(AT_WORK, remaining_s=5400))
    ),
    "left prints #1 until about 5 May 01:30 JST.": lambda: reason(
        replace(ROW, job=1, status=replace(AT_WORK, remaining_s=64800))
    ),
    "Nobody has asked for #2 since 4 May 07:30 JST: is it still wanted?": lambda: reason(IDLE, OLD),
    "it was cleared 4 May 07:30 JST, too long ago": lambda: (
        CLEAR.trusted(EVENING + A_DAY, timedelta(hours=1)).why
    ),
    "The queue is paused by ana since 4 May 07:30 JST.": lambda: (
        Pause("ana", EVENING).because().problem
    ),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_follows_the_same_rule(sentence: str) -> None:
    assert SENTENCES[sentence]() == sentence
