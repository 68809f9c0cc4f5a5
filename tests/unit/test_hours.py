"""Hours by the wall: over midnight, on dates, and through both changes of the clock."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printd.core.hours import (
    DAY,
    WHOLE_DAY,
    Hours,
    Range,
    Ranges,
    closes_at,
    days_of,
    is_open,
    opens_at,
    week_of,
    zone_of,
)

BERLIN = ZoneInfo("Europe/Berlin")  # changes on 29 March 2026 02:00 and 25 October 2026 03:00
APIA, ST_JOHNS, LORD_HOWE = (
    ZoneInfo(name) for name in ("Pacific/Apia", "America/St_Johns", "Australia/Lord_Howe")
)


def ranges(*texts: str) -> Ranges:
    return tuple(Range.of(text) for text in texts)


def hours(
    days: Mapping[str, Ranges],
    dates: Mapping[date, Ranges] | None = None,
    zone: ZoneInfo = BERLIN,
) -> Hours:
    return Hours(zone, week_of(days), dates or {})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def openings(of: Hours, since: str, until: str) -> list[str]:
    """Return the open stretches of a time, in UTC, as they are walked through by a caller."""
    found, at, end = [], utc(since), utc(until)
    while (start := opens_at(of, at)) is not None and start < end:
        close = closes_at(of, start)
        assert close is not None
        found.append(f"{start:%d %H:%M}-{close:%d %H:%M}")
        at = close
    return found


SHOP = hours({"mon-fri": ranges("09:00-12:30", "14:00-18:00"), "sat": ranges("10:00-14:00")})


def test_a_week_is_walked_through_with_its_breaks_and_its_empty_day() -> None:
    assert openings(SHOP, "2026-05-08T00:00", "2026-05-12T00:00") == [  # a Friday; summer time
        *("08 07:00-08 10:30", "08 12:00-08 16:00", "09 08:00-09 12:00"),
        *("11 07:00-11 10:30", "11 12:00-11 16:00"),
    ]


@pytest.mark.parametrize(
    ("at", "open_then"),
    [
        ("2026-05-08T06:59:59", False),
        ("2026-05-08T07:00", True),
        ("2026-05-08T10:29:59", True),
        ("2026-05-08T10:30", False),  # the end does not belong to it
        ("2026-05-10T10:00", False),
    ],
)
def test_the_start_belongs_to_a_range_and_the_end_does_not(at: str, open_then: bool) -> None:
    assert is_open(SHOP, utc(at)) is open_then
    assert (closes_at(SHOP, utc(at)) == utc(at)) is not open_then


@pytest.mark.parametrize(
    ("texts", "opened"),
    [
        # 29 March 2026: at 02:00 the clock shows 03:00; UTC 01:00.
        (("01:00-04:00",), ["29 00:00-29 02:00"]),
        (("02:00-03:00",), []),  # an hour that never was
        (("02:15-02:45",), []),
        (("02:30-04:00",), ["29 01:00-29 02:00"]),  # from the change on
        (("01:00-02:30",), ["29 00:00-29 01:00"]),  # until the change
        (("03:00-04:00",), ["29 01:00-29 02:00"]),
    ],
)
def test_when_an_hour_is_left_out(texts: tuple[str, ...], opened: list[str]) -> None:
    night = hours({"sun": ranges(*texts)})
    assert openings(night, "2026-03-28T12:00", "2026-03-29T12:00") == opened


@pytest.mark.parametrize(
    ("texts", "opened"),
    [
        # 25 October 2026: at 03:00 the clock shows 02:00 again; UTC 01:00.
        (("01:00-04:00",), ["24 23:00-25 03:00"]),  # four hours long
        (("02:15-02:45",), ["25 00:15-25 00:45"]),  # once, at its first coming
        (("02:30-04:00",), ["25 00:30-25 03:00"]),
        (("01:00-02:30",), ["24 23:00-25 00:30"]),
        (("03:00-04:00",), ["25 02:00-25 03:00"]),
        (("01:00-02:30", "02:30-04:00"), ["24 23:00-25 03:00"]),  # no hole between them
    ],
)
def test_when_an_hour_comes_twice(texts: tuple[str, ...], opened: list[str]) -> None:
    night = hours({"sun": ranges(*texts)})
    assert openings(night, "2026-10-24T12:00", "2026-10-25T12:00") == opened


@pytest.mark.parametrize(
    ("zone", "since", "until", "opened"),
    [
        # Over a change: one short night, one long one, an ordinary one.
        (BERLIN, "2026-03-28T12:00", "2026-03-29T12:00", ["28 21:00-29 04:00"]),
        (BERLIN, "2026-10-24T12:00", "2026-10-25T12:00", ["24 20:00-25 05:00"]),
        (BERLIN, "2026-05-23T12:00", "2026-05-24T12:00", ["23 20:00-24 04:00"]),
        # Samoa left out 30 December 2011: after Thursday evening came Saturday morning.
        (APIA, "2011-12-30T00:00", "2011-12-31T00:00", ["30 08:00-30 16:00"]),
        # Newfoundland changed at 00:01, to 23:01; Lord Howe changes by half an hour.
        (ST_JOHNS, "2010-11-06T20:00", "2010-11-07T20:00", ["07 00:30-07 09:30"]),
        (LORD_HOWE, "2026-04-04T06:00", "2026-04-05T06:00", ["04 11:00-04 19:30"]),
    ],
)
def test_a_night_goes_over_midnight_and_through_changes_of_every_kind(
    zone: ZoneInfo, since: str, until: str, opened: list[str]
) -> None:
    assert openings(hours({"daily": ranges("22:00-06:00")}, zone=zone), since, until) == opened


def test_a_date_has_its_own_ranges_and_what_began_the_evening_before_goes_on() -> None:
    evenings = hours(
        {"daily": ranges("20:00-02:00")},
        {date(2026, 12, 24): (), date(2026, 12, 26): ranges("10:00-12:00")},
    )
    assert openings(evenings, "2026-12-23T12:00", "2026-12-27T12:00") == [
        *("23 19:00-24 01:00", "25 19:00-26 01:00", "26 09:00-26 11:00"),
    ]


def test_days_that_meet_at_midnight_are_one_opening() -> None:
    weekend = hours({"sat": WHOLE_DAY, "sun": ranges("00:00-18:00")})
    assert openings(weekend, "2026-05-08T12:00", "2026-05-12T00:00") == ["08 22:00-10 16:00"]


def test_ranges_of_a_date_may_overlap_the_night_before() -> None:
    both = hours({"daily": ranges("22:00-06:00")}, {date(2026, 5, 9): ranges("04:00-10:00")})
    assert openings(both, "2026-05-08T12:00", "2026-05-10T00:00") == ["08 20:00-09 08:00"]


def test_what_never_opens_has_no_opening_and_what_never_closes_no_end() -> None:
    at = utc("2026-05-08T12:00")
    never, always = hours({}), hours({"daily": WHOLE_DAY})
    once = hours({}, {date(2026, 6, 1): ranges("10:00-12:00")})
    later = hours({"daily": WHOLE_DAY}, {date(2030, 1, 1): ()})  # too far away to be seen
    assert opens_at(never, at) is None
    assert not is_open(never, at)
    assert closes_at(always, at) is None
    assert is_open(always, at)
    assert closes_at(later, at) is None
    assert openings(once, "2026-05-08T12:00", "2027-05-08T12:00") == ["01 08:00-01 10:00"]
    assert opens_at(once, utc("2026-06-01T10:00")) is None


def test_an_end_that_comes_later_than_asked_is_not_looked_for() -> None:
    at = utc("2026-05-08T08:00")
    assert closes_at(SHOP, at, timedelta(hours=2)) is None
    assert closes_at(SHOP, at, timedelta(hours=3)) == utc("2026-05-08T10:30")


# Whatever the hours: what opens_at says is open, and nothing before it is.

minutes = st.integers(0, 24 * 60 - 1)


@st.composite
def some_ranges(draw: st.DrawFn) -> Ranges:
    """Return up to two ranges of a day that do not overlap and end before the next midnight."""
    marks = sorted(draw(st.sets(minutes, min_size=4, max_size=4)))
    pairs = [Range(marks[0], marks[1]), Range(marks[2], marks[3])]
    return tuple(pairs[: draw(st.integers(0, 2))])


@st.composite
def some_hours(draw: st.DrawFn) -> Hours:
    zone = draw(st.sampled_from([BERLIN, ST_JOHNS, LORD_HOWE]))
    week = tuple(draw(some_ranges()) for _ in range(7))
    if draw(st.booleans()):  # a night
        week = (*week[:5], (Range(22 * 60, 26 * 60),), ())
    some = draw(st.dictionaries(st.dates(date(2026, 3, 20), date(2026, 4, 10)), some_ranges()))
    return Hours(zone, week, some)


changes = st.sampled_from([utc("2026-03-29T01:00"), utc("2026-10-25T01:00")])
moments = st.builds(
    lambda change, hours: change + timedelta(hours=hours), changes, st.floats(-150, 150)
)


@settings(max_examples=100, deadline=None)
@given(some_hours(), moments, st.floats(0, 1))
def test_the_next_opening_is_open_and_nothing_before_it_is(
    of: Hours, now: datetime, share: float
) -> None:
    start = opens_at(of, now)
    if start is None:
        return
    assert start >= now
    assert is_open(of, start)
    between = now + share * (start - now)
    assert between == start or not is_open(of, between)
    close = closes_at(of, start)
    assert close is not None
    assert start < close
    assert not is_open(of, close)
    assert is_open(of, start + share * (close - start - timedelta(microseconds=1)))


@settings(max_examples=60, deadline=None)
@given(some_hours(), moments)
def test_what_is_open_is_what_the_wall_says_on_days_without_a_change(
    of: Hours, now: datetime
) -> None:
    wall = now.astimezone(of.zone)
    if wall.utcoffset() != (wall - 3 * DAY).utcoffset():
        return
    since_min = wall.hour * 60 + wall.minute
    today = any(one.opens_min <= since_min < one.closes_min for one in of.on(wall.date()))
    night = any(
        since_min < one.closes_min - 24 * 60 for one in of.on(wall.date() - timedelta(days=1))
    )
    assert is_open(of, now) is (today or night)


# What a person writes.


@pytest.mark.parametrize(
    ("text", "range_"),
    [
        ("09:00-18:00", Range(540, 1080)),
        ("00:00-24:00", Range(0, 1440)),
        ("22:00-06:00", Range(1320, 1800)),
        ("18:00-24:00", Range(1080, 1440)),
        ("18:00-00:00", Range(1080, 1440)),
    ],
)
def test_a_range_is_read_and_written(text: str, range_: Range) -> None:
    assert Range.of(text) == range_
    assert Range.of(str(range_)) == range_


@pytest.mark.parametrize(
    "text", ["", "9-18", "09:00", "09:00-25:00", "09:00-24:30", "24:00-02:00", "09:60-10:00"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no range such as 09:00-18:00"):
        Range.of(text)


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValueError, match="a whole day is 00:00-24:00"):
        Range.of("09:00-09:00")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", [0]),
        ("mon-fri", [0, 1, 2, 3, 4]),
        ("sat-mon", [5, 6, 0]),
        ("sun-sat", [6, 0, 1, 2, 3, 4, 5]),
        ("daily", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_days_are_named_one_by_one_or_from_to(text: str, days: list[int]) -> None:
    assert list(days_of(text)) == days


@pytest.mark.parametrize(
    ("days", "problem"),
    [
        ({"monday": ranges("09:00-18:00")}, "'monday' is no day such as mon, tue, "),
        ({"mon-": ()}, "'mon-' is no day"),
        ({"mon-fri": (), "wed": ()}, "wed is named twice, by `mon-fri` and by `wed`"),
        ({"mon": ranges("14:00-18:00", "09:00-14:30")}, "mon: 09:00-14:30 and 14:00-18:00 overlap"),
        (
            {"mon": ranges("20:00-09:00"), "tue": ranges("08:00-12:00")},
            "mon and tue: 20:00-09:00 and 08:00-12:00 overlap",
        ),
        (
            {"sun": ranges("20:00-09:00"), "mon": ranges("08:00-12:00")},
            "sun and mon: 20:00-09:00 and 08:00-12:00 overlap",
        ),
    ],
)
def test_days_that_contradict_themselves_are_refused(
    days: Mapping[str, Ranges], problem: str
) -> None:
    with pytest.raises(ValueError, match=f"^{problem}"):
        week_of(days)


def test_ranges_may_meet() -> None:
    assert week_of({"mon": ranges("20:00-08:00"), "tue": ranges("08:00-12:00")})[1]


def test_a_zone_is_found_by_its_name_or_by_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(zone_of("Europe/Berlin")) == "Europe/Berlin"
    monkeypatch.setenv("TZ", ":Asia/Tokyo")
    assert str(zone_of(None)) == "Asia/Tokyo"
    monkeypatch.setenv("TZ", "nowhere")
    assert zone_of(None) is UTC
    monkeypatch.delenv("TZ")
    assert utc("2026-05-08T12:00").astimezone(zone_of(None)).utcoffset() is not None


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Berln", "did you mean Europe/Berlin?"),
        ("Europe", "is no time zone"),  # a folder
        ("../../etc/passwd", "is no time zone"),
        ("/etc/localtime", "is no time zone"),
        ("", "is no time zone"),
        ("zzzzzz", "one is Europe/Berlin"),
        ("a\0b", "is no time zone"),
    ],
)
def test_what_is_no_zone_is_refused_with_the_nearest_one(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match="is no time zone") as refused:
        zone_of(name)
    assert hint.removesuffix("?") in str(refused.value)


def test_a_machine_without_zones_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    with pytest.raises(ValueError, match="apt install tzdata"):
        zone_of("Mars/Olympus")
