"""G10: every place the nozzle goes lies inside the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from printd.gcode.commands import Command
from printd.gcode.motion import WANDERERS, Move
from printd.gcode.moves import Moves
from printd.gcode.relaxed import Relaxed
from printd.gcode.rules.base import File, Rule
from printd.gcode.rules.names import BASE, codes

LOWEST_Z_MM: Final = -0.1  # a touch below the sheet, as after baby steps
SLACK_MM: Final = 0.001  # places are written with three decimals
# Other coordinate systems, planes and offsets; the length of a step; a moved zero.
SHIFTS: Final = codes("G", range(15, 20), *range(51, 60), 68, 69) | codes(
    "M", 92, 206, 218, 290, 428, 579, 665, 666, 851
)
# The plane of every arc here anyway; steps of the height so small that G5 lets them pass.
SMALL_SHIFTS: Final = frozenset({"G17", "M290"})
FOLLOWED: Final = BASE | WANDERERS


class Envelope(Rule):
    """G10: every place the nozzle goes lies inside the machine."""

    number = "G10"
    action = "Slice for this printer's bed and height."

    def __init__(self, file: File) -> None:
        super().__init__(file)
        machine = file.machine
        self.x_mm = machine.bed_w_mm + SLACK_MM
        self.y_mm = machine.bed_d_mm + SLACK_MM
        self.z_mm = machine.height_mm + SLACK_MM
        self._travel = machine.travel if file.relaxes(Relaxed.TRAVEL) else None

    def command(self, command: Command) -> str:
        """Refuse what changes the meaning of places in a way that is not followed here."""
        name = command.name
        if name == "G92" and command.sub:
            return f"G92.{command.sub} means something else on every firmware"
        if name in SHIFTS and not (name in SMALL_SHIFTS and self.file.allows(command)):
            return f"{name} changes what places mean"
        if (
            name[0] == "G"
            and name[1:].isdecimal()
            and name not in FOLLOWED
            and command.full_name not in self.file.motion.allowed
            and not self.file.speaks(command)
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
        box = (x, y, x, y) if move.arc is None else move.arc.box
        if z is not None and not self._lowest(*box) - SLACK_MM <= z <= self.z_mm:
            return f"Z {z:.3f} mm is outside {LOWEST_Z_MM:g} to {self.machine.height_mm:g} mm"
        if move.arc is not None:
            x0, y0, x1, y1 = move.arc.box
            if not (self._may_go(move, x0, y0) and self._may_go(move, x1, y1)):
                return f"the arc reaches X {x0:.3f}..{x1:.3f}, Y {y0:.3f}..{y1:.3f} mm"
        elif not self._may_go(move, x, y):
            shown = ", ".join(
                f"{axis} {value:.3f}" for axis, value in (("X", x), ("Y", y)) if value is not None
            )
            return f"{shown} mm is off the bed"
        return move.trouble

    def passes(self, moves: Moves) -> bool:
        """Return whether all places are known, and over the bed proper.

        What is not a number is not inside; it is looked at by itself.
        """
        (x0, y0), (x1, y1), z = moves.low, moves.high, moves.z
        return bool(
            x0.min() >= -SLACK_MM
            and x1.max() <= self.x_mm
            and y0.min() >= -SLACK_MM
            and y1.max() <= self.y_mm
            and z.min() >= LOWEST_Z_MM - SLACK_MM
            and z.max() <= self.z_mm
        )

    def _may_go(self, move: Move, x: float | None, y: float | None) -> bool:
        """Return whether a place is over the bed, or where the machine reaches beside it.

        Once there are layers, no plastic is laid down there.
        """
        if self._inside(x, y):
            return True
        lays = move.extruded_mm > 0 and move.length_mm > 0
        if self._travel is None or (lays and not self.file.starting):
            return False
        return _within(x, y, self._travel)

    def _lowest(
        self, x0: float | None, y0: float | None, x1: float | None, y1: float | None
    ) -> float:
        """Return the lowest Z at a place, or over a whole arc; deeper where the nozzle is wiped."""
        if not (self.file.starting and self.file.relaxes(Relaxed.WIPE)):
            return LOWEST_Z_MM
        if x0 is None or y0 is None or x1 is None or y1 is None:
            return LOWEST_Z_MM
        return min(
            (
                z
                for *zone, z in self.machine.wiping
                if _within(x0, y0, zone) and _within(x1, y1, zone)
            ),
            default=LOWEST_Z_MM,
        )

    def _inside(self, x: float | None, y: float | None) -> bool:
        bed = (0.0, 0.0, self.machine.bed_w_mm, self.machine.bed_d_mm)
        return any(_within(x, y, zone) for zone in (bed, *self.machine.zones))


def _within(x: float | None, y: float | None, zone: Sequence[float]) -> bool:
    """Return whether a place is within a zone; a part of it that is not known may be anywhere."""
    x0, y0, x1, y1 = zone
    return (x is None or x0 - SLACK_MM <= x <= x1 + SLACK_MM) and (
        y is None or y0 - SLACK_MM <= y <= y1 + SLACK_MM
    )
