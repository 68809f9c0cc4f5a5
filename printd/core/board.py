"""The last word of each printer, kept in memory: written by the monitor, read by everybody.

The words of a printer (``Condition``, ``PrinterStatus``, ``Evidence``) live here too, because
adapters, steps and displays all speak them. Nothing here asks a printer anything.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from enum import StrEnum

from printd.core.spools import Spools


class Condition(StrEnum):
    """What a printer is doing, in our words; each adapter translates into these."""

    OFFLINE = "offline"
    IDLE = "idle"
    PRINTING = "printing"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    BUSY = "busy"  # prints something that is not ours, or cannot be started now


# A start command may leave only in these; both still need a clear bed.
STARTABLE = frozenset({Condition.IDLE, Condition.FINISHED, Condition.FAILED, Condition.CANCELLED})


class Evidence(StrEnum):
    """What a printer knows of one print name, asked freshly."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_STARTED = "not_started"  # proof, not absence of proof
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What a printer says of itself at one moment."""

    condition: Condition
    print_name: str | None = None  # as we named it; None when not ours or unknown
    progress: float | None = None  # 0..1
    layer: int | None = None
    layers: int | None = None
    remaining_s: float | None = None
    nozzle_c: float | None = None
    bed_c: float | None = None
    chamber_c: float | None = None
    nozzle_target_c: float | None = None  # 0: it is off
    bed_target_c: float | None = None
    chamber_target_c: float | None = None
    trouble: str | None = None  # the printer's own code and words
    spools: Spools | None = None  # None: it does not tell
    nozzles_mm: tuple[float, ...] = ()  # of those that are fitted; none: it does not tell
    fault: str | None = None  # what its display shows at rest, which a person has to look at


OFFLINE = PrinterStatus(Condition.OFFLINE)


@dataclass(frozen=True, slots=True)
class Seen:
    """A status and its age."""

    status: PrinterStatus
    at_s: float  # time.monotonic() of the answer


class Board:
    """The last ``Seen`` of each printer, by name."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}
        self._lock = threading.Lock()

    def put(self, printer: str, status: PrinterStatus) -> None:
        """Keep what ``printer`` has just said."""
        with self._lock:
            self._seen[printer] = Seen(status, time.monotonic())

    def get(self, printer: str) -> Seen | None:
        """Return the last word of ``printer``; None: never asked since the start."""
        with self._lock:
            return self._seen.get(printer)

    def forget(self, printer: str) -> None:
        """Make the last word of ``printer`` too old to act upon."""
        with self._lock:
            self._seen.pop(printer, None)
