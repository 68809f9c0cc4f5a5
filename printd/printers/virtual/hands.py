"""What a person does in front of a virtual printer, and a test behind it.

Hands reach the machine also while its link is offline, and from any process: they need nothing
but its folder. A real printer has no such door; no adapter may use this module.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from printd.core.clock import utc_now
from printd.printers.journal import Line
from printd.printers.virtual.history import Fault, event
from printd.printers.virtual.link import Refused
from printd.printers.virtual.memory import Memory


class Hands:
    """Somebody who stands at the machine in ``folder``."""

    def __init__(self, folder: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self._memory = Memory(folder, clock)

    def remove_print(self) -> None:
        """Take the print off the bed.

        Raises:
            Refused: it is still printing.
        """
        with self._memory.held() as now:
            if self._memory.history.is_printing():
                raise Refused("It is still printing.")
            if self._memory.history.bed_occupied:
                self._memory.write(event("bed_cleared", now))

    def cancel_at_display(self) -> None:
        """End whatever it prints."""
        with self._memory.held() as now:
            run = self._memory.history.run
            if self._memory.history.is_printing() and run is not None:
                self._memory.write(event("cancelled", now, print=run.print_name, by="display"))

    def print_as_stranger(self, total_s: float, print_name: str = "benchy.gcode") -> None:
        """Print something of somebody else for ``total_s``.

        Raises:
            Refused: it is printing already.
        """
        with self._memory.held() as now:
            if self._memory.history.is_printing():
                raise Refused("It is still printing.")
            line = event("stranger", now, print=print_name, total_s=total_s, speed=1.0)
            self._memory.write(line)

    def arm(self, fault: Fault, value: float = 1.0) -> None:
        """Tell it to do wrong: at its next start command, or OFFLINE from now on."""
        with self._memory.held() as now:
            self._memory.write(event("fault", now, fault=fault.value, value=value))

    def disarm(self, fault: Fault) -> None:
        """Take ``fault`` back."""
        with self._memory.held() as now:
            self._memory.write(event("fault", now, fault=fault.value, value=None))

    def bed_is_clear(self) -> bool:
        """Say whether nothing lies on the bed."""
        with self._memory.held():
            return not self._memory.history.bed_occupied

    def starts(self, print_name: str | None = None) -> int:
        """Count the prints that physically started, of one name or of all; no stranger's."""
        return sum(
            line["event"] == "started" and print_name in (None, line["print"])
            for line in self.journal()
        )

    def journal(self) -> list[Line]:
        """Return every line of the journal, brought up to now."""
        with self._memory.held():
            return self._memory.lines()
