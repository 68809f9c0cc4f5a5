"""Why each job waits, and why each printer stands still: one pass, the same for every display."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from printd.core.forecast import ahead_of, starts_of
from printd.core.hall import Hall
from printd.core.job_words import label_of
from printd.core.jobs import AT_PRINTER, Because, Job, State
from printd.core.matching import Needs, Offer, why_not, why_stopped
from printd.core.order import Turns
from printd.core.shop import ANEW, reasons_in, turns_of

PASSING: Final = "busy"  # passes by itself; the job that has the printer says how far it is
NO_JOB: Final = "no_job"
NEXT: Final = "next"


@dataclass(frozen=True, slots=True)
class Standing:
    """What was found in one pass."""

    jobs: Mapping[int, Because]  # by number: why it waits, or has stopped
    stops: Mapping[str, Because]  # by printer: why it takes no job at all
    idle: Mapping[str, Because]  # by printer: why it stands still, though it could take one
    ahead: Mapping[int, int]  # by number, in the order in which they choose: how many do before
    starts: Mapping[int, datetime]  # by number: when it is likely to start

    @property
    def printers(self) -> Mapping[str, Because]:
        """Return why each printer stands still; one that has a job is not among them."""
        return {**self.stops, **self.idle}


def standing_of(jobs: Iterable[Job], offers: Sequence[Offer], now: datetime) -> Standing:
    """Return what is said of each job and of each printer.

    Args:
        jobs: all that are not over, others as well.
        offers: the printers.
        now: the wall clock.
    """
    found = list(jobs)
    line = turns_of(found, offers, now)
    hall = Hall(offers)
    stops = stops_of(offers)
    idle = idle_of(line, hall)
    if not line.line:
        idle = dict.fromkeys(idle, _nothing(found))
    return Standing(
        reasons_in(line, found, offers),
        {name: why for name, why in stops.items() if why.code != PASSING},
        idle,
        ahead_of(line.line),
        starts_of(line.line, hall, now),
    )


def stops_of(offers: Iterable[Offer]) -> dict[str, Because]:
    """Return why printers take no job at all now, by name; the others are free."""
    found = ((offer.name, why_stopped(offer)) for offer in offers)
    return {name: why for name, why in found if why is not None}


def idle_of(line: Turns, hall: Hall) -> dict[str, Because]:
    """Return what each printer that is free has to do with the jobs that wait, by name.

    Args:
        line: of the pass.
        hall: the printers.
    """
    free = [at for at, offer in enumerate(hall.offers) if why_stopped(offer) is None]
    return dict(_of_line(free, line, hall))


def _nothing(jobs: Sequence[Job]) -> Because:
    """Return what is said of a printer while no job waits for one."""
    coming = [job for job in jobs if not job.is_final and job.state not in AT_PRINTER]
    held = [job for job in coming if job.state is State.HELD]
    made = [job for job in coming if job.state is not State.HELD]
    if made:
        said = f"#{made[0].number} {label_of(made[0])}{_more(made)}"
        return Because(NO_JOB, f"Nothing is ready to be printed yet: {said}.")
    if held:
        verb = "need" if len(held) > 1 else "needs"
        return Because(NO_JOB, f"Nothing waits; #{held[0].number}{_more(held)} {verb} a person.")
    return Because(NO_JOB, "Nothing waits.")


def _more(jobs: Sequence[Job]) -> str:
    return f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""


def _of_line(free: Iterable[int], line: Turns, hall: Hall) -> Iterator[tuple[str, Because]]:
    seated = set(line.takers.values())
    left = [one for one in line.line if one.job not in seated]
    judged = [(one.needs, hall.judged(one.needs).places) for one in left]
    for at in free:
        offer = hall.offers[at]
        taker = line.takers.get(offer.name)
        if taker is not None:
            wait = line.reasons.get(taker)  # such as for a circuit
            yield offer.name, wait or Because(NEXT, f"#{taker} is next on {offer.name}.")
        elif left and left[0].job in line.moves:
            why = line.moves[left[0].job]
            yield offer.name, Because(ANEW, f"#{left[0].job} is made ready anew: {why}.")
        else:
            nearest = max(judged, key=lambda one: one[1][at], default=None)
            yield offer.name, _unsuited(nearest[0] if nearest else None, offer, len(left))


def _unsuited(nearest: Needs | None, offer: Offer, waiting: int) -> Because:
    """Return why none of ``waiting`` jobs suits a printer: what keeps the nearest from it."""
    reason = why_not(nearest, offer) if nearest else None
    if nearest is None or reason is None:
        return Because(NO_JOB, "Nothing else waits.")
    job = nearest.job
    is_named = f"#{job}" in reason.problem
    if waiting == 1:
        said = reason.problem if is_named else f"#{job} waits: {reason.problem}"
    else:
        of = "Nearest:" if is_named else f"Nearest is #{job}:"
        said = f"{waiting} jobs wait, and none suits {offer.name}. {of} {reason.problem}"
    return replace(reason, problem=said).of(job)
