"""The benches of a real OctoPrint for the contract suite, one for each release.

The server is used again by the next test, emptied. A proxy stands in front of it: unplugged, the
server is gone for printd and prints on. ``restart`` is one of printd alone; what OctoPrint forgets
when it ends itself is in the fault tests.
"""

from pathlib import Path
from typing import Final

from printd.printers.base import Printer
from printd.printers.octoprint.printer import OctoPrintPrinter
from tests.peers.cutting_proxy import Cut, CuttingProxy
from tests.peers.octoprint import Release, shared_octoprint
from tests.peers.print_files import gcode, print_file
from tests.peers.virtual_printer import wait_until

BEGUN: Final = ("Starting", "Printing")
CONFIRM_S = 2.0


class OctoPrintBench:
    """The release that people have."""

    release = Release.STABLE
    file = staticmethod(print_file)

    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "ledger"
        self.server = shared_octoprint(self.release)
        self.hands = self.server.hands
        self.proxy = CuttingProxy(self.server.port)
        self.printer: Printer = self.adapter()

    def adapter(self) -> Printer:
        return OctoPrintPrinter(
            "left",
            url=self.proxy.url,
            key=self.server.key,
            ledger=self.ledger,
            confirm_s=CONFIRM_S,
        )

    def restart(self) -> None:
        self.printer.close()
        self.printer = self.adapter()

    def unplug(self) -> None:
        self.proxy.unplug()

    def plug_in(self) -> None:
        self.proxy.plug_in()

    def refuse_next_start(self, print_name: str) -> None:
        self.hands.delete(_path(print_name))

    def lose_next_answer(self, print_name: str) -> None:
        self.proxy.arm(Cut.AFTER, f"POST /api/files/local/{_path(print_name)}")

    def starts(self, print_name: str | None = None) -> int:
        # OctoPrint says that it prints a moment before the printer is told.
        wait_until(
            lambda: self.hands.starts() > 0 or self.hands.state() not in BEGUN, "told", look_s=0.05
        )
        return self.hands.starts(print_name and _path(print_name))

    def print_as_stranger(self, print_name: str) -> None:
        path = f"{print_name}.gcode"  # strangers know nothing of our folder
        self.hands.upload(path, gcode(layers=5, layer_s=60, dwell_s=60))
        self.hands.print_file(path)

    def cancel_at_display(self) -> None:
        self.hands.cancel()

    def remove_print(self) -> None:
        pass  # it knows of no bed

    def close(self) -> None:
        self.printer.close()
        self.proxy.close()


class NextOctoPrintBench(OctoPrintBench):
    """The release that is to come."""

    release = Release.NEXT


def _path(print_name: str) -> str:
    return f"printd/{print_name}.gcode"
