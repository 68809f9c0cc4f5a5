"""What a mesher is: photo in, mesh out, at once or by and by, perhaps for money."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from printd.core.jobs import Facts
from printd.services.ticket import PictureWanted, Ticket

__all__ = ["Mesher", "PictureWanted", "Ticket"]


class Mesher(Protocol):
    """Turns a photo into a raw mesh, at once or by and by."""

    @property
    def name(self) -> str:
        """As in the configuration."""
        ...

    @property
    def raw(self) -> str:
        """The name in the job's folder of what ``collect`` writes."""
        ...

    @property
    def picture(self) -> PictureWanted | None:
        """What is handed in; None: the photo itself, to a mesher on this machine."""
        ...

    def price_usd(self, photo: Path, settings: Facts) -> Decimal:
        """Return what one order costs at most; 0: nothing.

        Args:
            photo: of the job; what an earlier order has left beside it need not be paid again.
            settings: see ``order``.
        """
        ...

    def order(self, photo: Path, settings: Facts) -> Ticket:
        """Hand in a photo; sends the request that costs something once, whatever happens.

        Args:
            photo: a checked picture, as ``picture`` wants it, in the job's folder.
            settings: of the relief that the job asks for.

        Raises:
            ServiceRefusal: it was not accepted, and never will be like this.
            ServiceAway: proof that nothing was accepted (no connection, 429).
            InDoubt: the request may have been accepted (deadline, reset, 5xx).
            SettingInvalid: a setting is unknown or outside its range.
        """
        ...

    def find(
        self, photo: Path, since: datetime, taken: Collection[str] | None = None
    ) -> Ticket | None:
        """Return the order that an ``InDoubt`` may have left; None: there is none.

        Args:
            photo: as ``order`` was given it.
            since: a little before the order was sent.
            taken: the orders at this service that are known already; None: not known which.

        Raises:
            InDoubt: the service cannot be asked now.
            OrderInDoubt: it cannot tell; a person decides.
        """
        ...

    def known(self, order: str) -> Ticket:
        """Return the ticket of an order whose number a person has found in their account.

        Raises:
            SettingInvalid: that cannot be such a number.
        """
        ...

    def collect(self, ticket: Ticket, photo: Path, settings: Facts, out: Path) -> Facts:
        """Write the mesh to ``out``, whole or not at all, and return facts about it.

        May be called again at any time, also by a later run of the daemon. A service that has
        finished is never asked to work again: its result is fetched.

        Raises:
            NotYet: the service is still working, or cannot be reached.
            ServiceFailure: it will never give a mesh for this order.
        """
        ...
