"""One bench for each kind of printer: the printer, and what the contract suite does to it.

``CANNOT`` says, for each kind, which behaviours it does not have and why; the suite leaves out
exactly those. ``NEEDS`` says which need a program that may be missing.
"""

from collections.abc import Callable
from enum import StrEnum, auto
from pathlib import Path
from typing import Final, Protocol

import pytest

from printd.printers.base import Printer, PrintFile
from printd.printers.folder import FolderPrinter
from printd.printers.virtual.hands import Hands
from printd.printers.virtual.history import Fault
from printd.printers.virtual.printer import VirtualPrinter
from tests.peers import octoprint
from tests.peers.bambu_bench import BambuBench
from tests.peers.octoprint import Release
from tests.peers.octoprint_bench import NextOctoPrintBench, OctoPrintBench
from tests.peers.print_files import print_file
from tests.peers.still_printer import StillPrinter
from tests.peers.virtual_printer import VirtualPrinterProgram

SPEED = 100.0
CONFIRM_S = 0.3


class Can(StrEnum):
    """What the suite may ask of a bench beyond the protocol itself."""

    LOSE_ANSWERS = auto()
    REMEMBER_REFUSALS = auto()
    BE_SLOW_TO_START = auto()
    BE_FOREIGN = auto()
    SHOW_PROGRESS = auto()
    SHOW_LAYERS = auto()
    PAUSE = auto()
    END_BY_ITSELF = auto()
    FAIL_AND_STAY = auto()
    BE_STOPPED_AT_DISPLAY = auto()
    START_AGAIN = auto()


OCTOPRINT_CANNOT: Final = {
    Can.REMEMBER_REFUSALS: "it does not write down what it refused",
    Can.BE_SLOW_TO_START: "its own scripts delay a start; see the fault tests",
    Can.SHOW_LAYERS: "it counts bytes",
    Can.FAIL_AND_STAY: "a printer that fails leaves it; see the fault tests",
    Can.START_AGAIN: "a print name is started once, and only its own print shows it",
}
CANNOT: Final[dict[str, dict[Can, str]]] = {
    "virtual": {},
    "virtual-program": {},
    "folder": {
        Can.LOSE_ANSWERS: "a rename has no answer that could be lost",
        Can.REMEMBER_REFUSALS: "likewise",
        Can.BE_SLOW_TO_START: "a rename is made or not made",
        Can.BE_FOREIGN: "any number of files may lie in it",
        Can.SHOW_PROGRESS: "nobody tells it",
        Can.SHOW_LAYERS: "likewise",
        Can.PAUSE: "nobody can be told",
        Can.END_BY_ITSELF: "a person says when it is printed",
        Can.FAIL_AND_STAY: "a person says so",
        Can.BE_STOPPED_AT_DISPLAY: "it has none",
        Can.START_AGAIN: "the file has its name already",
    },
    "still": {
        Can.LOSE_ANSWERS: "the test says what becomes of a start",
        Can.REMEMBER_REFUSALS: "likewise",
        Can.BE_SLOW_TO_START: "it has no clock",
        Can.BE_FOREIGN: "strangers have no hands on it",
        Can.SHOW_PROGRESS: "it makes none",
        Can.SHOW_LAYERS: "likewise",
        Can.PAUSE: "it stands still already",
        Can.END_BY_ITSELF: "it has no clock",
        Can.FAIL_AND_STAY: "likewise",
        Can.BE_STOPPED_AT_DISPLAY: "it has none",
        Can.START_AGAIN: "it has no clock that would end the first print",
    },
    "octoprint": OCTOPRINT_CANNOT,
    "octoprint-next": OCTOPRINT_CANNOT,
    "bambu": {
        Can.REMEMBER_REFUSALS: "it does not write down what it refused",
        Can.BE_SLOW_TO_START: "its starts land late by themselves; see the fault tests",
        Can.SHOW_LAYERS: "the minutes that it shows are its own; see its own tests",
        Can.FAIL_AND_STAY: "it goes back to no layer; see the fault tests",
        Can.START_AGAIN: "a print name is started once, and only its own print shows it",
    },
}
NEEDS: Final = {
    "octoprint": octoprint.NEEDS[Release.STABLE],
    "octoprint-next": octoprint.NEEDS[Release.NEXT],
    "bambu": [pytest.mark.peer("mosquitto")],
}


class Bench(Protocol):
    """A printer with its surroundings."""

    printer: Printer
    file: Callable[..., PrintFile]  # as ``print_files.print_file``

    def restart(self) -> None:
        """End adapter and peer without a word, and start both again."""

    def unplug(self) -> None:
        """Make it unreachable."""

    def plug_in(self) -> None:
        """Make it reachable again."""

    def refuse_next_start(self, print_name: str) -> None:
        """Let the next start be refused."""

    def starts(self, print_name: str | None = None) -> int:
        """Count what physically started."""

    def close(self) -> None:
        """Put everything away."""


class StrangersBench(Bench, Protocol):
    """One with people and a network around it."""

    def lose_next_answer(self, print_name: str) -> None:
        """Cut the line when the next start has been answered."""

    def print_as_stranger(self, print_name: str) -> None:
        """Print something of somebody else, for minutes."""

    def cancel_at_display(self) -> None:
        """End whatever it prints."""

    def remove_print(self) -> None:
        """Take the print off the bed."""


class VirtualBench:
    """The virtual printer embedded in this process."""

    file = staticmethod(print_file)

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "machine"
        self.printer: Printer = self.adapter()

    @property
    def hands(self) -> Hands:
        return Hands(self.folder)

    def adapter(self) -> Printer:
        return VirtualPrinter("left", folder=self.folder, speed=SPEED, confirm_s=CONFIRM_S)

    def restart(self) -> None:
        self.printer = self.adapter()

    def unplug(self) -> None:
        self.hands.arm(Fault.OFFLINE)

    def plug_in(self) -> None:
        self.hands.disarm(Fault.OFFLINE)

    def refuse_next_start(self, print_name: str) -> None:
        self.hands.arm(Fault.REFUSE)

    def starts(self, print_name: str | None = None) -> int:
        return self.hands.starts(print_name)

    def lose_next_answer(self, print_name: str) -> None:
        self.hands.arm(Fault.LOSE_ANSWER)

    def print_as_stranger(self, print_name: str) -> None:
        self.hands.print_as_stranger(10_000, print_name=print_name)

    def cancel_at_display(self) -> None:
        self.hands.cancel_at_display()

    def remove_print(self) -> None:
        self.hands.remove_print()

    def close(self) -> None:
        self.printer.close()


class VirtualProgramBench(VirtualBench):
    """The virtual printer as a program of its own."""

    def __init__(self, folder: Path) -> None:
        self.program = VirtualPrinterProgram(folder / "machine", speed=SPEED).start()
        super().__init__(folder)

    def adapter(self) -> Printer:
        return VirtualPrinter(
            "left", folder=self.folder, socket=self.program.socket, confirm_s=CONFIRM_S
        )

    def restart(self) -> None:
        self.program.kill()
        self.program.start()
        super().restart()

    def unplug(self) -> None:
        self.program.kill()

    def plug_in(self) -> None:
        self.program.start()

    def close(self) -> None:
        super().close()
        self.program.close()


class FolderBench:
    """A folder that a person prints from."""

    file = staticmethod(print_file)

    def __init__(self, folder: Path) -> None:
        self.target = folder / "card"
        self.target.mkdir()
        self.ledger = folder / "ledger"
        self.printer: Printer = self.adapter()

    def adapter(self) -> Printer:
        return FolderPrinter("card", folder=self.target, ledger=self.ledger)

    def restart(self) -> None:
        self.printer = self.adapter()

    def unplug(self) -> None:
        self.target.rename(self.target.with_name("pulled"))

    def plug_in(self) -> None:
        self.target.with_name("pulled").rename(self.target)

    def refuse_next_start(self, print_name: str) -> None:
        (self.target / f"{print_name}.gcode").write_text("somebody else's")

    def starts(self, print_name: str | None = None) -> int:
        pattern = f"{print_name}.gcode" if print_name else "*.gcode"
        ours = [path for path in self.target.glob(pattern) if path.read_text()[0] == ";"]
        return len(ours)

    def close(self) -> None:
        self.printer.close()


class StillBench:
    """The simplest printer, which other tests work with."""

    file = staticmethod(print_file)

    def __init__(self, folder: Path) -> None:
        self.still = StillPrinter("still")
        self.printer: Printer = self.still

    def restart(self) -> None:
        pass  # it has nothing but its memory

    def unplug(self) -> None:
        self.still.is_plugged_in = False

    def plug_in(self) -> None:
        self.still.is_plugged_in = True

    def refuse_next_start(self, print_name: str) -> None:
        self.still.next_start = "refused"

    def starts(self, print_name: str | None = None) -> int:
        return len([name for name in self.still.started if print_name in (None, name)])

    def close(self) -> None:
        self.printer.close()


BENCHES: Final[dict[str, Callable[[Path], Bench]]] = {
    "virtual": VirtualBench,
    "virtual-program": VirtualProgramBench,
    "folder": FolderBench,
    "still": StillBench,
    "octoprint": OctoPrintBench,
    "octoprint-next": NextOctoPrintBench,
    "bambu": BambuBench,
}


def those_that_can(*abilities: Can) -> list[str]:
    """Return the kinds that can all of ``abilities``."""
    return [kind for kind in BENCHES if not set(abilities) & set(CANNOT[kind])]
