"""What printd itself has asked of one OctoPrint: one synced line before each start command.

OctoPrint forgets a print that was cut off by its own end, so it can never prove that a start did
not happen. That printd has sent no command, only printd can know: the line ``start`` is on the
disk before the command leaves. Lines are ``uploaded``, ``start``, ``refused`` (with proof that the
start did nothing), ``cancel`` (about to be sent) and ``ended``.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from printd.core.board import Evidence
from printd.printers.ledger import Ledger


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


class OctoPrintLedger(Ledger[Entry]):
    """The entries of one OctoPrint, by print name."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._last_ended: str | None = None

    def last_ended(self) -> str | None:
        """Return the print that has ended with no start after it; raises as ``entry``."""
        with self._held():
            return self._last_ended

    def _forget(self) -> None:
        self._last_ended = None

    def _apply(self, name: str, line: dict[str, Any]) -> None:
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
