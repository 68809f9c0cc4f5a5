"""The ``bambu`` printer: one machine of Bambu Lab on the local network, in its Developer Mode.

What it can be asked and told, each in its own room: ``contact`` asks it, ``shown`` is its place on
the board, ``files`` puts our files there, ``starting`` starts them, ``orders`` is the rest. What a
report tells of our prints is noted by ``watch``, for it is told once.
Source: OpenBambuAPI, bambuddy, ha-bambulab; tried against a scripted printer, not a real one.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printd.core.board import Evidence, PrinterStatus
from printd.printers.bambu.contact import Contact
from printd.printers.bambu.files import Files
from printd.printers.bambu.link import PORT, Link
from printd.printers.bambu.models import Model
from printd.printers.bambu.orders import Orders
from printd.printers.bambu.shown import shown_status
from printd.printers.bambu.start_command import ENDING
from printd.printers.bambu.starting import Manner, Starting
from printd.printers.bambu.storage import PORT as STORAGE_PORT
from printd.printers.bambu.storage import Storage
from printd.printers.bambu.talk import USUAL, Pace
from printd.printers.bambu.tls import context_for
from printd.printers.bambu.watch import Watch
from printd.printers.base import PrintFile
from printd.printers.ledger import noted


@dataclass(frozen=True, slots=True)
class Address:
    """Where a printer is, and how it is known to be the one."""

    host: str
    serial: str
    code: str  # the access code
    fingerprint: str | None = None  # SHA-256 of its certificate; this or ``ca_file`` is needed
    ca_file: Path | None = None  # who signed its certificate
    mqtt_port: int = PORT  # where it takes orders
    ftps_port: int = STORAGE_PORT  # where it takes files

    def context(self, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> ssl.SSLContext:
        """Return what a connection to it is made with, of no newer version of TLS than this."""
        return context_for(
            self.serial, fingerprint=self.fingerprint, ca_file=self.ca_file, newest=newest
        )


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


class BambuPrinter:
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
    has_bed = True

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
        self.name = name
        self._nozzle_mm = manner.nozzle_mm
        self._watch = Watch(name, ledger, lands_s=waits.lands_s, settle_s=waits.settle_s)
        self._link = Link(
            name,
            host=address.host,
            port=address.mqtt_port,
            serial=address.serial,
            code=address.code,
            context=address.context(),
            saw=self._watch.saw,
            pace=waits.pace,
        )
        self._contact = Contact(
            name,
            self._link,
            self._watch,
            serial=address.serial,
            model=model,
            answer_s=waits.answer_s,
            lands_s=waits.lands_s,
        )
        storage = Storage(
            address.host,
            address.ftps_port,
            address.code,
            address.context(ssl.TLSVersion.TLSv1_2),
            clear_data=clear_data,
        )
        self._files = Files(self._contact, storage, folder)
        self._starting = Starting(self._contact, self._files, manner, waits.start_within_s)
        self._orders = Orders(self._contact)
        self._contact.spare_what_was_started(waits.pace.parse_s)

    def status(self) -> PrinterStatus:
        """Return what the printer shows; OFFLINE, too, while it cannot be given anything."""
        return shown_status(self._contact, self._nozzle_mm)

    def listen(self, changed: Callable[[], None]) -> None:
        """Keep the connection up, and pass on that something has changed."""
        self._link.listen(changed)

    def upload(self, file: PrintFile, print_name: str) -> None:
        """Put the file into our folder of the storage, and look whether it is whole."""
        self._files.upload(file, print_name)

    def uploaded(self, file: PrintFile, print_name: str) -> bool:
        """Say whether exactly this file lies in our folder."""
        return self._files.uploaded(file, print_name)

    def start(self, print_name: str) -> None:
        """Send the one message that starts the print, then look what came of it."""
        self._starting.start(print_name)

    def evidence(self, print_name: str) -> Evidence:
        """Return what the printer and the ledger know of this print."""
        return self._contact.evidence(print_name)

    def cancel(self, print_name: str) -> None:
        """Stop this print and only this one; returns when it has stopped, or soon after."""
        self._orders.cancel(print_name)

    def stop_foreign(self) -> None:
        """Stop what others have started."""
        self._orders.stop_foreign()

    def pause(self, print_name: str) -> None:
        """Let this print rest."""
        self._orders.pause(print_name)

    def resume(self, print_name: str) -> None:
        """Let this print go on."""
        self._orders.resume(print_name)

    def light(self, *, on: bool) -> None:
        """Switch the light of the chamber; works without Developer Mode, too.

        Raises:
            PrinterOffline: the printer does not answer.
        """
        self._orders.light(on=on)

    def remove(self, print_name: str) -> None:
        """Delete the file, so that nothing starts it late; what is being printed stays."""
        self._files.remove(print_name)

    def ejected(self, print_name: str) -> bool:  # noqa: ARG002 - it throws nothing off
        """Say no."""
        return False

    def bed_cleared(self) -> None:
        """Take note that what was unknown is over: it no longer keeps the printer busy."""
        with noted(self.name):
            self._watch.settle()

    def close(self) -> None:
        """Let go of the connections and of every wait; a print goes on."""
        self._link.close()
        self._files.close()
