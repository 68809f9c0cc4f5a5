"""Upload and start one print after the other until killed: ``KIND FOLDER FILE FIRST_NUMBER``.

Each name is started at most once; it is written to stdout before its start command leaves, so
whoever kills this program knows all names that may have started.
"""

import sys
from itertools import count
from pathlib import Path

from printd.core.errors import StartRefused
from printd.printers.base import Printer
from printd.printers.folder import FolderPrinter
from printd.printers.virtual.printer import VirtualPrinter
from tests.peers.print_files import print_file


def printer_of(kind: str, folder: Path) -> Printer:
    """Return the adapter that the killed program and its judge both use."""
    if kind == "folder":
        target = folder / "card"
        target.mkdir(parents=True, exist_ok=True)
        return FolderPrinter(kind, folder=target, ledger=folder / "ledger")
    return VirtualPrinter(kind, folder=folder / "machine", speed=100_000)


def main(kind: str, folder: Path, first: int) -> None:
    """Print for ever."""
    printer = printer_of(kind, folder)
    file = print_file(folder / f"{first}.gcode", layers=50, layer_s=10)
    for number in count(first):
        name = f"pd-{number}-1-abcdefgh"
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
        printer.upload(file, name)
        try:
            printer.start(name)
        except StartRefused:
            continue  # the one before still prints


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
