"""The judgement of the safety rules on one file; plain values, kept with the job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from printd.core.errors import GcodeRefused
from printd.core.machine import Machine
from printd.gcode.contents import Bounds
from printd.gcode.lines import READING

SHAPE: Final = "G14"  # it is a whole print
LINTER_VERSION: Final = 4


class Level(StrEnum):
    """Where a file comes from."""

    OWN = "own"  # sliced here, from our mesh, with an installed profile
    FOREIGN = "foreign"  # anything else


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason not to print, or to look twice; line 0 is the file as a whole."""

    line: int
    rule: str
    text: str
    action: str = ""
    of_printer: bool = False  # it is about for which printer the file was made

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "the whole file"
        return f"{self.rule}, {where}: {self.text}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was judged, by whom, and how."""

    level: Level
    refusals: tuple[Refusal, ...]  # the first of each rule, in the order of the file
    refused_lines: int  # how many there were altogether
    sha256: str
    size_bytes: int
    limits_hash: str
    max_nozzle_c: float
    max_bed_c: float
    bounds_mm: Bounds | None  # of what is extruded from the first layer on
    extruded_mm: float  # of filament; what is drawn back and pushed again counts once
    layers: int
    linter_version: int = LINTER_VERSION
    warnings: tuple[Refusal, ...] = ()  # the first of each rule; they refuse nothing

    @property
    def ok(self) -> bool:
        """Return whether no rule refuses."""
        return not self.refusals

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Self:
        """Return the verdict that ``dataclasses.asdict`` turned into ``facts``, through JSON."""
        bounds = facts["bounds_mm"]
        changed = {
            "level": Level(facts["level"]),
            "refusals": tuple(Refusal(**refusal) for refusal in facts["refusals"]),
            "warnings": tuple(Refusal(**warning) for warning in facts.get("warnings", ())),
            "bounds_mm": None if bounds is None else tuple(bounds),
        }
        return cls(**{**facts, **changed})

    @property
    def is_for_another(self) -> bool:
        """Return whether this is a whole file that was made for another kind of printer.

        Whatever else refuses it then says nothing about the file.
        """
        others = [one for one in self.refusals if not one.of_printer]
        is_whole = all(one.rule not in (READING, SHAPE) for one in others)
        return is_whole and len(others) < len(self.refusals)

    @property
    def doubt(self) -> str:
        """Return why nobody can tell whether this printer is meant; "": it may be."""
        return next((one.text for one in self.warnings if one.of_printer), "")

    def holds_for(self, sha256: str, machine: Machine) -> bool:
        """Return whether this verdict allows these very bytes on this very machine."""
        return (
            self.ok
            and self.sha256 == sha256
            and self.limits_hash == machine.limits_hash
            and self.linter_version == LINTER_VERSION
        )

    def raise_if_refused(self) -> None:
        """Say why not.

        Raises:
            GcodeRefused: naming the first rule and line.
        """
        if self.refusals:
            more = self.refused_lines - 1
            also = f" ({more} more)" if more else ""
            raise GcodeRefused(f"The G-code is refused: rule {self.refusals[0]}{also}.")
