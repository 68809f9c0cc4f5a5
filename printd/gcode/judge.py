"""Runs the rules over a file while it is walked through, and gathers what they refuse."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from printd.core.machine import Machine
from printd.gcode.commands import Command
from printd.gcode.contents import Contents
from printd.gcode.firmwares import motion_of
from printd.gcode.gather import Gathered
from printd.gcode.lines import (
    LONGEST_COMMENT,
    LONGEST_OWN_COMMENT,
    READING,
    MalformedLine,
    Readable,
)
from printd.gcode.motion import MOVES, Move
from printd.gcode.moves import Moves
from printd.gcode.rules import RULES, RULES_OF_FIRMWARE
from printd.gcode.rules.base import File, Rule
from printd.gcode.rules.known import Known
from printd.gcode.rules.shape import ENDS
from printd.gcode.rules.text import Form
from printd.gcode.verdict import Level, Refusal, Verdict
from printd.gcode.walk import Listener, walk

SHOWN_PER_RULE = 5  # a wrong file is wrong on many lines; the first few tell enough
MOST_REFUSALS = 100_000  # nobody reads on; a hostile file costs no more

Walk = Callable[..., None]


def judge(
    stream: Readable,
    machine: Machine,
    level: Level,
    walk: Walk = walk,
    also: Sequence[Listener] = (),
) -> tuple[Verdict, Contents]:
    """Read a file once, to its end; return the verdict and what is in it.

    Args:
        stream: the file.
        machine: that shall print it.
        level: where it comes from.
        walk: another way through the file with the same result, in tests.
        also: who else is to be told of it; they have no say.
    """
    source = _Hashed(stream)
    motion = motion_of(machine)
    gathered = Gathered()
    file = File(machine, level is Level.OWN, motion, gathered.measured, gathered.claims)
    bench = _Bench(file)
    # The maker's start code stands in a comment of every file of its slicer.
    has_long = file.own or file.dialect is not None
    longest_comment = LONGEST_OWN_COMMENT if has_long else LONGEST_COMMENT
    try:
        walk(source, motion, (*gathered.listeners, bench, *also), longest_comment)
    except MalformedLine as error:
        bench.malformed(error)
        source.read_rest()
    file.size_bytes, file.last_line = source.size_bytes, source.last_line
    bench.end()
    contents = gathered.contents()
    verdict = Verdict(
        level=level,
        refusals=bench.first(bench.refusals),
        refused_lines=bench.refused_lines,
        sha256=source.sha256.hexdigest(),
        size_bytes=source.size_bytes,
        limits_hash=machine.limits_hash,
        max_nozzle_c=contents.max_nozzle_c,
        max_bed_c=contents.max_bed_c,
        bounds_mm=contents.bounds_mm,
        extruded_mm=contents.extruded_mm,
        layers=gathered.measured.marks,
        warnings=bench.first(bench.warnings),
    )
    return verdict, contents


class _Hashed:
    """A stream that remembers what went through."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()
        self.size_bytes = 0
        self._tail = b""

    def read(self, size: int, /) -> bytes:
        chunk = self._stream.read(size)
        if chunk:
            self.sha256.update(chunk)
            self.size_bytes += len(chunk)
            self._tail = (self._tail + chunk)[-LONGEST_COMMENT:]
        return chunk

    def read_rest(self) -> None:
        while self.read(1 << 18):
            pass

    @property
    def last_line(self) -> bytes:
        """Return the last line that is not blank, with its end if it has one."""
        lines = [line for line in self._tail.splitlines(keepends=True) if line.strip()]
        return lines[-1] if lines else b""


class _Bench(Listener):
    """Asks every rule, and writes down what they say."""

    def __init__(self, file: File) -> None:
        self.file = file
        rules = (*RULES, *RULES_OF_FIRMWARE.get(file.machine.firmware, ()))
        self.rules = [rule(file) for rule in rules]
        self.named = [rule for rule in self.rules if not isinstance(rule, Known)]
        self.known = next(rule for rule in self.rules if isinstance(rule, Known))
        self.for_commands = _overriding(self.named, "command")
        self.for_odd_moves = [rule for rule in self.for_commands if rule.minds_moves]
        self.for_moves = _overriding(self.rules, "move")
        self.for_comments = _overriding(self.rules, "comment")
        self.passing = _overriding(self.rules, "passes")
        self.noting = _overriding(self.rules, "moves")
        self.refusals: dict[str, list[Refusal]] = {}
        self.warnings: dict[str, list[Refusal]] = {}
        self.refused_lines = 0
        self.reading = True

    def command(self, command: Command) -> None:
        """Ask about a command; G1 only if no other rule has named it."""
        refused = False
        for rule in self.for_odd_moves if command.name in MOVES else self.for_commands:
            if text := rule.command(command):
                refused |= self._say(command.line, rule, text) and not isinstance(rule, Form)
        if not refused and (text := self.known.command(command)):
            self._say(command.line, self.known, text)

    def move(self, move: Move) -> None:
        """Ask about a move."""
        for rule in self.for_moves:
            if text := rule.move(move):
                self._say(move.line, rule, text)

    def accepts(self, moves: Moves) -> bool:
        """Return whether no rule wants to look at one of these by itself."""
        return all(rule.passes(moves) for rule in self.passing)

    def moves(self, moves: Moves) -> None:
        """Tell the rules of moves that they let pass."""
        for rule in self.noting:
            rule.moves(moves)

    def comment(self, comment: bytes, line: int) -> None:
        """Ask about a comment."""
        for rule in self.for_comments:
            if text := rule.comment(comment):
                self._say(line, rule, text)

    def malformed(self, error: MalformedLine) -> None:
        """Refuse what cannot be read; a form may break another rule by itself."""
        action = "Write the line as slicers do."
        self._refuse(Refusal(error.line, error.rule, error.text, action))

    def end(self) -> None:
        """Ask about the file as a whole."""
        self.reading = False
        for rule in self.rules:
            for text in rule.end() or ():
                self._say(0, rule, text)
        last = self.file.last_line
        if not last.endswith((b"\n", b"\r")) and not last.rstrip().endswith(ENDS):
            text = "the last line has no end: the file may be cut off"
            self._refuse(Refusal(0, READING, text, "Slice again, to the end."))

    def first(self, found: dict[str, list[Refusal]]) -> tuple[Refusal, ...]:
        """Return the first few of each rule, in the order of the file, its whole last."""
        flat = [refusal for refusals in found.values() for refusal in refusals]
        return tuple(sorted(flat, key=_place))

    def _say(self, line: int, rule: Rule, text: str) -> bool:
        """Write down a sentence; return whether it refuses."""
        refusal = Refusal(line, rule.number, text, rule.action, rule.of_printer)
        if rule.warns:
            _keep(self.warnings, refusal)
            return False
        self._refuse(refusal)
        return True

    def _refuse(self, refusal: Refusal) -> None:
        self.refused_lines += 1
        _keep(self.refusals, refusal)
        if self.refused_lines >= MOST_REFUSALS and self.reading:
            self.reading = False
            text = f"more than {MOST_REFUSALS} faults: the rest is not read"
            raise MalformedLine(refusal.line, text)


def _keep(found: dict[str, list[Refusal]], refusal: Refusal) -> None:
    """Keep the first few; they do not come strictly in the order of the file."""
    kept = found.setdefault(refusal.rule, [])
    if len(kept) < SHOWN_PER_RULE or _place(refusal) < _place(kept[-1]):
        kept.append(refusal)
        kept.sort(key=_place)
        del kept[SHOWN_PER_RULE:]


def _place(refusal: Refusal) -> tuple[bool, int, str, str]:
    return refusal.line == 0, refusal.line, refusal.rule, refusal.text


def _overriding(rules: list[Rule], method: str) -> list[Rule]:
    """Return the rules that have a word on this; a million calls of nothing take a while."""
    return [rule for rule in rules if getattr(type(rule), method) is not getattr(Rule, method)]
