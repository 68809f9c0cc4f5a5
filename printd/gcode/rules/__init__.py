"""The safety rules, one class each; ``judge`` runs ``RULES`` over a file.

A rule looks at commands, moves, comments and the end of one file, and returns a sentence when
it refuses. To add a rule, write its class and add it to the table, with its two files in the
corpus of the tests. Numbers are those of reliability.md, section 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printd.gcode.rules.amount import Amount, Feed, Speed
from printd.gcode.rules.banned import Host, MachineItself, Protections, Settings, Tools, Waits
from printd.gcode.rules.base import Rule
from printd.gcode.rules.envelope import Envelope
from printd.gcode.rules.heats import BedHeat, NozzleHeat
from printd.gcode.rules.known import Known
from printd.gcode.rules.made_for import MadeFor, MadeForUnknown
from printd.gcode.rules.order import Order
from printd.gcode.rules.shape import Shape
from printd.gcode.rules.start import Camera, Conditions, FirstLayer, Probed
from printd.gcode.rules.text import Form, Text

# What a command is refused for by name stands before G1, which is asked of the rest.
RULES: Final[tuple[type[Rule], ...]] = (
    Form,
    NozzleHeat,
    BedHeat,
    Protections,
    Settings,
    MachineItself,
    Host,
    Waits,
    Order,
    Envelope,
    Amount,
    Speed,
    Feed,
    Tools,
    Shape,
    MadeFor,
    MadeForUnknown,
    Text,
    Known,
)
# Asked as well, where a firmware has a start code of its maker's.
RULES_OF_FIRMWARE: Final[Mapping[str, tuple[type[Rule], ...]]] = {
    "bambu": (FirstLayer, Camera, Probed, Conditions),
}
