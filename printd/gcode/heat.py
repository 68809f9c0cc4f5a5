"""Which heater a command sets, and to what; every firmware's way of saying it.

Only reads commands: limits are the business of ``rules``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from printd.gcode.commands import Command

Heater = Literal["nozzle", "bed", "chamber"]
EXTRUDING_C = 150.0  # firmware refuses to push filament below 160 to 170; 150 only keeps warm

# Parameters that may hold a temperature. B is the upper end of Marlin's automatic temperature.
_BY_CODE: dict[str, tuple[Heater, str]] = {
    "M104": ("nozzle", "SRB"),
    "M109": ("nozzle", "SRB"),
    "M568": ("nozzle", "SR"),
    "G10": ("nozzle", "SR"),
    "M140": ("bed", "SR"),
    "M190": ("bed", "SR"),
    "M141": ("chamber", "SR"),
    "M191": ("chamber", "SR"),
}
# Full names of those that heat while they change the filament, with T.
FLUSHING = frozenset({"M620.1", "M620.10"})
# Named commands that heat nothing, whatever their keys are called.
STILL = frozenset({"SET_PRESSURE_ADVANCE", "SET_VELOCITY_LIMIT", "EXCLUDE_OBJECT_DEFINE"})
NAMED = frozenset({"SET_HEATER_TEMPERATURE", "TEMPERATURE_WAIT", "TURN_OFF_HEATERS"})


class Target(NamedTuple):
    """One temperature of one command. ``celsius`` None: it cannot be read."""

    heater: Heater
    tool: int
    celsius: float | None
    lasting: bool  # a target that stays, rather than a value to wait for


def targets_of(command: Command) -> list[Target]:
    """Return every temperature that the command names."""
    if command.name in _BY_CODE:
        return _by_code(command)
    if command.name == "M620" and command.full_name in FLUSHING and "T" in command.words:
        return [Target("nozzle", 0, command.words["T"], lasting=False)]
    if command.name == "TURN_OFF_HEATERS":
        return [Target("nozzle", 0, 0.0, lasting=True), Target("bed", 0, 0.0, lasting=True)]
    if command.name in NAMED:
        return _by_name(command)
    if command.named and command.name not in STILL:
        return _of_macro(command.named)
    return []


def _by_code(command: Command) -> list[Target]:
    words = command.words
    if command.name == "G10" and not ({"P", "R"} & words.keys()):
        return []  # the retract form
    heater, keys = _BY_CODE[command.name]
    which = words.get("P" if command.name in ("G10", "M568") else "T")
    tool = int(which or 0)
    found = [Target(heater, tool, words[key], lasting=key != "B") for key in keys if key in words]
    if "I" in words:
        # A preset stored in the printer: nobody here knows what it holds.
        found.append(Target(heater, tool, None, lasting=True))
    return found


def _by_name(command: Command) -> list[Target]:
    values = command.named or {}
    setting = command.name == "SET_HEATER_TEMPERATURE"
    name = values.get("HEATER" if setting else "SENSOR", "")
    heater, tool = _heater(name)
    keys = ("TARGET",) if setting else ("MINIMUM", "MAXIMUM")
    found = [
        Target(heater, tool, _number(values[key]), lasting=setting) for key in keys if key in values
    ]
    if setting and not found:
        found.append(Target(heater, tool, 0.0, lasting=True))
    return found


def _of_macro(values: dict[str, str]) -> list[Target]:
    """Read ``PRINT_START BED=60 EXTRUDER_TEMP=210``: the heater stands in the key."""
    found = []
    for key, text in values.items():
        for word, heater in _HEATER_WORDS:
            if word in key and (celsius := _number(text)) is not None:
                found.append(Target(heater, 0, celsius, lasting=True))
                break
    return found


# The bed and the chamber first: EXTRUDER is part of no other key, but TEMP may stand alone.
_HEATER_WORDS: tuple[tuple[str, Heater], ...] = (
    ("BED", "bed"),
    ("CHAMBER", "chamber"),
    ("EXTRUDER", "nozzle"),
    ("HOTEND", "nozzle"),
    ("NOZZLE", "nozzle"),
    ("TEMP", "nozzle"),
)


def _heater(name: str) -> tuple[Heater, int]:
    if name.startswith("EXTRUDER"):
        number = name.removeprefix("EXTRUDER")
        return "nozzle", int(number) if number.isdecimal() else 0
    return ("bed", 0) if name == "HEATER_BED" else ("chamber", 0)


def _number(text: str) -> float | None:
    if len(text) > 12 or not text.replace(".", "", 1).replace("-", "", 1).isdecimal():
        return None
    try:
        return float(text)
    except ValueError:
        return None
