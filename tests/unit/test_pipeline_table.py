"""The table of steps, and what becomes of a job by each outcome of a step."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import replace
from typing import Any

import pytest

from printd.core.beds import Beds, BedState
from printd.core.errors import (
    DiskFailed,
    DiskFull,
    GoBack,
    InDoubt,
    InternalError,
    MeshUnprintable,
    NotHappened,
    NotYet,
    PermanentError,
    PrintCancelled,
    PrinterOffline,
    StartInDoubt,
    StartRefused,
)
from printd.core.given import Given
from printd.core.jobs import AT_PRINTER, TRANSITIONS, Facts, Job, State
from printd.core.store import StaleJob
from printd.pipeline.table import LOOK_AGAIN_S, STEP_FROM, STEPS, Step, run_step
from printd.pipeline.tools import Tools
from tests.peers.floor import Floor
from tests.peers.stores import moves_of

S = State
FROM = {
    state: step
    for (state, given, away), step in STEP_FROM.items()
    if given is Given.PHOTO and not away
}


class Hopeless(PermanentError):
    """A permanent error of a test."""

    code = "hopeless"
    action = "Give up."


def gives(facts: Facts) -> Callable[[Job, Tools], Facts]:
    return lambda job, tools: facts


def raises(error: BaseException) -> Callable[[Job, Tools], Facts]:
    def act(job: Job, tools: Tools) -> Facts:
        raise error

    return act


def never(job: Job, tools: Tools) -> Facts:
    raise AssertionError("this must not be called")


def a_step(run: Callable[[Job, Tools], Facts]) -> Step:
    """Return a step that may be repeated."""
    return Step(S.MESHED, S.PRINTABLE, run, "cpu")


def a_start(run: Callable[[Job, Tools], Facts], **changes: Any) -> Step:
    """Return a start: once, behind a mark, on a bed."""
    return replace(FROM[S.UPLOADED], run=run, recover=never, ready=None, still=None, **changes)


def do(floor: Floor, step: Step, job: Job) -> tuple[Job, float | None]:
    again_s = run_step(step, floor.store.job(job.number), floor.tools, floor.store)
    return floor.store.job(job.number), again_s


def bed_of(floor: Floor) -> BedState:
    return Beds(floor.store.database).get("left").state


@pytest.fixture
def meshed(floor: Floor) -> Job:
    return floor.job_in(S.MESHED)


@pytest.fixture
def uploaded(floor: Floor) -> Job:
    return floor.job_in(S.UPLOADED)


# The table.


def path_of(given: Given, *, away: bool = False) -> list[State]:
    """Return the states of a job of this kind from its first to its last."""
    states = [S.MESHED if given is Given.MESH else S.RECEIVED]
    while (step := STEP_FROM.get((states[-1], given, away))) is not None:
        states.append(step.gives)
    return states


def test_the_steps_are_a_path_of_allowed_moves() -> None:
    order = list(State)[: list(State).index(S.PRINTED) + 1]
    assert path_of(Given.PHOTO, away=True) == path_of(Given.WORDS) == order
    assert path_of(Given.PHOTO) == [state for state in order if state is not S.DRAWN]
    assert path_of(Given.GCODE) == [S.RECEIVED, *order[order.index(S.SLICED) :]]
    assert path_of(Given.MESH) == order[order.index(S.MESHED) :]
    assert path_of(Given.CONTAINER) == path_of(Given.GCODE)
    assert all(step.gives in TRANSITIONS[step.takes] for step in STEPS)


@pytest.mark.parametrize("given", Given)
def test_every_state_that_is_not_an_end_has_one_step(given: Given) -> None:
    ends = {S.PRINTED, S.HELD, S.FAILED, S.CANCELLED}
    for away in (False, True):
        found = [state for state, of, far in STEP_FROM if of is given and far is away]
        before = {S.RECEIVED} if given is Given.MESH else set()  # it begins as a mesh
        drawn = set() if given in (Given.PHOTO, Given.WORDS) else {S.DRAWN}
        assert sorted(found) == sorted(set(State) - ends - before - drawn)
    cases = sum(len(step.of) * (2 if step.away is None else 1) for step in STEPS)
    assert len(STEP_FROM) == cases  # no two steps for one case


def test_what_cannot_be_taken_back_is_recovered_and_nothing_else() -> None:
    once = {step.gives for step in STEPS if step.recover}
    assert once == {S.DRAWN, S.ORDERED, S.PRINTING}
    assert {step.gives for step in STEPS if step.takes_bed} == {S.PRINTING}


def test_steps_at_a_printer_never_wait_behind_a_calculation() -> None:
    lanes = {STEP_FROM[state, given, False].lane for state in AT_PRINTER for given in Given}
    assert lanes == {"net"}


# Outcomes of a step that may be repeated.


def test_facts_move_the_job_on(floor: Floor, meshed: Job) -> None:
    job, again_s = do(floor, a_step(gives({"model": {"size_mm": [1, 2, 3]}})), meshed)
    assert (job.state, again_s) == (S.PRINTABLE, None)
    assert job.facts["model"] == {"size_mm": [1, 2, 3]}


def test_a_pause_leaves_the_job_and_says_when_to_look(floor: Floor, meshed: Job) -> None:
    job, again_s = do(floor, a_step(raises(NotYet("busy", "It is busy.", again_s=7))), meshed)
    assert (job.state, job.revision, again_s) == (S.MESHED, meshed.revision, 7)
    assert job.because is not None
    assert job.because.problem == "It is busy."


def test_a_users_error_holds_the_job(floor: Floor, meshed: Job) -> None:
    job, again_s = do(floor, a_step(raises(MeshUnprintable("It is open."))), meshed)
    assert (job.state, job.held_from, job.in_doubt, again_s) == (S.HELD, S.MESHED, False, None)


def test_a_transient_error_is_tried_again_later(floor: Floor, meshed: Job) -> None:
    job, _ = do(floor, a_step(raises(PrinterOffline("It does not answer."))), meshed)
    assert (job.state, job.tries) == (S.MESHED, 1)
    ((*_, due),) = floor.store.under_way()
    assert due is not None


def test_a_permanent_error_ends_the_job(floor: Floor, meshed: Job) -> None:
    job, _ = do(floor, a_step(raises(Hopeless("No."))), meshed)
    assert job.state is S.FAILED


@pytest.mark.parametrize("fault", [ZeroDivisionError("x"), InternalError("x"), KeyError("x")])
def test_a_fault_of_ours_ends_the_job_with_a_traceback_in_the_log(
    floor: Floor, meshed: Job, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    job, _ = do(floor, a_step(raises(fault)), meshed)
    assert job.state is S.FAILED
    assert job.because is not None
    assert job.because.code == "internal_error"
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_a_step_that_has_to_go_back_does(floor: Floor) -> None:
    sliced = floor.job_in(S.SLICED)
    back = replace(FROM[S.SLICED], run=raises(GoBack(S.PRINTABLE, "other rules")))
    job, again_s = do(floor, back, sliced)
    assert (job.state, again_s) == (S.PRINTABLE, None)
    assert job.because is None
    assert floor.store.events(job.number)[-1].text == "other rules"


def test_a_cancelled_print_is_a_cancelled_job(floor: Floor) -> None:
    printing = floor.job_in(S.PRINTING)
    end = replace(FROM[S.PRINTING], run=raises(PrintCancelled("At the display.")))
    job, _ = do(floor, end, printing)
    assert job.state is S.CANCELLED
    assert job.because is not None
    assert job.because.problem == "At the display."


@pytest.mark.parametrize("error", [CancelledError(), DiskFailed("The disk is gone."), StaleJob()])
def test_what_is_no_outcome_passes_and_changes_nothing(
    floor: Floor, meshed: Job, error: BaseException
) -> None:
    before = floor.store.events()
    with pytest.raises(type(error)):
        do(floor, a_step(raises(error)), meshed)
    assert (floor.store.job(meshed.number), floor.store.events()) == (meshed, before)


def test_a_result_that_comes_too_late_is_dropped(floor: Floor, meshed: Job) -> None:
    def cancelled_meanwhile(job: Job, tools: Tools) -> Facts:
        floor.store.cancelled(job, "Not wanted.", who="ann")
        return {}

    with pytest.raises(StaleJob):
        do(floor, a_step(cancelled_meanwhile), meshed)
    assert floor.store.job(meshed.number).state is S.CANCELLED


def test_a_full_disk_in_a_step_that_may_be_repeated_is_tried_again(
    floor: Floor, meshed: Job
) -> None:
    job, _ = do(floor, a_step(raises(DiskFull("No room."))), meshed)
    assert (job.state, job.tries) == (S.MESHED, 1)


def test_who_loses_the_race_for_a_printer_looks_again(floor: Floor) -> None:
    floor.job_in(S.ASSIGNED, 1)
    second = floor.job_in(S.SLICED, 2)
    taken = {"printer": "left", "print_name": "pd-2-1-x"}
    job, again_s = do(floor, replace(FROM[S.SLICED], run=gives(taken)), second)
    assert (job, again_s) == (second, LOOK_AGAIN_S)


# Steps that run once.


def test_a_start_runs_behind_its_mark_on_a_taken_bed(floor: Floor, uploaded: Job) -> None:
    def run(job: Job, tools: Tools) -> Facts:
        assert job.mark is not None
        assert floor.store.open_mark(job) is not None
        assert bed_of(floor) is BedState.OCCUPIED
        return {}

    job, _ = do(floor, a_start(run), uploaded)
    assert job.state is S.PRINTING
    assert floor.store.open_mark(job) is None


def test_what_is_not_ready_is_not_marked(floor: Floor, uploaded: Job) -> None:
    def not_now(job: Job, tools: Tools) -> None:
        raise GoBack(S.SLICED, "left is offline")

    step = replace(a_start(never), ready=not_now)
    job, _ = do(floor, step, uploaded)
    assert (job.state, job.printer, bed_of(floor)) == (S.SLICED, None, BedState.CLEAR)


def test_a_start_that_has_begun_is_recovered_and_never_run(floor: Floor, uploaded: Job) -> None:
    do(floor, a_start(raises(InDoubt("start_in_doubt", "No answer."))), uploaded)
    recovered = replace(FROM[S.UPLOADED], run=never, recover=gives({}))
    job, _ = do(floor, recovered, uploaded)
    assert job.state is S.PRINTING


def test_doubt_keeps_mark_and_bed(floor: Floor, uploaded: Job) -> None:
    job, _ = do(floor, a_start(raises(InDoubt("start_in_doubt", "No answer."))), uploaded)
    assert (job.state, bed_of(floor)) == (S.UPLOADED, BedState.OCCUPIED)
    assert floor.store.open_mark(job) is not None


def test_proof_clears_mark_and_bed_and_is_looked_at_again(floor: Floor, uploaded: Job) -> None:
    job, again_s = do(floor, a_start(raises(NotHappened("too late"))), uploaded)
    assert (job.state, bed_of(floor), again_s) == (S.UPLOADED, BedState.CLEAR, LOOK_AGAIN_S)
    assert floor.store.open_mark(job) is None


@pytest.mark.parametrize(
    "error", [StartRefused("It says no."), PrinterOffline("Nothing was taken.")]
)
def test_an_error_of_a_start_is_proof(floor: Floor, uploaded: Job, error: Exception) -> None:
    job, _ = do(floor, a_start(raises(error)), uploaded)
    assert floor.store.open_mark(job) is None
    assert bed_of(floor) is BedState.CLEAR


@pytest.mark.parametrize(
    "fault", [ZeroDivisionError("x"), InternalError("x"), OSError("x"), sqlite3.DataError("x")]
)
def test_a_fault_of_ours_in_a_start_is_a_doubt(
    floor: Floor, uploaded: Job, fault: Exception
) -> None:
    job, _ = do(floor, a_start(raises(fault)), uploaded)
    assert (job.state, job.in_doubt, job.printer) == (S.HELD, True, "left")
    assert job.because is not None
    assert job.because.code == StartInDoubt.code
    assert floor.store.open_mark(job) is not None
    assert bed_of(floor) is BedState.OCCUPIED


def test_a_fault_of_ours_while_a_print_runs_is_no_failed_print(floor: Floor) -> None:
    printing = floor.job_in(S.PRINTING)
    job, _ = do(floor, replace(FROM[S.PRINTING], run=raises(KeyError("x"))), printing)
    assert (job.state, job.in_doubt, job.printer) == (S.HELD, True, "left")
    assert job.because is not None
    assert job.because.code == "end_unknown"


def test_a_full_disk_after_a_start_is_no_proof_that_nothing_started(
    floor: Floor, uploaded: Job
) -> None:
    with pytest.raises(DiskFull):
        do(floor, a_start(raises(DiskFull("No room."))), uploaded)
    job = floor.store.job(uploaded.number)
    assert (job.state, job.tries, bed_of(floor)) == (S.UPLOADED, 0, BedState.OCCUPIED)
    assert floor.store.open_mark(job) is not None


def test_a_daemon_that_ends_in_a_start_leaves_the_mark(floor: Floor, uploaded: Job) -> None:
    with pytest.raises(DiskFailed):
        do(floor, a_start(raises(DiskFailed("The disk is gone."))), uploaded)
    assert floor.store.open_mark(uploaded) is not None


def test_a_bed_that_is_not_clear_stops_a_start_before_it_begins(
    floor: Floor, uploaded: Job
) -> None:
    Beds(floor.store.database).doubt("left", "somebody was there")
    job, _ = do(floor, a_start(never), uploaded)
    assert job.because is not None
    assert (job.state, job.because.code) == (S.UPLOADED, "bed_not_clear")


def test_a_step_that_runs_once_takes_no_bed_where_there_is_none(
    floor: Floor, uploaded: Job
) -> None:
    floor.left.has_bed = False
    Beds(floor.store.database).doubt("left", "nobody looks after it")
    job, _ = do(floor, a_start(gives({})), uploaded)
    assert (job.state, bed_of(floor)) == (S.PRINTING, BedState.UNKNOWN)


def test_one_run_is_one_line_of_history(floor: Floor, meshed: Job) -> None:
    before = len(moves_of(floor.store, meshed))
    do(floor, a_step(gives({})), meshed)
    assert len(moves_of(floor.store, meshed)) == before + 1
