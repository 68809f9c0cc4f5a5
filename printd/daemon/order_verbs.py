"""What people ask about orders at services: pay, choose a shape, the final one of a draft."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Protocol

from printd.core.agreeing import agree, choose, resolve_order, want_final
from printd.core.errors import NotPossibleNow
from printd.core.jobs import Facts, Job
from printd.core.order_end import OrderEnd
from printd.core.prices import Money
from printd.core.requests import Request
from printd.core.route import BEFORE_ORDER, shapes_of
from printd.core.store import Store
from printd.daemon.asking import Values, Verb, answer, arg, seen_job, words

MOST: Final = Decimal(100_000)


class Quote(Protocol):
    """Says what the next order of a job costs at most."""

    def __call__(self, job: Job) -> Money:
        """Return it."""
        ...


class TicketOf(Protocol):
    """Knows how an order is collected whose number a person has found."""

    def __call__(self, job: Job, *, order: str) -> Facts:
        """Return its ticket."""
        ...


class OrderVerbs:
    """Does what people ask about orders.

    Args:
        store: of the jobs.
        quote: what the next order of a job costs.
        ticket_of: by which an order is collected whose number a person has found.
    """

    def __init__(
        self,
        store: Store,
        quote: Quote,
        ticket_of: TicketOf,
    ) -> None:
        self._store = store
        self._quote = quote
        self._ticket_of = ticket_of
        self.verbs: Final[Mapping[str, Verb]] = {
            "pay": self._pay,
            "choose": self._choose,
            "final": self._final,
            "resolve-order": self._resolve,
        }

    def _pay(self, request: Request) -> Values:
        """Agree to the price of the next order, or to a larger sum."""
        job = seen_job(self._store, request, "pay")
        price = self._quote(job)
        said = words(request, "amount")
        if said:
            price = Money(_amount(said, price), price.currency)
        with self._store.database.write() as connection:
            agree(connection, job, price, who=request.who)
        return {**answer(self._store.job(job.number)), "agreed": str(price)}

    def _choose(self, request: Request) -> Values:
        job = seen_job(self._store, request, "choose")
        number, most = int(arg(request, "number")), len(shapes_of(job))
        if not 1 <= number <= most:
            raise NotPossibleNow(
                f"#{job.number} has no shape {number}.", action=f"Choose one from 1 to {most}."
            )
        with self._store.database.write() as connection:
            choose(connection, job, number, who=request.who)
        return answer(self._store.job(job.number))

    def _final(self, request: Request) -> Values:
        job = seen_job(self._store, request, "final")
        with self._store.database.write() as connection:
            want_final(connection, job, who=request.who)
        return answer(self._store.job(job.number))

    def _resolve(self, request: Request) -> Values:
        """Do what a person has found in the account of the service."""
        job = seen_job(self._store, request)
        if not job.in_doubt or job.held_from not in BEFORE_ORDER:
            raise NotPossibleNow(f"No order of #{job.number} is in doubt.")
        word = str(arg(request, "outcome"))
        if word not in tuple(OrderEnd):
            raise NotPossibleNow(f"{word!r} is no end of an order.", action="Ask again.")
        end = OrderEnd(word)
        order = words(request, "order").strip()
        if end is OrderEnd.ACCEPTED and not order:
            raise NotPossibleNow(
                "An accepted order is fetched by its number at the service.",
                action="Add `--order ID`; if there is nothing to fetch, say `lost`.",
            )
        ticket = self._ticket_of(job, order=order) if end is OrderEnd.ACCEPTED else None
        with self._store.database.write() as connection:
            resolve_order(connection, job, end, ticket, who=request.who)
        return answer(self._store.job(job.number))


def _amount(said: Any, price: Money) -> Decimal:
    """Return the sum that a person names.

    Raises:
        NotPossibleNow: it is none, or less than the order costs.
    """
    try:
        amount = Decimal(str(said))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not price.amount <= amount <= MOST:
        raise NotPossibleNow(
            f"{said!r} is no sum that pays for this order, which costs up to {price}.",
            action="Leave it out, or name a larger one.",
        )
    return amount
