"""What each person, key and visit has had, read from the jobs; and the limits held against it.

A job counts from when it is handed in, with what is known of it: grams, hours and money since it
was sliced. The copies that are wanted of it count with it until they are jobs of their own. One
that failed or was cancelled before a printer was told to start it does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from printd.core.clock import from_text, to_text, utc_now
from printd.core.config import Config
from printd.core.database import Database
from printd.core.errors import LimitReached, QueueFull
from printd.core.hours import zone_of
from printd.core.jobs import Facts, Job
from printd.core.limits import (
    MORE,
    SMALLER,
    Holder,
    House,
    Of,
    Quota,
    Use,
    why_full,
    why_no_more,
)
from printd.core.prices import counted, price_facts

BINDS: Final = "limits"  # in the settings of a job: whose limits bind it, a value of ``Of``
HOUR_S: Final = Decimal(3600)
THEN: Final = "Run `printd retry JOB` then. "
LET_GO: Final = "`printd release JOB` lets it go on as it is."
_PIECES: Final = (  # that a row stands for
    "CASE WHEN copies > 1 THEN max(1, copies -"
    " (SELECT count(*) FROM job AS copy WHERE copy.copy_of = job.number)) ELSE 1 END"
)
_WAITING: Final = (
    f"SELECT total({_PIECES}), total({_PIECES}) FILTER (WHERE owner = ?) FROM job"  # noqa: S608
    " WHERE state IN ('received', 'drawn', 'ordered', 'meshed', 'printable', 'sliced', 'assigned',"
    " 'uploaded', 'held')"
)
_USED: Final = (
    f"SELECT created_at, {_PIECES} AS prints,"  # noqa: S608  our own words
    " json_extract(facts, '$.price.amount') AS money,"
    " json_extract(facts, '$.gcode.filament_g') AS filament_g,"
    " json_extract(facts, '$.gcode.least_g') AS least_g,"
    " json_extract(facts, '$.gcode.print_time_s') AS print_time_s,"
    " json_extract(facts, '$.gcode.least_time_s') AS least_time_s"
    " FROM job WHERE owner = ? AND created_at > ? AND number IS NOT ?"
    " AND (state NOT IN ('failed', 'cancelled')"
    " OR json_extract(facts, '$.started_at') IS NOT NULL"
    " OR EXISTS (SELECT 1 FROM mark WHERE mark.job = job.number AND mark.step = 'printing'))"
)


def check_taken(database: Database, config: Config, kind: Of, owner: str, wanted: Use) -> None:
    """Refuse a job that is handed in when it would be one too many.

    Args:
        database: of the jobs.
        config: what the limits are.
        kind: whose limits bind it.
        owner: as jobs name it: ``ana``, ``key:web-shop``, ``visit:17``.
        wanted: what it takes, as far as it is known.

    Raises:
        LimitReached: this one has had enough for now.
        QueueFull: too many jobs wait.
    """
    everything, own = waiting_jobs(database, owner)
    full = why_full(everything, config.limits.waiting, wanted.prints)
    if full is not None:
        raise QueueFull(full.problem, action=full.action)
    quota = _quota(config, kind)
    _check(
        config, Holder.of(kind, owner), quota, _used(database, quota, owner, wanted), wanted, own
    )


def check_sliced(database: Database, config: Config, job: Job, facts: Facts) -> None:
    """Hold a job that turns out to be too much, now that it is known what it takes.

    Args:
        database: of the jobs.
        config: what the limits are.
        job: before it is sliced.
        facts: that slicing has found out.

    Raises:
        LimitReached: it is more than its owner may have; a person can let it go on.
    """
    if BINDS not in job.settings or LimitReached.code in job.facts.get("waived", ()):
        return
    kind = Of(job.settings[BINDS])
    quota = _quota(config, kind).model_copy(update={"waiting": None})  # it waits already
    row = database.row(f"SELECT {_PIECES} FROM job WHERE number = ?", job.number)  # noqa: S608
    pieces = int(row[0]) if row else 1
    # Of now: what makes room while a job is held would not, if it counted from when it came.
    wanted = replace(_use_of_all(job, {**job.facts, **facts}, pieces), at=utc_now())
    used = _used(database, quota, job.owner, wanted, but=job.number)
    try:
        _check(config, Holder.of(kind, job.owner), quota, used, wanted, 0)
    except LimitReached as error:  # it is held, and nobody looks again by themselves
        then = "" if error.action in (MORE, SMALLER) else THEN
        raise LimitReached(error.problem, action=f"{error.action} {then}{LET_GO}") from None


Unit = Literal["prints", "grams", "hours", "money", "waiting"]


@dataclass(frozen=True, slots=True)
class Had:
    """How much of one limit is used."""

    of: Unit
    used: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class Allowance:
    """What binds the owner of a job, and what they have had, this job counted."""

    holder: Holder
    within_h: float | None  # counted over so long; None: for ever
    had: tuple[Had, ...]


def allowance_of(database: Database, config: Config, job: Job, now: datetime) -> Allowance | None:
    """Return how much the owner of a job has had of what they may have; None: nothing binds them.

    Args:
        database: of the jobs.
        config: what the limits are.
        job: whose owner is meant.
        now: the wall clock.
    """
    if BINDS not in job.settings:
        return None
    kind = Of(job.settings[BINDS])
    quota = _quota(config, kind)
    uses = _used(database, quota, job.owner, Use(now))
    limits: Sequence[tuple[Unit, int | Decimal | None, Callable[[Use], Decimal]]] = (
        ("prints", quota.prints, lambda use: Decimal(use.prints)),
        ("grams", quota.grams, lambda use: use.grams),
        ("hours", quota.hours, lambda use: use.hours),
        ("money", quota.money, lambda use: use.money),
    )
    amounts = tuple(
        Had(of, sum((value(use) for use in uses), Decimal(0)), Decimal(most))
        for of, most, value in limits
        if most is not None
    )
    if quota.waiting is not None:
        own = Decimal(waiting_jobs(database, job.owner)[1])
        amounts = (*amounts, Had("waiting", own, Decimal(quota.waiting)))
    return Allowance(Holder.of(kind, job.owner), quota.within_h, amounts) if amounts else None


def waiting_jobs(database: Database, owner: str) -> tuple[int, int]:
    """Return how many pieces are not printed yet: all, and those of one."""
    row = database.row(_WAITING, owner)
    return (int(row[0]), int(row[1])) if row else (0, 0)


def uses_of(
    database: Database, owner: str, since: datetime | None, but: int | None = None
) -> list[Use]:
    """Return what one has asked for since a moment (None: ever), without the job ``but``."""
    rows = database.rows(_USED, owner, to_text(since) if since else "", but)
    return [
        _use(from_text(row["created_at"]), dict(row), row["money"], row["prints"]) for row in rows
    ]


def use_of(at: datetime, facts: Facts, prints: int = 1) -> Use:
    """Return what so many prints of a job take by its facts; what is not known yet is 0."""
    money = facts.get("price", {}).get("amount")
    return _use(at, facts.get("gcode", {}), money, prints)


def _use_of_all(job: Job, facts: Facts, pieces: int) -> Use:
    """Return what all pieces of a job take; its orders at services are paid for the first alone."""
    first = use_of(job.created_at, facts)
    more = use_of(first.at, {**facts, **price_facts(job.settings, facts.get("gcode"))}, pieces - 1)
    amounts = (first.grams + more.grams, first.hours + more.hours, first.money + more.money)
    return Use(first.at, pieces, *amounts)


def _use(at: datetime, gcode: Facts, money: str | None, prints: int) -> Use:
    exact = [prints * Decimal(str(value or 0)) for value in (*counted(gcode), money)]
    return Use(at, prints, exact[0], exact[1] / HOUR_S, exact[2])


def _quota(config: Config, kind: Of) -> Quota:
    limits = config.limits
    return {Of.VISIT: limits.per_visit, Of.PERSON: limits.per_person, Of.KEY: limits.per_key}[kind]


def _used(
    database: Database, quota: Quota, owner: str, wanted: Use, but: int | None = None
) -> list[Use]:
    window = None if quota.within_h is None else timedelta(hours=quota.within_h)
    return uses_of(database, owner, None if window is None else wanted.at - window, but)


def _check(
    config: Config, holder: Holder, quota: Quota, used: list[Use], wanted: Use, waiting: int
) -> None:
    house = House(zone_of(config.opening_hours.zone), config.price.currency)
    because = why_no_more(holder, quota, used, wanted, waiting, house)
    if because is not None:
        raise LimitReached(because.problem, action=because.action)
