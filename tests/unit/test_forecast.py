"""When jobs in line are likely to start."""

from dataclasses import replace
from datetime import timedelta

from printd.core.board import Condition, PrinterStatus
from printd.core.forecast import CLEARING, UNKNOWN, ahead_of, starts_of
from printd.core.hall import Hall
from printd.core.matching import Offer
from tests.unit.test_order import NOON, job, printer

HOUR_S = 3600.0
HOUR = timedelta(hours=1)


def printing(name: str, remaining_s: float | None) -> Offer:
    offer = printer(name, busy_with=99)
    status = PrinterStatus(Condition.PRINTING, remaining_s=remaining_s)
    return replace(offer, row=replace(offer.row, status=status))


def test_a_printer_that_is_free_starts_at_once_and_the_next_job_after_it() -> None:
    line = [job(1, lasting_s=HOUR_S), job(2, lasting_s=HOUR_S), job(3)]
    starts = starts_of(line, Hall([printer("left")]), NOON)
    later = NOON + HOUR + CLEARING
    assert starts == {1: NOON, 2: later, 3: later + HOUR + CLEARING}
    assert ahead_of(line) == {1: 0, 2: 1, 3: 2}


def test_a_print_that_goes_on_is_waited_for() -> None:
    line = [job(1)]
    known = Hall([printing("left", 1800.0)])
    assert starts_of(line, known, NOON) == {1: NOON + HOUR / 2 + CLEARING}
    unknown = Hall([printing("left", None)])
    assert starts_of(line, unknown, NOON) == {1: NOON + UNKNOWN + CLEARING}


def test_jobs_go_where_it_is_soonest_and_only_where_they_can() -> None:
    hall = Hall([printing("left", HOUR_S), printer("right")])
    line = [job(1, lasting_s=HOUR_S), job(2, lasting_s=60.0), job(3, side_mm=900.0)]
    starts = starts_of(line, hall, NOON)
    assert starts[1] == NOON
    assert starts[2] == NOON + HOUR + CLEARING
    assert 3 not in starts


def test_nobody_knows_while_no_printer_works() -> None:
    for offer in (printer("left", out="broken"), printer("left", condition=Condition.OFFLINE)):
        assert starts_of([job(1)], Hall([offer]), NOON) == {}
