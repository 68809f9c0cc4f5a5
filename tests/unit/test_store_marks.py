"""Steps that run once: the mark, the bed that is taken with it, and doubt."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from printd.core.beds import Beds, BedState
from printd.core.errors import (
    EndUnknown,
    InDoubt,
    NotYet,
    PrinterFault,
    PrinterOffline,
    StartInDoubt,
    StartRefused,
)
from printd.core.jobs import Job, State
from printd.core.store import StaleJob, Store
from tests.peers.stores import clear_bed, job_in, moves_of, open_store

S = State
DOUBT = StartInDoubt("Nobody knows.")


def bed_of(store: Store) -> tuple[BedState, int | None]:
    bed = Beds(store.database).get("left")
    return bed.state, bed.job


def marked_key(store: Store, job: Job) -> str | None:
    mark = store.open_mark(job)
    return mark.key if mark else None


def begun(store: Store, number: int = 1) -> Job:
    """Return a job whose start has begun."""
    job = job_in(store, S.UPLOADED, number)
    clear_bed(store)
    marked = store.begin(job, S.PRINTING, takes_bed=True)
    assert marked is not None
    return marked


def doubtful(store: Store, number: int = 1) -> Job:
    return store.stop(begun(store, number), S.HELD, DOUBT)


# Beginning.


def test_a_start_takes_the_bed_with_its_mark(store: Store) -> None:
    job = begun(store)
    assert bed_of(store) == (BedState.OCCUPIED, job.number)
    assert marked_key(store, job) == f"{job.id}/printing/1"
    assert job.mark is not None
    assert job.mark.key == f"{job.id}/printing/1"


def test_nobody_changes_what_is_looked_at_before_a_mark_or_a_move(store: Store) -> None:
    looked = []

    def look() -> None:
        other = sqlite3.connect(store.database.path, timeout=0.0, isolation_level=None)
        with contextlib.closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        looked.append(store.job(1).state)

    store.advance(job_in(store, S.PRINTABLE), S.SLICED, {}, check=look)
    job = store.advance(
        store.job(1), S.ASSIGNED, {"printer": "left", "print_name": "pd-1-1-abcdefgh"}
    )
    clear_bed(store)
    store.begin(store.advance(job, S.UPLOADED, {}), S.PRINTING, takes_bed=True, check=look)
    assert looked == [S.PRINTABLE, S.UPLOADED]


def test_a_step_begins_once(store: Store) -> None:
    job = begun(store)
    before = store.events()
    assert store.begin(job, S.PRINTING, takes_bed=True) is None
    assert store.events() == before


@pytest.mark.parametrize("bed", [BedState.UNKNOWN, BedState.OCCUPIED])
def test_nothing_begins_on_a_bed_that_is_not_clear(store: Store, bed: BedState) -> None:
    job = job_in(store, S.UPLOADED)
    if bed is BedState.OCCUPIED:
        Beds(store.database).occupied_by_stranger("left")
    with pytest.raises(NotYet) as pause:
        store.begin(job, S.PRINTING, takes_bed=True)
    assert pause.value.code == "bed_not_clear"
    assert store.open_mark(job) is None
    assert bed_of(store)[0] is bed


def test_a_mark_that_cannot_be_written_leaves_the_bed_clear(store: Store) -> None:
    job = job_in(store, S.UPLOADED)
    clear_bed(store)
    with store.database.write() as connection:
        connection.execute(
            "CREATE TRIGGER no BEFORE INSERT ON mark BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    with pytest.raises(sqlite3.IntegrityError):
        store.begin(job, S.PRINTING, takes_bed=True)
    assert bed_of(store) == (BedState.CLEAR, None)


def test_a_printer_without_a_bed_needs_none(store: Store) -> None:
    job = job_in(store, S.UPLOADED)
    assert store.begin(job, S.PRINTING, takes_bed=False) is not None
    assert bed_of(store) == (BedState.UNKNOWN, None)


def test_a_cancelled_job_does_not_begin(store: Store) -> None:
    job = job_in(store, S.UPLOADED)
    clear_bed(store)
    store.want_cancel(job, "ann")
    with pytest.raises(StaleJob):
        store.begin(job, S.PRINTING, takes_bed=True)
    assert bed_of(store) == (BedState.CLEAR, None)


def test_a_job_that_moved_meanwhile_does_not_begin(store: Store) -> None:
    seen = job_in(store, S.UPLOADED)
    clear_bed(store)
    store.advance(seen, S.SLICED, {})
    with pytest.raises(StaleJob):
        store.begin(seen, S.PRINTING, takes_bed=True)
    assert store.open_mark(seen) is None


# Settled: it happened.


def test_a_start_that_happened_settles_its_mark_and_keeps_the_bed(store: Store) -> None:
    job = begun(store)
    moved = store.advance(job, S.PRINTING, {"evidence": "the printer says running"})
    assert store.open_mark(moved) is None
    assert "evidence" not in moved.facts
    row = store.database.row("SELECT outcome, evidence FROM mark WHERE step = 'printing'")
    assert row is not None
    assert tuple(row) == ("happened", "the printer says running")
    assert bed_of(store) == (BedState.OCCUPIED, job.number)


def test_an_ended_print_stays_on_the_bed(store: Store) -> None:
    job = job_in(store, S.PRINTING)
    store.advance(job, S.PRINTED, {"ejected": False})
    assert bed_of(store) == (BedState.OCCUPIED, job.number)


def test_an_ejected_print_clears_its_own_bed(store: Store) -> None:
    job = job_in(store, S.PRINTING)
    store.advance(job, S.PRINTED, {"ejected": True})
    assert bed_of(store) == (BedState.CLEAR, None)


def test_an_ejected_print_does_not_clear_what_lies_there_since(store: Store) -> None:
    job = job_in(store, S.PRINTING)
    Beds(store.database).occupied_by_stranger("left")
    store.advance(job, S.PRINTED, {"ejected": True})
    assert bed_of(store) == (BedState.OCCUPIED, None)


# Proof that it did not happen.


def test_proof_puts_the_bed_back_to_what_it_was(store: Store) -> None:
    job = job_in(store, S.UPLOADED)
    clear_bed(store)
    before = Beds(store.database).get("left")
    marked = store.begin(job, S.PRINTING, takes_bed=True)
    assert marked is not None
    store.not_happened(marked, "the printer has proof")
    after = Beds(store.database).get("left")
    assert (after.state, after.at, after.by) == (before.state, before.at, before.by)
    assert after.revision > before.revision
    assert store.open_mark(job) is None
    assert store.events(job.number)[-1].kind == "step.not_happened"


def test_after_proof_the_step_may_begin_again(store: Store) -> None:
    job = begun(store)
    store.not_happened(job, "the printer has proof")
    assert store.begin(job, S.PRINTING, takes_bed=True) is not None


def test_proof_does_not_clear_a_bed_that_a_stranger_took_meanwhile(store: Store) -> None:
    job = begun(store)
    Beds(store.database).occupied_by_stranger("left")
    seen = Beds(store.database).get("left")
    store.not_happened(job, "the printer has proof")
    assert Beds(store.database).get("left") == seen
    assert bed_of(store) == (BedState.OCCUPIED, None)


def test_proof_for_a_job_that_moved_meanwhile_changes_nothing(store: Store) -> None:
    job = begun(store)
    store.advance(job, S.PRINTING, {})
    with pytest.raises(StaleJob):
        store.not_happened(job, "late")
    assert bed_of(store) == (BedState.OCCUPIED, job.number)


def test_an_error_that_is_no_doubt_is_proof(store: Store) -> None:
    held = store.stop(begun(store), S.HELD, StartRefused("The printer says no."))
    assert not held.in_doubt
    assert store.open_mark(held) is None
    assert bed_of(store) == (BedState.CLEAR, None)


def test_a_start_that_never_left_gives_the_bed_back_while_it_is_tried_again(store: Store) -> None:
    job = begun(store)
    store.retry(job, PrinterOffline("It does not answer."), job.moved_at)
    assert store.open_mark(job) is None
    assert bed_of(store) == (BedState.CLEAR, None)


def test_a_pause_that_is_no_doubt_is_proof(store: Store) -> None:
    job = begun(store)
    store.wait(job, NotYet("busy", "It is busy."))
    assert store.open_mark(job) is None
    assert bed_of(store) == (BedState.CLEAR, None)


# Doubt.


def test_doubt_that_is_asked_for_keeps_mark_and_bed(store: Store) -> None:
    job = begun(store)
    store.wait(job, InDoubt("start_in_doubt", "Asking left."))
    assert marked_key(store, job) is not None
    assert bed_of(store) == (BedState.OCCUPIED, job.number)


def test_a_job_held_in_doubt_keeps_mark_printer_and_bed(store: Store) -> None:
    held = doubtful(store)
    assert (held.state, held.in_doubt, held.printer) == (S.HELD, True, "left")
    assert store.open_mark(held) is not None
    assert bed_of(store) == (BedState.OCCUPIED, held.number)


def test_a_printer_in_doubt_takes_no_other_job(store: Store) -> None:
    doubtful(store, 1)
    other = job_in(store, S.SLICED, 2)
    with pytest.raises(sqlite3.IntegrityError):
        store.advance(other, S.ASSIGNED, {"printer": "left", "print_name": "pd-2-1-x"})


@pytest.mark.parametrize("to", [S.PRINTING, S.PRINTED])
def test_a_person_who_saw_it_start_settles_the_mark(store: Store, to: State) -> None:
    job = store.resolve(doubtful(store), to, who="ann")
    assert (job.state, job.in_doubt, job.printer) == (to, False, "left")
    assert store.open_mark(job) is None
    assert bed_of(store) == (BedState.OCCUPIED, job.number)
    assert moves_of(store, job)[-1] == (S.HELD, to)


def test_a_person_who_saw_nothing_start_lets_it_wait_again_and_clears_the_bed(
    store: Store,
) -> None:
    job = store.resolve(doubtful(store), S.SLICED, who="ann")
    assert (job.state, job.in_doubt, job.printer) == (S.SLICED, False, None)
    assert store.open_mark(job) is None
    assert bed_of(store) == (BedState.OCCUPIED, job.number)


def test_a_person_who_saw_it_fail_leaves_it_held_and_the_printer_free(store: Store) -> None:
    held = doubtful(store, 1)
    job = store.failed_at_printer(held, PrinterFault("It failed, says ann."), who="ann")
    assert (job.state, job.in_doubt, job.held_from) == (S.HELD, False, S.PRINTING)
    assert job.because is not None
    assert job.because.code == "printer_fault"
    assert bed_of(store) == (BedState.OCCUPIED, job.number)
    assert store.resume(job, who="ann").state is S.SLICED
    with pytest.raises(StaleJob):
        store.failed_at_printer(held, PrinterFault("again"), who="bob")


def test_an_end_that_nobody_knows_keeps_the_printer(store: Store) -> None:
    held = store.stop(job_in(store, S.PRINTING), S.HELD, EndUnknown("It is over, or not."))
    assert (held.in_doubt, held.printer) == (True, "left")


def test_doubt_survives_a_restart(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        held = doubtful(store)
        mark = store.open_mark(held)
    with open_store(tmp_path) as store:
        assert store.job(held.number) == held
        assert (held.in_doubt, store.open_mark(held)) == (True, mark)
        assert bed_of(store) == (BedState.OCCUPIED, held.number)
