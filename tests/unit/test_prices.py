"""Prices: what is asked, rounded once; and no float anywhere near money."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from printd.core.prices import Money, Rates, price_facts, price_of, rates_settings


def rates(**said: Any) -> Rates:
    return Rates.model_validate(said)


@pytest.mark.parametrize(
    ("said", "grams", "hours", "text"),
    [
        ({"per_gram": 0.10}, 21, 0, "2.10 €"),
        ({"per_gram": "0.10", "minimum": 1}, 3, 0, "1.00 €"),
        ({"per_gram": "0.10", "minimum": 1}, 0, 0, "1.00 €"),
        ({"per_gram": "0.05", "per_hour": "0.50"}, 18.4, 1.5, "1.67 €"),
        ({"per_gram": "0.01"}, 0.5, 0, "0.01 €"),  # half up
        ({"per_gram": "0.01"}, 1.5, 0, "0.02 €"),  # and not to even
        ({"per_gram": "0.01"}, 2.5, 0, "0.03 €"),
        ({"per_gram": "0.01"}, 0.4999, 0, "0.01 €"),  # of 0.5 g: more exactly nobody weighs
        ({"per_gram": "1.005"}, 1, 0, "1.01 €"),  # a float would make 1.00 of it
        ({"per_gram": "0.10", "round_to": "0.05", "currency": "CHF"}, 21.2, 0, "2.10 CHF"),
        ({"per_gram": "0.10", "round_to": "0.5"}, 21, 0, "2.00 €"),
        ({"per_gram": "0.10", "minimum": "1.02", "round_to": "0.05"}, 1, 0, "1.05 €"),
        ({"per_gram": "0.10", "minimum": 2, "round_to": 5}, 21, 0, "5.00 €"),
        ({"per_gram": "0.20", "round_to": "5.0"}, 21, 0, "5.00 €"),
        ({"per_gram": 12, "round_to": 1, "currency": "JPY"}, 17.5, 0, "210 ¥"),
        ({"per_hour": 1, "currency": "USD"}, None, 0.333, "0.33 $"),
        ({"per_gram": 1, "currency": "GBP"}, 1234.5, None, "1234.50 £"),
        ({}, 10, 10, "0.00 €"),
    ],
)
def test_a_price_is_the_sum_of_its_parts(
    said: dict[str, Any], grams: float | None, hours: float | None, text: str
) -> None:
    price = price_of(rates(**said), grams, None if hours is None else hours * 3600)
    assert str(price) == text


def test_what_a_service_has_charged_is_added_before_it_is_rounded() -> None:
    asked = rates(per_gram="0.10", minimum=5)
    assert price_of(asked, 20, None, Decimal("1.004")) == Money(Decimal("5.00"), "EUR")
    assert price_of(asked, 20, None, Decimal("3.005")) == Money(Decimal("5.01"), "EUR")


def test_without_what_it_hangs_on_there_is_no_price() -> None:
    assert price_of(rates(per_gram=1), None, 60) is None
    assert price_of(rates(per_hour=1), 10, None) is None
    assert price_of(rates(per_hour=1), None, 3600) == Money(Decimal("1.00"), "EUR")


grams = st.decimals(0, 10_000, places=3)


@given(grams, grams, st.sampled_from(["0.01", "0.05", "1"]))
def test_more_never_costs_less_and_a_price_is_a_multiple_of_its_step(
    one: Decimal, other: Decimal, step: str
) -> None:
    asked = rates(per_gram="0.037", minimum="0.5", round_to=step)
    small, large = (price_of(asked, float(weight), None) for weight in sorted((one, other)))
    assert small is not None
    assert large is not None
    assert small.amount <= large.amount
    assert large.amount % Decimal(step) == 0
    assert abs(large.amount - max(max(one, other) * Decimal("0.037"), Decimal("0.5"))) <= (
        Decimal(step) / 2
    )


def test_rates_are_kept_with_the_job_and_make_its_price_when_it_is_sliced() -> None:
    settings = dict(rates_settings(rates(per_gram=0.1, per_hour="0.25")))
    assert settings["rates"]["per_gram"] == "0.1"  # text: no float
    gcode = {"filament_g": 18.0, "print_time_s": 6600.0}
    assert price_facts(settings, gcode) == {
        "price": {"amount": "2.26", "currency": "EUR", "text": "2.26 €"}
    }
    assert price_facts(settings, {"filament_g": None, "print_time_s": 60.0}) == {}
    assert price_facts({}, gcode) == {}
    assert rates_settings(Rates()) == {}


@pytest.mark.parametrize(
    ("gcode", "text"),
    [
        ({"filament_g": 20.0, "least_g": 15.0, "print_time_s": 7200.0, "least_time_s": 60.0}, "22"),
        ({"filament_g": 0.01, "least_g": 15.0, "print_time_s": 7200.0, "least_time_s": 60.0}, "17"),
        ({"filament_g": None, "least_g": 15.0, "print_time_s": None, "least_time_s": 3600.0}, "16"),
        ({"filament_g": 20.0, "print_time_s": 7200.0}, "22"),
    ],
)
def test_a_file_counts_for_what_it_does_and_not_for_less(gcode: dict[str, Any], text: str) -> None:
    settings = rates_settings(rates(per_gram=1, per_hour=1, round_to=1))
    assert price_facts(settings, gcode)["price"]["amount"] == text


@pytest.mark.parametrize(
    "said",
    [
        {"per_gram": -1},
        {"per_gram": "nan"},
        {"per_gram": "inf"},
        {"per_gram": "0.00001"},
        {"currency": "euro"},
        {"round_to": 0},
        {"each": 1},
    ],
)
def test_what_is_no_rate_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rates(**said)
