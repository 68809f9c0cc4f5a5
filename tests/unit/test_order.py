"""Whose turn it is: the order of the line, one pass over all printers, and who moves where."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.beds import Bed, BedState
from printd.core.board import Condition, PrinterStatus
from printd.core.fleet import PrinterRow
from printd.core.hall import Hall
from printd.core.machine import Machine
from printd.core.matching import Needs, Offer, why_not
from printd.core.order import (
    LOST_FOR,
    RISES_EVERY,
    SAME_AGE,
    Turns,
    Waiting,
    in_line,
    printer_for,
    turns,
)
from printd.core.spools import Spools, Tray

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MACHINE = Machine("small", "marlin", 120, 120, 120, 0.4, 285, 110)
LARGE = replace(MACHINE, name="large", bed_w_mm=300.0, bed_d_mm=300.0)


def printer(
    name: str,
    *,
    profile: str = "small",
    machine: Machine = MACHINE,
    busy_with: int | None = None,
    condition: Condition = Condition.IDLE,
    seen_at: datetime = NOON,
    out: str | None = None,
    spools: Spools | None = None,
    **more: Any,
) -> Offer:
    bed = Bed(BedState.CLEAR, 1, "cleared", NOON)
    status = PrinterStatus(condition, spools=spools)
    row = PrinterRow(name, bed, status, seen_at, out, busy_with)
    return Offer(row, machine, profile, materials=("PLA", "PETG"), **more)


def job(
    number: int,
    *,
    profile: str | None = "small",
    side_mm: float = 50.0,
    came: datetime = NOON,
    priority: int = 0,
    may_move: bool = True,
    **needs: Any,
) -> Waiting:
    asked = Needs(number, (side_mm, side_mm, 10.0), profile, **needs)
    return Waiting(asked, came, priority, may_move)


def passed(jobs: list[Waiting], offers: list[Offer], *, coming: int = 0) -> Turns:
    return turns(jobs, Hall(offers), NOON, coming=coming)


def places(found: Turns) -> dict[int, str]:
    return {number: offer.name for number, offer in found.printers.items()}


# The line.


def numbers(jobs: list[Waiting], now: datetime = NOON) -> list[int]:
    return [one.job for one in in_line(jobs, Hall([printer("left")]), now)]


def test_priority_comes_first_then_age_then_the_number() -> None:
    early, late = NOON - 3 * SAME_AGE, NOON - 2 * SAME_AGE
    jobs = [
        job(1, came=late),
        job(2, came=early),
        job(3, came=late, priority=1),
        job(5, came=early, priority=-1),
        job(4, came=late),
    ]
    assert numbers(jobs) == [3, 2, 1, 4, 5]


def test_who_waits_rises_until_nobody_new_goes_before() -> None:
    old = job(1, came=NOON, priority=-1)
    for waited, order in (
        (RISES_EVERY - MINUTE, [2, 1]),  # -1 before 0
        (RISES_EVERY, [1, 2]),  # level, and older
    ):
        now = NOON + waited
        assert numbers([old, job(2, came=now)], now) == order


def tray(slot: int, colour: str) -> Tray:
    return Tray(slot, 0, slot, "PLA", colour, is_there=True)


WHITE, BLACK = tray(0, "FFFFFF"), tray(1, "000000")


def test_of_jobs_that_came_together_goes_first_what_needs_no_change_of_filament() -> None:
    hall = Hall([printer("lab", spools=Spools((WHITE, BLACK), units=1, now=BLACK.number))])
    white, black = job(1, colour="FFFFFF"), job(2, colour="000000")
    assert [one.job for one in in_line([white, black], hall, NOON)] == [2, 1]
    older = replace(white, since=NOON - SAME_AGE)
    assert [one.job for one in in_line([older, black], hall, NOON)] == [1, 2]


def test_a_job_goes_where_its_filament_is_in_the_nozzle() -> None:
    white, black = (
        printer(name, spools=Spools((WHITE, BLACK), units=1, now=now))
        for name, now in (("one", WHITE.number), ("two", BLACK.number))
    )
    assert places(passed([job(1, colour="000000")], [white, black])) == {1: "two"}


# The pass.


def test_each_printer_gets_one_job_in_the_order_of_the_line() -> None:
    jobs = [job(number) for number in (1, 2, 3)]
    found = passed(jobs, [printer("a"), printer("b")])
    assert places(found) == {1: "a", 2: "b"}
    assert found.reasons[3].problem == "a is about to print #1, whose turn it is."


def test_an_earlier_job_makes_room_where_a_later_one_has_no_other_place() -> None:
    both = [printer("big", machine=LARGE), printer("small")]
    found = passed([job(1), job(2, side_mm=200.0)], both)
    assert places(found) == {1: "small", 2: "big"}


def test_an_earlier_job_never_loses_its_place_to_a_later_one() -> None:
    found = passed([job(1), job(2, priority=-1)], [printer("big", machine=LARGE)])
    assert places(found) == {1: "big"}


def test_a_job_without_a_free_printer_waits_for_the_nearest() -> None:
    found = passed([job(1)], [printer("a", out="broken"), printer("b", busy_with=9)])
    assert found.reasons[1].problem == "b is taken by #9."


def test_no_more_heat_up_on_a_circuit_than_may() -> None:
    offers = [
        *(printer(name, circuit="wall", starts_left=1) for name in ("a", "b")),
        printer("c", circuit="desk", starts_left=1),
    ]
    found = passed([job(1), job(2), job(3)], offers)
    assert places(found) == {1: "a", 3: "c"}
    assert found.reasons[2].code == "staggered"


# Classes.

MINI: dict[str, Any] = {"profile": "mini", "machine": LARGE}


@pytest.mark.parametrize(
    "own",
    [
        printer("own", out="broken"),
        printer("own", condition=Condition.OFFLINE, seen_at=NOON - LOST_FOR - MINUTE),
    ],
)
def test_a_job_moves_from_a_class_that_is_out_of_service_or_of_reach(own: Offer) -> None:
    found = passed([job(1)], [own, printer("other", busy_with=9, **MINI)])
    assert found.moves == {1: "no printer of small is in service and in reach; other is"}
    assert found.reasons == {}


@pytest.mark.parametrize("may_move", [True, False])
def test_what_is_for_a_class_that_is_gone_is_made_ready_anew(may_move: bool) -> None:
    found = passed([job(1, profile="gone", may_move=may_move)], [printer("other", busy_with=9)])
    assert found.moves == {1: "no printer has the profile gone any more"}


@pytest.mark.parametrize(
    ("offers", "change"),
    [
        # Its own class may soon answer, or works, or is in service elsewhere.
        ([printer("own", condition=Condition.OFFLINE), printer("other", busy_with=9, **MINI)], {}),
        ([printer("own", busy_with=8), printer("other", busy_with=9, **MINI)], {}),
        (
            [
                printer("own", out="broken"),
                printer("own2", busy_with=8),
                printer("other", busy_with=9, **MINI),
            ],
            {},
        ),
        # The other class cannot take it either.
        ([printer("own", out="broken")], {}),
        ([printer("own", out="broken"), printer("other", out="broken", **MINI)], {}),
        ([printer("own", out="broken"), printer("other", profile="mini")], {"side_mm": 200.0}),
        # It cannot be sliced again.
        ([printer("own", out="broken"), printer("other", **MINI)], {"may_move": False}),
    ],
)
def test_a_job_stays_with_its_class_otherwise(offers: list[Offer], change: Any) -> None:
    found = passed([job(1, **change)], offers)
    assert found.moves == {}
    assert set(found.reasons) == {1}


SENT: dict[str, Any] = {"only_on": frozenset({"other"})}


@pytest.mark.parametrize(
    "other",
    [
        printer("other", busy_with=9, **MINI),
        printer("other", out="broken", **MINI),
        printer("other", profile="mini", machine=replace(LARGE, material="PETG")),
    ],
)
def test_a_job_that_is_sent_to_another_class_is_made_for_it_at_once(other: Offer) -> None:
    found = passed([job(1, material="PLA", **SENT)], [printer("own", busy_with=8), other])
    assert found.moves == {1: "it is for other now"}
    again = passed([job(1, profile="mini", material="PLA", **SENT)], [printer("own"), other])
    assert again.moves == {}


@pytest.mark.parametrize(
    ("other", "change"),
    [
        (printer("other", profile="mini"), {"side_mm": 200.0}),  # too large for it
        (printer("other", **MINI), {"may_move": False}),
        (printer("else", **MINI), {}),  # other is no longer configured
    ],
)
def test_what_cannot_be_made_for_it_waits_and_says_why(other: Offer, change: Any) -> None:
    found = passed([job(1, **{**SENT, **change})], [printer("own", busy_with=8), other])
    assert found.moves == {}
    assert set(found.reasons) == {1}


def test_a_job_moves_to_a_printer_that_stands_free_unless_another_comes() -> None:
    offers = [printer("own", busy_with=9), printer("idle", **MINI)]
    found = passed([job(1), job(2)], offers)
    assert found.moves == {1: "it waits for a printer of small, and idle is free"}
    assert set(found.reasons) == {2}
    assert passed([job(1), job(2)], offers, coming=1).moves == {}
    mine = job(3, profile="mini", came=NOON + MINUTE)
    assert passed([job(1), mine], offers).moves == {}


def sliced_for(offers: list[Offer], line: list[Waiting], **needs: Any) -> str | None:
    asked = job(99, profile=None, **needs).needs
    found = printer_for(asked, line, Hall(offers), NOON)
    return found.name if found else None


def test_slicing_is_for_the_printer_with_the_shortest_line() -> None:
    offers = [
        *(printer(name, busy_with=n) for n, name in enumerate("ab", start=50)),
        printer("c", busy_with=60, **MINI),
    ]
    small, mini = [job(n) for n in (1, 2)], [job(n, profile="mini") for n in (3, 4)]
    assert sliced_for(offers, small) == "c"
    assert sliced_for(offers, [*small, mini[0]]) == "a"  # one more at each
    assert sliced_for(offers, [*small, *mini]) == "a"
    assert sliced_for(offers, [*small, mini[0]], side_mm=200.0) == "c"


def test_slicing_is_for_a_printer_that_is_free_and_that_nobody_wants() -> None:
    offers = [
        printer("a"),
        *(printer(f"c{n}", busy_with=50 + n, **MINI) for n in range(3)),
        printer("free", **MINI),
    ]
    crowd = [job(n, profile="mini", side_mm=290.0 + n) for n in range(1, 4)]  # fit nowhere
    assert sliced_for(offers, [job(9), *crowd]) == "free"
    assert sliced_for(offers, [job(8, profile="mini")]) == "a"
    assert sliced_for(offers, []) == "a"


def test_slicing_counts_only_those_in_line_that_a_printer_could_take() -> None:
    petg = replace(LARGE, material="PETG")
    offers = [
        printer("own", busy_with=50, machine=petg),
        printer("pla", profile="mini", machine=LARGE, busy_with=51),
        printer("petg", profile="mini", machine=petg),
    ]
    line = [job(n, profile="mini", material="PLA") for n in range(1, 6)]
    assert sliced_for(offers, line, material="PETG") == "petg"
    assert passed([job(9, material="PETG"), *line], offers).moves.keys() == {9}


def test_slicing_is_for_the_nearest_when_nobody_can_be_waited_for() -> None:
    lost = printer("lost", condition=Condition.OFFLINE)
    offers = [printer("b", out="broken", **MINI), lost]
    assert sliced_for(offers, []) == "lost"
    assert sliced_for(offers, [], side_mm=400.0) is None


# Whatever comes.

JOBS = st.lists(
    st.builds(
        lambda side, priority, age, profile: (side, priority, age, profile),
        st.sampled_from([50.0, 200.0, 400.0]),
        st.integers(-1, 1),
        st.integers(0, 2000),
        st.sampled_from(["small", "mini"]),
    ),
    max_size=12,
)
PRINTERS = st.lists(
    st.tuples(
        st.sampled_from(["small", "mini"]),
        st.sampled_from([MACHINE, LARGE]),
        st.sampled_from([None, 99]),
        st.sampled_from([Condition.IDLE, Condition.IDLE, Condition.OFFLINE]),
    ),
    max_size=6,
)


@given(JOBS, PRINTERS)
def test_every_job_has_a_turn_a_move_or_a_reason_and_no_printer_two_jobs(
    asked: list[tuple[float, int, int, str]],
    there: list[tuple[str, Machine, int | None, Condition]],
) -> None:
    jobs = [
        job(n, side_mm=side, priority=priority, came=NOON - age * MINUTE, profile=profile)
        for n, (side, priority, age, profile) in enumerate(asked, start=1)
    ]
    offers = [
        printer(f"p{n}", profile=profile, machine=machine, busy_with=busy, condition=condition)
        for n, (profile, machine, busy, condition) in enumerate(there)
    ]
    found = passed(jobs, offers)
    parts = [found.printers, found.moves, found.reasons]
    assert sorted(number for part in parts for number in part) == [one.job for one in jobs]
    names = [offer.name for offer in found.printers.values()]
    assert len(set(names)) == len(names)
    needs = {one.job: one.needs for one in jobs}
    assert all(why_not(needs[n], offer) is None for n, offer in found.printers.items())
    # As many as can be: who has no turn finds every printer that is free for it taken.
    left = [one for one in jobs if one.job not in found.printers]
    for one in left:
        free = [offer.name for offer in offers if why_not(one.needs, offer) is None]
        assert set(free) <= set(names)


@given(JOBS, PRINTERS)
def test_a_later_job_takes_nothing_from_those_before_it(
    asked: list[tuple[float, int, int, str]],
    there: list[tuple[str, Machine, int | None, Condition]],
) -> None:
    jobs = [job(n, side_mm=side, profile=at) for n, (side, _, _, at) in enumerate(asked, start=1)]
    offers = [printer(f"p{n}", profile=of, machine=m) for n, (of, m, *_) in enumerate(there)]
    for number in range(len(jobs)):
        before = passed(jobs[:number], offers).printers.keys()
        assert before <= passed(jobs, offers).printers.keys()
