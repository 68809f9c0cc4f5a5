"""Gathers what is in a file while it is walked through: claims, measures, pictures, objects."""

from __future__ import annotations

from printd.gcode.commands import Command
from printd.gcode.contents import Contents, Thumbnail
from printd.gcode.lines import MalformedLine
from printd.gcode.measure import Measured
from printd.gcode.statistics import Statistics
from printd.gcode.thumbnails import thumbnail_at
from printd.gcode.walk import Listener

MOST_THUMBNAILS = 20


class Gathered(Listener):
    """What was found so far; ``listeners`` are what a walk has to tell."""

    def __init__(self) -> None:
        self.measured = Measured()
        self.claims = Statistics()
        self.thumbnails: list[Thumbnail] = []
        self.unread_lines = 0

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Return who is to be told."""
        return self.measured, self

    def comment(self, comment: bytes, line: int) -> None:
        """Read what the slicer says; notice pictures."""
        self.claims.take(comment)
        if comment.startswith(b" thumbnail") and len(self.thumbnails) < MOST_THUMBNAILS:
            thumbnail = thumbnail_at(comment, line)
            if thumbnail is not None:
                self.thumbnails.append(thumbnail)

    def command(self, command: Command) -> None:
        """Notice the names of objects."""
        if command.name == "EXCLUDE_OBJECT_DEFINE":
            self.claims.add_object((command.named or {}).get("NAME", ""))
        elif command.name == "M486" and command.text.startswith("A"):
            self.claims.add_object(command.text[1:].strip(' "'))

    def malformed(self, _error: MalformedLine) -> None:
        """Count what cannot be read."""
        self.unread_lines += 1

    def contents(self) -> Contents:
        """Return all of it."""
        claims, measured = self.claims, self.measured
        return Contents(
            slicer=claims.slicer,
            version=claims.version,
            printer_model=claims.printer_model,
            printer_profile=claims.printer_profile,
            print_profile=claims.print_profile,
            filament_profile=claims.filament_profile,
            filament_type=claims.filament_type,
            time_s=claims.time_s,
            filament_mm=claims.filament_mm,
            filament_g=claims.filament_g,
            cost=claims.worth,
            objects=tuple(claims.objects),
            thumbnails=tuple(self.thumbnails),
            layers=measured.layers,
            bounds_mm=measured.bounds_mm,
            extruded_mm=measured.extruded_mm,
            least_time_s=measured.time_s,
            max_nozzle_c=measured.hottest_c["nozzle"],
            max_bed_c=measured.hottest_c["bed"],
            max_chamber_c=measured.hottest_c["chamber"],
            unread_lines=self.unread_lines,
        )
