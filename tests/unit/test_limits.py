"""Limits of visits, persons and keys: which is reached, how much is used, when there is room."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.limits import Holder, House, Of, Quota, Use, why_full, why_no_more

NOW = datetime(2026, 5, 8, 12, tzinfo=UTC)
HOUSE = House(ZoneInfo("Europe/Berlin"), "EUR")
ANA = Holder(Of.PERSON, "ana")
SHOP = Holder(Of.KEY, "web-shop")
VISIT = Holder(Of.VISIT, "17")


def use(
    hours_ago: float = 0.0, grams: float | str = 0, hours: float | str = 0, money: str = "0"
) -> Use:
    at = NOW - timedelta(hours=hours_ago)
    return Use(at, 1, Decimal(str(grams)), Decimal(str(hours)), Decimal(money))


def quota(**limits: Any) -> Quota:
    return Quota.model_validate(limits)


@pytest.mark.parametrize(
    ("holder", "limits", "used", "wanted", "problem", "action"),
    [
        (
            *(ANA, quota(prints=2), [use(20), use(3)], use()),
            "Ana has had 2 of 2 prints within 24 h.",
            "There is room for it today at 18:00 CEST.",
        ),
        (
            *(SHOP, quota(prints=1, within_h=168), [use(20)], use()),
            "The key web-shop has had 1 of 1 prints within 168 h.",
            "There is room for it on Thursday at 18:00 CEST.",
        ),
        (
            *(VISIT, quota(prints=1, within_h=None), [use(1)], use()),
            "This visit has had 1 of 1 prints.",
            "Ask the staff if you need more.",
        ),
        (
            *(ANA, quota(grams=100), [use(5, grams=50), use(4, grams=45.5)], use(grams=20)),
            "Ana has had 95.5 of 100 g within 24 h; this print takes 20 g more.",
            "There is room for it tomorrow at 09:00 CEST.",
        ),
        (
            # The first to fall out is not enough.
            *(ANA, quota(hours=10), [use(5, hours=1), use(4, hours=9)], use(hours=2)),
            "Ana has had 10 of 10 h within 24 h; this print takes 2 h more.",
            "There is room for it tomorrow at 10:00 CEST.",
        ),
        (
            *(ANA, quota(money=20), [use(5, money="18.5")], use(money="2.1")),
            "Ana has had 18.50 of 20.00 € within 24 h; this print takes 2.10 € more.",
            "There is room for it tomorrow at 09:00 CEST.",
        ),
        (
            # What a picture will take is not known: a little must be left.
            *(ANA, quota(grams=100), [use(5, grams=100)], use()),
            "Ana has had 100 of 100 g within 24 h.",
            "There is room for it tomorrow at 09:00 CEST.",
        ),
        (
            *(ANA, quota(grams=100), [], use(grams=130)),
            "This print takes 130 g; ana may have 100 g within 24 h.",
            "Make it smaller.",
        ),
        (
            *(VISIT, quota(prints=0, within_h=None), [], use()),
            "This visit may have 0 prints.",
            "Ask the staff if you need more.",
        ),
        (
            # The first limit of several is said.
            *(ANA, quota(prints=1, grams=1), [use(1, grams=5)], use(grams=5)),
            "Ana has had 1 of 1 prints within 24 h.",
            "There is room for it tomorrow at 13:00 CEST.",
        ),
    ],
)
def test_the_sentence_says_which_limit_how_much_and_until_when(
    holder: Holder, limits: Quota, used: list[Use], wanted: Use, problem: str, action: str
) -> None:
    because = why_no_more(holder, limits, used, wanted, 0, HOUSE)
    assert because is not None
    assert (because.code, because.problem, because.action) == ("limit_reached", problem, action)


@pytest.mark.parametrize(
    ("limits", "used", "wanted"),
    [
        (quota(), [use(1, grams=10_000)] * 500, use(grams=10_000)),
        (quota(prints=2), [use(1)], use()),
        (quota(prints=1), [use(24)], use()),  # just out of the window
        (quota(grams=100), [use(1, grams=80)], use(grams=20)),  # exactly
        (quota(grams=100), [use(1, grams="99.9")], use()),
        (quota(waiting=11), [], use()),
        (quota(money="0.30"), [use(1, money="0.10"), use(1, money="0.10")], use(money="0.10")),
    ],
)
def test_within_the_limits_there_is_no_reason(limits: Quota, used: list[Use], wanted: Use) -> None:
    assert why_no_more(ANA, limits, used, wanted, 10, HOUSE) is None


def test_too_many_waiting_jobs_are_told_from_a_full_queue() -> None:
    one = why_no_more(SHOP, quota(waiting=5), [], use(), 5)
    assert one is not None
    assert one.problem == "5 jobs of the key web-shop wait to be printed; 5 may."
    assert one.action == "Hand it in again when one of them has been printed."
    assert why_no_more(SHOP, quota(waiting=5), [], use(), 4) is None
    every = why_full(500, 500)
    assert every is not None
    assert (every.code, every.problem) == ("queue_full", "500 jobs wait to be printed; 500 may.")
    assert why_full(499, 500) is None
    assert why_full(10_000, None) is None


@pytest.mark.parametrize(
    ("waiting", "most", "prints", "problem", "action"),
    [
        (
            1,
            1,
            1,
            "1 job waits to be printed; 1 may.",
            "Hand it in again when it has been printed.",
        ),
        (
            *(4, 5, 3, "4 jobs wait to be printed; 5 may, and this would be 3 more."),
            "Hand it in again when 2 of them have been printed.",
        ),
        (0, 2, 4, "2 jobs may wait to be printed; this would be 4.", "Ask for 2 at most."),
        (0, 0, 1, "No job may wait to be printed.", "Ask the staff if you need more."),
    ],
)
def test_a_full_queue_says_how_much_of_it_has_to_go(
    waiting: int, most: int, prints: int, problem: str, action: str
) -> None:
    because = why_full(waiting, most, prints)
    assert because is not None
    assert (because.problem, because.action) == (problem, action)


@pytest.mark.parametrize(
    ("limits", "used", "wanted", "problem"),
    [
        (
            *({"prints": 3}, [use(1)], Use(NOW, 3)),
            "Ana has had 1 of 3 prints within 24 h; this would be 3 more.",
        ),
        ({"prints": 1}, [], Use(NOW, 2), "Ana may have 1 print within 24 h."),
        (
            *({"hours": 2}, [use(1, hours="1.97")], use(hours="0.05")),
            "Ana has had 1.97 of 2 h within 24 h; this print takes 0.05 h more.",
        ),
        (
            *({"hours": 2, "within_h": None}, [use(1, hours=2)], use(hours="0.004")),
            "Ana has had 2 of 2 h; this print takes under 0.01 h more.",
        ),
    ],
)
def test_what_is_little_or_several_is_told_as_it_is(
    limits: dict[str, Any], used: list[Use], wanted: Use, problem: str
) -> None:
    because = why_no_more(ANA, quota(**limits), used, wanted, 0, HOUSE)
    assert because is not None
    assert because.problem == problem


def test_money_without_cents_is_told_without() -> None:
    japan = House(ZoneInfo("Asia/Tokyo"), "JPY")
    because = why_no_more(ANA, quota(money=500), [use(1, money="400")], use(money="120"), 0, japan)
    assert because is not None
    assert because.problem.startswith("Ana has had 400 of 500 ¥ within 24 h; this print takes 120")


amounts = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 50)), max_size=12)


@given(amounts, st.integers(1, 50))
def test_when_there_is_said_to_be_room_there_is_and_a_minute_earlier_there_is_not(
    uses: list[tuple[int, int]], grams: int
) -> None:
    used = [use(ago / 2, grams=amount) for ago, amount in uses]
    limits = quota(grams=60)
    because = why_no_more(ANA, limits, used, use(grams=grams), 0)
    if because is None:
        return
    # By the definition: the first half hour at which the same question has another answer.
    steps = [NOW + timedelta(hours=half / 2) for half in range(50)]
    room = next(
        at
        for at in steps
        if why_no_more(ANA, limits, used, Use(at, grams=Decimal(grams)), 0) is None
    )
    assert because.action.endswith(f"at {room:%H:%M} UTC.")
