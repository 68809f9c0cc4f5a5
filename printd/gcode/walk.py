"""The one pass over a file: whoever wants to know of it is told, line by line or in bulk.

Nine lines in ten are moves in a common form. They are collected between the lines that change
something, followed together (``moves``), and shown together to listeners that accept them so;
if one does not, all of them are shown one by one. ``walk_plainly`` never collects: it is slow,
and what ``walk`` is held against in tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from printd.gcode.commands import NO_LETTERS, Command, command_of, quick_move
from printd.gcode.firmwares import firmware_of
from printd.gcode.lines import Block, MalformedLine, Readable, blocks_of, code_of
from printd.gcode.motion import Motion, Move
from printd.gcode.moves import Moves, follow
from printd.gcode.rows import Rows, rows_of
from printd.gcode.statistics import begins_layer

FEWEST_TOGETHER = 64  # rows; fewer are followed sooner one by one
# Commands between which moves may be collected: no listener cares on which side of one it is.
ASIDE: Final = frozenset({"M73", "M106", "M107", "M204", "M205"})

# Four comments in five of PrusaSlicer; no listener reads them. Source: files of 2.5 and 2.9.
_tells_nothing = re.compile(rb";(?:WIDTH|HEIGHT):[0-9.]{1,12}").fullmatch


class Listener:
    """Something that is told of a file; what it has no word on it leaves out."""

    def command(self, command: Command, /) -> None:
        """Hear of a command, after ``Motion`` has followed it; of moves not always."""

    def move(self, move: Move, /) -> None:
        """Hear of one move."""

    def accepts(self, _moves: Moves, /) -> bool:
        """Return whether moves may be told at once; alters nothing."""
        return True

    def moves(self, moves: Moves, /) -> None:
        """Hear of some moves, instead of each by ``move``."""

    def comment(self, comment: bytes, line: int, /) -> None:
        """Hear of a line that is a comment only."""

    def malformed(self, _error: MalformedLine, /) -> None:
        """Hear of a line that cannot be read."""


def walk(
    stream: Readable,
    motion: Motion,
    listeners: Sequence[Listener],
    longest_comment: int,
    fewest_together: int = FEWEST_TOGETHER,
) -> None:
    """Read a file from its first line to its last.

    Raises:
        MalformedLine: reading cannot go on; see ``lines.blocks_of``.
    """
    walker = _Walker(motion, listeners, longest_comment, fewest_together)
    for block in blocks_of(stream):
        walker.block(block)


def walk_plainly(
    stream: Readable, motion: Motion, listeners: Sequence[Listener], longest_comment: int
) -> None:
    """Do as ``walk`` does, one line at a time."""
    walker = _Walker(motion, listeners, longest_comment)
    for block in blocks_of(stream):
        walker.mind_returns(block)
        for number, line in enumerate(block.content.splitlines(), start=block.first):
            walker.line(line, number)


class _Walker:
    def __init__(
        self,
        motion: Motion,
        listeners: Sequence[Listener],
        longest_comment: int,
        fewest_together: int = FEWEST_TOGETHER,
    ) -> None:
        self.motion = motion
        self.listeners = listeners
        self.longest_comment = longest_comment
        self.fewest_together = fewest_together
        self.letters = firmware_of(motion.machine).letters or NO_LETTERS
        self.in_layers = self.has_returned = False
        self.on_command = _methods(listeners, "command")
        self.on_move = _methods(listeners, "move")
        self.on_comment = _methods(listeners, "comment")

    def malformed(self, error: MalformedLine) -> None:
        for listener in self.listeners:
            listener.malformed(error)

    def mind_returns(self, block: Block) -> None:
        """Refuse the first line of a file that ends in a bare CR; one is enough."""
        if block.lone_return and not self.has_returned:
            self.has_returned = True
            text = "a carriage return alone, which not every firmware takes for an end"
            self.malformed(MalformedLine(block.lone_return, text))

    def block(self, block: Block) -> None:
        """Read some lines, as many of them together as possible."""
        self.mind_returns(block)
        rows = rows_of(block.content, self.longest_comment)
        others = np.flatnonzero(~rows.is_row)
        rows_before = np.cumsum(rows.is_row)[others].tolist()
        spans = zip(
            others.tolist(),
            rows_before,
            rows.starts[others].tolist(),
            rows.ends[others].tolist(),
            strict=True,
        )
        done = 0
        for index, before, start, end in spans:
            line = block.content[start:end]
            if not line or _tells_nothing(line):
                continue
            if not self._is_aside(line):
                self._together(block, rows, done, before)
                done = before
            self.line(line, block.first + index)
        self._together(block, rows, done, len(rows.line))

    def _is_aside(self, line: bytes) -> bool:
        """Return whether a line may be told before the moves that stand before it."""
        if line.startswith(b";"):
            # What comes before the first layer is measured apart; later marks divide nothing.
            if self.in_layers or not begins_layer(line[1:]):
                return True
            self.in_layers = True
            return False
        return line[:4].rstrip().decode("ascii", "replace") in ASIDE and not line[4:5].isdigit()

    def _together(self, block: Block, rows: Rows, first: int, last: int) -> None:
        if last - first >= max(1, self.fewest_together) and self.motion.is_plain:
            moves, arrival = follow(self.motion, rows, first, last, block.first)
            if all(listener.accepts(moves) for listener in self.listeners):
                self.motion.arrive(arrival.place, arrival.e_mm, arrival.feed_mm_s)
                for listener in self.listeners:
                    listener.moves(moves)
                return
        for index in rows.line[first:last].tolist():
            line = block.content[rows.starts[index] : rows.ends[index]]
            self.line(line, block.first + index)

    def line(self, line: bytes, number: int) -> None:
        """Read one line by itself."""
        words = quick_move(line)
        move = self.motion.quick(number, words) if words else None
        if move is None and line:
            try:
                code, comment = code_of(line, number, self.longest_comment)
                if not code:
                    for hear in self.on_comment:
                        hear(comment, number)
                    return
                command = command_of(code, number, self.letters)
            except MalformedLine as error:
                self.malformed(error)
                return
            move = self.motion.see(command)
            for tell in self.on_command:
                tell(command)
        if move is not None:
            for show in self.on_move:
                show(move)


def _methods(listeners: Sequence[Listener], name: str) -> list[Callable[..., None]]:
    """Return what listeners have a word on; a million calls of nothing take a while."""
    return [
        getattr(listener, name)
        for listener in listeners
        if getattr(type(listener), name) is not getattr(Listener, name)
    ]
