"""Where the nozzle is on a printer with Bambu Lab's firmware.

Homing ends at places that nobody has published; Z is moved before it is homed; some of the code is
run only if a flag is set. What is not the same whether it is run or not is not known after it.
Source: the maker's own presets; see ``bambu_dialect``.
"""

from __future__ import annotations

from dataclasses import replace
from math import hypot
from typing import Final, NamedTuple

from printd.core.machine import Machine
from printd.gcode.bambu_dialect import CAMERA_SPACE, NOZZLE_SPACE, UNLOADED
from printd.gcode.commands import Command
from printd.gcode.motion import AXES, Motion, Move

TOUCH: Final = frozenset({"G38", "G380"})  # "G380 is same as G38", says the remark beside it
DEEPEST_TOUCH_MM: Final = 5.0  # below the bed; it stops where the nozzle touches the sheet
DEEPEST_BLOCKS: Final = 8  # the presets have three within one another
# The nozzle steps aside so far over the chute while filament is changed; a spiral lift is so wide.
WIDEST_STEPS_MM: Final = 15.0
WIDEST_SPIRAL_MM: Final = 2.0
# Full names of what ends at a place of its own; everything else of the dialect moves nothing.
WANDERING: Final = frozenset(
    {"G39", "G39.1", "G39.3", "G39.4", "M970", "M970.2", "M970.3", "M972", "M983", "M984", "M9833"}
)


class _State(NamedTuple):
    """What a block of code that may be passed over must not leave unclear."""

    place: tuple[float | None, float | None, float | None]
    meaning: tuple[tuple[float, float, float], float, float]  # of numbers: offset, unit, filament
    modes: tuple[bool, bool]  # places, filament; whether they are relative
    homed: frozenset[str]
    lifted_mm: float
    in_camera_space: bool


class BambuMotion(Motion):
    """Follows one file from its first line."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self._lifted_mm = 0.0  # how far Z is above where it was found, before it is homed
        self._blocks: list[_State] = []
        self._aside_mm = 0.0  # that may be stepped aside until the change of filament ends
        self._is_unclear = False  # whether it hangs on a flag if places are absolute or relative
        self._others |= {
            "M620": self._change_begins,
            "M621": self._change_ends,
            "M622": self._block_begins,
            "M623": self._block_ends,
        }

    @property
    def conditions(self) -> int:
        """Return how many flags decide whether the code here is run."""
        return len(self._blocks)

    @property
    def is_plain(self) -> bool:
        """Return whether places are certain to be absolute, and in millimetres."""
        return not (self._is_unclear or self.relative) and self.unit_mm == 1.0

    def see(self, command: Command) -> Move | None:
        """Follow one command; return the move it makes, if it is one."""
        self.fault = ""
        name = command.full_name
        if name in TOUCH:
            return self._touch(command)
        if name in (NOZZLE_SPACE, CAMERA_SPACE):
            self._see_from(camera=name == CAMERA_SPACE)
        elif name in WANDERING or name in UNLOADED or self._is_tool(name):
            self._wander(command)
        elif not command.sub:
            return super().see(command)
        return None

    def _is_tool(self, name: str) -> bool:
        """Return whether the filament is changed, for which the head goes to its cutter."""
        return name[0] == "T" and name[1:].isdecimal()

    def _see_from(self, *, camera: bool) -> None:
        if camera != self.in_camera_space:
            self.in_camera_space = camera
            self._place = [None, None, None]

    def _move(self, command: Command) -> Move:
        x, y, _ = self.place
        is_spiral = command.name in ("G2", "G3") and not {"X", "Y", "R"} & command.words.keys()
        if is_spiral and (x is None or y is None) and _width(command) <= WIDEST_SPIRAL_MM:
            # Around a place that is not known, and back to it.
            words = {key: value for key, value in command.words.items() if key in "ZEF"}
            command = replace(command, name="G1", words=words)
        move = super()._move(command)
        if self._is_unclear:
            return move._replace(trouble="whether places are relative depends on a flag")
        if move.trouble:
            return move
        ends = zip(AXES, self.place, strict=True)
        known = "".join(axis for axis, end in ends if axis in move.axes and end is not None)
        return move._replace(axes=known)

    def _go(self, at: int, axis: str, value: float | None) -> str:
        if axis == "Z" and value is not None and self.relative and axis not in self.homed:
            return self._lift(value * self.unit_mm)
        if axis != "Z" and value is not None and self.relative and self._place[at] is None:
            self._aside_mm -= abs(value * self.unit_mm)
            if self._aside_mm >= 0:
                return ""
        return super()._go(at, axis, value)

    def _lift(self, by_mm: float) -> str:
        self._lifted_mm += by_mm
        if self._lifted_mm < 0:
            return "Z goes back further than it was lifted, and is not homed"
        return ""

    def _touch(self, command: Command) -> Move:
        """G380, G38: Z goes until the nozzle touches something; where that is, is not known."""
        trouble = self._why_not_touch(command.words.get("Z"))
        x, y, _ = self.place
        self._place[2] = None
        axes = "Z" if trouble else ""
        return Move(command.line, x, y, None, 0.0, 0.0, self.feed_mm_s, axes, (x, y), None, trouble)

    def _why_not_touch(self, z: float | None) -> str:
        if z is None:
            return "Z without a number"
        if "Z" not in self.homed:
            return self._lift(z * self.unit_mm) if self.relative else "Z is not homed"
        x, y, before = self.place
        end = z * self.unit_mm + (self._offset[2] if not self.relative else before or 0.0)
        if x is None or y is None or (self.relative and before is None):
            return "the nozzle touches a place that is not known"
        if not -DEEPEST_TOUCH_MM <= end <= self.machine.height_mm:
            return f"Z {end:.3f} mm is outside {-DEEPEST_TOUCH_MM:g} mm to the printer's height"
        return ""

    def _home(self, command: Command) -> None:
        named = {axis for axis in AXES if axis in command.words} or set(AXES)
        if named & {"X", "Y"}:
            named |= {"X", "Y"}  # "re-home XY", says the remark beside G28 X
        for at, axis in enumerate(AXES):
            if axis in named:
                self.homed.add(axis)
                self._place[at] = None
                self._offset[at] = 0.0

    def _let_go(self, command: Command) -> None:
        super()._let_go(command)
        if "Z" not in self.homed:
            self._lifted_mm = 0.0

    def _absolute(self, command: Command) -> None:
        self._is_unclear = False
        super()._absolute(command)

    def _relative(self, command: Command) -> None:
        self._is_unclear = False
        super()._relative(command)

    def _change_begins(self, command: Command) -> None:
        if "A" in command.words:
            self._aside_mm = WIDEST_STEPS_MM

    def _change_ends(self, _command: Command) -> None:
        self._aside_mm = 0.0

    def _block_begins(self, _command: Command) -> None:
        if self.conditions >= DEEPEST_BLOCKS:
            self.fault = f"more than {DEEPEST_BLOCKS} conditions within one another"
            return
        self._blocks.append(self._state())

    def _block_ends(self, _command: Command) -> None:
        if not self._blocks:
            self.fault = "M623 ends a condition that nothing began"
            return
        before, now = self._blocks.pop(), self._state()
        if before.meaning != now.meaning:
            self.fault = "what places mean depends on a flag"
        self._is_unclear |= before.modes != now.modes
        if before.in_camera_space != now.in_camera_space:
            # The camera's places are checked as the nozzle's are, but nothing is printed there.
            self.in_camera_space = True
        self._place = [
            old if old == new else None for old, new in zip(before.place, now.place, strict=True)
        ]
        self.homed &= before.homed
        self._lifted_mm = min(before.lifted_mm, now.lifted_mm)

    def _state(self) -> _State:
        return _State(
            self.place,
            (self.offset_mm, self.unit_mm, 0.0 if self.relative_e else self.e_mm),
            (self.relative, self.relative_e),
            frozenset(self.homed),
            self._lifted_mm,
            self.in_camera_space,
        )


def _width(command: Command) -> float:
    """Return how far the middle of an arc is away."""
    return hypot(command.words.get("I") or 0.0, command.words.get("J") or 0.0)
