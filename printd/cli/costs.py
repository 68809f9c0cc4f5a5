"""``printd costs``: what was printed and what it took; what services were paid."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from printd.cli.looking import looking
from printd.cli.output import show_json, show_text, table
from printd.cli.session import Session
from printd.cli.since import moment_of
from printd.core.clock import to_text
from printd.core.history import Wanted
from printd.core.jobs import FINAL
from printd.core.moments import stamp
from printd.core.prices import Money
from printd.core.spending import COSTS, Order, Paid, orders_of
from printd.core.totals import Total, totals_by

TITLES = ("", "printed", "bad", "failed", "cancelled", "hours", "grams", "money")
ORDERED = ("job", "ordered", "mesher", "for", "price", "", "order at the service")
ENDS = {
    Paid.SENT: "in doubt",
    Paid.ACCEPTED: "being made",
    Paid.DELIVERED: "delivered",
    Paid.LOST: "lost, and paid",
    Paid.REFUNDED: "failed, not paid",
    Paid.NOT_ACCEPTED: "not accepted",
}


def costs(args: argparse.Namespace) -> int:
    """Add up the jobs that are over, by month, printer, owner …; or list the paid orders."""
    since = moment_of(args.since) if args.since else None
    with looking(args) as here:
        orders = _orders(here, since)
        if args.services:
            return _services(orders, as_json=args.json)
        jobs = here.store.history(Wanted(states=FINAL, since=since))
    totals = totals_by(args.by, jobs)
    if args.json:
        show_json([{args.by: word, **total.as_values()} for word, total in totals.items()])
    elif totals:
        table([TITLES, *(_row(word, total) for word, total in totals.items())])
    else:
        show_text("Nothing has ended yet.")
    if paid := _paid(orders):
        words = " and ".join(str(money) for money in paid)
        if not args.json:
            show_text(f"Services were paid {words}: see `printd costs --services`.")
    return 0


def _row(word: str, total: Total) -> tuple[str, ...]:
    counts = (total.printed, total.bad, total.failed, total.cancelled)
    money = " + ".join(str(money) for money in total.money if money.amount)
    return word, *map(str, counts), f"{total.hours:.1f}", f"{total.grams:.0f}", money


def _orders(here: Session, since: datetime | None) -> list[Order]:
    orders = orders_of(here.store.database)
    return [order for order in orders if since is None or order.at >= since]


def _services(orders: Sequence[Order], *, as_json: bool) -> int:
    """List what services were asked for, and what that has cost."""
    if as_json:
        show_json(
            {
                "orders": [_values(order) for order in orders],
                "paid": [money.facts() for money in _paid(orders)],
            }
        )
        return 0
    if not orders:
        show_text("No service was asked for anything that costs money.")
        return 0
    table([ORDERED, *(_order_row(order) for order in orders)])
    show_text(f"Paid: {' and '.join(str(money) for money in _paid(orders)) or 'nothing'}.")
    return 0


def _order_row(order: Order) -> tuple[str, ...]:
    at = stamp(order.at)
    end, number = ENDS[order.state], order.service_id or ""
    return f"#{order.job}", at, order.mesher, order.owner, str(order.price), end, number


def _values(order: Order) -> dict[str, object]:
    return {
        "job": order.job,
        "attempt": order.attempt,
        "mesher": order.mesher,
        "owner": order.owner,
        "state": order.state,
        "at": to_text(order.at),
        "price": order.price.facts(),
        "order": order.service_id,
    }


def _paid(orders: Sequence[Order]) -> list[Money]:
    """Return what was paid, in each currency that prices have had."""
    sums: dict[str, Decimal] = {}
    for order in orders:
        if order.state in COSTS:
            currency = order.price.currency
            sums[currency] = sums.get(currency, Decimal(0)) + order.price.amount
    return [Money(amount, currency) for currency, amount in sums.items()]
