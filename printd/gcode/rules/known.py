"""G1: only commands that are known to be harmless on this machine."""

from __future__ import annotations

from printd.gcode.commands import Command
from printd.gcode.rules.base import File, Rule
from printd.gcode.rules.names import BASE, BASE_OF_FLAVOUR, CHAMBER, WITH_SUB


class Known(Rule):
    """G1: only commands that are known to be harmless on this machine."""

    number = "G1"
    action = "Remove the command; for our own files, a reviewed profile may allow it."
    minds_moves = True

    def __init__(self, file: File) -> None:
        super().__init__(file)
        machine = file.machine
        self.known = BASE | BASE_OF_FLAVOUR.get(machine.flavour, frozenset())
        self.known |= {f"T{tool}" for tool in range(machine.tools)}
        if machine.has_chamber:
            self.known |= CHAMBER
        if file.own:
            self.known |= {"M118"}  # G7 reads its text

    def command(self, command: Command) -> str:
        """Refuse what is not on the list."""
        if self.file.allows(command):
            return ""
        if self.file.dialect is not None and (objection := self.file.objection(command)):
            return objection
        if command.name not in self.known:
            return f"{command.full_name} is not among the commands allowed for this printer"
        if command.sub and command.name not in WITH_SUB:
            return f"{command.full_name} has a part after the dot"
        if command.name in ("G10", "G11") and not _retracts(command):
            return f"{command.name} is allowed only to draw the filament back"
        return ""


def _retracts(command: Command) -> bool:
    return not command.words or (command.words.keys() == {"S"} and command.words["S"] in (0.0, 1.0))
