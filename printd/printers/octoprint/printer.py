"""The ``octoprint`` printer: one machine behind an OctoPrint server.

What it can be asked and told, each in its own room: ``contact`` asks it, ``shown`` is its place on
the board, ``files`` puts our files there, ``starting`` starts them, ``orders`` is the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from printd.printers.network import NetworkPrinter, Parts
from printd.printers.octoprint.client import OctoPrintClient
from printd.printers.octoprint.contact import Contact
from printd.printers.octoprint.files import Files
from printd.printers.octoprint.ledger import OctoPrintLedger
from printd.printers.octoprint.orders import Orders
from printd.printers.octoprint.push import Push
from printd.printers.octoprint.shown import Shown
from printd.printers.octoprint.starting import Starting
from printd.printers.octoprint.status import SUFFIX

ANSWER_S = 15.0
CONFIRM_S = 5.0  # the state is "Starting" at once, also while a start script heats
START_WITHIN_S = 5.0
SETTLE_S = 10.0  # OctoPrint counts a print a moment after its state says that it is over


class OctoPrintPrinter(NetworkPrinter):
    """A printer behind OctoPrint.

    Args:
        name: as configured.
        url: where OctoPrint is, with its prefix if it has one.
        key: an application key or a user's; needs the rights of OctoPrint's group "Operator".
        ledger: folder for the ledger, in printd's own data.
        ca_file: the certificate that signed the server's, if no public one did.
        answer_s: how long an answer may take.
        confirm_s: how long a start may take to show before it is in doubt.
        settle_s: how long an end may take to be counted before it is unknown.
        start_within_s: how long the questions before a start may take.
    """

    accepts = frozenset({SUFFIX})

    def __init__(
        self,
        name: str,
        *,
        url: str,
        key: str,
        ledger: Path,
        ca_file: Path | None = None,
        answer_s: float = ANSWER_S,
        confirm_s: float = CONFIRM_S,
        settle_s: float = SETTLE_S,
        start_within_s: float = START_WITHIN_S,
    ) -> None:
        self._url = url
        self._ca_file = ca_file
        self._contact = Contact(
            name,
            lambda: OctoPrintClient(url, key, ca_file=ca_file, answer_s=answer_s),
            OctoPrintLedger(ledger),
            settle_s=settle_s,
        )
        self._shown = Shown(self._contact)
        files, orders = Files(self._contact), Orders(self._contact)
        starting = Starting(self._contact, confirm_s=confirm_s, within_s=start_within_s)
        super().__init__(name, Parts(self._shown.status, self._contact, files, starting, orders))
        self._push: Push | None = None

    def listen(self, changed: Callable[[], None]) -> None:
        """Keep OctoPrint's push socket open, and ask it whenever it has something to tell."""

        def happened(event: str, payload: dict[str, Any]) -> None:
            self._shown.happened(event, payload)
            changed()

        self._push = Push(self.name, self._url, self._contact.connect, self._ca_file, happened)

    def bed_cleared(self) -> None:
        """Do nothing: OctoPrint knows of no bed."""

    def close(self) -> None:
        """Let go of the connection and of every wait; a print goes on."""
        self._contact.close()
        if self._push is not None:
            self._push.close()
