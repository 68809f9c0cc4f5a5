"""What needs a person now, and what of it comes first; the same for every display. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from printd.core.holds import APPROVAL
from printd.core.jobs import Because, Job, State
from printd.core.standing import Standing

BED: Final = frozenset({"bed_unknown", "bed_not_clear"})
LIES: Final = "bed_not_clear"  # something is known to lie there
FAULT: Final = "fault_shown"  # on the display of a printer
AWAY: Final = "offline"
# Why jobs wait in line, and go on waiting until a person does something.
BY_HAND: Final = frozenset(
    {"wrong_printer", "wrong_kind", "wrong_nozzle", "wrong_material", "wrong_tray", "tray_empty"}
    | {"no_ams", "no_such_quality", "no_such_material", "no_printer", "too_large"}
    | {"too_little_filament", "reconfirm"}
)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for a person."""

    of: str  # in words
    because: Because
    job: int | None = None
    printer: str | None = None


def needs_of(jobs: Iterable[Job], standing: Standing) -> list[Need]:
    """Return what needs a person.

    Faults, doubts, what is to be looked at, beds, jobs in line that only a person helps, lost
    printers.

    Source: ux reference 6, O1; within a kind who waits longest comes first.

    Args:
        jobs: that are not over, in the order they came.
        standing: why each waits, and why printers stand still.
    """
    found = list(jobs)
    waiting = [job for job in found if job.state is State.SLICED]
    held = [job for job in found if job.state is State.HELD and job.because is not None]
    doubts = [job for job in held if job.in_doubt]
    approvals = [job for job in held if job.because and job.because.code == APPROVAL]
    looked_at = {job.number for job in (*doubts, *approvals)}
    faults = [job for job in held if job.number not in looked_at]
    return [
        *_of_printers(standing, FAULT),
        *(_of_job(job) for job in (*faults, *doubts, *approvals)),
        *sorted(_of_beds(standing), key=lambda need: need.of == need.printer),
        *_of_line(waiting, standing),
        *_of_printers(standing, AWAY),
    ]


def _of_printers(standing: Standing, code: str) -> Iterator[Need]:
    for name, why in standing.stops.items():
        if why.code == code:
            yield Need(name, why, printer=name)


def _of_job(job: Job) -> Need:
    assert job.because is not None  # noqa: S101  only such jobs are asked for
    return Need(f"#{job.number} {job.name}", job.because, job=job.number)


def _of_line(waiting: Iterable[Job], standing: Standing) -> Iterator[Need]:
    """Yield the reasons of jobs in line that last, each once, with the first job that has it."""
    alike: dict[str, list[Job]] = {}
    for job in waiting:
        why = standing.jobs.get(job.number)
        if why is not None and why.code in BY_HAND:
            alike.setdefault(why.problem, []).append(job)
    for first, *more in alike.values():
        of = f"#{first.number} {first.name}" + (f" and {len(more)} more" if more else "")
        yield Need(of, standing.jobs[first.number], job=first.number)


def _of_beds(standing: Standing) -> Iterator[Need]:
    """Yield the beds that jobs wait for, and those on which something lies."""
    for printer, why in standing.stops.items():
        if why.code not in BED:
            continue
        waiting = [number for number, reason in standing.jobs.items() if reason == why]
        if waiting:
            more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
            verb = "wait" if more else "waits"
            yield Need(f"#{waiting[0]}{more} {verb} for {printer}", why, printer=printer)
        elif why.code == LIES:
            yield Need(printer, why, printer=printer)
