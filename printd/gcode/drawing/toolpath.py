"""Listens to a file that is read, and prints it on paper: the plastic of ``Plastic``."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.core.machine import Machine
from printd.gcode.drawing.chords import chords_of, chords_of_one
from printd.gcode.drawing.kinds import Kind, kind_of
from printd.gcode.drawing.plastic import Lines, Plastic
from printd.gcode.motion import Move
from printd.gcode.moves import Moves
from printd.gcode.rows import Ints
from printd.gcode.statistics import begins_layer
from printd.gcode.walk import Listener

TOGETHER: Final = 1 << 13  # lines that are printed at once
# Comments that may stand before moves not yet told: more than there are in a block of lines.
MOST_SAID: Final = 1 << 15


class Toolpath(Listener):
    """What a file prints, from its first marked layer on."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.plastic = Plastic(machine)
        self._kinds = _Said(Kind.OTHER)
        self._marks = _Said(0)
        self._singles: list[tuple[float, ...]] = []
        self._waiting: list[NDArray[np.float64]] = []  # (7, n), as ``Lines``
        self._count = 0

    def comment(self, comment: bytes, line: int) -> None:
        """Note what the lines below are for, and where a layer begins."""
        kind = kind_of(comment)
        if kind is not None:
            self._kinds.say(line, kind)
        elif begins_layer(comment):
            if not self._marks.last:
                self._begin()
            self._marks.say(line, self._marks.last + 1)

    def _begin(self) -> None:
        """Forget what was printed before the first layer: it is no part of the model."""
        self.plastic = Plastic(self.machine)
        self._singles, self._waiting, self._count = [], [], 0

    def move(self, move: Move) -> None:
        """Take one move."""
        said = self._kinds.at(move.line), self._marks.at(move.line)
        for _, *places in chords_of_one(move):
            self._singles.append((*places, *said))
        if self._count + len(self._singles) >= TOGETHER:
            self._print()

    def moves(self, moves: Moves) -> None:
        """Take some moves."""
        chords = chords_of(moves)
        if not len(chords.line):
            return
        said = self._kinds.of(chords.line), self._marks.of(chords.line)
        self._gather_singles()
        self._waiting.append(np.stack([*chords[1:], *said]))
        self._count += len(chords.line)
        if self._count >= TOGETHER:
            self._print()

    def _gather_singles(self) -> None:
        if self._singles:
            self._waiting.append(np.array(self._singles, np.float64).T)
            self._count += len(self._singles)
            self._singles = []

    def _print(self, least: int = TOGETHER) -> None:
        """Print what waits, always so many together: the picture depends on nothing else."""
        self._gather_singles()
        if not self._waiting:
            return
        lines = np.concatenate(self._waiting, axis=1)
        done = 0
        while self._count - done >= least and done < self._count:
            part = lines[:, done : done + TOGETHER]
            self.plastic.add(Lines(*part[:5], *part[5:].astype(np.int64)))
            done += part.shape[1]
        self._waiting, self._count = [lines[:, done:]], self._count - done

    def end(self) -> Plastic:
        """Return what was printed."""
        self._print(least=1)
        return self.plastic


class _Said:
    """What comments say of the lines below them; moves may be told later than such comments."""

    def __init__(self, first: int) -> None:
        self._lines = [0]
        self._words = [first]

    @property
    def last(self) -> int:
        return self._words[-1]

    def say(self, line: int, word: int) -> None:
        if word == self.last:
            return
        self._lines.append(line)
        self._words.append(word)
        if len(self._lines) > 2 * MOST_SAID:
            del self._lines[:-MOST_SAID], self._words[:-MOST_SAID]

    def at(self, line: int) -> int:
        word = self._words[bisect_right(self._lines, line) - 1]
        self._forget(line)
        return word

    def of(self, lines: Ints) -> Ints:
        at = np.searchsorted(self._lines, lines, "right") - 1
        words: Ints = np.array(self._words)[at]
        self._forget(int(lines[-1]))
        return words

    def _forget(self, line: int) -> None:
        """Keep nothing that is above what holds for a line; moves come in their order."""
        passed = bisect_right(self._lines, line) - 1
        del self._lines[:passed], self._words[:passed]
