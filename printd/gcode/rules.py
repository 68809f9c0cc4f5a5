"""The safety rules, one class each; ``RULES`` is the table that ``safety`` runs over a file.

A rule looks at commands, moves, comments and the end of one file, and returns a sentence when
it refuses. To add a rule, write its class and add it to the table. Numbers are those of
reliability.md, section 10.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from printd.core.machine import Machine
from printd.gcode.heat import EXTRUDING_C, Heater, targets_of
from printd.gcode.motion import WANDERERS, Motion, Move
from printd.gcode.reader import Command

LOWEST_Z_MM = -0.1  # a touch below the sheet, as after baby steps
SLACK_MM = 0.001  # places are written with three decimals
FILAMENT_ROUNDING_MM = 1e-6
JUDGED_FROM_BYTES = 4096  # a shorter file may be mostly comment
LARGEST_UNKNOWN_COMMENT = 0.3  # of the file


def _codes(letter: str, *numbers: int | range) -> frozenset[str]:
    flat = (n for number in numbers for n in ([number] if isinstance(number, int) else number))
    return frozenset(f"{letter}{n}" for n in flat)


BASE: Final = (
    _codes("G", 0, 1, 2, 3, 4, 10, 11, 20, 21, 28, 29, 80, 90, 91, 92)
    | _codes("M", 17, 18, 73, 82, 83, 84, 104, 105, 106, 107, 109, 114, 115, 117, 140, 190)
    | _codes("M", range(201, 206), 220, 221, 400, 862, 900)
    | {"T0"}
)
CHAMBER: Final = _codes("M", 141, 191)
BASE_OF_FLAVOUR: Final = {
    "klipper": frozenset(
        {"SET_HEATER_TEMPERATURE", "TEMPERATURE_WAIT", "TURN_OFF_HEATERS", "SET_PRESSURE_ADVANCE"}
    ),
    "reprapfirmware": _codes("M", 566, 568),
}
# Files on the card, macros, stored settings, firmware: no profile may allow these.
NEVER: Final = (
    _codes("M", range(20, 34), 98, range(500, 503), 540, range(550, 558), 581, 582)
    | _codes("M", range(586, 590), 808, range(810, 820), 928, 997)
    | {"SAVE_CONFIG", "RUN_SHELL_COMMAND", "FIRMWARE_RESTART", "RESTART"}
)
WITH_SUB: Final = frozenset({"M862"})


@dataclass(slots=True)
class File:
    """What all rules know of the file under judgement; filled while it is read."""

    machine: Machine
    own: bool
    motion: Motion  # has already followed what a rule is shown
    size_bytes: int = 0
    last_line: bytes = b""  # that is not blank


class Rule:
    """One rule over one file. Every method returns a sentence to refuse, or nothing."""

    number: ClassVar[str]

    def __init__(self, file: File) -> None:
        self.file = file
        self.machine = file.machine

    def command(self, command: Command) -> str | None:
        """Look at a command."""

    def move(self, move: Move) -> str | None:
        """Look at a move."""

    def comment(self, comment: bytes) -> str | None:
        """Look at a line that is a comment only."""

    def end(self) -> list[str] | None:
        """Look back on the whole file."""


class Known(Rule):
    """G1: only commands that are known to be harmless on this machine."""

    number = "G1"

    def __init__(self, file: File) -> None:
        super().__init__(file)
        machine = file.machine
        self.known = BASE | BASE_OF_FLAVOUR.get(machine.flavour, frozenset())
        if machine.has_chamber:
            self.known |= CHAMBER
        if file.own:
            self.known |= frozenset(machine.allow) - NEVER
            self.known |= {machine.homing_command} - NEVER

    def command(self, command: Command) -> str:
        """Refuse what is not on the list."""
        if command.name not in self.known:
            return f"{command.name} is not among the commands allowed for this printer"
        if command.sub and command.name not in WITH_SUB:
            return f"{command.name}.{command.sub} has a part after the dot"
        if command.name in ("G10", "G11") and not _retracts(command):
            return f"{command.name} is allowed only to draw the filament back"
        return ""


def _retracts(command: Command) -> bool:
    return not command.words or (command.words.keys() == {"S"} and command.words["S"] in (0.0, 1.0))


class Heats(Rule):
    """What G2 and G3 have in common."""

    limits_c: Mapping[Heater, float]

    def command(self, command: Command) -> str:
        """Refuse a temperature that is too high or cannot be read."""
        for target in targets_of(command):
            if target.heater not in self.limits_c:
                continue
            if target.celsius is None:
                return f"{command.name}: the temperature cannot be read"
            limit_c = self.limits_c[target.heater]
            if not target.celsius <= limit_c:
                return (
                    f"{command.name}: {target.celsius:g} °C is above the limit of "
                    f"{limit_c:g} °C for the {target.heater}"
                )
        return ""


class NozzleHeat(Heats):
    """G2: no nozzle target above what the hot end and the material stand."""

    number = "G2"

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.limits_c = {"nozzle": file.machine.nozzle_limit_c}


class BedHeat(Heats):
    """G3: no bed or chamber target above the machine's; no chamber where there is none."""

    number = "G3"

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.limits_c = {"bed": file.machine.max_bed_c, "chamber": file.machine.max_chamber_c}

    def command(self, command: Command) -> str:
        """Refuse any word to a chamber that is not there, then as any heater."""
        if not self.machine.has_chamber and any(
            target.heater == "chamber" for target in targets_of(command)
        ):
            return f"{command.name}: this printer has no heated chamber"
        return super().command(command)


class Order(Rule):
    """G9: home before moving, heat before extruding, everything off at the end."""

    number = "G9"

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.targets_c: dict[tuple[Heater, int], float] = {}
        self.tool = 0
        self.nozzle_off = self.bed_off = False
        self._hot = False
        self._all_homed = False

    def command(self, command: Command) -> str:
        """Follow the heaters."""
        if command.name.startswith("T") and command.name[1:].isdigit():
            self.tool = int(command.name[1:])
        for target in targets_of(command):
            if not target.lasting or target.celsius is None:
                continue
            self.targets_c[target.heater, target.tool] = target.celsius
            off = target.celsius <= 0
            if target.heater == "nozzle":
                self.nozzle_off = off
            elif target.heater == "bed":
                self.bed_off = off
        self._hot = self.targets_c.get(("nozzle", self.tool), 0.0) >= EXTRUDING_C
        self._all_homed = len(self.file.motion.homed) == 3
        return ""

    def move(self, move: Move) -> str:
        """Refuse a move of an axis not homed, and extruding while cold."""
        if not self._all_homed:
            for axis in move.axes:
                if axis not in self.file.motion.homed:
                    return f"{axis} moves before it was homed ({self.machine.homing_command})"
        if move.extruded_mm > FILAMENT_ROUNDING_MM:
            self.nozzle_off = self.bed_off = False
            if not self._hot:
                return f"filament is pushed before the nozzle was set to {EXTRUDING_C:g} °C"
        return ""

    def end(self) -> list[str]:
        """Every heater has been switched off after the last extrusion."""
        hot = {heater for (heater, _), celsius in self.targets_c.items() if celsius > 0}
        found = []
        if not self.nozzle_off or "nozzle" in hot:
            found.append("the nozzle is not switched off after the last extrusion (M104 S0)")
        if (self.machine.max_bed_c > 0 and not self.bed_off) or "bed" in hot:
            found.append("the bed is not switched off after the last extrusion (M140 S0)")
        return found


class Envelope(Rule):
    """G10: every place the nozzle goes lies inside the machine."""

    number = "G10"

    def __init__(self, file: File) -> None:
        super().__init__(file)
        machine = file.machine
        self.x_mm = machine.bed_w_mm + SLACK_MM
        self.y_mm = machine.bed_d_mm + SLACK_MM
        self.z_mm = machine.height_mm + SLACK_MM

    def command(self, command: Command) -> str:
        """Refuse what changes the meaning of places in a way that is not followed here."""
        name = command.name
        if name.startswith("T") and name != "T0" and name[1:].isdigit():
            return f"{name}: the place of another tool is not known"
        if name == "G92" and command.sub:
            return f"G92.{command.sub} means something else on every firmware"
        if name in SHIFTS:
            return f"{name} changes what places mean"
        if (
            name[0] == "G"
            and name[1:].isdigit()
            and name not in FOLLOWED | self.file.motion.allowed
        ):
            return f"{name}: where it moves is not known"
        return ""

    def move(self, move: Move) -> str:
        """Refuse a place outside, or one that is not known."""
        x, y, z, axes = move.x, move.y, move.z, move.axes
        if x is not None and y is not None and z is not None and move.arc is None:
            if (
                -SLACK_MM <= x <= self.x_mm
                and -SLACK_MM <= y <= self.y_mm
                and LOWEST_Z_MM - SLACK_MM <= z <= self.z_mm
            ):
                return move.trouble
        elif move.trouble:
            return move.trouble
        if (
            ("X" in axes and x is None)
            or ("Y" in axes and y is None)
            or ("Z" in axes and z is None)
        ):
            return "a move to a place that is not known"
        if z is not None and not LOWEST_Z_MM - SLACK_MM <= z <= self.z_mm:
            return f"Z {z:.3f} mm is outside {LOWEST_Z_MM:g} to {self.machine.height_mm:g} mm"
        if move.arc is not None:
            x0, y0, x1, y1 = move.arc
            if not (self._inside(x0, y0) and self._inside(x1, y1)):
                return f"the arc reaches X {x0:.3f}..{x1:.3f}, Y {y0:.3f}..{y1:.3f} mm"
        elif not self._inside(x, y):
            shown = ", ".join(
                f"{axis} {value:.3f}" for axis, value in (("X", x), ("Y", y)) if value is not None
            )
            return f"{shown} mm is off the bed"
        return move.trouble

    def _inside(self, x: float | None, y: float | None) -> bool:
        bed = (0.0, 0.0, self.machine.bed_w_mm, self.machine.bed_d_mm)
        return any(
            (x is None or x0 - SLACK_MM <= x <= x1 + SLACK_MM)
            and (y is None or y0 - SLACK_MM <= y <= y1 + SLACK_MM)
            for x0, y0, x1, y1 in (bed, *self.machine.zones)
        )


# Other coordinate systems, planes and offsets; the length of a step; a moved zero.
SHIFTS: Final = _codes("G", range(15, 20), *range(51, 60), 68, 69) | _codes(
    "M", 92, 206, 218, 290, 428, 579, 665, 666, 851
)
FOLLOWED: Final = BASE | WANDERERS


class Shape(Rule):
    """G14: it is a whole print, and one for this machine."""

    number = "G14"

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.heats = self.extrudes = False
        self.made_by_prusa = False
        self.unknown_bytes = 0
        self._block = b""

    def command(self, command: Command) -> str:
        """Notice heat; compare the checks that the file makes itself."""
        if not self.heats:
            self.heats = any(
                target.heater == "nozzle" and (target.celsius or 0) >= EXTRUDING_C
                for target in targets_of(command)
            )
        if command.name == "M862":
            return self._identity(command)
        return ""

    def _identity(self, command: Command) -> str:
        nozzle = command.words.get("P")
        if command.sub == "1" and nozzle is not None and nozzle != self.machine.nozzle_mm:
            return f"the file is for a {nozzle:g} mm nozzle, not {self.machine.nozzle_mm:g} mm"
        model = re.search(r'"([^"]*)"', command.text)
        if command.sub == "3" and model and self.machine.model not in ("", model[1]):
            return f"the file is for {model[1] or 'no'} printer, not {self.machine.model}"
        return ""

    def move(self, move: Move) -> str:
        """Notice extrusion."""
        if move.extruded_mm > 0 and move.length_mm > 0:
            self.extrudes = True
        return ""

    def comment(self, comment: bytes) -> str:
        """Read what the slicer says of itself; weigh what nobody knows."""
        if self._block:
            if self._block in comment:
                self._block = b""
            return self._made_for(comment)
        if comment.startswith(b" thumbnail") and b" begin" in comment:
            self._block = b" end"
        elif comment.rstrip().endswith(b"_config = begin"):
            self._block = b"_config = end"
        elif comment.startswith(b" generated by PrusaSlicer"):
            self.made_by_prusa = True
        elif not KNOWN_COMMENT(comment):
            self.unknown_bytes += len(comment) + 2
        return ""

    def _made_for(self, comment: bytes) -> str:
        key, found, value = comment.decode("utf-8", "replace").strip().partition(" = ")
        machine = self.machine
        if not found:
            return ""
        if key == "nozzle_diameter" and {*value.split(",")} != {f"{machine.nozzle_mm:g}"}:
            return f"the file is for a nozzle of {value[:20]} mm, not {machine.nozzle_mm:g} mm"
        if key == "gcode_flavor" and _family(value) != _family(machine.flavour):
            return f"the file is for {value[:20]} firmware, not {machine.flavour}"
        if key == "printer_model" and machine.model not in ("", value):
            return f"the file is for {value[:40] or 'an unnamed printer'}, not {machine.model}"
        return ""

    def end(self) -> list[str]:
        """Heat, filament and an end must be there."""
        found = []
        if not self.heats:
            found.append("the nozzle is never heated")
        if not self.extrudes:
            found.append("no filament is ever extruded")
        whole = self.file.last_line.strip() == CONFIG_END
        if (self.file.own or self.made_by_prusa) and not whole:
            found.append("the file is cut off: the slicer's settings block does not end it")
        size = self.file.size_bytes
        if size > JUDGED_FROM_BYTES and self.unknown_bytes > LARGEST_UNKNOWN_COMMENT * size:
            found.append(f"{self.unknown_bytes * 100 // size} % of the file are unknown comments")
        return found


CONFIG_END: Final = b"; prusaslicer_config = end"
KNOWN_COMMENT = re.compile(
    rb"\s*$|(?:BEFORE_|AFTER_)?LAYER|[ZE]:|HEIGHT:|TYPE:|WIDTH:|WIPE_|TIME|MESH:|FLAVOR:|M[AI]"
    rb"[NX][XYZ]:|[Ff]ilament|_GP_| (?:printing|stop printing) object| [\w ()\[\]-]{1,60} = "
).match


def _family(flavour: str) -> str:
    return "marlin" if flavour.startswith("marlin") else flavour


RULES: Final[tuple[type[Rule], ...]] = (Known, NozzleHeat, BedHeat, Order, Envelope, Shape)
