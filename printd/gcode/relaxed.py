"""What a machine whose maker writes its start code may do that others may not, and in whose files.

The start code goes with every file of its slicer, a stranger's too, so all of it is allowed at both
levels; only what a reviewed profile allows beyond it (``allow:``) is for our own files alone. What
protects the machine and the room is no row of the table, and always holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from printd.gcode.verdict import Level


class Relaxed(StrEnum):
    """One thing that is allowed."""

    WORDS = "commands of the firmware's own in the forms of its dialect, and its way of homing"
    COLD = "before the first layer a little filament may be pushed cold, to clear the nozzle"
    HEAT = "before the first layer the nozzle may be as hot as it stands, to purge"
    TRAVEL = "the nozzle may go where the machine reaches beside the bed, and purge there"
    WIPE = "before the first layer the nozzle may go below the bed, where it is wiped"
    STORE = "what the machine has just measured may be kept (M500)"


BY_LEVEL: Final[Mapping[Level, frozenset[Relaxed]]] = {
    Level.OWN: frozenset(Relaxed),
    Level.FOREIGN: frozenset(Relaxed),
}
