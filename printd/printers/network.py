"""A printer in the network, put together of parts that each know one half of its protocol.

``shown`` what it does, ``contact`` what became of a print, ``files``, ``starting``, ``orders`` what
it can be told. The parts of each kind lie in its room; what is asked of them is said here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from printd.core.board import Evidence, PrinterStatus
from printd.printers.base import PrintFile


class Contact(Protocol):
    """Asks the printer, and its ledger."""

    def evidence(self, print_name: str) -> Evidence:
        """See ``Printer.evidence``."""


class Files(Protocol):
    """Our files at the printer."""

    def upload(self, file: PrintFile, print_name: str) -> None:
        """See ``Printer.upload``."""

    def uploaded(self, file: PrintFile, print_name: str) -> bool:
        """See ``Printer.uploaded``."""

    def remove(self, print_name: str) -> None:
        """See ``Printer.remove``."""


class Starting(Protocol):
    """Starts them."""

    def start(self, print_name: str) -> None:
        """See ``Printer.start``."""


class Orders(Protocol):
    """Tells the printer what to do while it prints."""

    def cancel(self, print_name: str) -> None:
        """See ``Printer.cancel``."""

    def stop_foreign(self) -> None:
        """See ``StopsOthers.stop_foreign``."""

    def pause(self, print_name: str) -> None:
        """See ``Printer.pause``."""

    def resume(self, print_name: str) -> None:
        """See ``Printer.resume``."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a printer is put together of."""

    shown: Callable[[], PrinterStatus]
    contact: Contact
    files: Files
    starting: Starting
    orders: Orders


class NetworkPrinter:
    """The half of a ``Printer`` that is the same of every kind: who is asked for what."""

    has_bed = True

    def __init__(self, name: str, parts: Parts) -> None:
        self.name = name
        self._parts = parts

    def status(self) -> PrinterStatus:
        """Return what the printer shows; OFFLINE, too, while it cannot be given anything."""
        return self._parts.shown()

    def upload(self, file: PrintFile, print_name: str) -> None:
        """Put the file into our folder of the storage, and look whether it is whole."""
        self._parts.files.upload(file, print_name)

    def uploaded(self, file: PrintFile, print_name: str) -> bool:
        """Say whether exactly this file lies in our folder."""
        return self._parts.files.uploaded(file, print_name)

    def start(self, print_name: str) -> None:
        """Send the one command that starts the print, then look what came of it."""
        self._parts.starting.start(print_name)

    def evidence(self, print_name: str) -> Evidence:
        """Return what the printer and the ledger know of this print."""
        return self._parts.contact.evidence(print_name)

    def cancel(self, print_name: str) -> None:
        """Stop this print and only this one; returns when it has stopped, or soon after."""
        self._parts.orders.cancel(print_name)

    def stop_foreign(self) -> None:
        """Stop what others have started."""
        self._parts.orders.stop_foreign()

    def pause(self, print_name: str) -> None:
        """Let this print rest."""
        self._parts.orders.pause(print_name)

    def resume(self, print_name: str) -> None:
        """Let this print go on."""
        self._parts.orders.resume(print_name)

    def remove(self, print_name: str) -> None:
        """Delete the file, so that nothing starts it late; what is being printed stays."""
        self._parts.files.remove(print_name)

    def ejected(self, print_name: str) -> bool:  # noqa: ARG002 - they know of no bed
        """Say no."""
        return False
