"""Hours, prices and limits in the configuration: what is written, and what becomes of it."""

from datetime import UTC, datetime
from pathlib import Path

from printd.core.config import Config
from printd.core.configfile import load
from printd.core.doors import Times, doors_of
from printd.core.given import Given
from printd.core.limits import Quota
from printd.core.prices import price_facts
from printd.core.recipes import order_for
from printd.pipeline.judging import gcode_order

NOON = datetime(2026, 12, 24, 12, tzinfo=UTC)


def config(folder: Path, text: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text)
    return load(path, {}).config


def test_without_a_word_everything_is_always_open_and_free() -> None:
    free = Config.model_validate({"printers": {"left": {"kind": "virtual"}}})
    assert free.times() == {"left": Times()}
    assert "rates" not in order_for(free, "default", {}).settings


def test_a_printer_has_the_hours_of_the_house_or_its_own(tmp_path: Path) -> None:
    times = config(
        tmp_path,
        """
        opening_hours:
          zone: Europe/Berlin
          days: {mon-fri: [09:00-12:30, 14:00-18:00], sat: 10:00-14:00}
          dates: {2026-12-24: []}
        quiet_hours: {days: {daily: 22:00-07:00}, runs_over: wait}
        printers:
          left: {kind: virtual}
          right: {kind: virtual}
          cellar: {kind: virtual, opening_hours: {runs_over: wait}}
        """,
    ).times()
    assert times["left"] is times["right"]
    assert times["cellar"].opening is None  # always
    assert times["cellar"].quiet is not None  # as in the house
    assert (times["left"].may_outlast, times["left"].may_disturb) == (True, False)
    doors = doors_of(times, NOON)
    because = doors["left"].why_closed("left")
    assert because is not None
    assert because.problem == "left starts tomorrow at 09:00 CET (opening hours)."
    assert doors["cellar"].may_start()


def test_a_recipe_has_the_price_of_the_house_or_its_own(tmp_path: Path) -> None:
    priced = config(
        tmp_path,
        """
        drop: {gcode: true}
        price: {per_gram: 0.10, currency: CHF}
        recipes: {gift: {price: {per_gram: 0, currency: CHF}}, fine: {price: {per_hour: 2,
          currency: CHF}}}
        """,
    )
    gcode = {"filament_g": 12.5, "print_time_s": 5400.0}
    settings = {name: order_for(priced, name, {}).settings for name in priced.recipes}
    settings["file"] = gcode_order(priced, Given.GCODE, {}).settings
    prices = {name: price_facts(of, gcode) for name, of in settings.items()}
    texts = {name: facts["price"]["text"] if facts else None for name, facts in prices.items()}
    assert texts == {"default": "1.25 CHF", "gift": None, "fine": "3.00 CHF", "file": "1.25 CHF"}


def test_limits_that_are_not_named_keep_their_defaults(tmp_path: Path) -> None:
    limits = config(tmp_path, "limits: {per_visit: {prints: 3}, per_key: {grams: 1.5}}").limits
    assert (limits.per_visit.prints, limits.per_visit.waiting) == (3, 5)
    assert (str(limits.per_key.grams), limits.per_key.waiting) == ("1.5", 50)
    assert limits.per_person == Quota()
