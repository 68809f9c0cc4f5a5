"""What every rule has, and what all rules of one file share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from printd.core.machine import Machine
from printd.gcode.commands import Command
from printd.gcode.measure import Measured
from printd.gcode.motion import Motion, Move
from printd.gcode.moves import Moves
from printd.gcode.rules.names import may_be_allowed
from printd.gcode.statistics import Statistics


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

    def allows(self, command: Command) -> bool:
        """Return whether the profile widens the rules for this command, in our own file."""
        return self.own and may_be_allowed(command, self.machine)


class Rule:
    """One rule over one file. Every method returns a sentence to refuse, or nothing.

    ``warns`` makes a rule's sentences warnings: they are shown, and nothing is refused.
    """

    number: ClassVar[str]
    action: ClassVar[str]  # what a person can do about it
    warns = False
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
