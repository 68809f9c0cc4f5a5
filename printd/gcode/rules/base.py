"""What every rule has, and what all rules of one file share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final

from printd.core.machine import Machine
from printd.gcode.commands import Command
from printd.gcode.dialect import Dialect
from printd.gcode.firmwares import firmware_of
from printd.gcode.measure import Measured
from printd.gcode.motion import Motion, Move
from printd.gcode.moves import Moves
from printd.gcode.relaxed import BY_LEVEL, Relaxed
from printd.gcode.rules.names import may_be_allowed
from printd.gcode.statistics import Statistics
from printd.gcode.verdict import Level

# A start code pushes up to 280 mm; a file that marks no layers has begun to print after this.
LONGEST_START_MM: Final = 500.0


@dataclass(slots=True)
class File:
    """What all rules know of the file under judgement; filled while it is read."""

    machine: Machine
    own: bool
    motion: Motion  # has already followed what a rule is shown
    measured: Measured
    claims: Statistics
    size_bytes: int = 0
    last_line: bytes = b""  # that is not blank
    unknown_printer: str = ""  # for which it says it was made, where nothing else tells
    dialect: Dialect | None = field(init=False)
    _asked: Command | None = field(init=False, default=None)
    _answer: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        speaks = firmware_of(self.machine).dialect
        self.dialect = speaks(self.machine) if speaks is not None else None

    @property
    def level(self) -> Level:
        """Return where the file comes from."""
        return Level.OWN if self.own else Level.FOREIGN

    def relaxes(self, what: Relaxed) -> bool:
        """Return whether this machine may do what others may not, in files of this level."""
        return self.dialect is not None and what in BY_LEVEL[self.level]

    @property
    def starting(self) -> bool:
        """Return whether the start code of a maker is still being run: no layer has begun."""
        measured = self.measured
        return (
            self.dialect is not None
            and measured.marks == 0
            and measured.extruded_mm <= LONGEST_START_MM
        )

    def objection(self, command: Command) -> str | None:
        """Return why the firmware's own command may not stand here; None: it is none.

        Nothing is returned for one that may.
        """
        if self.dialect is None:
            return None
        if command is not self._asked:  # most rules ask, one after another
            self._asked = command
            speaks = self.relaxes(Relaxed.WORDS)
            starting = self.starting
            self._answer = self.dialect.objection(command, starting=starting) if speaks else None
        return self._answer

    def speaks(self, command: Command) -> bool:
        """Return whether a command is the firmware's own, and may stand here."""
        return self.objection(command) == ""

    def allows(self, command: Command) -> bool:
        """Return whether the firmware widens the rules for it, or in our own file the profile."""
        if self.dialect is not None and self.speaks(command):
            return True
        return self.own and may_be_allowed(command, self.machine)


class Rule:
    """One rule over one file. Every method returns a sentence to refuse, or nothing.

    ``warns`` makes a rule's sentences warnings: they are shown, and nothing is refused.
    """

    number: ClassVar[str]
    action: ClassVar[str]  # what a person can do about it
    warns = False
    of_printer = False  # whether it asks for which printer the file was made
    minds_moves = False  # whether ``command`` has a word on G0 to G3 in an uncommon form

    def __init__(self, file: File) -> None:
        self.file = file
        self.machine = file.machine

    def command(self, command: Command) -> str | None:
        """Look at a command; never at a move in the common form."""

    def move(self, move: Move) -> str | None:
        """Look at a move."""

    def passes(self, _moves: Moves, /) -> bool:
        """Return whether ``move`` is certain to refuse none of these; alters nothing."""
        return True

    def moves(self, moves: Moves) -> None:
        """Take note of moves that pass, as ``move`` would."""

    def comment(self, comment: bytes) -> str | None:
        """Look at a line that is a comment only."""

    def end(self) -> list[str] | None:
        """Look back on the whole file."""
