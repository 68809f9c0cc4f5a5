"""What was handed over to a folder, and how sure that is: one synced line before, one after.

Lines are ``uploaded`` (the bytes lie hidden in the target), ``start`` (the rename is about to be
made), ``handed_over`` (it was made), ``cancelled``, and ``removed`` (the bytes were taken back
while it was certain that nothing had been handed over). No I/O but the journal's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from printd.core.clock import utc_now
from printd.printers.journal import Journal, made_folder

LOCK_S = 5.0  # nobody holds the ledger longer than a rename takes; a stopped program does


@dataclass(slots=True)
class Entry:
    """What the ledger says of one print name."""

    file_name: str  # in the target
    bytes: int
    sha256: str
    was_asked: bool = False  # a start was begun
    handed_over: str | None = None  # "ask" or "done", as configured at that moment
    cancelled: bool = False


class Ledger:
    """The entries of one folder printer, kept outside the target."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(made_folder(folder) / "ledger.jsonl")
        self._entries: dict[str, Entry] = {}

    @contextmanager
    def held(self) -> Iterator[dict[str, Entry]]:
        """Be alone with the ledger and yield its entries by print name.

        Raises:
            JournalBusy, JournalDamaged, OSError: it cannot be used.
        """
        with self._journal.held(LOCK_S):
            anew, lines = self._journal.read_new()
            if anew:
                self._entries.clear()
            for line in lines:
                self._apply(line)
            yield self._entries

    def write(self, event: str, print_name: str, **details: object) -> None:
        """Write one line, synced; only inside ``held``."""
        line = {"event": event, "at": utc_now().isoformat(), "print": print_name, **details}
        self._journal.append(line)
        self._apply(line)

    def _apply(self, line: dict[str, object]) -> None:
        name = str(line["print"])
        match line["event"]:
            case "uploaded":
                size = int(str(line["bytes"]))
                self._entries[name] = Entry(str(line["file"]), size, str(line["sha256"]))
            case "start":
                self._entries[name].was_asked = True
            case "handed_over":
                self._entries[name].handed_over = str(line["hand_over"])
            case "cancelled":
                self._entries[name].cancelled = True
            case "removed":
                self._entries[name].was_asked = False
