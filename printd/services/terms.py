"""How long is waited for what a service makes, and what must not be mistaken meanwhile.

The order was paid when it was accepted. So no look at it may seem to say that nothing is owed: a
key that has expired meanwhile is waited for. Nothing that keeps a lost order from being found may
look as though nothing had been sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from printd.core.clock import from_text, to_text, utc_now
from printd.core.errors import (
    InDoubt,
    NotYet,
    ResultGone,
    ServiceAway,
    ServiceError,
    ServiceRefusal,
    ServiceTooSlow,
)
from printd.core.service_config import HostedConfig, ServiceConfig
from printd.services.fetching import Hosts
from printd.services.line import Line, Waits
from printd.services.ticket import Ticket

FIRST_S: Final = 2.0  # until the first look, growing with the age of the order
LONGEST_S: Final = 10.0
HINDERED_S: Final = 60.0  # until a person has put a key or an account right


@dataclass(frozen=True, slots=True)
class Terms:
    """How results of a service are brought home, and how long is waited for them.

    Args:
        line: to the service.
        label: what people call the model, and where it runs.
        hosts: where results may lie.
        most_bytes: of a result.
        order_timeout_s: from the order on; what takes longer is given up.
        lands_s: an order whose answer was lost may take so long to show, and a result that comes
            damaged may be right within it.
    """

    line: Line
    label: str
    hosts: Hosts
    most_bytes: int
    order_timeout_s: float
    lands_s: float


def terms_of(
    line: Line,
    label: str,
    config: ServiceConfig,
    names: Sequence[str] = (),
    with_key: Sequence[str] = (),
) -> Terms:
    """Return the terms that the configuration sets.

    Args:
        line: to the service.
        label: of the model.
        config: of the mesher.
        names: hosts where the service is known to have its results.
        with_key: those of them that want the key.
    """
    return Terms(
        line,
        label,
        Hosts((*names, *config.asset_hosts), tuple(with_key), are_local=config.local),
        int(config.result_max_mb * 1e6),
        config.order_timeout_s,
        config.lands_s,
    )


def line_to(service: str, config: HostedConfig, **more: Any) -> Line:
    """Return the line to a service far away that the configuration sets.

    Args:
        service: what people call it.
        config: of whatever asks it.
        more: how its key is sent and what its refusals mean; see ``Line``.
    """
    return Line.open(
        service,
        config.base_url,
        key_file=config.key_file,
        waits=waits_of(config),
        ca_file=config.ca_file,
        **more,
    )


def price_of(config: ServiceConfig, usual_usd: Decimal) -> Decimal:
    """Return what one run costs at most, in US dollars: as configured, or as usual."""
    return usual_usd if config.price_usd is None else config.price_usd


def waits_of(config: ServiceConfig) -> Waits:
    """Return how long the configuration lets a service take."""
    return Waits(config.connect_s, config.answer_s, config.stall_s, config.download_s)


def ticket_of(mesher: str, order: str, *, at: datetime | None = None, **details: Any) -> Ticket:
    """Return the ticket of an order that was accepted now, or at a moment."""
    return Ticket(mesher, order, {"ordered_at": to_text(at or utc_now()), **details})


def age_s(ticket: Ticket) -> float:
    """Return how long ago it was ordered."""
    return max(0.0, (utc_now() - from_text(ticket.details["ordered_at"])).total_seconds())


def is_overdue(terms: Terms, ticket: Ticket) -> bool:
    """Return whether the order is given up, unless it is ready."""
    return age_s(ticket) > terms.order_timeout_s


def again_s(age: float, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> float:
    """Return when to look again at an order of so many seconds: soon at first, later less often."""
    return min(longest_s, max(first_s, age / 10))


def still_working(
    terms: Terms,
    ticket: Ticket,
    what: str = "mesh",
    *,
    far: str = "",
    wait_s: float | None = None,
) -> NotYet:
    """Return that the service is not ready with what it makes.

    Args:
        terms: of the service.
        ticket: of the order.
        what: it makes.
        far: how far it is, in words.
        wait_s: until the next look; None: as the age of the order is.
    """
    return NotYet(
        "service_working",
        f"{terms.label} is making the {what}{f' ({far})' if far else ''}.",
        again_s=again_s(age_s(ticket)) if wait_s is None else wait_s,
    )


def too_slow(terms: Terms) -> ServiceTooSlow:
    """Return that an order is given up."""
    return ServiceTooSlow(
        f"{terms.label} has not finished within {terms.order_timeout_s / 60:.0f} min."
    )


def unknown_order(terms: Terms, ticket: Ticket) -> NotYet | ResultGone:
    """Return what it means that a service does not know an order: of a young one, nothing yet."""
    words = f"{terms.line.name} does not know the order {ticket.order}."
    age = age_s(ticket)
    if age < terms.lands_s:
        return NotYet("result_gone", f"{words} It may be too young.", again_s=again_s(age))
    return ResultGone(words)


@contextmanager
def while_ordered() -> Iterator[None]:
    """Let refusals of looks at an accepted order be waited for; a person can put them right.

    Raises:
        NotYet: the key, the account or an address is refused now.
    """
    try:
        yield
    except ServiceRefusal as error:
        raise NotYet(error.code, error.problem, again_s=HINDERED_S, action=error.action) from error


@contextmanager
def while_in_doubt(line: Line) -> Iterator[None]:
    """Let whatever keeps a service from being asked for a lost order leave the doubt as it is.

    Raises:
        InDoubt: nothing was found out.
    """
    try:
        yield
    except ServiceAway as away:
        raise InDoubt(
            "order_sent",
            f"Whether {line.name} has accepted the order is not known yet: {away.problem}",
            again_s=away.again_s,
        ) from away
    except ServiceError as error:
        raise InDoubt(
            "order_sent", error.problem, again_s=HINDERED_S, action=error.action
        ) from error
