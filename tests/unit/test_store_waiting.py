"""Waiting: reasons are written when they change, and retries grow until a person is asked."""

from datetime import UTC, datetime, timedelta

import pytest

from printd.core.errors import NotYet, PrinterOffline, UploadFailed
from printd.core.given import Given
from printd.core.jobs import Because, State
from printd.core.shop import needs_of
from printd.core.store import StaleJob, Store
from tests.peers.stores import job_in

S = State
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
OFFLINE = PrinterOffline("left does not answer.")


def due_in_s(store: Store, now: datetime) -> float:
    ((*_, due),) = store.under_way()
    assert due is not None
    return (due - now).total_seconds()


def test_a_reason_is_written_once(store: Store) -> None:
    job = job_in(store, S.SLICED)
    for _ in range(3):
        store.wait(store.job(job.number), NotYet("busy", "left is busy.", action="Wait."))
    lines = [event for event in store.events(job.number) if event.kind == "job.waits"]
    assert [(line.code, line.text) for line in lines] == [("busy", "left is busy.")]
    assert store.job(job.number).because == Because("busy", "left is busy.", "Wait.")


def test_another_reason_is_written(store: Store) -> None:
    job = job_in(store, S.SLICED)
    for number in (41, 42):
        store.wait(store.job(job.number), NotYet("busy", f"left is taken by #{number}."))
    assert len([event for event in store.events() if event.kind == "job.waits"]) == 2


def test_waiting_does_not_move(store: Store) -> None:
    job = job_in(store, S.SLICED)
    store.wait(job, NotYet("busy", "left is busy."))
    after = store.job(job.number)
    assert (after.state, after.revision) == (job.state, job.revision)


def test_a_quiet_pause_writes_nothing(store: Store) -> None:
    job = job_in(store, S.PRINTING)
    before = store.events()
    store.wait(job, NotYet("printing", "Printing on left.", quiet=True))
    assert (store.job(job.number), store.events()) == (job, before)


def test_a_quiet_pause_ends_the_reason_before_it(store: Store) -> None:
    job = job_in(store, S.PRINTING)
    store.wait(job, NotYet("printer_offline", "left does not answer."))
    for _ in range(2):
        store.wait(store.job(job.number), NotYet("printing", "Printing on left.", quiet=True))
    assert store.job(job.number).because is None
    kinds = [event.kind for event in store.events(job.number)][-2:]
    assert kinds == ["job.waits", "job.goes_on"]


def test_a_late_reason_changes_nothing(store: Store) -> None:
    seen = job_in(store, S.SLICED)
    store.cancelled(seen, "Not wanted.", who="ann")
    before = store.events()
    with pytest.raises(StaleJob):
        store.wait(seen, NotYet("busy", "left is busy."))
    with pytest.raises(StaleJob):
        store.retry(seen, OFFLINE, NOON)
    assert store.events() == before


def test_retries_wait_five_seconds_doubling_to_ten_minutes_give_or_take_a_fifth(
    store: Store,
) -> None:
    job = job_in(store, S.SLICED)
    for tries in range(10):
        job = store.retry(job, OFFLINE, NOON)
        expected_s = min(5 * 2**tries, 600)
        assert 0.8 * expected_s - 0.01 <= due_in_s(store, NOON) <= 1.2 * expected_s + 0.01
        assert (job.state, job.tries) == (S.SLICED, tries + 1)


def test_retries_are_spread(store: Store) -> None:
    jobs = [job_in(store, S.RECEIVED, number) for number in range(1, 6)]
    for job in jobs:
        store.retry(job, OFFLINE, NOON)
    assert len({due for *_, due in store.under_way()}) > 1


def test_after_a_day_of_retries_a_person_is_asked(store: Store) -> None:
    job = job_in(store, S.SLICED)
    job = store.retry(job, OFFLINE, NOON)
    job = store.retry(job, OFFLINE, NOON + timedelta(hours=23, minutes=59))
    assert job.state is S.SLICED
    job = store.retry(job, UploadFailed("The card is full."), NOON + timedelta(hours=24, seconds=1))
    assert (job.state, job.held_from) == (S.HELD, S.SLICED)
    assert job.because is not None
    assert job.because.problem == "The card is full."


def test_the_day_begins_with_the_first_failure_in_a_row(store: Store) -> None:
    job = job_in(store, S.SLICED)
    job = store.retry(job, OFFLINE, NOON)
    store.wait(job, NotYet("busy", "left is busy."))
    job = store.retry(store.job(job.number), OFFLINE, NOON + timedelta(hours=30))
    assert (job.state, job.tries) == (S.SLICED, 1)


def test_a_move_ends_the_retries(store: Store) -> None:
    job = store.retry(job_in(store, S.SLICED), OFFLINE, NOON)
    moved = store.advance(job, S.PRINTABLE, {})
    assert moved.tries == 0
    assert store.under_way() == [(1, S.PRINTABLE, Given.PHOTO, False, None)]


def test_what_is_kept_of_a_job_is_never_older_than_its_row(store: Store) -> None:
    job = job_in(store, S.SLICED, model={"size_mm": [80.0, 60.0, 4.0]})
    assert store.job(job.number) is store.job(job.number)
    store.wait(job, NotYet("busy", "left is busy."))  # the revision stays
    assert store.job(job.number).because == Because("busy", "left is busy.")
    store.confirm(store.job(job.number), who="ann")
    assert needs_of(store.job(job.number)).confirmed_at != needs_of(job).confirmed_at
