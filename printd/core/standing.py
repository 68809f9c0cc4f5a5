"""Why each job waits, and why each printer stands still: one pass, the same for every display."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from printd.core.forecast import ahead_of, starts_of
from printd.core.hall import Hall
from printd.core.job_words import label_of
from printd.core.jobs import AT_PRINTER, Because, Job, State
from printd.core.matching import Offer, why_not, why_stopped
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
    stopped = {offer.name: why_stopped(offer) for offer in offers}
    free = [offer for offer in offers if stopped[offer.name] is None]
    nothing = _nothing(found) if not line.line else None
    return Standing(
        reasons_in(line, found, offers),
        {name: why for name, why in stopped.items() if why and why.code != PASSING},
        {offer.name: nothing or _of_line(offer, line) for offer in free},
        ahead_of(line.line),
        starts_of(line.line, Hall(offers), now),
    )


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


def _of_line(offer: Offer, line: Turns) -> Because:
    """Return what a printer that is free has to do with the jobs that wait."""
    taker = line.takers.get(offer.name)
    if taker is not None:
        wait = line.reasons.get(taker)  # such as for a circuit
        return wait or Because(NEXT, f"#{taker} is next on {offer.name}.")
    for one in line.line:
        if one.job in line.moves:
            return Because(ANEW, f"#{one.job} is made ready anew: {line.moves[one.job]}.")
        reason = None if one.job in line.takers.values() else why_not(one.needs, offer)
        if reason is not None:
            is_named = f"#{one.job}" in reason.problem
            problem = reason.problem if is_named else f"#{one.job} waits: {reason.problem}"
            return replace(reason, problem=problem).of(one.job)
    return Because(NO_JOB, "Nothing else waits.")
