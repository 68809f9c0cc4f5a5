"""The printers of the configuration, each with who watches it.

Others hold ``printers`` and ``monitors`` for good: what is in them is exchanged as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from printd import printers
from printd.core.board import Board, PrinterStatus
from printd.core.config import Config
from printd.core.current import Current
from printd.core.files import make_folder
from printd.daemon.books import Books
from printd.daemon.monitor import Monitor
from printd.daemon.threads import Threads
from printd.printers.base import Printer


def printer_of(config: Config, name: str) -> Printer:
    """Return a printer as the configuration says, with a folder of its own in the data folder.

    Raises:
        ConfigInvalid: one of its files cannot be used.
        OSError: its folder cannot be made.
    """
    printer = config.printers[name]
    own_folder = config.data_dir / "printers" / name
    make_folder(own_folder)
    return printers.KINDS[printer.kind](name, printer, own_folder)


def printers_of(config: Config, names: Iterable[str]) -> dict[str, Printer]:
    """Return these printers, made as the configuration says; raises as ``printer_of``."""
    return {name: printer_of(config, name) for name in names}


class Stations:
    """The printers of one daemon.

    Args:
        config: with the printers that there are at the beginning.
        books: what monitors read and write.
        threads: where they run.
        changed: called when a printer has said something new.
    """

    def __init__(
        self, config: Config, books: Books, threads: Threads, changed: Callable[[], None]
    ) -> None:
        self.board: Final = Board()
        self._books = books
        self._threads = threads
        self._changed = changed
        self.printers: Final = Current(printers_of(config, config.printers))
        self.monitors: Final = Current(
            {name: self._monitor(printer, config) for name, printer in self.printers.items()}
        )

    def start(self) -> None:
        """Watch all of them."""
        for name, monitor in self.monitors.items():
            self._threads.start(f"monitor-{name}", monitor.run)

    def last_word(self, printer: str) -> PrinterStatus | None:
        """Return what a printer has said last; None: nothing yet."""
        seen = self.board.get(printer)
        return seen.status if seen is not None else None

    def exchange(self, new: Mapping[str, Printer], others: Collection[str], config: Config) -> None:
        """Watch the printers that are new or other ones now, and those no more that they replace.

        None of them has a job. One that has something else loaded is the one it was.

        Args:
            new: printers by their names, made and not used yet.
            others: names of those that are new, gone, or other ones now.
            config: in whose order they stand.
        """
        kept = {name: of for name, of in self.printers.items() if name not in others}
        gone = [(of, self.monitors[name]) for name, of in self.printers.items() if name in others]
        watched = {name: of for name, of in self.monitors.items() if name in kept}
        together = {**kept, **new}
        self.printers.exchange({name: together[name] for name in config.printers})
        monitors = {name: self._monitor(printer, config) for name, printer in new.items()}
        self.monitors.exchange({**watched, **monitors})
        for printer, monitor in gone:
            monitor.retire()
            self.board.forget(printer.name)
            printer.close()
        for name, monitor in monitors.items():
            self._threads.start(f"monitor-{name}", monitor.run)

    def _monitor(self, printer: Printer, config: Config) -> Monitor:
        books, limits = self._books, config.limits
        return Monitor(printer, self.board, books.fleet, books.beds, limits, self._changed)

    def wake_one(self, name: str) -> bool:
        """Ask a printer soon: something was sent to it. False: there is none of this name."""
        monitor = self.monitors.get(name)
        if monitor is not None:
            monitor.wake()
        return monitor is not None

    def wake(self) -> None:
        """Let every monitor look up, such as when all is about to end."""
        for monitor in self.monitors.values():
            monitor.wake()

    def close(self) -> None:
        """Let go of all; a start that still looks for evidence stops looking."""
        for printer in self.printers.values():
            printer.close()
