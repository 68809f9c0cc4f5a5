"""Opening and quiet hours of a printer: when a print may be started, and what is said."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printd.core.doors import Times, doors_at, doors_of, next_change, next_opening, start_at
from printd.core.hours import WHOLE_DAY, Hours, Range, is_open, week_of

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def hours(**days: str) -> Hours:
    named: Mapping[str, str] = {day.replace("_", "-"): text for day, text in days.items()}
    ranges = {day: tuple(map(Range.of, text.split())) for day, text in named.items()}
    return Hours(BERLIN, week_of(ranges))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def said(text: str, times: Times, lasting_h: float | None = None) -> str | None:
    doors = doors_at(times, local(text))
    because = doors.why_closed("left", None if lasting_h is None else lasting_h * 3600)
    assert (because is None) is doors.may_start(None if lasting_h is None else lasting_h * 3600)
    assert because is None or (because.code == "closed_hours" and because.action)
    return because.problem if because else None


SHOP = hours(mon_fri="09:00-18:00", sat="10:00-14:00")
NIGHT = hours(daily="22:00-07:00")
DAY = Times(SHOP)
DAY_WHOLE = Times(SHOP, may_outlast=False)
PEACE = Times(quiet=NIGHT)
PEACE_WHOLE = Times(quiet=NIGHT, may_disturb=False)
CLOSED, SILENT = Times(hours()), Times(quiet=hours(daily="00:00-24:00"))
PARTY = Times(hours(sat="20:00-06:00"), may_outlast=False)
BOTH = Times(SHOP, hours(daily="12:00-13:00"), may_outlast=False, may_disturb=False)


@pytest.mark.parametrize(
    ("at", "times", "lasting_h", "sentence"),
    [
        # A Friday in May.
        ("2026-05-08T10:00", Times(), 100, None),
        ("2026-05-08T10:00", DAY, None, None),
        ("2026-05-08T17:59", DAY, 8, None),  # it may go on after closing
        ("2026-05-08T08:00", DAY, 8, "left starts today at 09:00 CEST (opening hours)."),
        ("2026-05-08T18:00", DAY, None, "left starts tomorrow at 10:00 CEST (opening hours)."),
        ("2026-05-09T14:00", DAY, None, "left starts on Monday at 09:00 CEST (opening hours)."),
        ("2026-05-08T15:00", DAY_WHOLE, 3, None),
        (
            "2026-05-08T15:01",
            DAY_WHOLE,
            3,
            "left starts tomorrow at 10:00 CEST (opening hours; until then there is"
            " no time for 3 h).",
        ),
        (
            "2026-05-08T15:00",
            DAY_WHOLE,
            4.5,
            "left starts on Monday at 09:00 CEST (opening hours; until then there is no time for"
            " 4 h 30 min).",
        ),
        (
            "2026-05-08T20:00",
            DAY_WHOLE,
            4.5,
            "left starts on Monday at 09:00 CEST (opening hours).",
        ),
        (
            "2026-05-08T12:00",
            DAY_WHOLE,
            9.01,
            "left never starts a print of 9 h 1 min (opening hours).",
        ),
        ("2026-05-08T21:59", PEACE, 8, None),  # it may go on into them
        ("2026-05-08T22:00", PEACE, None, "left starts tomorrow at 07:00 CEST (quiet hours)."),
        ("2026-05-09T03:00", PEACE, None, "left starts today at 07:00 CEST (quiet hours)."),
        ("2026-05-08T20:00", PEACE_WHOLE, 2, None),
        (
            "2026-05-08T20:01",
            PEACE_WHOLE,
            2,
            "left starts tomorrow at 07:00 CEST (quiet hours; until then there is"
            " no time for 2 h).",
        ),
        ("2026-05-08T20:01", PEACE_WHOLE, None, None),  # nobody knows how long it takes
        ("2026-05-08T09:00", BOTH, 3, None),
        (
            "2026-05-08T09:01",
            BOTH,
            3,
            "left starts today at 13:00 CEST (quiet hours; until then there is no time for 3 h).",
        ),
        (
            "2026-05-08T15:01",
            BOTH,
            3,
            "left starts on Monday at 09:00 CEST (opening hours; until then there is"
            " no time for 3 h).",
        ),
        ("2026-05-08T12:30", BOTH, 5, "left starts today at 13:00 CEST (quiet hours)."),
        (
            "2026-05-10T12:30",
            BOTH,
            1,
            "left starts tomorrow at 09:00 CEST (opening hours and quiet hours).",
        ),
        (
            "2026-05-08T12:30",
            BOTH,
            5.1,
            "left never starts a print of 5 h 6 min (opening hours and quiet hours).",
        ),
        ("2026-05-08T12:00", CLOSED, 1, "left never starts anything (opening hours)."),
        ("2026-05-08T12:00", CLOSED, None, "left never starts anything (opening hours)."),
        ("2026-05-08T12:00", SILENT, None, "left never starts anything (quiet hours)."),
        # That night the clock leaves an hour out.
        ("2026-03-28T20:00", PARTY, 9, None),
        (
            "2026-03-28T20:00",
            PARTY,
            9.1,
            "left starts on 4 Apr at 20:00 CEST (opening hours; until then there is no time for"
            " 9 h 6 min).",
        ),
    ],
)
def test_whether_a_print_is_started_and_what_is_said(
    at: str, times: Times, lasting_h: float | None, sentence: str | None
) -> None:
    assert said(at, times, lasting_h) == sentence


def test_a_night_with_an_hour_more_has_room_for_a_print_of_eleven_hours() -> None:
    assert start_at(PARTY, local("2026-10-19T12:00"), 11 * HOUR) == local("2026-10-24T20:00")


def test_beyond_a_week_the_date_is_said() -> None:
    assert said("2026-05-09T12:00", Times(hours(sat="09:00-10:00"))) == (
        "left starts on 16 May at 09:00 CEST (opening hours)."
    )


def test_printers_with_the_same_hours_are_looked_at_once() -> None:
    doors = doors_of({"left": DAY, "right": DAY, "cellar": PEACE}, local("2026-05-08T10:00"))
    assert doors["left"] is doors["right"]
    assert doors["cellar"].times is PEACE


@pytest.mark.parametrize(
    ("times", "after", "then"),
    [
        (DAY, "2026-05-08T08:00", "2026-05-08T09:00"),
        (DAY, "2026-05-08T09:00", "2026-05-09T10:00"),
        (DAY, "2026-05-08T12:00", "2026-05-09T10:00"),
        (PEACE, "2026-05-08T12:00", "2026-05-09T07:00"),
        (BOTH, "2026-05-08T10:00", "2026-05-08T13:00"),
        (Times(hours(daily="09:00-10:00 10:00-11:00")), "2026-05-08T09:30", "2026-05-09T09:00"),
        (Times(), "2026-05-08T12:00", None),
        (Times(hours()), "2026-05-08T12:00", None),
    ],
)
def test_the_next_moment_at_which_doors_open(times: Times, after: str, then: str | None) -> None:
    assert next_change(times, local(after)) == (then and local(then))


def test_of_several_printers_the_first_that_opens_is_waited_for() -> None:
    at = local("2026-05-08T20:00")
    assert next_opening({"left": DAY, "right": PEACE, "old": Times()}, at) == local(
        "2026-05-09T07:00"
    )
    assert next_opening({"old": Times()}, at) is None
    assert next_opening({}, at) is None


parts = st.sampled_from(
    ["", "09:00-18:00", "22:00-06:00", "08:00-12:00 13:00-17:00", "00:30-01:30"]
)


@st.composite
def some_times(draw: st.DrawFn) -> Times:
    opening = hours(mon_fri=draw(parts), sun=draw(parts.filter(lambda text: "22" not in text)))
    quiet = hours(daily=draw(parts))
    return Times(opening, quiet, draw(st.booleans()), draw(st.booleans()))


@settings(max_examples=60, deadline=None)
@given(some_times(), st.floats(0, 168), st.integers(0, 12 * 60), st.floats(0, 1))
def test_a_print_starts_at_the_first_moment_at_which_all_of_it_is_allowed(
    times: Times, since_h: float, lasting_min: int, share: float
) -> None:
    now = local("2026-03-26T00:00") + since_h * HOUR  # a clock changes in this week
    lasting = timedelta(minutes=lasting_min)
    start = start_at(times, now, lasting)
    if start is None:
        return
    assert times.opening is not None
    assert times.quiet is not None
    assert doors_at(times, start).may_start(lasting.total_seconds())
    during = start + share * lasting
    if during < start + lasting:
        assert times.may_outlast or is_open(times.opening, during)
        assert times.may_disturb or not is_open(times.quiet, during)
    before = now + share * (start - now)
    assert before == start or not doors_at(times, before).may_start(lasting.total_seconds())


def test_whole_days_are_always_open() -> None:
    assert Times(Hours(BERLIN, 7 * (WHOLE_DAY,))).is_always


def test_doors_with_hours_stay_closed_while_the_clock_is_odd_and_others_open() -> None:
    noon = local("2026-05-08T12:00")
    odd = "has gone back by 3 h"
    shop, always = (doors_at(times, noon, odd) for times in (DAY, Times()))
    because = shop.why_closed("left", 60.0)
    assert because is not None
    assert (because.code, shop.may_start()) == ("closed_hours", False)
    assert because.problem == "left has hours, and the clock of this computer has gone back by 3 h."
    assert (always.may_start(), always.why_closed("left")) == (True, None)
