"""What a scripted printer really did, line by line, synced: the oracle of the fault tests."""

import json
import os
import threading
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Deed(StrEnum):
    """What a line tells of."""

    ORDER = "order"  # a start command arrived, whatever became of it
    START = "start"  # it began to print: heat, motion
    END = "end"  # it ceased to print
    BOOT = "boot"
    CLEAR = "clear"  # a person took off what lay on the bed


class By(StrEnum):
    """On whose word."""

    ORDER = "order"
    SCREEN = "screen"
    POWER_ON = "power-on"


@dataclass(frozen=True, slots=True)
class Line:
    """One deed.

    Attributes:
        deed: what.
        name: of the .3mf, without its folder.
        id: ``subtask_id`` as the printer keeps it.
        by: on whose word it started.
        on_bed: what lay on the bed then; empty when it was clear.
        end: ``FINISH``, ``FAILED`` or ``power`` for the end of a print.
    """

    deed: Deed
    name: str = ""
    id: str = ""
    by: By = By.ORDER
    on_bed: str = ""
    end: str = ""


class Journal:
    """A file of lines that outlives the printer."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def write(self, line: Line) -> None:
        """Append a line; it is on the disk when this returns."""
        content = json.dumps(asdict(line)).encode() + b"\n"
        with self._lock, self._path.open("ab") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    @property
    def lines(self) -> list[Line]:
        """All lines, oldest first."""
        if not self._path.exists():
            return []
        return [_line(json.loads(text)) for text in self._path.read_text().splitlines()]

    def starts(self, part: str = "") -> list[Line]:
        """Return the physical starts of files whose name holds ``part``."""
        return self._of(Deed.START, part)

    def orders(self, part: str = "") -> list[Line]:
        """Return the start commands that arrived for such files."""
        return self._of(Deed.ORDER, part)

    def ends(self, part: str = "") -> list[Line]:
        """Return the ends of prints of such files."""
        return self._of(Deed.END, part)

    def _of(self, deed: Deed, part: str) -> list[Line]:
        return [line for line in self.lines if line.deed is deed and part in line.name]


def _line(stored: dict[str, Any]) -> Line:
    return Line(**{**stored, "deed": Deed(stored["deed"]), "by": By(stored["by"])})
