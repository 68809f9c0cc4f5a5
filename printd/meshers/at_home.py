"""What meshers at home have in common: an order costs nothing.

So one that leaves nothing behind is not looked for, and given again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from printd.core.errors import InDoubt, ServiceFailed
from printd.core.jobs import Facts
from printd.services.terms import Terms
from printd.services.ticket import Ticket


class CostsNothing:
    """That half of a ``Mesher`` which is about what is owed."""

    __slots__ = ()

    def price_usd(self, photo: Path, settings: Facts) -> Decimal:  # noqa: ARG002 - of the protocol
        """See ``Mesher.price_usd``."""
        return Decimal(0)

    def find(
        self,
        photo: Path,  # noqa: ARG002
        since: datetime,  # noqa: ARG002 - of the protocol
        taken: Collection[str] | None = None,  # noqa: ARG002
    ) -> Ticket | None:
        """See ``Mesher.find``; an order without an answer has left nothing, and cost nothing."""
        return None


@contextmanager
def without_debt(terms: Terms) -> Iterator[None]:
    """Let an order that may have been accepted count as one that came to nothing: it costs nothing.

    For servers at home. It is not simply given again: it would be, for ever, when it fails.

    Raises:
        ServiceFailed: a person, or the next of the route, goes on.
    """
    try:
        yield
    except InDoubt as doubt:
        raise ServiceFailed(
            f"{terms.label} has begun and given no mesh.",
            action="Look into the log of the server, then run `printd retry JOB`.",
        ) from doubt
