"""One mesher at its fake, asked step by step."""

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from printd.core.clock import utc_now
from printd.core.jobs import Facts
from printd.meshers.base import Mesher
from printd.services.ticket import Ticket
from tests.peers.services_base import Service
from tests.peers.services_benches import Walk

AN_HOUR = timedelta(hours=1)
DONE_S = 120.0  # every fake has finished by then


class At:
    """A mesher, its fake, and a picture."""

    def __init__(self, folder: Path, peer: Service, mesher: Mesher) -> None:
        self.peer = peer
        self.mesher = mesher
        self.walk = Walk(mesher, peer, folder / "job")

    def order(self) -> Ticket:
        """Order once."""
        return self.mesher.order(self.walk.photo, {})

    def find(self, taken: Collection[str] | None = None) -> Ticket | None:
        """Look for a lost order."""
        return self.mesher.find(self.walk.photo, utc_now() - AN_HOUR, taken)

    def finished(self) -> Ticket:
        """Order, and let the service finish."""
        ticket = self.order()
        self.peer.clock.skip(DONE_S)
        return ticket

    def collect(self, ticket: Ticket) -> Facts:
        """Collect once."""
        return self.mesher.collect(ticket, self.walk.photo, {}, self.walk.out)

    @property
    def paid(self) -> list[str]:
        """The orders that the service has accepted."""
        return [paid.order for paid in self.peer.ledger.orders()]
