"""What people say about orders at services: yes to a price, this shape, what became of an order.

Each function works inside the caller's transaction and writes its line of the history.
"""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal

from printd.core.clock import to_text, utc_now
from printd.core.jobs import Facts, Job, State
from printd.core.moves import clear_mark, settle_mark, write_event, write_move
from printd.core.order_end import OrderEnd
from printd.core.prices import Money
from printd.core.route import (
    AWAY,
    CHOSEN,
    INSTEAD,
    SHAPES,
    TRIED,
    before_order,
    final_route,
    is_to_be_drawn,
)
from printd.core.spending import CONSENTS, Paid, settle


def consent(amount: Decimal, who: str) -> Facts:
    """Return an entry of ``CONSENTS``: a person has agreed to so much."""
    return {"amount": f"{amount:f}", "who": who, "at": to_text(utc_now())}


def agree(connection: sqlite3.Connection, job: Job, price: Money, *, who: str) -> None:
    """Let a job that waits for it go on: a person pays so much more for it.

    Raises:
        StaleJob: somebody moved the job meanwhile.
    """
    facts = {**job.facts, CONSENTS: [*job.facts.get(CONSENTS, ()), consent(price.amount, who)]}
    write_event(connection, job.number, "job.paid_for", text=f"agreed to {price}", who=who)
    _go_on(connection, job, job.held_from or State.RECEIVED, facts, who=who)


def choose(connection: sqlite3.Connection, job: Job, number: int, *, who: str) -> None:
    """Let a job go on with one of its shapes, the first of which is 1; raises as ``agree``."""
    write_event(connection, job.number, "job.chosen", text=f"shape {number}", who=who)
    _go_on(connection, job, State.MESHED, {**job.facts, CHOSEN: number}, who=who)


def want_final(connection: sqlite3.Connection, job: Job, *, who: str) -> None:
    """Order the real shape of a draft that a person has looked at; raises as ``agree``."""
    others = {
        key: value for key, value in job.facts.items() if key not in (SHAPES, TRIED, "ticket")
    }
    write_event(connection, job.number, "job.draft_liked", text="the final shape", who=who)
    facts = {**others, INSTEAD: list(final_route(job))}
    _go_on(connection, job, before_order(job), facts, who=who, attempt=job.attempt + 1)


def resolve_order(
    connection: sqlite3.Connection, job: Job, end: OrderEnd, ticket: Facts | None, *, who: str
) -> None:
    """Do what a person says of an order in doubt; raises as ``agree``.

    Args:
        connection: in a transaction.
        job: whose order it is, HELD.
        end: what became of it.
        ticket: by which it is collected; None: there is nothing to collect.
        who: the person.
    """
    to = job.held_from or State.RECEIVED
    if end is OrderEnd.NOT_ACCEPTED:
        clear_mark(connection, job)
        _go_on(connection, job, to, job.facts, who=who, attempt=job.attempt + 1)
        return
    step = State.DRAWN if is_to_be_drawn(job) else State.ORDERED
    settle_mark(connection, job, step, f"{who} says so")
    if ticket is None:
        settle(connection, job, Paid.LOST)
        _go_on(connection, job, to, job.facts, who=who, attempt=job.attempt + 1)
        return
    settle(connection, job, Paid.ACCEPTED, str(ticket["order"]))
    facts = {**job.facts, "ticket": ticket, AWAY: True}
    _go_on(connection, job, State.ORDERED, facts, who=who)


def _go_on(
    connection: sqlite3.Connection,
    job: Job,
    to: State,
    facts: Facts,
    *,
    who: str,
    attempt: int | None = None,
) -> None:
    now = to_text(utc_now())
    write_move(
        connection,
        job,
        to,
        in_doubt=0,
        held_from=None,
        confirmed_at=now,
        attempt=job.attempt if attempt is None else attempt,
        facts=json.dumps(dict(facts)),
        who=who,
    )
