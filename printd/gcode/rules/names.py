"""The names of commands, and what each is refused for: the tables behind G1 and G4 to G8.

Numbers are those of reliability.md, section 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printd.core.machine import Machine
from printd.gcode.commands import Command


def codes(letter: str, *numbers: int | range) -> frozenset[str]:
    """Return such as ``M104`` for each number."""
    flat = (n for number in numbers for n in ([number] if isinstance(number, int) else number))
    return frozenset(f"{letter}{n}" for n in flat)


def _each(names: frozenset[str] | set[str], why: str) -> dict[str, str]:
    return dict.fromkeys(names, why)


# What is known to be harmless on any machine of its flavour, within the other rules.
BASE: Final = (
    codes("G", 0, 1, 2, 3, 4, 10, 11, 20, 21, 28, 29, 80, 90, 91, 92)
    | codes("M", 17, 18, 73, 82, 83, 84, 104, 105, 106, 107, 109, 114, 115, 117, 140, 190)
    | codes("M", range(201, 206), 220, 221, 400, 862, 900)
)
CHAMBER: Final = codes("M", 141, 191)
BASE_OF_FLAVOUR: Final[Mapping[str, frozenset[str]]] = {
    "klipper": frozenset(
        {
            "SET_HEATER_TEMPERATURE",
            "TEMPERATURE_WAIT",
            "TURN_OFF_HEATERS",
            "SET_PRESSURE_ADVANCE",
            "SET_VELOCITY_LIMIT",
            "EXCLUDE_OBJECT_DEFINE",
            "EXCLUDE_OBJECT_START",
            "EXCLUDE_OBJECT_END",
        }
    ),
    "reprapfirmware": codes("M", 566, 568),
}
WITH_SUB: Final = frozenset({"M862"})

PROTECTIONS: Final[Mapping[str, str]] = {
    **_each({"M302"}, "lets filament be pushed cold"),
    **_each({"M303"}, "heats by itself to measure the heater"),
    **_each(codes("M", 301, 304, 305, 306, 307), "changes how a heater is regulated"),
    **_each(codes("M", 143, 562, 570), "changes what stops a heater that runs away"),
    **_each({"M121", "M564", "M211"}, "lets the printer leave its own limits"),
    **_each({"SET_PIN"}, "switches a pin of the board"),
    **_each({"FORCE_MOVE"}, "moves without limits"),
    **_each({"SET_KINEMATIC_POSITION"}, "says where the printer is without homing"),
    **_each({"SET_TEMPERATURE_FAN_TARGET"}, "changes a fan that cools the printer itself"),
}
SAVES: Final[Mapping[str, str]] = {
    **_each(codes("M", 500) | {"SAVE_CONFIG"}, "stores settings in the printer"),
    **_each(codes("M", 501, 502), "replaces the printer's settings"),
}
SETTINGS: Final[Mapping[str, str]] = {
    **SAVES,
    **_each(codes("M", 92, 350), "changes the length of a step"),
    **_each(codes("M", 206, 218, 428, 851), "moves a zero that was set up at the printer"),
    **_each(codes("M", 569, 579, 665, 666), "changes how the printer is built"),
    # One firmware's compatibility mode is another's area to probe, which a profile may allow.
    **_each(codes("M", 555), "changes how commands are understood"),
    **_each(codes("M", 906, 907, 913, 914), "changes the currents of the motors"),
}
FIRMWARE: Final[Mapping[str, str]] = {
    **_each({"M997"}, "replaces the firmware"),
    **_each({"FIRMWARE_RESTART", "RESTART", "M999"}, "restarts the printer"),
}
MACHINE: Final[Mapping[str, str]] = {
    **FIRMWARE,
    **_each(codes("M", 112, 410), "stops the printer"),
    **_each(codes("M", 108), "breaks off waiting for a temperature"),
    **_each(codes("M", 42, 43, 280, 355, 710), "switches a part of the board"),
    **_each(codes("M", 80, 81), "switches the power supply"),
}
HOST: Final[Mapping[str, str]] = {
    **_each(codes("M", range(20, 34)), "works on the files of the printer"),
    **_each(codes("M", 98, 808, *range(810, 820)), "runs a macro that is not in the file"),
    **_each(codes("M", 540, *range(550, 555), 556, 557, *range(586, 590)), "changes the network"),
    **_each(codes("M", 581, 582), "sets a trigger that runs a macro"),
    **_each(codes("M", 928), "writes a file in the printer"),
    **_each({"RUN_SHELL_COMMAND"}, "runs a program on the printer's computer"),
    **_each({"RESPOND"}, "speaks to the host"),
}
HOST_PREFIXES: Final = ("SDCARD_", "PRINT_", "ACTION_")
# Everybody's names for the macros that begin and end a print.
OWN_MACROS: Final = frozenset({"PRINT_START", "PRINT_END"})
WAITS: Final[Mapping[str, str]] = {
    **_each(codes("M", 0, 1, 125, 226, 600, 601, 602), "waits for a person"),
    **_each({"PAUSE", "RESUME", "CANCEL_PRINT"}, "pauses or ends the print"),
    **_each(codes("M", 701, 702), "changes the filament, which waits for a person"),
}
CHANGERS: Final = codes("M", range(703, 710), 620, 621)  # of filament

# What no profile may allow.
NEVER: Final = frozenset(SAVES) | frozenset(FIRMWARE) - {"M999"} | frozenset(HOST)


def is_host(name: str) -> bool:
    """Return whether a named command runs the printer's files or its host."""
    return name.startswith(HOST_PREFIXES) and name not in OWN_MACROS


def may_be_allowed(command: Command, machine: Machine) -> bool:
    """Return whether the machine's profile allows the command, and may."""
    name = command.name
    if name in NEVER or is_host(name):
        return False
    return command.full_name in machine.allow or name == machine.homing_command
