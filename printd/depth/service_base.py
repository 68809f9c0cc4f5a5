"""What a service is that makes a depth picture of a photo, for money.

It is asked once for each photo, and for each style if it follows styles. What it gave is kept in
the folder of the job as it came (``answers``): other settings read it anew and pay nothing. What it
is worth is judged where it is used (``judged``).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from printd.core.relief_settings import ReliefSettings
from printd.services.ticket import PictureWanted, Ticket


class DepthService(Protocol):
    """Makes a picture in which bright is near, at once or by and by."""

    @property
    def name(self) -> str:
        """As in the configuration."""
        ...

    @property
    def label(self) -> str:
        """What people call it; another model or size has another one."""
        ...

    @property
    def picture(self) -> PictureWanted:
        """What is handed in."""
        ...

    @property
    def follows_style(self) -> bool:
        """Whether it draws each style of a relief differently."""
        ...

    @property
    def detail(self) -> float:
        """How much of the photo's own detail is to be added to what it gives, 0 to 1."""
        ...

    @property
    def price_usd(self) -> Decimal:
        """What one order costs at most."""
        ...

    def order(self, photo: Path, settings: ReliefSettings, answer: Path) -> Ticket:
        """Hand in a photo; sends the request that costs something once, whatever happens.

        Args:
            photo: a checked picture, as ``picture`` wants it.
            settings: of the relief.
            answer: where a service that answers with the picture puts it, synced, before this
                returns; nothing is there yet.

        Raises:
            ServiceError, ServiceAway, InDoubt: as ``Mesher.order``.
        """
        ...

    def find(
        self, photo: Path, since: datetime, taken: Collection[str] | None = None
    ) -> Ticket | None:
        """Return the order that an ``InDoubt`` may have left; None: there is none.

        Args:
            photo: as it was handed in.
            since: the order was sent after this.
            taken: orders that belong to others of ours; None: not known.

        Raises:
            OrderInDoubt: this service cannot tell; a person decides.
            InDoubt: it cannot be asked now.
        """
        ...

    def known(self, order: str) -> Ticket:
        """Return the ticket of an order that a person has found in their account.

        Raises:
            SettingInvalid: that cannot be such an order.
        """
        ...

    def collect(self, ticket: Ticket, photo: Path, answer: Path) -> None:
        """Write the picture to ``answer`` as it comes, whole and synced or not at all.

        Raises:
            NotYet: the service is still working, or cannot be reached.
            ServiceFailure: it will never give a picture for this order.
        """
        ...
