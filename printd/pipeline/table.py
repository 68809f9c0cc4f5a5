"""The path of a job as a table, and the one place where the outcome of a step is told apart."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

from printd.core.clock import utc_now
from printd.core.errors import (
    CannotWriteNow,
    DiskError,
    EndUnknown,
    GoBack,
    InternalError,
    NotHappened,
    NotYet,
    OrderInDoubt,
    PermanentError,
    PrintCancelled,
    PrintdError,
    ServiceError,
    StartInDoubt,
    StartupError,
    TransientError,
    UserError,
)
from printd.core.given import Given
from printd.core.jobs import Facts, Job, State
from printd.core.route import after_failure
from printd.core.store import StaleJob, Store
from printd.pipeline import (
    assigning,
    drawing,
    judging,
    meshing,
    printing,
    repairing,
    slicing,
    starting,
)
from printd.pipeline.tools import Tools

log = logging.getLogger(__name__)
S = State
PHOTO: Final = frozenset({Given.PHOTO})
WORDS: Final = frozenset({Given.WORDS})
GCODE: Final = frozenset(given for given in Given if given.is_gcode)
LOOK_AGAIN_S = 0.2  # after a finding that changes what the next look will see


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a job: what it starts from, what is true afterwards, how.

    A step with ``recover`` cannot be taken back: it runs behind a synced mark, and when it has
    begun before and its outcome is not known, ``recover`` is called instead of ``run``. ``ready``
    says, before the mark, whether it may begin at all, and ``still`` in its transaction, from the
    store alone. ``fits`` looks at what it has found out, in the transaction of the move, so that no
    other job is counted too late. ``of`` is what the jobs are made of. The lane ``cpu`` is for what
    waits for a calculation, ``net`` for a printer, ``far`` for a service.
    """

    takes: State
    gives: State
    run: Callable[[Job, Tools], Facts]
    lane: Literal["cpu", "net", "far"]
    recover: Callable[[Job, Tools], Facts] | None = None
    ready: Callable[[Job, Tools], None] | None = None
    still: Callable[[Job, Tools], None] | None = None
    fits: Callable[[Job, Facts, Tools], None] | None = None
    takes_bed: bool = False
    away: bool | None = None  # whether a service has, or first gets, the work; None: either
    of: frozenset[Given] = frozenset(Given)


_DRAW: Final = Step(
    S.RECEIVED,
    S.DRAWN,
    drawing.draw_picture,
    "far",
    recover=drawing.find_picture,
    ready=drawing.may_draw,
    still=drawing.reserve_price,
    of=WORDS,
)
_ORDER: Final = Step(
    S.RECEIVED,
    S.ORDERED,
    meshing.order_mesh,
    "far",
    recover=meshing.find_order,
    ready=meshing.may_order,
    still=meshing.reserve_price,
    away=False,
    of=PHOTO,
)
STEPS: Final = (
    _DRAW,
    replace(_DRAW, away=True, of=PHOTO),
    _ORDER,
    replace(_ORDER, takes=S.DRAWN, away=None, of=PHOTO | WORDS),
    Step(S.RECEIVED, S.SLICED, judging.judge_given, "cpu", of=GCODE),
    Step(S.ORDERED, S.MESHED, meshing.collect_mesh, "cpu", away=False),
    Step(S.ORDERED, S.MESHED, meshing.collect_mesh, "far", away=True),
    Step(S.MESHED, S.PRINTABLE, repairing.make_printable, "cpu"),
    Step(S.PRINTABLE, S.SLICED, slicing.slice_model, "cpu", fits=slicing.check_use),
    Step(S.SLICED, S.ASSIGNED, assigning.assign_printer, "net"),
    Step(S.ASSIGNED, S.UPLOADED, starting.upload_file, "net"),
    Step(
        S.UPLOADED,
        S.PRINTING,
        starting.start_print,
        "net",
        recover=starting.find_print,
        ready=starting.may_start,
        still=starting.may_still_start,
        takes_bed=True,
    ),
    Step(S.PRINTING, S.PRINTED, printing.watch_print, "net"),
)
STEP_FROM: Final = {
    (step.takes, given, away): step
    for step in STEPS
    for given in step.of
    for away in (False, True)
    if step.away in (None, away)
}


def run_step(step: Step, job: Job, tools: Tools, store: Store) -> float | None:
    """Run one step of one job and record its outcome; the only broad ``except`` of printd.

    Returns:
        Seconds until the job is to be looked at again; None: at once.

    Raises:
        StartupError: the disk failed, the daemon must end.
        CannotWriteNow: nothing could be recorded; what has begun keeps its mark.
        StaleJob: somebody moved the job meanwhile; the result is dropped.
    """
    try:
        facts = _act(step, job, tools, store)
        if facts is None:
            return LOOK_AGAIN_S
        _advance(step, job, facts, tools, store)
    except NotYet as pause:
        store.wait(job, pause)
        return pause.again_s
    except NotHappened as proof:
        store.not_happened(job, str(proof))
        return LOOK_AGAIN_S
    except GoBack as back:
        log.info("#%s goes back to %s: %s", job.number, back.to, back.problem)
        store.advance(job, State(back.to), back.facts, why=back.problem)
    except PrintCancelled as end:
        store.cancelled(job, end.problem, who=job.cancel_by or "the printer")
    except (CancelledError, StaleJob, StartupError):
        raise  # the daemon is stopping, somebody was faster, or the disk is gone
    except sqlite3.IntegrityError:
        return LOOK_AGAIN_S  # another job has just taken this printer
    except Exception as error:  # noqa: BLE001  every outcome has to be recorded
        _record(step, job, error, store)
    return None


def _advance(step: Step, job: Job, facts: Facts, tools: Tools, store: Store) -> None:
    """Move the job on; what cannot be taken back has happened, whatever place it has in line now.

    Raises:
        StaleJob: somebody has stopped it meanwhile, or it does not need what was found.
    """
    check = None if step.fits is None else partial(step.fits, job, facts, tools)
    try:
        store.advance(job, step.gives, facts, check=check)
    except StaleJob:
        now = store.job(job.number)
        is_same = (now.state, now.attempt) == (job.state, job.attempt)
        if step.recover is None or not is_same or store.open_mark(now) is None:
            raise
        store.advance(now, step.gives, facts)


def _act(step: Step, job: Job, tools: Tools, store: Store) -> Facts | None:
    """Run or recover a step; None: it was recovered to a state that a later look will see."""
    if step.recover is None:
        return step.run(job, tools)
    mark = store.open_mark(job)
    if mark is not None:
        return step.recover(replace(job, mark=mark), tools)
    if step.ready is not None:
        step.ready(job, tools)
    takes_bed = step.takes_bed and _has_bed(job, tools)
    check = None if step.still is None else partial(step.still, job, tools)
    begun = store.begin(job, step.gives, takes_bed=takes_bed, check=check)
    return None if begun is None else step.run(begun, tools)


def _has_bed(job: Job, tools: Tools) -> bool:
    return job.printer is not None and tools.printers[job.printer].has_bed


def _record(step: Step, job: Job, error: Exception, store: Store) -> None:
    if isinstance(error, CannotWriteNow) and step.recover is not None:
        raise error  # our disk says nothing about what has been sent: it is found out by evidence
    if isinstance(error, TransientError):
        log.warning("%s: %s", error.code, error.problem)
        store.retry(job, error, utc_now())
    elif isinstance(error, ServiceError):
        log.error("%s: %s", error.code, error.problem)
        ask_next, facts = False, job.facts  # of a picture there is no route
        if step.gives is not S.DRAWN:
            ask_next, facts = after_failure(job, error.code, error.problem)
        store.order_failed(job, error, facts, ask_next=ask_next)
    elif isinstance(error, UserError):
        log.error("%s: %s", error.code, error.problem)
        is_unclear = isinstance(error, DiskError) and store.is_paying(job)  # as a full disk above
        store.stop(job, S.HELD, OrderInDoubt(error.problem) if is_unclear else error)
    elif isinstance(error, PermanentError):
        log.error("%s: %s", error.code, error.problem)
        store.stop(job, S.FAILED, error)
    else:
        log.error("step to %s of #%s", step.gives, job.number, exc_info=error)
        begun = store.open_mark(job) is not None
        if step.takes is S.ORDERED and store.is_accepted(job):
            store.stop(job, S.HELD, _paid(error))
        else:
            store.stop(job, *_fault(step, error, begun=begun, paying=store.is_paying(job)))


def _paid(error: Exception) -> InternalError:
    """Return a fault of ours while a paid order is in hand: it is there to be fetched still."""
    return InternalError(
        (error if isinstance(error, InternalError) else InternalError.of(error)).problem,
        action="`printd retry JOB` looks at the same order again, and pays nothing; if that does "
        "not help, report the job number: the log has the details.",
    )


def _fault(step: Step, error: Exception, *, begun: bool, paying: bool) -> tuple[State, PrintdError]:
    """A fault of ours says nothing about an order, a start or a print: a doubt, not an end."""
    fault = error if isinstance(error, InternalError) else InternalError.of(error)
    if paying:
        return S.HELD, OrderInDoubt(fault.problem)
    if step.takes_bed and begun:
        return S.HELD, StartInDoubt(fault.problem)
    if step.takes is S.PRINTING:
        return S.HELD, EndUnknown(fault.problem)
    return S.FAILED, fault
