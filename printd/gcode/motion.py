"""Where the nozzle is: units, absolute and relative places, offsets, homing, arcs.

``Motion`` follows one file command by command and says what each move does in millimetres of
the machine. What it cannot follow it calls unknown, and from an unknown place only an absolute
move leads back. It judges nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from printd.core.machine import Machine
from printd.gcode.arcs import Arc, VagueArc, arc_of
from printd.gcode.commands import Command

INCH_MM = 25.4
MOVES = frozenset({"G0", "G1", "G2", "G3"})
# Commands that end at a place of their own: probing, cleaning, parking, levelling.
WANDERERS = frozenset({"G12", "G27", "G29", "G30", "G32", "G33", "G34", "G35", "G80"})
# Named commands that move nothing; what any other named command does is not in the file.
STILL = frozenset(
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
)
# Likewise commands that a profile may allow.
STILL_CODES = frozenset(
    f"M{number}"
    for number in (
        *(74, 142, 155, 204, 211, 302, 412, 413, 420, 486, 555, 569, 572, 593, 900, 906, 907),
        *(913, 914, 960, 973, 975, 1002, 1003, 1007),
    )
)
AXES = ("X", "Y", "Z")


class Move(NamedTuple):
    """One move, in mm of the machine. None: not known."""

    line: int
    x: float | None
    y: float | None
    z: float | None
    extruded_mm: float  # of filament; negative when it is drawn back
    length_mm: float  # of the way; 0 for filament alone
    feed_mm_s: float
    axes: str  # those that the command names, such as "XY"
    start: tuple[float | None, float | None]  # X, Y where it begins
    arc: Arc | None = None
    trouble: str = ""  # why the end of the move is not known


class Motion:
    """Follows one file from its first line."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.homed: set[str] = set()
        self.relative = False
        self.relative_e = False
        self.unit_mm = 1.0
        self.feed_mm_s = 25.0
        # Marlin resets the filament's mode with G90 and G91; the others keep it apart.
        self._mode_takes_e = machine.flavour.startswith("marlin")
        self._place: list[float | None] = [None, None, None]
        self._offset = [0.0, 0.0, 0.0]  # machine place minus the place that the file names
        self._e_mm = 0.0
        self._others = {
            "G20": self._inches,
            "G21": self._millimetres,
            "G28": self._home,
            "G90": self._absolute,
            "G91": self._relative,
            "G92": self._rename,
            "M82": self._absolute_e,
            "M83": self._relative_e,
            "M18": self._let_go,
            "M84": self._let_go,
            **dict.fromkeys(WANDERERS, self._wander),
        }
        self._homing_macro = machine.homing_command
        self.allowed = frozenset(machine.allow)
        self.in_camera_space = False  # whether places are those of a camera beside the nozzle
        self.fault = ""  # why the last command cannot be followed

    @property
    def conditions(self) -> int:
        """Return how many flags decide whether the code here is run."""
        return 0

    @property
    def place(self) -> tuple[float | None, float | None, float | None]:
        """Return X, Y, Z in mm of the machine."""
        return self._place[0], self._place[1], self._place[2]

    @property
    def offset_mm(self) -> tuple[float, float, float]:
        """Return what is added to X, Y, Z of the file to get the place in the machine."""
        return self._offset[0], self._offset[1], self._offset[2]

    @property
    def e_mm(self) -> float:
        """Return the absolute place of the filament, as the file counts it."""
        return self._e_mm

    @property
    def is_plain(self) -> bool:
        """Return whether places are absolute and in millimetres."""
        return not self.relative and self.unit_mm == 1.0

    def arrive(
        self,
        place: tuple[float | None, float | None, float | None],
        e_mm: float,
        feed_mm_s: float,
    ) -> None:
        """Go on from where ``moves`` has followed the file to."""
        self._place[:] = place
        self._e_mm = e_mm
        self.feed_mm_s = feed_mm_s

    def quick(self, line: int, words: tuple[bytes | None, ...]) -> Move | None:
        """Follow G0 or G1 as ``commands.quick_move`` gives it; None: take the longer way."""
        if not self.is_plain:
            return None
        _, xt, yt, zt, et, ft = words
        place, offset = self._place, self._offset
        x, y, z = old_x, old_y, old_z = place
        axes = ""
        squares = 0.0
        if ft is not None:
            self.feed_mm_s = float(ft) / 60.0
        if xt is not None:
            place[0] = x = float(xt) + offset[0]
            axes = "X"
            squares = (x - old_x) ** 2 if old_x is not None else 0.0
        if yt is not None:
            place[1] = y = float(yt) + offset[1]
            axes += "Y"
            if old_y is not None:
                squares += (y - old_y) ** 2
        if zt is not None:
            place[2] = z = float(zt) + offset[2]
            axes += "Z"
            if old_z is not None:
                squares += (z - old_z) ** 2
        extruded = 0.0
        if et is not None:
            value = float(et)
            if self.relative_e:
                extruded = value
            else:
                extruded = value - self._e_mm
                self._e_mm = value
        start = old_x, old_y
        return Move(line, x, y, z, extruded, squares**0.5, self.feed_mm_s, axes, start)

    def see(self, command: Command) -> Move | None:
        """Follow one command; return the move it makes, if it is one."""
        if command.name in MOVES:
            return self._move(command)
        action = self._others.get(command.name)
        if action is not None:
            action(command)
        elif command.name == self._homing_macro:
            self._home(command)
        elif (command.full_name in self.allowed and command.name not in STILL_CODES) or (
            command.named is not None and command.name not in STILL
        ):
            self._wander(command)
        return None

    def _move(self, command: Command) -> Move:
        words = command.words
        before = list(self._place)
        if (feed := words.get("F")) is not None:
            self.feed_mm_s = feed * self.unit_mm / 60.0
        trouble = ""
        axes = "".join(axis for axis in AXES if axis in words)
        for at, axis in enumerate(AXES):
            if axis in words:
                trouble = self._go(at, axis, words[axis]) or trouble
        extruded = self._extrude(words)
        length = (
            sum(
                (new - old) ** 2
                for new, old in zip(self._place, before, strict=True)
                if new is not None and old is not None
            )
            ** 0.5
        )
        start = before[0], before[1]
        feed_mm_s = self.feed_mm_s
        arc: Arc | None = None
        if command.name in ("G2", "G3") and not trouble:
            try:
                arc = self._arc(command, before)
                length = arc.length_mm
            except VagueArc as error:
                trouble = str(error)
        return Move(
            command.line, *self.place, extruded, length, feed_mm_s, axes, start, arc, trouble
        )

    def _go(self, at: int, axis: str, value: float | None) -> str:
        """Move one axis; return why its place is not known, or nothing."""
        if value is None:
            self._place[at] = None
            return f"{axis} without a number"
        if not self.relative:
            self._place[at] = value * self.unit_mm + self._offset[at]
            return ""
        old = self._place[at]
        if old is None:
            return f"a relative move of {axis} from a place that is not known"
        self._place[at] = old + value * self.unit_mm
        return ""

    def _extrude(self, words: dict[str, float | None]) -> float:
        value = words.get("E")
        if value is None:
            return 0.0
        value *= self.unit_mm
        if self.relative_e or (self.relative and self.machine.flavour == "klipper"):
            return value
        extruded = value - self._e_mm
        self._e_mm = value
        return extruded

    def _arc(self, command: Command, before: list[float | None]) -> Arc:
        words = command.words
        x, y = before[0], before[1]
        end_x, end_y = self._place[0], self._place[1]
        if x is None or y is None or end_x is None or end_y is None:
            raise VagueArc("an arc from a place that is not known")
        if any(key in words and words[key] is None for key in "IJRP"):
            raise VagueArc("I, J, R or P without a number")
        i, j, radius = words.get("I"), words.get("J"), words.get("R")
        offset = None
        if i is not None or j is not None:
            offset = ((i or 0.0) * self.unit_mm, (j or 0.0) * self.unit_mm)
        return arc_of(
            (x, y),
            (end_x, end_y),
            clockwise=command.name == "G2",
            offset=offset,
            radius=None if radius is None else radius * self.unit_mm,
            turns=words.get("P") or 0.0,
        )

    def _home(self, command: Command) -> None:
        named = [axis for axis in AXES if axis in command.words]
        for at, axis in enumerate(AXES):
            if axis in named or not named:
                self.homed.add(axis)
                self._place[at] = self.machine.home_mm[at]
                self._offset[at] = 0.0

    def _rename(self, command: Command) -> None:
        """G92: give the present place another name; nothing moves."""
        words = command.words
        if not words:
            words = dict.fromkeys("XYZE", 0.0)
        if (e := words.get("E")) is not None:
            self._e_mm = e * self.unit_mm
        for at, axis in enumerate(AXES):
            value = words.get(axis)
            if value is None:
                continue
            old = self._place[at]
            if old is None:
                # Renaming an unknown place: no absolute move leads to a known one any more.
                self.homed.discard(axis)
            else:
                self._offset[at] = old - value * self.unit_mm

    def _let_go(self, command: Command) -> None:
        """M84: motors off; what is not held is no longer where it was."""
        named = [axis for axis in AXES if axis in command.words]
        if not named and command.words and "E" in command.words:
            return
        if not named and "S" in command.words:
            return  # only sets how long to wait before letting go
        for at, axis in enumerate(AXES):
            if axis in named or not named:
                self.homed.discard(axis)
                self._place[at] = None

    def _wander(self, _command: Command) -> None:
        self._place = [None, None, None]

    def _inches(self, _command: Command) -> None:
        self.unit_mm = INCH_MM

    def _millimetres(self, _command: Command) -> None:
        self.unit_mm = 1.0

    def _absolute(self, _command: Command) -> None:
        self.relative = False
        if self._mode_takes_e:
            self.relative_e = False

    def _relative(self, _command: Command) -> None:
        self.relative = True
        if self._mode_takes_e:
            self.relative_e = True

    def _absolute_e(self, _command: Command) -> None:
        self.relative_e = False

    def _relative_e(self, _command: Command) -> None:
        self.relative_e = True
