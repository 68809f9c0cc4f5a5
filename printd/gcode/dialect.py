"""The commands of one firmware beside Marlin's: in which form each may stand, and when.

A dialect only accepts. What it does not accept is judged as on any other machine, so that a
command that is known here in one form is refused in all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from printd.gcode.commands import Command

Range = tuple[float, float]
ANY: Final[Range] = (float("-inf"), float("inf"))
Fits = Callable[[str], object]  # None, or anything else for a text that is known


class Form(NamedTuple):
    """One form of a command: its parameters, each with the least and the most it may be."""

    limits: Mapping[str, Range]
    starts: bool = False  # whether it may stand only before the first layer

    def objection(self, command: Command, *, starting: bool) -> str:
        """Return why this command is not of this form, or nothing."""
        for key, value in command.words.items():
            if key not in self.limits:
                return f"{command.full_name}: {key} is not known"
            least, most = self.limits[key]
            if value is not None and not least <= value <= most:
                return f"{command.full_name}: {key}{value:g} is outside {least:g} to {most:g}"
        if self.starts and not starting:
            return f"{command.full_name} may stand only before the first layer"
        return ""


def at_any_time(**limits: Range) -> Form:
    """Return a form that may stand anywhere."""
    return Form(limits)


def before_layers(**limits: Range) -> Form:
    """Return a form that may stand only before the first layer."""
    return Form(limits, starts=True)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one firmware understands on one machine, by full names such as ``M620.1``."""

    forms: Mapping[str, tuple[Form, ...]]
    texts: Mapping[str, Fits] = field(default_factory=dict)  # what a command's text may be

    def objection(self, command: Command, *, starting: bool) -> str | None:
        """Return why a command may not stand here.

        Returns:
            A sentence; nothing, for a command that is accepted; None, for one that is not of this
            dialect.
        """
        name = command.full_name
        if (fits := self.texts.get(name)) is not None:
            return "" if fits(command.text) else f"{name}: {command.text[:40]!r} is not known"
        found = [form.objection(command, starting=starting) for form in self.forms.get(name, ())]
        return None if not found else "" if "" in found else found[0]
