"""How each firmware is read and followed: one table for all who go through a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from printd.core.machine import Machine
from printd.gcode.bambu_dialect import LETTERS, dialect_of
from printd.gcode.bambu_motion import BambuMotion
from printd.gcode.dialect import Dialect
from printd.gcode.motion import Motion


@dataclass(frozen=True, slots=True)
class Firmware:
    """What a firmware has of its own."""

    motion: Callable[[Machine], Motion] = Motion
    dialect: Callable[[Machine], Dialect] | None = None
    letters: Mapping[str, str] | None = None  # see ``commands.command_of``


PLAIN: Final = Firmware()
FIRMWARES: Final[Mapping[str, Firmware]] = {
    "bambu": Firmware(BambuMotion, dialect_of, LETTERS),
}


def firmware_of(machine: Machine) -> Firmware:
    """Return what the firmware of a machine has of its own."""
    return FIRMWARES.get(machine.firmware, PLAIN)


def motion_of(machine: Machine) -> Motion:
    """Return what follows files for a machine."""
    return firmware_of(machine).motion(machine)
