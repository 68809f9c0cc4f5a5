"""A printer in memory that stands still: a print goes on until the test ends it.

The simplest thing that keeps the protocol; it passes the contract suite like the real kinds.
"""

from collections.abc import Callable

from printd.core.board import OFFLINE, Condition, Evidence, PrinterStatus
from printd.core.errors import InDoubt, NotPossibleNow, PrinterOffline, StartRefused
from printd.printers.base import PrintFile, checked_name, judged_chunks

ENDS = {
    Evidence.FINISHED: Condition.FINISHED,
    Evidence.FAILED: Condition.FAILED,
    Evidence.CANCELLED: Condition.CANCELLED,
}


class StillPrinter:
    """A printer whose every turn is taken by the test.

    ``next_start`` is what becomes of the next start command: ``runs``, ``refused``, ``lost``
    (it runs, the answer does not arrive) or ``ignored`` (no answer, and it never runs).
    """

    def __init__(self, name: str, *, has_bed: bool = True) -> None:
        self.name = name
        self.has_bed = has_bed
        self.accepts = frozenset({".gcode"})
        self.next_start = "runs"
        self.is_plugged_in = True
        self.stranger = False
        self.throws_off = False
        self.trouble: str | None = None
        self.bed_c: float | None = None
        self.commands: list[str] = []  # every start command that arrived
        self.started: list[str] = []  # every print that physically began
        self.beds_cleared = 0
        self.looks = 0  # how often it was asked what it does
        self.meanwhile: Callable[[], None] = lambda: None  # done while it is asked for a file
        self._files: dict[str, bytes] = {}
        self._known: set[str] = set()
        self._unsure: set[str] = set()
        self._ends: dict[str, Evidence] = {}

    # What a test does to it.

    def end(self, evidence: Evidence) -> None:
        """Let the print that runs end."""
        assert self.running is not None
        self._ends[self.running] = evidence

    def end_unseen(self) -> None:
        """Let the print that runs end, and the printer forget how."""
        assert self.running is not None
        self._unsure.add(self.running)
        self.started.remove(self.running)

    def lose_files(self) -> None:
        """Forget every file, as a printer whose card was changed."""
        self._files.clear()

    @property
    def files(self) -> set[str]:
        """Names of the files on it."""
        return set(self._files)

    @property
    def contents(self) -> list[bytes]:
        """The files on it, byte for byte."""
        return list(self._files.values())

    @property
    def running(self) -> str | None:
        """The print that is on."""
        last = self.started[-1] if self.started else None
        return None if last in self._ends else last

    # What printd does with it.

    def status(self) -> PrinterStatus:
        self.looks += 1
        if not self.is_plugged_in:
            return OFFLINE
        if self.stranger:
            return PrinterStatus(Condition.BUSY)
        if not self.started:
            return PrinterStatus(Condition.IDLE, bed_c=self.bed_c)
        name = self.started[-1]
        condition = ENDS[self._ends[name]] if name in self._ends else Condition.PRINTING
        return PrinterStatus(condition, print_name=name, trouble=self.trouble)

    def listen(self, changed: Callable[[], None]) -> None:
        pass

    def upload(self, file: PrintFile, print_name: str) -> None:
        checked_name(print_name)
        self._reach()
        self._files[print_name] = b"".join(judged_chunks(file))
        self._known.add(print_name)

    def uploaded(self, file: PrintFile, print_name: str) -> bool:
        self._reach()
        self.meanwhile()
        return self._files.get(print_name) == file.path.read_bytes()

    def start(self, print_name: str) -> None:
        self._reach()
        self.commands.append(print_name)
        fate, self.next_start = self.next_start, "runs"
        if fate == "ignored":
            self._unsure.add(print_name)
        elif fate == "refused" or self.stranger or self.running or print_name not in self._files:
            raise StartRefused(f"{self.name} refuses {print_name}.")
        else:
            self.started.append(print_name)
        if fate in ("ignored", "lost"):
            raise InDoubt("start_in_doubt", f"{self.name} has not answered.")

    def evidence(self, print_name: str) -> Evidence:
        if not self.is_plugged_in or print_name in self._unsure:
            return Evidence.UNKNOWN
        if print_name in self.started:
            return self._ends.get(print_name, Evidence.RUNNING)
        return Evidence.NOT_STARTED if print_name in self._known else Evidence.UNKNOWN

    def cancel(self, print_name: str) -> None:
        self._reach()
        if self.running == print_name:
            self._ends[print_name] = Evidence.CANCELLED

    def pause(self, print_name: str) -> None:
        raise NotPossibleNow("It stands still already.")

    def resume(self, print_name: str) -> None:
        raise NotPossibleNow("It only stands still.")

    def remove(self, print_name: str) -> None:
        self._reach()
        self._files.pop(print_name, None)

    def ejected(self, print_name: str) -> bool:
        return self.throws_off

    def bed_cleared(self) -> None:
        if self.running:
            raise NotPossibleNow(f"{self.name} is printing.")
        self.beds_cleared += 1

    def close(self) -> None:
        pass

    def _reach(self) -> None:
        if not self.is_plugged_in:
            raise PrinterOffline(f"{self.name} does not answer.")
