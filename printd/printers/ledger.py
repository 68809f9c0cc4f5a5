"""What printd itself has asked of one printer, and what it saw: synced lines, one by one.

What the lines mean for a print is the business of each kind of printer. Other programs may write
lines too: before anything is answered, those that are new are read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from printd.core.clock import to_text, utc_now
from printd.core.errors import PrinterOffline
from printd.printers.journal import Journal, JournalBusy, JournalDamaged, made_folder

E = TypeVar("E")
FILE: Final = "ledger.jsonl"
LEDGER_ERRORS: Final = (JournalBusy, JournalDamaged, OSError)
LOCK_S: Final = 5.0  # a line is written in milliseconds; a stopped program holds it for longer


class Ledger(ABC, Generic[E]):
    """The entries of one printer, by print name."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(made_folder(folder) / FILE)
        self._entries: dict[str, E] = {}

    def entry(self, print_name: str) -> E | None:
        """Return what is known of a print name; None: it was never uploaded from here.

        Raises:
            JournalBusy, JournalDamaged, OSError: the ledger cannot be used.
        """
        with self._held():
            return self._entries.get(print_name)

    def note(self, event: str, print_name: str, **details: object) -> None:
        """Write one line, synced; raises as ``entry``, and nothing is written then."""
        with self._held():
            line = {"event": event, "at": to_text(utc_now()), "print": print_name, **details}
            self._journal.append(line)
            self._apply(str(line["print"]), line)

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._journal.held(LOCK_S):
            anew, lines = self._journal.read_new()
            if anew:
                self._entries.clear()
                self._forget()
            for line in lines:
                self._apply(str(line["print"]), line)
            yield

    @abstractmethod
    def _forget(self) -> None:
        """Forget everything beside the entries: the lines come again from the first one."""

    @abstractmethod
    def _apply(self, name: str, line: dict[str, Any]) -> None:
        """Take in one line, of the print ``name``."""


class Noting(Generic[E]):
    """The ledger of one printer as steps hear of it: without it nothing is sent.

    Both methods raise ``PrinterOffline`` when it cannot be used.
    """

    def __init__(self, printer: str, ledger: Ledger[E]) -> None:
        self._printer = printer
        self._noted = ledger

    def entry(self, print_name: str) -> E | None:
        """Return what is known of a print; None: it was never uploaded from here."""
        with noted(self._printer):
            return self._noted.entry(print_name)

    def note(self, event: str, print_name: str, **details: object) -> None:
        """Write one line, synced; nothing is written when it fails."""
        with noted(self._printer):
            self._noted.note(event, print_name, **details)


@contextmanager
def noted(printer: str) -> Iterator[None]:
    """Say that a ledger cannot be used as every step hears it: without it nothing is sent.

    Raises:
        PrinterOffline: it is tried again later.
    """
    try:
        yield
    except LEDGER_ERRORS as error:
        raise PrinterOffline(
            f"The ledger of {printer} cannot be used: {str(error).rstrip('.')}.",
            action="Free space, or give printd the right to write there; it keeps trying.",
        ) from error
