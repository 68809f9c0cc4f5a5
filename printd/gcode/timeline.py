"""When each layer of a file begins, as a printer without acceleration trickery would take it.

One pass over the moves, each timed as a trapezoid; where the slicer says how long the whole
takes, everything is stretched to its word, because it knows the machine's limits better.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from printd.core.errors import DiskError, GcodeRefused
from printd.core.machine import Machine
from printd.gcode.commands import Command, command_of, quick_move
from printd.gcode.lines import LONGEST_OWN_COMMENT, MalformedLine, code_of, lines_of
from printd.gcode.motion import Motion, Move
from printd.gcode.statistics import Statistics

ACCELERATION_MM_S2 = 500.0  # a plain machine; the slicer's estimate corrects it
CORNER_MM_S = 10.0  # speed kept from one move to the next
SLOWEST_MM_S = 0.1  # a feed of nothing still ends
LONGEST_DWELL_S = 3600.0

# The firmware decides how filament is counted; the size of the machine does not matter here.
PLAIN = Machine("any", "marlin", 1e6, 1e6, 1e6, 0.4, 1e3, 1e3)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The course of one print, from its first command."""

    total_s: float
    layer_starts_s: tuple[float, ...]  # rising; one for each layer
    filament_mm: float

    @property
    def layers(self) -> int:
        """Return how many layers there are."""
        return len(self.layer_starts_s)

    def layer_at(self, time_s: float) -> int:
        """Return the layer being printed, from 1; 0 before the first."""
        return bisect_right(self.layer_starts_s, time_s)


def timeline(path: Path) -> Timeline:
    """Read the course of a file; lines that cannot be read take no time.

    Raises:
        GcodeRefused: it is no text, or a line has no end.
        DiskError: it cannot be read.
    """
    course = _Course()
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(lines_of(stream), start=1):
                if line:
                    course.take(line, number)
    except MalformedLine as error:
        raise GcodeRefused(f"{path.name}, line {error.line}: {error.text}.") from error
    except OSError as error:
        raise DiskError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    return course.timeline()


class _Course:
    def __init__(self) -> None:
        self.motion = Motion(PLAIN)
        self.statistics = Statistics()
        self.now_s = 0.0
        self.marked_s: list[float] = []
        self.risen_s: list[float] = []
        self.top_mm = 0.0
        self.filament_mm = 0.0

    def take(self, line: bytes, number: int) -> None:
        words = quick_move(line)
        move = self.motion.quick(number, words) if words else None
        if move is not None:
            self._moved(move)
            return
        try:
            code, comment = code_of(line, number, LONGEST_OWN_COMMENT)
            if not code:
                if comment == b"LAYER_CHANGE":
                    self.marked_s.append(self.now_s)
                self.statistics.take(comment)
                return
            command = command_of(code, number)
        except MalformedLine:
            return
        move = self.motion.see(command)
        if move is not None:
            self._moved(move)
        elif command.name == "G4":
            self.now_s += dwell_s(command)

    def _moved(self, move: Move) -> None:
        length = move.length_mm or abs(move.extruded_mm)
        if length:
            self.now_s += duration_s(length, move.feed_mm_s)
        if move.extruded_mm:
            self.filament_mm += move.extruded_mm
            if move.extruded_mm > 0 and move.length_mm and (move.z or 0.0) > self.top_mm:
                self.top_mm = move.z or 0.0
                self.risen_s.append(self.now_s)

    def timeline(self) -> Timeline:
        starts = self.marked_s or self.risen_s
        said_s = self.statistics.time_s
        stretch = said_s / self.now_s if said_s and self.now_s > 0 else 1.0
        return Timeline(
            total_s=self.now_s * stretch,
            layer_starts_s=tuple(start * stretch for start in starts),
            filament_mm=self.statistics.filament_mm or max(0.0, self.filament_mm),
        )


def duration_s(length_mm: float, feed_mm_s: float) -> float:
    """Return the seconds of one move that starts and ends slowly."""
    speed = max(feed_mm_s, SLOWEST_MM_S)
    corner = min(speed, CORNER_MM_S)
    ramps_mm = (speed * speed - corner * corner) / ACCELERATION_MM_S2
    if ramps_mm <= length_mm:
        return (length_mm - ramps_mm) / speed + 2 * (speed - corner) / ACCELERATION_MM_S2
    peak: float = (corner * corner + length_mm * ACCELERATION_MM_S2) ** 0.5
    return 2 * (peak - corner) / ACCELERATION_MM_S2


def dwell_s(command: Command) -> float:
    """Return how long G4 waits; never less than nothing."""
    seconds = command.words.get("S") or 0.0
    milliseconds = command.words.get("P") or 0.0
    return min(LONGEST_DWELL_S, max(0.0, seconds + milliseconds / 1000.0))
