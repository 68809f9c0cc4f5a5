"""The bed rule: occupied from the request of a start until a person says that it is clear."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from printd.core.beds import Bed, Beds, BedState
from printd.core.clock import boot_id
from printd.core.errors import NoSuchPrinter, NotPossibleNow, PrinterFault
from printd.core.jobs import State
from printd.core.store import Store
from tests.peers.stores import job_in

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
HALF_A_DAY = timedelta(hours=12)
CLEAR = Bed(BedState.CLEAR, 3, "cleared", NOON, by="ann", boot_id=boot_id())


@pytest.fixture
def beds(store: Store) -> Beds:
    return Beds(store.database)


def test_a_bed_never_seen_is_unknown(beds: Beds) -> None:
    assert {name: bed.state for name, bed in beds.all().items()} == {
        "left": BedState.UNKNOWN,
        "right": BedState.UNKNOWN,
    }


def test_a_restart_forgets_no_bed(beds: Beds) -> None:
    cleared = beds.clear("left", by="ann", seen=0)
    beds.ensure(["left", "right", "new"])
    assert beds.get("left") == cleared
    assert beds.get("new").state is BedState.UNKNOWN


def test_a_person_clears_the_bed_that_was_shown(beds: Beds, store: Store) -> None:
    bed = beds.clear("left", by="ann", seen=beds.get("left").revision)
    assert (bed.state, bed.by, bed.job) == (BedState.CLEAR, "ann", None)
    assert (store.events()[-1].kind, store.events()[-1].who) == ("bed.clear", "ann")


def test_a_late_tap_does_not_clear_a_later_print(beds: Beds, store: Store) -> None:
    shown = beds.get("left").revision
    job = job_in(store, State.PRINTING)
    store.advance(job, State.PRINTED, {})
    with pytest.raises(NotPossibleNow, match="has changed since you looked"):
        beds.clear("left", by="ann", seen=shown)
    assert beds.get("left").job == job.number


@pytest.mark.parametrize(
    ("end", "words"),
    [(State.PRINTED, "#1 was printed on it"), (State.FAILED, "#1 has failed on it")],
)
def test_a_bed_says_what_has_become_of_its_print(
    beds: Beds, store: Store, end: State, words: str
) -> None:
    job = job_in(store, State.PRINTING)
    before = beds.get("left")
    if end is State.PRINTED:
        store.advance(job, end, {})
    else:
        store.stop(job, end, PrinterFault("It has stopped."))
    after = beds.get("left")
    assert (before.why, after.why) == ("#1 is being printed on it", words)
    assert (after.state, after.revision) == (BedState.OCCUPIED, before.revision)


def test_a_bed_that_is_being_printed_on_is_not_cleared(beds: Beds, store: Store) -> None:
    job_in(store, State.PRINTING)
    with pytest.raises(NotPossibleNow, match="is printing #1"):
        beds.clear("left", by="ann", seen=beds.get("left").revision)
    assert beds.get("left").state is BedState.OCCUPIED


def test_a_stranger_occupies_any_bed_and_is_said_once(beds: Beds, store: Store) -> None:
    for printer in ("left", "right"):
        beds.occupied_by_stranger(printer)
        beds.occupied_by_stranger(printer)
    assert {bed.state for bed in beds.all().values()} == {BedState.OCCUPIED}
    assert [event.kind for event in store.events()] == ["bed.occupied"] * 2


def test_doubt_makes_only_a_clear_bed_unknown(beds: Beds, store: Store) -> None:
    beds.clear("left", by="ann", seen=0)
    beds.occupied_by_stranger("right")
    for printer in ("left", "right"):
        beds.doubt(printer, "somebody was there")
    assert beds.get("left").state is BedState.UNKNOWN
    assert beds.get("left").why == "somebody was there"
    assert beds.get("right").state is BedState.OCCUPIED


def test_a_printer_that_nobody_knows_is_said(beds: Beds) -> None:
    with pytest.raises(NoSuchPrinter, match="'middle'"):
        beds.get("middle")
    with pytest.raises(NoSuchPrinter):
        beds.clear("middle", by="ann", seen=0)


@pytest.mark.parametrize(
    ("bed", "age", "state"),
    [
        (CLEAR, timedelta(0), BedState.CLEAR),
        (CLEAR, HALF_A_DAY, BedState.CLEAR),
        (CLEAR, HALF_A_DAY + timedelta(seconds=1), BedState.UNKNOWN),
        (replace(CLEAR, boot_id="another"), timedelta(0), BedState.UNKNOWN),
        (replace(CLEAR, state=BedState.OCCUPIED), timedelta(days=9), BedState.OCCUPIED),
    ],
)
def test_a_cleared_bed_is_believed_half_a_day_and_in_one_run_of_the_machine(
    bed: Bed, age: timedelta, state: BedState
) -> None:
    judged = bed.trusted(NOON + age, HALF_A_DAY)
    assert (judged.state, judged.revision) == (state, bed.revision)


def test_a_bed_no_longer_believed_says_why() -> None:
    late = CLEAR.trusted(NOON + timedelta(days=1), HALF_A_DAY)
    assert late.why == "it was cleared 3 May 12:00 UTC, too long ago"
    assert "restarted" in replace(CLEAR, boot_id="another").trusted(NOON, HALF_A_DAY).why
