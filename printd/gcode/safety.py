"""The judge: reads a file's final bytes once and says whether a printer may be told them.

Every G-code passes here before it is sent, our own included, and the verdict's hash is compared
again at the start. The rules themselves are rows of ``rules.RULES``.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from printd.core.errors import DiskError, GcodeRefused
from printd.core.machine import Machine
from printd.gcode.heat import targets_of
from printd.gcode.motion import Motion, Move
from printd.gcode.reader import (
    LONGEST_COMMENT,
    LONGEST_OWN_COMMENT,
    Command,
    MalformedLine,
    code_of,
    command_of,
    lines_of,
    quick_move,
)
from printd.gcode.rules import RULES, File, Rule

LINTER_VERSION: Final = 1
SHOWN_PER_RULE = 5  # a wrong file is wrong on many lines; the first few tell enough
READING = "reading"
END_BLOCKS = (b"_config = end", b"CONFIG_BLOCK_END")

Bounds = tuple[float, float, float, float, float, float]  # x0 y0 z0 x1 y1 z1; mm


class Level(StrEnum):
    """Where a file comes from."""

    OWN = "own"  # sliced here, from our mesh, with an installed profile
    FOREIGN = "foreign"  # anything else


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason not to print; line 0 is the file as a whole."""

    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "the whole file"
        return f"{self.rule}, {where}: {self.text}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was judged, by whom, and how; kept with the job."""

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

    @property
    def ok(self) -> bool:
        """Return whether no rule refuses."""
        return not self.refusals

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Self:
        """Return the verdict that ``dataclasses.asdict`` turned into ``facts``, through JSON."""
        refusals = tuple(Refusal(**refusal) for refusal in facts["refusals"])
        bounds = facts["bounds_mm"]
        changed = {
            "level": Level(facts["level"]),
            "refusals": refusals,
            "bounds_mm": None if bounds is None else tuple(bounds),
        }
        return cls(**{**facts, **changed})

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


def lint(path: Path, machine: Machine, level: Level = Level.FOREIGN) -> Verdict:
    """Judge a file.

    Raises:
        DiskError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return _Judge(machine, level).judge(stream)
    except OSError as error:
        raise DiskError(f"{path.name} cannot be read: {error.strerror or error}.") from error


class _Hashed:
    """A stream that remembers what went through."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()
        self.size_bytes = 0
        self.last = b""

    def read(self, size: int, /) -> bytes:
        chunk = self._stream.read(size)
        if chunk:
            self.sha256.update(chunk)
            self.size_bytes += len(chunk)
            self.last = chunk[-1:]
        return chunk

    def read_rest(self) -> None:
        while self.read(1 << 20):
            pass


class _Judge:
    def __init__(self, machine: Machine, level: Level) -> None:
        self.machine = machine
        self.level = level
        self.motion = Motion(machine)
        self.file = File(machine, level is Level.OWN, self.motion)
        self.rules = [rule(self.file) for rule in RULES]
        self.for_moves = _overriding(self.rules, "move")
        self.for_comments = _overriding(self.rules, "comment")
        self.longest_comment = LONGEST_OWN_COMMENT if self.file.own else LONGEST_COMMENT
        self.refusals: list[Refusal] = []
        self.counts: Counter[str] = Counter()
        self.hottest_c = {"nozzle": 0.0, "bed": 0.0, "chamber": 0.0}
        self.extruded_mm = 0.0
        self.drawn_back_mm = 0.0
        self.layers = 0
        self.low = [float("inf")] * 3
        self.high = [float("-inf")] * 3

    def judge(self, stream: BinaryIO) -> Verdict:
        source = _Hashed(stream)
        last_line = b""
        try:
            for number, line in enumerate(lines_of(source), start=1):
                if not line:
                    continue
                last_line = line
                words = quick_move(line)
                move = self.motion.quick(number, words) if words else None
                if move is not None:
                    self._moved(move)
                else:
                    self._line(line, number)
        except MalformedLine as error:
            self._refuse(error.line, READING, error.text)
            source.read_rest()
        self.file.size_bytes, self.file.last_line = source.size_bytes, last_line
        for rule in self.rules:
            for text in rule.end() or ():
                self._refuse(0, rule.number, text)
        if source.last not in (b"\n", b"\r") and not last_line.rstrip().endswith(END_BLOCKS):
            self._refuse(0, READING, "the last line has no end")
        return self._verdict(source)

    def _line(self, line: bytes, number: int) -> None:
        try:
            code, comment = code_of(line, number, self.longest_comment)
            if not code:
                self._commented(comment, number)
                return
            command = command_of(code, number)
        except MalformedLine as error:
            self._refuse(error.line, READING, error.text)
            return
        self._commanded(command)

    def _commented(self, comment: bytes, number: int) -> None:
        if comment == b"LAYER_CHANGE":
            self.layers += 1
            if self.layers == 1:
                self.low, self.high = [float("inf")] * 3, [float("-inf")] * 3
        for rule in self.for_comments:
            if text := rule.comment(comment):
                self._refuse(number, rule.number, text)

    def _commanded(self, command: Command) -> None:
        move = self.motion.see(command)
        for target in targets_of(command):
            if target.celsius is not None:
                heater = target.heater
                self.hottest_c[heater] = max(self.hottest_c[heater], target.celsius)
        for rule in self.rules:
            if text := rule.command(command):
                self._refuse(command.line, rule.number, text)
        if move is not None:
            self._moved(move)

    def _moved(self, move: Move) -> None:
        for rule in self.for_moves:
            if text := rule.move(move):
                self._refuse(move.line, rule.number, text)
        if move.extruded_mm < 0:
            self.drawn_back_mm -= move.extruded_mm
        elif move.extruded_mm > 0:
            pushed = move.extruded_mm - self.drawn_back_mm
            self.drawn_back_mm = max(0.0, -pushed)
            self.extruded_mm += max(0.0, pushed)
            if move.axes:
                self._stretch(move)

    def _stretch(self, move: Move) -> None:
        low, high = self.low, self.high
        arc = move.arc
        if arc is None:
            ends = ((move.x, move.x), (move.y, move.y), (move.z, move.z))
        else:
            ends = ((arc[0], arc[2]), (arc[1], arc[3]), (move.z, move.z))
        for at, (least, most) in enumerate(ends):
            if least is not None and least < low[at]:
                low[at] = least
            if most is not None and most > high[at]:
                high[at] = most

    def _refuse(self, line: int, rule: str, text: str) -> None:
        self.counts[rule] += 1
        if self.counts[rule] <= SHOWN_PER_RULE:
            self.refusals.append(Refusal(line, rule, text))

    def _verdict(self, source: _Hashed) -> Verdict:
        bounds: Bounds | None = None
        if all(low <= high for low, high in zip(self.low, self.high, strict=True)):
            x0, y0, z0 = self.low
            x1, y1, z1 = self.high
            bounds = (x0, y0, z0, x1, y1, z1)
        return Verdict(
            level=self.level,
            refusals=tuple(self.refusals),
            refused_lines=self.counts.total(),
            sha256=source.sha256.hexdigest(),
            size_bytes=source.size_bytes,
            limits_hash=self.machine.limits_hash,
            max_nozzle_c=self.hottest_c["nozzle"],
            max_bed_c=self.hottest_c["bed"],
            bounds_mm=bounds,
            extruded_mm=self.extruded_mm,
            layers=self.layers,
        )


def _overriding(rules: list[Rule], method: str) -> list[Rule]:
    """Return the rules that have a word on this; a million calls of nothing take a while."""
    return [rule for rule in rules if getattr(type(rule), method) is not getattr(Rule, method)]
