"""The ``bambu`` printer: one machine of Bambu Lab on the local network, in its Developer Mode.

What it can be asked and told, each in its own room: ``contact`` asks it, ``shown`` is its place on
the board, ``files`` puts our files there, ``starting`` starts them, ``orders`` is the rest. What a
report tells of our prints is noted by ``watch``, for it is told once.
Source: OpenBambuAPI, bambuddy, ha-bambulab; tried against a scripted printer, not a real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from printd.printers.bambu.address import Address
from printd.printers.bambu.contact import Contact
from printd.printers.bambu.files import Files
from printd.printers.bambu.models import Model
from printd.printers.bambu.orders import Orders
from printd.printers.bambu.shown import shown_status
from printd.printers.bambu.start_command import ENDING
from printd.printers.bambu.starting import Manner, Starting
from printd.printers.bambu.talk import USUAL, Pace
from printd.printers.bambu.watch import Watch
from printd.printers.ledger import noted
from printd.printers.network import NetworkPrinter, Parts


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a printer is waited for, in seconds."""

    answer_s: float = 10.0  # until it has reported what it was asked for
    lands_s: float = 240.0  # from a start to its first sign: up to 210 s were seen (H2D Pro)
    settle_s: float = 3.0  # the reason of a failure may come in a later report than its state
    start_within_s: float = 30.0  # two questions and an FTPS login; slower: nothing is sent
    pace: Pace = USUAL  # of the connection


USUAL_MANNER: Final = Manner()
USUAL_WAITS: Final = Waits()


class BambuPrinter(NetworkPrinter):
    """A printer of Bambu Lab.

    Args:
        name: as configured.
        address: where it is.
        ledger: folder for the ledger, in printd's own data.
        model: None: as it says itself, or by the serial.
        folder: of its storage, for our files; None: as is best for the model.
        clear_data: files travel unencrypted, for firmware that stalls on encrypted ones.
        manner: how it prints.
        waits: how long it is waited for.
    """

    accepts = frozenset({ENDING})

    def __init__(
        self,
        name: str,
        address: Address,
        ledger: Path,
        *,
        model: Model | None = None,
        folder: str | None = None,
        clear_data: bool = False,
        manner: Manner = USUAL_MANNER,
        waits: Waits = USUAL_WAITS,
    ) -> None:
        self._watch = Watch(name, ledger, lands_s=waits.lands_s, settle_s=waits.settle_s)
        self._link = address.link(name, self._watch.saw, waits.pace)
        contact = Contact(
            name,
            self._link,
            self._watch,
            serial=address.serial,
            model=model,
            answer_s=waits.answer_s,
            lands_s=waits.lands_s,
        )
        self._orders = Orders(contact)
        self._files = Files(contact, address.storage(clear_data=clear_data), folder)
        shown = partial(shown_status, contact, manner.nozzle_mm)
        starting = Starting(contact, self._files, manner, waits.start_within_s)
        super().__init__(name, Parts(shown, contact, self._files, starting, self._orders))
        contact.spare_what_was_started(waits.pace.parse_s)

    def listen(self, changed: Callable[[], None]) -> None:
        """Keep the connection up, and pass on that something has changed."""
        self._link.listen(changed)

    def light(self, *, on: bool) -> None:
        """Switch the light of the chamber; works without Developer Mode, too.

        Raises:
            PrinterOffline: the printer does not answer.
        """
        self._orders.light(on=on)

    def bed_cleared(self) -> None:
        """Take note that what was unknown is over: it no longer keeps the printer busy."""
        with noted(self.name):
            self._watch.settle()

    def close(self) -> None:
        """Let go of the connections and of every wait; a print goes on."""
        self._link.close()
        self._files.close()
