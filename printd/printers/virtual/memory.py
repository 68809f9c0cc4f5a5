"""The folder that a virtual printer is: ``journal.jsonl`` and ``files/``, and the clock.

Its state is what journal and clock say, so it survives any process, and several processes may use
it at once: all of them act inside ``held``, one after the other, and find the machine as it has
become by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from printd.printers.journal import Journal, JournalBusy, JournalDamaged, Line, made_folder
from printd.printers.virtual.history import History, event
from printd.printers.virtual.link import Refused, Unreachable

LOCK_S = 5.0  # a call holds the folder for milliseconds; a stopped program holds it for ever


class Memory:
    """One process's hold on the folder; ``history`` is valid inside ``held`` only."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.files = made_folder(folder / "files")
        self.history = History()
        self._path = folder / "journal.jsonl"
        self._journal = Journal(self._path)
        self._clock = clock

    @contextmanager
    def held(self) -> Iterator[datetime]:
        """Be alone with the machine, its history brought up to the time that is yielded.

        Raises:
            Unreachable: the folder cannot be used; nothing was done.
            Refused: the disk did not take what was to be done inside.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(self._journal.held(LOCK_S))
                now = self._catch_up()
            except (JournalBusy, JournalDamaged, OSError) as error:
                raise Unreachable(f"Its folder cannot be used: {error}") from error
            try:
                yield now
            except OSError as error:
                raise Refused(f"Its storage says no: {error.strerror or error}.") from error
            except JournalDamaged as error:
                raise Unreachable(str(error)) from error

    def _catch_up(self) -> datetime:
        anew, lines = self._journal.read_new()
        if anew:
            self.history = History()
        for line in lines:
            self.history.apply(line)
        now = self._clock()
        self.settle(now)
        return now

    def settle(self, now: datetime) -> None:
        """Write down what physics has done by ``now``."""
        while (line := self.history.due(now)) is not None:
            name = line["print"]
            if line["event"] == "started" and not self.has_file(name):
                at = datetime.fromisoformat(line["at"])
                line = event("dropped", at, print=name, why="its file is gone")
            self.write(line)

    def write(self, line: Line) -> None:
        """Make one line true: synced, then part of the history."""
        self._journal.append(line)
        self.history.apply(line)

    def lines(self) -> list[Line]:
        """Return the whole journal, read from the disk."""
        return Journal(self._path).read_new()[1]

    def has_file(self, print_name: str) -> bool:
        """Say whether the journal knows the file, and the disk has it with that size."""
        kept = self.history.kept.get(print_name)
        try:
            return kept is not None and (self.files / print_name).stat().st_size == kept[0]
        except FileNotFoundError:
            return False
