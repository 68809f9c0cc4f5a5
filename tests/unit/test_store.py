"""The store: accepting, guarded moves, and the history that is written with them."""

import sqlite3
from pathlib import Path

import pytest

from printd.core.database import Database
from printd.core.errors import (
    Duplicate,
    InternalError,
    NoSuchJob,
    PhotoUnreadable,
    PrinterFault,
    SlicerRefused,
)
from printd.core.given import Given
from printd.core.jobs import TRANSITIONS, Because, State
from printd.core.store import StaleJob, Store
from tests.peers.stores import PATH, job_in, moves_of, new_job, open_store

S = State
FAULT = PrinterFault("The nozzle is blocked.")


# Accepting.


def test_one_drop_is_one_job_however_often_it_is_accepted(store: Store) -> None:
    first = store.accept(new_job(1, fingerprint="8:1:2"))
    again = store.accept(new_job(2, fingerprint="8:1:2"))
    assert (again.number, again.id) == (first.number, first.id)
    assert len(store.jobs()) == len(store.events()) == 1


def test_one_request_is_one_job_however_often_it_is_repeated(store: Store) -> None:
    first = store.accept(new_job(1, add_key="k1"))
    assert store.accept(new_job(2, add_key="k1")).number == first.number
    assert store.accept(new_job(3, add_key="k2")).number != first.number


def test_two_drops_of_the_same_bytes_are_two_jobs(store: Store) -> None:
    first = store.accept(new_job(1, fingerprint="a", sha256="f" * 64))
    second = store.accept(new_job(2, fingerprint="b", sha256="f" * 64))
    assert first.number != second.number


def test_an_accepted_job_is_there_after_the_store_is_opened_again(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        made = store.accept(new_job(facts={"photo": {"width": 4}}, again_of=None))
    with open_store(tmp_path) as store:
        assert store.job(made.number) == made


def test_a_drop_that_waits_for_a_person_is_accepted_as_held(store: Store) -> None:
    job = store.accept(new_job(hold=Duplicate("It is #3 once more.")))
    assert (job.state, job.held_from) == (S.HELD, S.RECEIVED)
    advice = (
        f"Put the picture into again/ or run `printd release {job.number}` to print it once more; "
        f"`printd cancel {job.number}` if not."
    )
    assert job.because == Because("duplicate", "It is #3 once more.", advice)
    assert store.resume(job, who="ann").state is S.RECEIVED


def test_a_refused_drop_is_known_and_is_no_job(store: Store) -> None:
    for _ in range(2):
        store.refuse_drop("8:1:2", "cat.jpg", PhotoUnreadable("It is no picture."))
    assert store.drop_known("8:1:2")
    assert not store.drop_known("8:1:3")
    assert store.jobs() == []
    assert {event.code for event in store.events()} == {"photo_unreadable"}


# Finding.


def test_a_job_is_found_by_number_start_of_its_id_or_as_the_last(store: Store) -> None:
    for number in (1, 2, 3):
        store.accept(new_job(number))
    assert store.find("2").number == store.find("#2").number == 2
    assert store.find("20260503T120000-0000000003").number == 3
    assert store.find("last").number == 3


@pytest.mark.parametrize(
    "word", ["9", "", "#", "²", "٢", "20260503", "nonsense", "%", "99999999999"]
)
def test_a_word_that_means_no_single_job_is_refused(store: Store, word: str) -> None:
    store.accept(new_job(1))
    store.accept(new_job(2))
    with pytest.raises(NoSuchJob):
        store.find(word)


def test_jobs_are_listed_in_the_order_they_came(store: Store) -> None:
    for number in (1, 2, 3):
        job_in(store, S.SLICED if number == 2 else S.RECEIVED, number)
    assert [job.number for job in store.jobs()] == [1, 2, 3]
    assert [job.number for job in store.jobs([S.SLICED])] == [2]
    assert store.jobs([]) == []


def test_only_jobs_with_a_step_to_run_are_under_way(store: Store) -> None:
    job_in(store, S.MESHED, 1)
    store.stop(job_in(store, S.MESHED, 2), S.HELD, FAULT)
    store.stop(job_in(store, S.MESHED, 3), S.FAILED, FAULT)
    store.cancelled(job_in(store, S.MESHED, 4), "Not wanted.", who="ann")
    assert store.under_way() == [(1, S.MESHED, Given.PHOTO, False, None)]


# Moving.


@pytest.mark.parametrize("state", PATH[1:])
def test_every_move_writes_exactly_one_event(store: Store, state: State) -> None:
    job = job_in(store, state)
    assert moves_of(store, job)[-1] == (PATH[PATH.index(state) - 1], state)
    assert len(moves_of(store, job)) == PATH.index(state) == job.revision


def test_a_move_keeps_what_the_step_found_out(store: Store) -> None:
    job = job_in(store, S.RECEIVED, photo={"width": 4})
    job = store.advance(job, S.ORDERED, {"ticket": {"order": "7"}})
    assert job.facts == {"photo": {"width": 4}, "ticket": {"order": "7"}}


def test_a_move_ends_the_reason_to_wait(store: Store) -> None:
    job = job_in(store, S.SLICED)
    held = store.stop(job, S.HELD, FAULT)
    assert held.because is not None
    assert store.resume(held, who="ann").because is None


@pytest.mark.parametrize("to", [S.MESHED, S.PRINTING, S.PRINTED, S.PRINTABLE])
def test_a_move_without_an_arrow_is_refused(store: Store, to: State) -> None:
    job = job_in(store, S.RECEIVED)
    assert to not in TRANSITIONS[S.RECEIVED]
    with pytest.raises(InternalError, match="cannot move from received"):
        store.advance(job, to, {})
    assert store.job(job.number) == job
    assert moves_of(store, job) == []


def test_who_comes_second_with_the_same_sight_changes_nothing(store: Store) -> None:
    seen = job_in(store, S.RECEIVED)
    moved = store.advance(seen, S.ORDERED, {})
    before = store.events()
    with pytest.raises(StaleJob):
        store.advance(seen, S.ORDERED, {"late": 1})
    with pytest.raises(StaleJob):
        store.stop(seen, S.HELD, FAULT)
    with pytest.raises(StaleJob):
        store.cancelled(seen, "Not wanted.", who="ann")
    assert (store.job(seen.number), store.events()) == (moved, before)


def test_the_same_state_after_a_detour_is_not_the_same_sight(store: Store) -> None:
    seen = job_in(store, S.SLICED)
    store.resume(store.stop(seen, S.HELD, FAULT), who="ann")
    assert store.job(seen.number).state is seen.state
    with pytest.raises(StaleJob):
        store.advance(seen, S.ASSIGNED, {"printer": "left", "print_name": "pd-1-1-x"})


def test_a_move_that_cannot_write_its_event_does_not_happen(store: Store) -> None:
    job = job_in(store, S.RECEIVED)
    refuse = "CREATE TRIGGER no BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no'); END"
    with store.database.write() as connection:
        connection.execute(refuse)
    with pytest.raises(sqlite3.IntegrityError):
        store.advance(job, S.ORDERED, {})
    assert store.job(job.number) == job


def test_an_attempt_begins_when_a_printer_is_assigned(store: Store) -> None:
    job = job_in(store, S.ASSIGNED)
    assert (job.attempt, job.printer, job.print_name) == (1, "left", "pd-1-1-abcdefgh")
    back = store.advance(job, S.SLICED, {})
    assert (back.attempt, back.printer) == (1, None)
    again = store.advance(back, S.ASSIGNED, {"printer": "left", "print_name": "pd-1-2-abcdefgh"})
    assert again.attempt == 2


# One job per printer.


@pytest.mark.parametrize("state", [S.ASSIGNED, S.UPLOADED, S.PRINTING])
def test_a_printer_has_one_job_at_a_time(store: Store, state: State) -> None:
    job_in(store, state, 1)
    second = job_in(store, S.SLICED, 2)
    with pytest.raises(sqlite3.IntegrityError):
        store.advance(second, S.ASSIGNED, {"printer": "left", "print_name": "pd-2-1-x"})
    assert store.job(second.number) == second
    taken = store.advance(second, S.ASSIGNED, {"printer": "right", "print_name": "pd-2-1-x"})
    assert taken.printer == "right"


def test_a_print_name_is_never_used_twice(store: Store) -> None:
    job_in(store, S.ASSIGNED, 1)
    second = job_in(store, S.SLICED, 2)
    with pytest.raises(sqlite3.IntegrityError):
        store.advance(second, S.ASSIGNED, {"printer": "right", "print_name": "pd-1-1-abcdefgh"})


# Stopping and going on.


@pytest.mark.parametrize(
    ("state", "resumed"), [(state, state) for state in PATH[:5]] + [(S.ASSIGNED, S.SLICED)]
)
def test_a_held_job_goes_on_where_it_was_or_before_its_printer(
    store: Store, state: State, resumed: State
) -> None:
    held = store.stop(job_in(store, state), S.HELD, SlicerRefused("It said no."))
    assert (held.state, held.held_from) == (S.HELD, state)
    job = store.resume(held, who="ann")
    assert (job.state, job.printer, job.held_from, job.because) == (resumed, None, None, None)


def test_a_failed_print_that_is_retried_needs_its_printer_anew(store: Store) -> None:
    held = store.stop(job_in(store, S.PRINTING), S.HELD, FAULT)
    job = store.resume(held, who="ann")
    assert (job.state, job.printer) == (S.SLICED, None)


def test_retry_overrules_an_earlier_cancel(store: Store) -> None:
    job = job_in(store, S.PRINTING)
    store.want_cancel(job, "ann")
    held = store.stop(store.job(job.number), S.HELD, FAULT)
    assert store.resume(held, who="bob").cancel_by is None


def test_cancel_at_a_printer_is_a_wish_that_moves_nothing(store: Store) -> None:
    job = job_in(store, S.PRINTING)
    store.want_cancel(job, "ann")
    wished = store.job(job.number)
    assert (wished.state, wished.revision, wished.cancel_by) == (S.PRINTING, job.revision, "ann")
    assert store.events(job.number)[-1].kind == "job.cancel_asked"


def test_a_late_wish_to_cancel_changes_nothing(store: Store) -> None:
    seen = job_in(store, S.UPLOADED)
    store.advance(seen, S.SLICED, {})
    before = store.events()
    with pytest.raises(StaleJob):
        store.want_cancel(seen, "ann")
    assert (store.job(seen.number).cancel_by, store.events()) == (None, before)


def test_history_is_kept_in_order_and_the_newest_lines_are_given(store: Store) -> None:
    job = job_in(store, S.SLICED)
    numbers = [event.seq for event in store.events(job.number)]
    assert numbers == sorted(numbers)
    assert [event.after for event in store.events(job.number, limit=2)] == [S.PRINTABLE, S.SLICED]


def test_what_another_program_writes_is_noticed(store: Store, tmp_path: Path) -> None:
    before = store.database.changed_by_others()
    store.accept(new_job(1))
    assert store.database.changed_by_others() == before
    other = Database(tmp_path / "printd.db")
    other.use()
    Store(other).accept(new_job(2))
    other.close()
    assert store.database.changed_by_others() != before
