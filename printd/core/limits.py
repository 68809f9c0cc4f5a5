"""How much one visit, person or key may have, and the sentence when it is enough.

Pure: what was used since when is handed in. What was used longer ago than the window of a limit
does not count any more, so each limit comes free again by itself, bit by bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from printd.core.config_types import MOST_DAYS
from printd.core.jobs import Because
from printd.core.moments import moment_words
from printd.core.prices import SIGNS, WHOLE

REACHED: Final = "limit_reached"
FULL: Final = "queue_full"
PRINTS: Final = "prints"
PRINT: Final = "print"
MEASURED: Final = frozenset({"g", "h"})  # in which noughts after the point say nothing
SMALLER: Final = "Make it smaller."
MORE: Final = "Ask the staff if you need more."
Window = Annotated[float, Field(gt=0, le=24 * MOST_DAYS)]  # hours


class Of(StrEnum):
    """Whom a limit binds."""

    VISIT = "visit"
    PERSON = "person"
    KEY = "key"


class Quota(BaseModel):
    """What one of them may have; None: as much as is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prints: Annotated[int, Field(ge=0)] | None = None
    grams: Annotated[Decimal, Field(ge=0)] | None = None
    hours: Annotated[Decimal, Field(ge=0)] | None = None
    money: Annotated[Decimal, Field(ge=0)] | None = None  # in the currency of ``price``
    waiting: Annotated[int, Field(ge=0)] | None = None  # jobs that are not printed yet
    within_h: Window | None = 24.0  # counted over so long; None: for ever

    @property
    def is_limited(self) -> bool:
        """Something of it is limited."""
        limits = (self.prints, self.grams, self.hours, self.money, self.waiting)
        return any(limit is not None for limit in limits)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who hands something in."""

    kind: Of
    name: str = ""

    @classmethod
    def of(cls, kind: Of, owner: str) -> Holder:
        """Return the one that jobs call ``ana``, ``key:web-shop`` or ``visit:17``."""
        return cls(kind, owner.removeprefix(f"{kind}:"))

    def __str__(self) -> str:
        if self.kind is Of.VISIT:
            return "this visit"
        return f"the key {self.name}" if self.kind is Of.KEY else self.name


@dataclass(frozen=True, slots=True)
class Use:
    """What one job takes, its copies counted; what is not known yet is 0."""

    at: datetime  # when it was handed in
    prints: int = 1
    grams: Decimal = Decimal(0)
    hours: Decimal = Decimal(0)
    money: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class House:
    """What the sentences need to know of the place."""

    zone: tzinfo = UTC
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class _Over:
    """A limit that is reached, in its unit."""

    unit: str
    places: int  # amounts are told so exactly, after the point
    most: Decimal
    used: Decimal
    needs: Decimal
    free_at: datetime | None  # when there is room; None: no time makes any

    def __str__(self) -> str:
        return f"{self.told(self.used)} of {self.told(self.most)} {self.unit}"

    def of(self, amount: Decimal) -> str:
        """Return the unit as it follows an amount."""
        return PRINT if self.unit == PRINTS and amount == 1 else self.unit

    def told(self, amount: Decimal) -> str:
        """Return an amount as it is shown; one that would be shown as none is not left out."""
        least = Decimal(1).scaleb(-self.places)
        if 0 < amount < least:
            return f"under {least}"
        if self.unit in MEASURED:
            return f"{amount:.{self.places}f}".rstrip("0").rstrip(".")
        return f"{amount:.{self.places}f}"


def why_no_more(
    holder: Holder,
    quota: Quota,
    used: Sequence[Use],
    wanted: Use,
    waiting: int,
    house: House = House(),
) -> Because | None:
    """Return why ``holder`` cannot have ``wanted`` as well; None: there is room for it.

    Args:
        holder: who hands it in.
        quota: what one like this may have.
        used: what this one has asked for before, in any order.
        wanted: the job that is handed in now.
        waiting: how many jobs of this one are not printed yet.
        house: for the sentence.
    """
    if quota.waiting is not None and waiting + wanted.prints > quota.waiting:
        return _too_many(REACHED, f" of {holder}", waiting, quota.waiting, wanted.prints)
    over = _over(quota, used, wanted, house.currency)
    return None if over is None else _because(holder, quota, over, wanted.at, house)


def why_full(waiting: int, most: int | None, prints: int = 1) -> Because | None:
    """Return why nobody can hand in so many prints at the moment; None: there is room."""
    if most is None or waiting + prints <= most:
        return None
    return _too_many(FULL, "", waiting, most, prints)


def _too_many(code: str, whose: str, waiting: int, most: int, prints: int) -> Because:
    """Return that too much waits; ``prints`` are wanted as well."""
    if not most:
        return Because(code, f"No job{whose} may wait to be printed.", MORE)
    if prints > most:
        problem = f"{_jobs(most)}{whose} may wait to be printed; this would be {prints}."
        return Because(code, problem, f"Ask for {most} at most.")
    wait = "waits" if waiting == 1 else "wait"
    more = f", and this would be {prints} more" if prints > 1 else ""
    problem = f"{_jobs(waiting)}{whose} {wait} to be printed; {most} may{more}."
    if waiting + prints - most > 1:
        some = f"{waiting + prints - most} of them have"
    else:
        some = "it has" if waiting == 1 else "one of them has"
    return Because(code, problem, f"Hand it in again when {some} been printed.")


def _jobs(number: int) -> str:
    return "1 job" if number == 1 else f"{number} jobs"


def _over(quota: Quota, used: Sequence[Use], wanted: Use, currency: str) -> _Over | None:
    """Return the first limit that ``wanted`` would be beyond."""
    window = None if quota.within_h is None else timedelta(hours=quota.within_h)
    counted = [use for use in used if window is None or use.at + window > wanted.at]
    sign, cents = SIGNS.get(currency, currency), 0 if currency in WHOLE else 2
    for unit, places, limit, of in (
        (PRINTS, 0, quota.prints, lambda use: Decimal(use.prints)),
        ("g", 1, quota.grams, lambda use: use.grams),
        ("h", 2, quota.hours, lambda use: use.hours),
        (sign, cents, quota.money, lambda use: use.money),
    ):
        if limit is None:
            continue
        most, needs, had = Decimal(limit), of(wanted), [(use.at, of(use)) for use in counted]
        total = sum((amount for _, amount in had), Decimal(0))
        if not _fits(total, needs, most):
            return _Over(unit, places, most, total, needs, _free_at(had, needs, most, window))
    return None


def _fits(used: Decimal, needs: Decimal, most: Decimal) -> bool:
    """Return whether there is room; for what is not known yet some must be left."""
    return used + needs <= most and (needs > 0 or used < most)


def _free_at(
    had: Sequence[tuple[datetime, Decimal]],
    needs: Decimal,
    most: Decimal,
    window: timedelta | None,
) -> datetime | None:
    """Return when enough of what was used has left the window."""
    left = sum((amount for _, amount in had), Decimal(0))
    for at, amount in sorted(had):
        left -= amount
        if window is not None and _fits(left, needs, most):
            return at + window
    return None


def _because(holder: Holder, quota: Quota, over: _Over, now: datetime, house: House) -> Because:
    who = str(holder)
    within = f" within {quota.within_h:g} h" if quota.within_h else ""
    this = f"this print takes {over.told(over.needs)} {over.unit}"
    says_more = over.needs and over.unit != PRINTS
    if over.needs > over.most:
        may = f"{who} may have {over.told(over.most)} {over.of(over.most)}{within}"
        problem = f"{this}; {may}" if says_more else may
        return Because(REACHED, _sentence(problem), SMALLER if says_more else MORE)
    problem = f"{who} has had {over}{within}"
    if says_more:
        problem += f"; {this} more"
    elif over.needs > 1:
        problem += f"; this would be {over.told(over.needs)} more"
    if over.free_at is None:
        return Because(REACHED, _sentence(problem), MORE)
    when = moment_words(over.free_at, now, house.zone)
    return Because(REACHED, _sentence(problem), f"There is room for it {when}.")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
