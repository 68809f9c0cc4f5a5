"""G11 and G12: not too much filament, not too long, not too fast."""

from __future__ import annotations

from typing import Final

import numpy as np

from printd.gcode.commands import Command
from printd.gcode.motion import Move
from printd.gcode.moves import Moves
from printd.gcode.rules.base import LONGEST_START_MM, File, Rule

MOST_AT_ONCE_MM: Final = 60.0
MOST_PURGED_MM: Final = 120.0  # in a zone beside the bed
OVER_CLAIM: Final = 1.2
PRIMED_MM: Final = 200.0  # start code that no slicer counts: prime lines, purging
PURGED_MM: Final = LONGEST_START_MM  # likewise a maker's, which purges more
FLOW_PCT: Final = (50.0, 150.0)  # M221
SPEED_PCT: Final = (10.0, 200.0)  # M220
FASTEST_SHARE: Final = 2.0  # of the printer's own speed, which the firmware cuts anyway


class Amount(Rule):
    """G11: as much filament and time as the file says, and as the printer may use."""

    number = "G11"
    action = "Slice again; a larger print needs its own limits in the profile."

    def command(self, command: Command) -> str:
        """Refuse factors that make something else of the file."""
        least, most = {"M221": FLOW_PCT, "M220": SPEED_PCT}.get(command.name, (0.0, 0.0))
        share = command.words.get("S")
        if most and share is not None and not least <= share <= most:
            return f"{command.name}: {share:g} % is outside {least:g} to {most:g} %"
        return ""

    def move(self, move: Move) -> str:
        """Refuse a heap of filament."""
        amount = abs(move.extruded_mm)
        if amount <= MOST_AT_ONCE_MM:
            return ""
        most = MOST_PURGED_MM if self._beside_bed(move) else MOST_AT_ONCE_MM
        if amount <= most:
            return ""
        return f"{amount:.1f} mm of filament in one move, more than {most:g} mm"

    def passes(self, moves: Moves) -> bool:
        """Return whether no move takes much filament."""
        return bool(np.abs(moves.extruded_mm).max() <= MOST_AT_ONCE_MM)

    def _beside_bed(self, move: Move) -> bool:
        if move.x is None or move.y is None:
            return False
        return any(
            x0 <= move.x <= x1 and y0 <= move.y <= y1 for x0, y0, x1, y1 in self.machine.zones
        )

    def end(self) -> list[str]:
        """Compare with what the slicer says, and with what the printer may use."""
        measured, claims, machine = self.file.measured, self.file.claims, self.machine
        found = []
        used_mm, said_mm = measured.extruded_mm, claims.filament_mm
        primed_mm = PRIMED_MM if self.file.dialect is None else PURGED_MM
        if said_mm is not None and used_mm > OVER_CLAIM * said_mm + primed_mm:
            found.append(f"{used_mm:.0f} mm of filament are used, {said_mm:.0f} mm are stated")
        if used_mm > machine.max_filament_m * 1000.0:
            found.append(
                f"{used_mm / 1000:.1f} m of filament are more than the "
                f"{machine.max_filament_m:g} m that one print may use"
            )
        hours = max(measured.time_s, claims.time_s or 0.0) / 3600.0
        if hours > machine.max_print_h:
            found.append(
                f"the print takes {hours:.1f} h, longer than the {machine.max_print_h:g} h allowed"
            )
        return found


class Speed(Rule):
    """G12: limits of the machine are not raised; in our own files that is a warning."""

    number = "G12"
    action = "Slice with the speeds and accelerations of this printer."

    def __init__(self, file: File) -> None:
        super().__init__(file)
        machine = file.machine
        self.warns = file.own
        minutes = 60.0 if machine.flavour == "reprapfirmware" else 1.0  # M203 per minute there
        self.limits = {
            "M201": machine.max_acceleration_mm_s2,
            "M202": machine.max_acceleration_mm_s2,
            "M203": machine.max_speed_mm_s * minutes,
            "M204": machine.max_acceleration_mm_s2,
            "M205": machine.max_jerk_mm_s,
        }

    def command(self, command: Command) -> str:
        """Look at M201 to M205."""
        limit = self.limits.get(command.name)
        if not limit:
            return ""
        # S and T of M205 are speeds of another kind, B a time, J a length.
        keys = "XYZE" if command.name == "M205" else "XYZEPRST"
        highest = max((command.words.get(key) or 0.0 for key in keys), default=0.0)
        if highest > limit:
            return f"{command.name}: {highest:g} is above the printer's {limit:g}"
        return ""


class Feed(Rule):
    """G12: far more speed than the printer has is worth a word, no more: firmware cuts it."""

    number = "G12"
    action = "Slice with the speeds of this printer."
    warns = True

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.most_mm_s = FASTEST_SHARE * file.machine.max_speed_mm_s or np.inf

    def move(self, move: Move) -> str:
        """Look at the speed of a move along the axes."""
        if move.length_mm and move.feed_mm_s > self.most_mm_s:
            return (
                f"{move.feed_mm_s:.0f} mm/s is more than {FASTEST_SHARE:g} times the printer's "
                f"{self.machine.max_speed_mm_s:g} mm/s"
            )
        return ""

    def passes(self, moves: Moves) -> bool:
        """Return whether no speed is that high."""
        return bool(moves.feed_mm_s.max() <= self.most_mm_s)
