"""Which waiting job goes to which printer: one pass over all of them. Pure.

Jobs choose in their order: by priority, then age, then how little has to be changed at a printer.
A job that chooses later may push an earlier one to another printer, never out: so every printer
that can be used is used, and no job loses its turn to a later one. Who waits rises: none starves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from printd.core.board import Condition
from printd.core.hall import Hall, Judged
from printd.core.jobs import Because
from printd.core.matching import Needs, Offer, is_near, why_not

RISES_EVERY: Final = timedelta(hours=12)  # so long in line is worth one step of priority
SAME_AGE: Final = timedelta(minutes=10)  # jobs that came so close together came together
LOST_FOR: Final = timedelta(minutes=10)  # a printer out of reach for longer is not waited for


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that waits for a printer."""

    needs: Needs
    since: datetime  # when it was handed in
    priority: int = 0  # higher goes first
    may_move: bool = False  # to another class of printers: it can be sliced again

    @property
    def job(self) -> int:
        """Its number."""
        return self.needs.job

    @property
    def unsliced(self) -> Needs:
        """Return what it would ask if it were not sliced yet."""
        return replace(self.needs, profile=None, endings=frozenset())


@dataclass(frozen=True, slots=True)
class Turns:
    """What a pass has found; each job stands in one of the first three."""

    printers: Mapping[int, Offer]  # by job: it is its turn, at this printer
    moves: Mapping[int, str]  # it is to be sliced for another class of printers, and why
    reasons: Mapping[int, Because]  # it waits
    line: Sequence[Waiting] = ()  # all of them, in the order in which they choose
    takers: Mapping[str, int] = field(default_factory=dict)  # by printer: whose turn it is there


def turns(waiting: Iterable[Waiting], hall: Hall, now: datetime, *, coming: int = 0) -> Turns:
    """Return what becomes of each job that waits.

    Args:
        waiting: all of them.
        hall: the printers.
        now: the wall clock.
        coming: how many jobs are being sliced now: printers that are free are for them, too.
    """
    line = in_line(waiting, hall, now)
    seats = _seated(line, hall)
    started = dict(_within_circuits(line, seats, hall))
    left = [one for one in line if one.job not in started]
    unwanted = [at for at in hall.idle if at not in seats.values()]
    moves = dict(_moves(left, unwanted, hall, now, coming))
    takers = {at: job for job, at in seats.items()}
    reasons = {one.job: _reason(one, seats, takers, hall) for one in left if one.job not in moves}
    return Turns(
        {job: hall.offers[at] for job, at in started.items()},
        moves,
        reasons,
        line,
        {hall.offers[at].name: job for at, job in takers.items()},
    )


def in_line(waiting: Iterable[Waiting], hall: Hall, now: datetime) -> list[Waiting]:
    """Return the jobs in the order in which they choose."""

    def place(one: Waiting) -> tuple[int, int, int, int]:
        rank = one.priority + (now - one.since) // RISES_EVERY
        age = int(one.since.timestamp() // SAME_AGE.total_seconds())
        return -rank, age, _least_setups(one.needs, hall), one.job

    return sorted(waiting, key=place)


def printer_for(
    needs: Needs, waiting: Iterable[Waiting], hall: Hall, now: datetime
) -> Offer | None:
    """Return a printer of the class that a job is best sliced for; None: no waiting helps.

    That is one that is free and that nobody in line wants; else one with the shortest line.

    Args:
        needs: of a job that is not sliced yet.
        waiting: those that are.
        hall: the printers.
        now: the wall clock.
    """
    judged = hall.judged(needs)
    near = [at for at in _near(judged) if not judged.never[at]]
    if not near:
        return hall.best(needs)
    line = in_line(waiting, hall, now)
    wanted = set(_seated(line, hall).values())
    lengths = _lengths(line, hall)

    def wait(at: int) -> tuple[bool, float, int, int]:
        has_room = at in judged.free and at not in wanted
        return not has_room, lengths[at], -judged.places[at], at

    return hall.offers[min(near, key=wait)]


def _lengths(line: Iterable[Waiting], hall: Hall) -> list[float]:
    """Return how long the line is at each printer; who could go to several stands at each in part.

    The job that a printer has stands there, too.
    """
    lengths = [float(offer.row.job is not None) for offer in hall.offers]
    for one in line:
        near = _near(hall.judged(one.needs))
        for at in near:
            lengths[at] += 1.0 / len(near)
    return lengths


def _near(judged: Judged) -> list[int]:
    return [at for at, place in enumerate(judged.places) if is_near(place)]


def _seated(line: Sequence[Waiting], hall: Hall) -> dict[int, int]:
    """Return which printer each job gets, by their numbers and places: as many as can be.

    Source: augmenting paths (Kuhn); served in order, the earlier ones always keep a place.
    """
    takers: dict[int, Waiting] = {}
    free = {at for one in line for at in hall.judged(one.needs).free}

    def seat(one: Waiting, tried: set[int]) -> bool:
        wished = [at for at in _by_setups(one.needs, hall) if at not in tried]
        tried.update(wished)
        empty = next((at for at in wished if at not in takers), None)
        pushed = (at for at in wished if seat(takers[at], tried))
        found = next(pushed, None) if empty is None else empty
        if found is not None:
            takers[found] = one
        return found is not None

    full: set[int] = set()  # whoever sits there cannot go anywhere else
    for one in line:
        if len(takers) == len(free):
            break
        tried = set(full)
        if not seat(one, tried):
            full = tried
    return {one.job: at for at, one in takers.items()}


def _within_circuits(
    line: Sequence[Waiting], seats: Mapping[int, int], hall: Hall
) -> Iterator[tuple[int, int]]:
    """Return those of ``seats`` that may heat up now, the first in line first."""
    begun: dict[str, int] = {}
    for one in line:
        if one.job not in seats:
            continue
        offer = hall.offers[seats[one.job]]
        before = begun.get(offer.circuit, 0)
        if offer.starts_left is None or before < offer.starts_left:
            begun[offer.circuit] = before + 1
            yield one.job, seats[one.job]


def _reason(
    one: Waiting, seats: Mapping[int, int], takers: Mapping[int, int], hall: Hall
) -> Because:
    """Return why a job waits that has no turn."""
    reason = hall.why_waiting(one.needs)
    if one.job in seats:  # the circuit has to wait
        reason = why_not(one.needs, replace(hall.offers[seats[one.job]], starts_left=0))
    elif reason is None:
        at = next(at for at in hall.judged(one.needs).free if at in takers)
        reason = _next(hall.offers[at], takers[at])
    assert reason is not None  # noqa: S101  who has no turn has something in its way
    return reason


def _next(offer: Offer, job: int) -> Because:
    return Because("busy", f"{offer.name} is about to print #{job}, whose turn it is.")


def _moves(
    left: Sequence[Waiting], free: Sequence[int], hall: Hall, now: datetime, coming: int
) -> Iterator[tuple[int, str]]:
    """Return the jobs that another class of printers takes, while their own cannot.

    One moves when none of its own printers is in service and in reach, when a person has said that
    it is for others, or when a printer stands free that no job of its own wants. That one gets no
    second one meanwhile. What is for no printer that there is any more is made ready anew in any
    case.
    """
    known = {offer.profile for offer in hall.offers}
    usable = {offer.profile for offer in hall.offers if not _is_lost(offer, now)}
    for one in left:
        mine = one.needs.profile
        if known and mine is not None and mine not in known:
            yield one.job, f"no printer has the profile {mine} any more"
            continue
        if not one.may_move or mine is None:
            continue
        if _is_sent_elsewhere(one, hall):
            yield one.job, f"it is for {' or '.join(sorted(one.needs.only_on))} now"
            continue
        is_stuck = mine not in usable
        if not is_stuck and len(free) <= coming:
            continue
        judged = hall.judged(one.unsliced)
        others = [at for at in _near(judged) if hall.offers[at].profile != mine]
        idle = [at for at in others if at in free and at in judged.free]
        if is_stuck and others:
            there = hall.offers[others[0]].name
            yield one.job, f"no printer of {mine} is in service and in reach; {there} is"
        elif idle and not is_stuck:
            free = [at for at in free if at != idle[0]]
            there = hall.offers[idle[0]].name
            yield one.job, f"it waits for a printer of {mine}, and {there} is free"


def _is_sent_elsewhere(one: Waiting, hall: Hall) -> bool:
    """Say whether a job may only go to printers that it has not been made for, and can be."""
    needs = one.needs
    named = [at for at, offer in enumerate(hall.offers) if offer.name in needs.only_on]
    if not named or any(hall.offers[at].profile == needs.profile for at in named):
        return False
    never = hall.judged(one.unsliced).never
    return not all(never[at] for at in named)


def _is_lost(offer: Offer, now: datetime) -> bool:
    """Say whether nobody can tell when a printer will be used again."""
    row = offer.row
    if row.out_of_service is not None:
        return True
    is_offline = row.status is not None and row.status.condition is Condition.OFFLINE
    return is_offline and row.seen_at is not None and now - row.seen_at > LOST_FOR


def _least_setups(needs: Needs, hall: Hall) -> int:
    return min((hall.setups(needs, at) for at in hall.judged(needs).free), default=0)


def _by_setups(needs: Needs, hall: Hall) -> list[int]:
    return sorted(hall.judged(needs).free, key=lambda at: hall.setups(needs, at))
