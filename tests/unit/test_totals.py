"""Costs: what prints have taken, by month, printer, owner."""

from dataclasses import replace
from decimal import Decimal

import pytest

from printd.core.clock import from_text
from printd.core.jobs import Because, Job, State
from printd.core.prices import Money
from printd.core.signing import SignOff, Word
from printd.core.totals import totals_by

MAY = from_text("2026-05-10T12:00:00.000+00:00")
JUNE = from_text("2026-06-10T12:00:00.000+00:00")
FACTS = {
    "gcode": {"print_time_s": 5400.0, "filament_g": 20.0, "material": "PLA"},
    "price": {"amount": "2.10", "currency": "EUR"},
}


def job(number: int, state: State = State.PRINTED, **changes: object) -> Job:
    plain = Job(number, "x", state, "mia.jpg", "default", {}, "0", MAY, MAY, owner="ana")
    return replace(plain, facts=FACTS, printer="p1", **changes)  # type: ignore[arg-type]


def test_what_was_printed_is_added_up_by_month() -> None:
    totals = totals_by("month", [job(1), job(2), job(3, moved_at=JUNE)])
    assert list(totals) == ["2026-05", "2026-06"]
    may = totals["2026-05"]
    assert (may.printed, may.hours, may.grams) == (2, 3.0, 40.0)
    assert may.money == (Money(Decimal("4.20"), "EUR"),)


def test_money_of_several_currencies_is_not_added_up() -> None:
    francs = {**FACTS, "price": {"amount": "1.50", "currency": "CHF"}}
    jobs = [job(1), replace(job(2), facts=francs), job(3)]
    (total,) = totals_by("month", jobs).values()
    assert [str(money) for money in total.money] == ["4.20 €", "1.50 CHF"]


def test_what_was_not_good_is_added_up_by_its_reason() -> None:
    bad = SignOff(Word.BAD, "ana", MAY, reason="spaghetti")
    partly = SignOff(Word.PARTLY, "ana", MAY)
    back = Because("sent_back", "Sent back by ana.")
    jobs = [
        *(job(1), job(2, sign_off=bad), job(3, sign_off=partly)),
        *(job(4, sign_off=SignOff(Word.GOOD, "ana", MAY)), job(5, State.CANCELLED, because=back)),
    ]
    totals = totals_by("reason", jobs)
    assert {word: (total.printed, total.bad) for word, total in totals.items()} == {
        "-": (2, 0),
        "partly": (1, 0),
        "sent_back": (0, 0),
        "spaghetti": (1, 1),
    }


@pytest.mark.parametrize(
    ("key", "word"),
    [("printer", "p1"), ("owner", "ana"), ("recipe", "default"), ("material", "PLA")],
)
def test_it_is_added_up_by_other_words_too(key: str, word: str) -> None:
    assert list(totals_by(key, [job(1)])) == [word]


def test_what_failed_or_was_cancelled_is_counted_and_what_goes_on_is_not() -> None:
    jobs = [job(1, State.FAILED), job(2, State.CANCELLED), job(3, State.PRINTING)]
    (total,) = totals_by("month", jobs).values()
    assert (total.failed, total.cancelled, total.printed, total.grams) == (1, 1, 0, 0.0)


def test_a_piece_that_was_signed_off_as_bad_is_counted_so() -> None:
    bad = SignOff(Word.BAD, "ana", MAY)
    (total,) = totals_by("month", [job(1, sign_off=bad), job(2)]).values()
    assert (total.printed, total.bad) == (2, 1)


def test_a_job_without_numbers_counts_as_a_print() -> None:
    (total,) = totals_by("month", [replace(job(1), facts={}, printer=None)]).values()
    assert (total.printed, total.grams) == (1, 0.0)
