"""G4 to G8 and G13: commands that have no place in the file of a print, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Final

from printd.gcode.commands import Command
from printd.gcode.relaxed import Relaxed
from printd.gcode.rules.amount import Speed
from printd.gcode.rules.base import File, Rule
from printd.gcode.rules.names import (
    CHANGERS,
    HOST,
    MACHINE,
    PROTECTIONS,
    SETTINGS,
    WAITS,
    is_host,
)

# After these the machine knows something of itself: its bed, its cameras, its filament.
MEASURES: Final = frozenset({"G29", "M963", "M964", "M983", "M984"})
LARGEST_BABY_STEP_MM: Final = 0.5
LARGEST_OFFSET_MM: Final = 1.0
LONGEST_DWELL_S: Final = 60.0
AMBIENT_C: Final = 30.0  # a room; what waits for less may wait for ever
REMOVE = "Remove the command; for our own files, a reviewed profile may allow it."

_SPEEDS: Final = {"VELOCITY": "max_speed_mm_s", "ACCEL": "max_acceleration_mm_s2"}
_TO_HOST = re.compile(r"//|action:", re.IGNORECASE).search


class Banned(Rule):
    """What these rules have in common: names, each with what it does."""

    names: ClassVar[Mapping[str, str]]
    action = REMOVE

    def command(self, command: Command) -> str:
        """Refuse a name of the table, unless a reviewed profile allows it."""
        does = self.names.get(command.name)
        refused = f"{command.name} {does}" if does else self.further(command)
        if not refused or self.file.allows(command):
            return ""
        return self.file.objection(command) or refused

    def further(self, _command: Command, /) -> str:
        """Look at a command that the table does not name."""
        return ""


class Protections(Banned):
    """G4: what keeps the machine from harm stays on."""

    number = "G4"
    names: ClassVar[Mapping[str, str]] = {
        name: does for name, does in PROTECTIONS.items() if name != "M211"
    }

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.shifted_mm = 0.0

    def further(self, command: Command) -> str:
        """Refuse what depends on its numbers, or on what came before."""
        name = command.name
        if name == "M211" and any(command.words.get(key) == 0.0 for key in "SXYZ"):
            return f"M211 {PROTECTIONS['M211']}"
        if name == "G92" and "Z" in command.words and "Z" not in self.file.motion.homed:
            return "G92 names the height at a place that is not known"
        if name == "SET_GCODE_OFFSET":
            return self._shift(command.named or {})
        if name == "SET_VELOCITY_LIMIT":
            return self._limits(command.named or {})
        if name == "SET_FAN_SPEED" and "HOTEND" in (command.named or {}).get("FAN", ""):
            return "SET_FAN_SPEED changes the fan that cools the hot end itself"
        return ""

    def _shift(self, named: dict[str, str]) -> str:
        for key, text in named.items():
            if key[0] in "XYZ":
                value = _number(text)
                if value is None:
                    return f"SET_GCODE_OFFSET {key} cannot be read"
                self.shifted_mm += abs(value)
        if self.shifted_mm > LARGEST_OFFSET_MM:
            return f"SET_GCODE_OFFSET moves by more than {LARGEST_OFFSET_MM:g} mm"
        return ""

    def _limits(self, named: dict[str, str]) -> str:
        for key, fact in _SPEEDS.items():
            if key not in named:
                continue
            value, limit = _number(named[key]), getattr(self.machine, fact)
            if value is None:
                return f"SET_VELOCITY_LIMIT {key} cannot be read"
            if limit and value > limit:
                return f"SET_VELOCITY_LIMIT {key} {value:g} is above the printer's {limit:g}"
            if not limit and not self.file.own:
                return f"SET_VELOCITY_LIMIT {key}: the profile does not say what the printer can do"
        return ""


class Settings(Banned):
    """G5: nothing that outlasts the print is changed."""

    number = "G5"
    names = SETTINGS

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.stepped_mm = 0.0
        self.speed = Speed(file)
        self.raised = False  # whether the file has raised limits of the machine
        self.has_measured = False  # whether the machine has just measured itself

    def command(self, command: Command) -> str:
        """Refuse as the table says; a small step of the height is no setting."""
        if self.file.dialect is not None:
            self._watch(command)
            if command.name == "M500" and self.file.speaks(command):
                return self._stores(command)
        if command.name == "M290" and not self.file.speaks(command):
            # No profile may allow more: the nozzle would reach the bed.
            self.stepped_mm += sum(abs(value or 0.0) for value in command.words.values())
            if self.stepped_mm > LARGEST_BABY_STEP_MM:
                return f"M290 shifts the height by more than {LARGEST_BABY_STEP_MM:g} mm"
        return super().command(command)

    def _watch(self, command: Command) -> None:
        """Notice what would be kept."""
        if command.name in MEASURES and not command.sub:
            self.has_measured = True
        elif self.speed.command(command):
            self.raised = True

    def _stores(self, command: Command) -> str:
        """Refuse to keep anything but what the machine has just measured.

        Everything else that it would keep is refused by itself, but for speeds in our own files.
        """
        if "R" in command.words:
            return ""  # of the X1: keeps nothing, and nothing has been measured yet
        measured, self.has_measured = self.has_measured, False
        if not measured or not self.file.relaxes(Relaxed.STORE):
            return "M500 stores settings in the printer that it has not just measured"
        if self.raised:
            return "M500 stores limits that the file has raised"
        return ""

    def further(self, command: Command) -> str:
        """Refuse to calibrate."""
        if command.name.endswith("_CALIBRATE"):
            return f"{command.name} changes the printer's settings"
        return ""


class MachineItself(Banned):
    """G6: the file prints; it does not run the machine."""

    number = "G6"
    names = MACHINE


class Host(Banned):
    """G7: no files, macros, networks or hosts. Nothing widens it."""

    number = "G7"
    action = "Remove the command; no profile can allow it."
    names = HOST

    def further(self, command: Command) -> str:
        """Refuse what is spoken to the host through the printer."""
        if is_host(command.name):
            return f"{command.name} runs the printer's files or its host"
        if command.name == "M118":
            if not self.file.own:
                return "M118 speaks to the host"
            if _TO_HOST(command.text):
                return "M118 gives the host a command"
        return ""


class Waits(Banned):
    """G8: the print never waits for a person, or for what may never happen."""

    number = "G8"
    names = WAITS

    def command(self, command: Command) -> str:
        """Refuse a wait without an end, whatever a profile allows; then as the table says."""
        return self._long(command) or super().command(command)

    def _long(self, command: Command) -> str:
        name, words = command.name, command.words
        if name == "G4":
            spans = (words.get("S") or 0.0, (words.get("P") or 0.0) / 1000.0)
            # Firmware counts without a sign: less than nothing is weeks.
            if min(spans) < 0 or sum(spans) > LONGEST_DWELL_S:
                return f"G4 waits longer than {LONGEST_DWELL_S:g} s"
        elif name == "M400":
            spans = (words.get("S") or 0.0, (words.get("P") or 0.0) / 1000.0)
            if "U" in words:
                return "M400 U waits for a person"
            if min(spans) < 0 or sum(spans) > LONGEST_DWELL_S:
                return f"M400 waits longer than {LONGEST_DWELL_S:g} s"
        elif name in ("M109", "M190", "M191"):
            cold = words.get("R")
            if cold is not None and cold < AMBIENT_C:
                return f"{name} waits until it is colder than a room ({cold:g} °C)"
        elif name == "TEMPERATURE_WAIT":
            most = _number((command.named or {}).get("MAXIMUM", "")) if command.named else None
            if most is not None and most < AMBIENT_C:
                return f"{name} waits until it is colder than a room ({most:g} °C)"
        return ""


class Tools(Banned):
    """G13: only tools and filament changers that are there."""

    number = "G13"
    action = "Slice for a printer with as many tools, or with one filament."
    names: ClassVar[Mapping[str, str]] = {}

    def further(self, command: Command) -> str:
        """Refuse a tool that the machine does not have."""
        name, tools = command.name, self.machine.tools
        if name[0] == "T" and name[1:].isdecimal() and int(name[1:]) >= tools:
            return f"{name}: this printer has {tools} tool{'s' if tools > 1 else ''}, from T0 on"
        if name in CHANGERS and tools < 2:
            return f"{name}: this printer cannot change its filament"
        return ""


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e9 else None
