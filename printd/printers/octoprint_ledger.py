"""What printd itself has asked of one OctoPrint: one synced line before each start command.

OctoPrint forgets a print that was cut off by its own end, so it can never prove that a start did
not happen. That printd has sent no command, only printd can know: the line ``start`` is on the
disk before the command leaves. Lines are ``uploaded``, ``start``, ``refused`` (with proof that the
start did nothing), ``cancel`` (about to be sent) and ``ended``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from printd.core.board import Evidence
from printd.core.clock import utc_now
from printd.printers.journal import Journal, made_folder

FILE = "ledger.jsonl"
LOCK_S = 5.0  # a line is written in milliseconds; a stopped program holds the lock for longer


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says of one print name."""

    bytes: int
    sha256: str
    sha1: str
    date: float | None  # of the file, by the server's clock
    successes: int = 0  # as OctoPrint counted them for this path before any start
    failures: int = 0
    was_asked: bool = False  # a start command may have left
    cancel_asked: bool = False
    ended: Evidence | None = None
    trouble: str | None = None  # of a print that failed


class Ledger:
    """The entries of one OctoPrint, by print name."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(made_folder(folder) / FILE)
        self._entries: dict[str, Entry] = {}
        self._last_ended: str | None = None

    def entry(self, print_name: str) -> Entry | None:
        """Return what is known of a print name; None: it was never uploaded from here.

        Raises:
            JournalBusy, JournalDamaged, OSError: the ledger cannot be used.
        """
        with self._held():
            return self._entries.get(print_name)

    def last_ended(self) -> str | None:
        """Return the print that has ended with no start after it; raises as ``entry``."""
        with self._held():
            return self._last_ended

    def note(self, event: str, print_name: str, **details: object) -> None:
        """Write one line, synced; raises as ``entry``, and nothing is written then."""
        with self._held():
            line = {"event": event, "at": utc_now().isoformat(), "print": print_name, **details}
            self._journal.append(line)
            self._apply(line)

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._journal.held(LOCK_S):
            anew, lines = self._journal.read_new()
            if anew:
                self._entries.clear()
                self._last_ended = None
            for line in lines:
                self._apply(line)
            yield

    def _apply(self, line: dict[str, Any]) -> None:
        name = str(line["print"])
        if line["event"] == "uploaded":
            self._entries[name] = Entry(
                bytes=int(line["bytes"]),
                sha256=str(line["sha256"]),
                sha1=str(line["sha1"]),
                date=line["date"],
                successes=int(line["successes"]),
                failures=int(line["failures"]),
            )
            return
        if name in self._entries:
            self._entries[name] = dataclasses.replace(self._entries[name], **_change(line))
        if line["event"] in ("start", "ended"):
            self._last_ended = name if line["event"] == "ended" else None


def _change(line: dict[str, Any]) -> dict[str, Any]:
    match line["event"]:
        case "start":
            return {"was_asked": True}
        case "refused":
            return {"was_asked": False}
        case "cancel":
            return {"cancel_asked": True}
        case "ended":
            return {"ended": Evidence(line["evidence"]), "trouble": line["trouble"]}
    return {}
