"""What services are paid: the price of an order, who agreed to it, what is left of the budget.

The price is reserved in the transaction of the mark, before anything is sent; an order that is in
doubt stays reserved, one that was not accepted or is refunded costs nothing. Prices are rounded up
to cents of the currency of ``price``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from printd.core.clock import from_text, to_text, utc_now
from printd.core.database import Database
from printd.core.errors import BudgetReached, NeedsPriceConsent
from printd.core.hours import zone_of
from printd.core.jobs import Job
from printd.core.moments import moment_words
from printd.core.prices import Amount, Money

CONSENT: Final = "consent"  # in the settings of a job: the amount that its recipe agrees to
CONSENTS: Final = "consents"  # in its facts: what persons have agreed to besides
RESTORED: Final = "restored"  # in its facts, since when: what was ordered before is not known
CENT: Final = Decimal("0.01")
KEY_OWNER: Final = "key:"  # how the owner of what a key hands in begins


class Paid(StrEnum):
    """What has become of an order."""

    SENT = "sent"  # or about to be, or in doubt
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    LOST = "lost"  # accepted and owed, and nothing came of it
    REFUNDED = "refunded"
    NOT_ACCEPTED = "not_accepted"


COSTS: Final = (Paid.SENT, Paid.ACCEPTED, Paid.DELIVERED, Paid.LOST)
_COSTS: Final = ", ".join(f"'{state}'" for state in COSTS)
_SUM: Final = f"SELECT coalesce(sum(price_cents), 0) FROM service_order WHERE state IN ({_COSTS})"  # noqa: S608


class BudgetConfig(BaseModel):
    """How much services may be paid, in the currency of ``price``; None: no limit of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_day: Amount | None = None
    per_month: Amount | None = None
    per_person_month: Amount | None = None
    per_key_month: Amount | None = None
    usd: Annotated[Decimal, Field(gt=0, le=100_000)] = Decimal(1)  # what one US dollar costs


@dataclass(frozen=True, slots=True)
class Purpose:
    """What an order is for, and who has to agree to it."""

    what: str  # in words, after "for this"
    persons_only: bool = False  # what a recipe agrees to does not count, not even for nothing


SHAPE: Final = Purpose("shape")


@dataclass(frozen=True, slots=True)
class Order:
    """One row of what services were asked for."""

    job: int
    attempt: int
    mesher: str
    owner: str
    price: Money
    state: Paid
    at: datetime
    service_id: str | None
    settled_at: datetime | None  # when it was known what had become of it

    def as_values(self) -> dict[str, Any]:
        """Return it as plain values, as it is kept beside the files of its job."""
        return {
            "attempt": self.attempt,
            "mesher": self.mesher,
            "owner": self.owner,
            "price": self.price.facts(),
            "state": str(self.state),
            "at": to_text(self.at),
            "service_id": self.service_id,
            "settled_at": to_text(self.settled_at) if self.settled_at else None,
        }


class Spending:
    """Looks whether an order may be paid, and reserves its price.

    Args:
        database: of the jobs.
        budget: as the configuration has it now.
        currency: likewise, of ``price``.
        zone: of the house; None: that of the machine. Days and months begin by it.
    """

    def __init__(
        self,
        database: Database,
        budget: Callable[[], BudgetConfig],
        currency: Callable[[], str],
        zone: Callable[[], str | None],
    ) -> None:
        self._database = database
        self._budget = budget
        self._currency = currency
        self._zone = zone

    def price(self, usd: Decimal) -> Money:
        """Return a price of a service in the currency of the house, rounded up to a cent."""
        return Money((usd * self._budget().usd).quantize(CENT, ROUND_UP), self._currency())

    def check(self, job: Job, mesher: str, price: Money, purpose: Purpose = SHAPE) -> None:
        """Look whether this order is agreed to and can be paid.

        Args:
            job: whose order it is.
            mesher: the name of the service.
            price: at most.
            purpose: of the order.

        Raises:
            NeedsPriceConsent: a person has to agree.
            BudgetReached: a budget is spent for now.
        """
        if price.amount or purpose.persons_only:
            self._check_consent(job, mesher, price, purpose)
            self._check_budget(job, price)

    def reserve(self, job: Job, mesher: str, price: Money, purpose: Purpose = SHAPE) -> None:
        """Reserve the price of an order, inside the transaction that marks it as begun.

        Raises:
            NeedsPriceConsent, BudgetReached: as ``check``; the mark is not set.
        """
        with self._database.write() as connection:
            self.check(job, mesher, price, purpose)
            if not price.amount:
                return
            connection.execute(
                "INSERT OR REPLACE INTO service_order"
                "(job, attempt, mesher, owner, price_cents, currency, state, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(job.number, job.attempt, mesher, job.owner, int(price.amount / CENT)),
                    *(price.currency, Paid.SENT, to_text(utc_now())),
                ),
            )

    def known_orders(self, job: Job) -> frozenset[str] | None:
        """Return the numbers at their services of all orders that were accepted.

        Of all meshers: two may share one account. None while an order of another job is on its
        way or in doubt: what a service lists may be that one.
        """
        others = "SELECT count(*) FROM service_order WHERE state = ? AND job != ?"
        if self._database.rows(others, Paid.SENT, job.number)[0][0]:
            return None
        query = "SELECT service_id FROM service_order WHERE service_id IS NOT NULL"
        return frozenset(row[0] for row in self._database.rows(query))

    def spent_on(self, job: int) -> Decimal:
        """Return what the orders of one job cost."""
        return self._sum(f"{_SUM} AND job = ?", job)

    def _check_consent(self, job: Job, mesher: str, price: Money, purpose: Purpose) -> None:
        agreed, spent = agreed_to(job), self._spent_since(job)
        is_agreed = not purpose.persons_only or self._have_persons_agreed(job, mesher, price)
        if spent + price.amount <= agreed and is_agreed:
            return
        more = f" Its orders cost {Money(spent, price.currency)} so far." if spent else ""
        limit = f" Agreed to: {Money(agreed, price.currency)} altogether." if agreed else ""
        if not is_agreed:
            limit = " For that a person is asked, whatever the recipe agrees to."
        raise NeedsPriceConsent(
            f"{mesher} asks up to {price} for this {purpose.what}.{more}{limit}"
        )

    def _spent_since(self, job: Job) -> Decimal:
        """Return what the orders of a job cost, since a restore if there was one."""
        since = str(job.facts.get(RESTORED, ""))
        return self._sum(f"{_SUM} AND job = ? AND at > ?", job.number, since)

    def _have_persons_agreed(self, job: Job, mesher: str, price: Money) -> bool:
        """Return whether persons alone have agreed to all that this service gets for the job.

        What they said before a restore may have been spent since the copy was made.
        """
        since = str(job.facts.get(RESTORED, ""))
        said = _said(job)
        query = f"{_SUM} AND job = ? AND mesher = ? AND at > ?"
        spent = self._sum(query, job.number, mesher, since)
        return bool(said) and spent + price.amount <= _together(said)

    def _check_budget(self, job: Job, price: Money) -> None:
        for name, limit, spent in self._limits(job):
            if spent + price.amount > limit:
                whole = Money(limit, price.currency)
                raise BudgetReached(
                    f"An order for {price} is more than is left of `budget.{name}`: "
                    f"{Money(max(limit - spent, Decimal(0)), price.currency)} of {whole}.",
                    self._anew(name) if price.amount <= limit else "",
                )

    def _anew(self, name: str) -> str:
        """Return when a budget begins anew, in words."""
        now = utc_now()
        day, month = day_and_month(now, self._zone())
        next_month = (month + timedelta(days=32)).replace(day=1)
        begins = day + timedelta(days=1) if name == "per_day" else next_month
        return moment_words(begins, now, zone_of(self._zone()))

    def _limits(self, job: Job) -> Iterator[tuple[str, Decimal, Decimal]]:
        """Return name, limit and what is spent of each budget that binds an order of this job."""
        budget = self._budget()
        day, month = day_and_month(utc_now(), self._zone())
        whole = f"{_SUM} AND at >= ?"
        own = f"{whole} AND owner = ?"
        if budget.per_day is not None:
            yield "per_day", budget.per_day, self._sum(whole, to_text(day))
        if budget.per_month is not None:
            yield "per_month", budget.per_month, self._sum(whole, to_text(month))
        is_key = job.owner.startswith(KEY_OWNER)
        limit = budget.per_key_month if is_key else budget.per_person_month
        if limit is not None:
            name = "per_key_month" if is_key else "per_person_month"
            yield name, limit, self._sum(own, to_text(month), job.owner)

    def _sum(self, query: str, *values: Any) -> Decimal:
        row = self._database.row(query, *values)
        return Decimal(row[0] if row else 0) * CENT


def agreed_to(job: Job) -> Decimal:
    """Return how much may be spent on a job without asking anybody again.

    What its recipe or a person had agreed to before a restore does not count: it may have been
    spent since the copy was made.
    """
    before = "0" if job.facts.get(RESTORED) else job.settings.get(CONSENT, "0")
    return Decimal(before) + _together(_said(job))


def _said(job: Job) -> list[Mapping[str, Any]]:
    """Return what persons have agreed to, since a restore if there was one."""
    since = str(job.facts.get(RESTORED, ""))
    return [entry for entry in job.facts.get(CONSENTS, ()) if entry["at"] > since]


def _together(said: Iterable[Mapping[str, Any]]) -> Decimal:
    return sum((Decimal(entry["amount"]) for entry in said), Decimal(0))


def settle(connection: sqlite3.Connection, job: Job, state: Paid, service_id: str = "") -> None:
    """Note what has become of the order of this attempt, if it costs something."""
    connection.execute(
        "UPDATE service_order SET state = ?, settled_at = ?,"
        " service_id = coalesce(nullif(?, ''), service_id) WHERE job = ? AND attempt = ?",
        (state, to_text(utc_now()), service_id, job.number, job.attempt),
    )


def free(connection: sqlite3.Connection, job: Job) -> None:
    """Note that an order which was about to be sent was not accepted."""
    connection.execute(
        "UPDATE service_order SET state = ?, settled_at = ?"
        " WHERE job = ? AND attempt = ? AND state = ?",
        (Paid.NOT_ACCEPTED, to_text(utc_now()), job.number, job.attempt, Paid.SENT),
    )


def give_up(connection: sqlite3.Connection, job: Job) -> None:
    """Note that nobody fetches what was ordered: it costs its price all the same."""
    connection.execute(
        "UPDATE service_order SET state = ?, settled_at = ?"
        " WHERE job = ? AND attempt = ? AND state IN (?, ?)",
        (Paid.LOST, to_text(utc_now()), job.number, job.attempt, Paid.SENT, Paid.ACCEPTED),
    )


def is_sent(database: Database, job: Job) -> bool:
    """Return whether an order that costs something may be on its way."""
    return _is_in(database, job, Paid.SENT)


def is_accepted(database: Database, job: Job) -> bool:
    """Return whether an order that costs something was accepted, and has not come yet."""
    return _is_in(database, job, Paid.ACCEPTED)


def _is_in(database: Database, job: Job, state: Paid) -> bool:
    query = "SELECT 1 FROM service_order WHERE job = ? AND attempt = ? AND state = ?"
    return database.row(query, job.number, job.attempt, state) is not None


def orders_of(database: Database, job: int | None = None) -> list[Order]:
    """Return what services were asked for, oldest first: of one job, or of all."""
    where, values = ("", ()) if job is None else (" WHERE job = ?", (job,))
    query = f"SELECT * FROM service_order{where} ORDER BY at, job, attempt"  # noqa: S608  our words
    return [_order(row) for row in database.rows(query, *values)]


def day_and_month(now: datetime, zone: str | None) -> tuple[datetime, datetime]:
    """Return when this day and this month have begun by the wall clock of the house."""
    here = now.astimezone(zone_of(zone))
    day = here.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return day, day.replace(day=1)


def _order(row: sqlite3.Row) -> Order:
    return Order(
        job=row["job"],
        attempt=row["attempt"],
        mesher=row["mesher"],
        owner=row["owner"],
        price=Money(Decimal(row["price_cents"]) * CENT, row["currency"]),
        state=Paid(row["state"]),
        at=from_text(row["at"]),
        service_id=row["service_id"],
        settled_at=from_text(row["settled_at"]) if row["settled_at"] else None,
    )


def put_back(connection: sqlite3.Connection, job: int, values: Mapping[str, Any]) -> None:
    """Write an order as ``Order.as_values`` has kept it; one that was in doubt counts as paid.

    Raises:
        ValueError, TypeError, KeyError, ArithmeticError: that is no order.
    """
    price, state = values["price"], Paid(values["state"])
    connection.execute(
        "INSERT INTO service_order(job, attempt, mesher, owner, price_cents, currency, state, at,"
        " settled_at, service_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(job, int(values["attempt"]), str(values["mesher"]), str(values["owner"])),
            *(int(Decimal(price["amount"]) / CENT), str(price["currency"])),
            *(Paid.LOST if state is Paid.SENT else state, to_text(from_text(values["at"]))),
            *(values["settled_at"], values["service_id"]),
        ),
    )
