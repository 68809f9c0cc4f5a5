"""How three firmwares take a file apart: small models, written apart from the judge's reading.

Each says which commands it would execute, however odd the bytes. They forgive what the real
ones forgive; a file that the judge lets pass must be harmless to all of them.
Source: Marlin 1.0 ``get_command`` and ``process_commands``; Marlin 1.1 ``get_sdcard_commands``;
Marlin 2.1 ``queue.cpp`` and ``parser.cpp``; Klipper ``gcode.py``, ``_process_commands``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST = 95  # what Marlin's buffer holds
NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)")


@dataclass
class Executed:
    """One command that a firmware found."""

    name: str
    values: dict[str, str] = field(default_factory=dict)

    def number(self, key: str) -> float | None:
        """Return the number that a parameter begins with, as ``strtod`` would."""
        match = NUMBER.match(self.values.get(key, ""))
        return float(match[0]) if match else None


def marlin_1_0(content: bytes) -> Iterator[Executed]:
    """Find commands as firmware of 2011 to 2015 does: by the first letter that fits, anywhere."""
    for line in _cut(content, ends="\n\r:", rest_is_a_line=True):
        for letter in "GMT":
            at = line.find(letter)
            if at >= 0:
                number = re.match(r"\s*(\d+)", line[at + 1 :])
                values = {key: line[line.find(key) + 1 :] for key in set(line) if key.isupper()}
                yield Executed(f"{letter}{int(number[1]) if number else 0}", values)
                break


def marlin_1_1(content: bytes) -> Iterator[Executed]:
    """Find commands as Marlin 1.1 does in a file on the card."""
    yield from _parsed(_cut(content, ends="\n\r:#", rest_is_a_line=False))


def marlin_2(content: bytes) -> Iterator[Executed]:
    """Find commands as Marlin 2 does, with lower case and comments in parentheses or without."""
    yield from _parsed(_cut(content, ends="\n\r", rest_is_a_line=False))


def marlin_2_lenient(content: bytes) -> Iterator[Executed]:
    """Find commands as Marlin 2 does when it reads lower case and parentheses."""
    text = content.decode("latin-1").upper()
    text = re.sub(r"\([^)\n\r]*\)?", "", re.sub(r";[^\n\r]*", "", text))
    yield from _parsed(_cut(text.encode("latin-1"), ends="\n\r", rest_is_a_line=False))


def klipper(content: bytes) -> Iterator[Executed]:
    """Find commands as Klipper does."""
    for raw in content.decode("latin-1").split("\n"):
        line = raw.strip().partition(";")[0].upper()
        parts = re.split(r"([A-Z_]+|[A-Z*])", line)
        name = "".join(parts[3:5] if "".join(parts[:2]) == "N" else parts[:3]).strip()
        if not name:
            continue
        values = {parts[i]: parts[i + 1] for i in range(1, len(parts) - 1, 2)}
        if not re.match(r"[A-Z]\d", name):
            pairs = (word.partition("=") for word in line.partition(name)[2].split())
            values = {key: value for key, _, value in pairs}
        yield Executed(name, values)


def _cut(content: bytes, ends: str, *, rest_is_a_line: bool) -> Iterator[str]:
    """Split into commands without comments; what does not fit is dropped or a line of its own."""
    line, in_comment = "", False
    for char in content.decode("latin-1") + "\n":
        if char in "\n\r" or (char in ends and not in_comment):
            yield line
            line, in_comment = "", in_comment and char not in "\n\r"
        elif char == ";":
            in_comment = True
        elif not in_comment and len(line) < LONGEST:
            line += char
        elif not in_comment and rest_is_a_line:
            yield line
            line = char


def _parsed(lines: Iterator[str]) -> Iterator[Executed]:
    for line in lines:
        text = re.sub(r"^\s*N-?\d+\s*", "", line.lstrip(" "), count=1).lstrip(" ")
        text = text.partition("*")[0]
        head = re.match(r"([GMT]) *(\d+)(?:\.\d+)?", text)
        if head is None:
            continue
        values: dict[str, str] = {}
        rest = text[head.end() :].lstrip(" ")
        while rest:
            key, rest = rest[0], rest[1:]
            if "A" <= key <= "Z":
                rest = rest.lstrip(" ")
                values[key] = rest if NUMBER.match(rest) else ""
            if not rest[:1].isalpha() or not rest[:1].isupper():
                rest = rest.lstrip("0123456789.+-").lstrip(" ")
        yield Executed(f"{head[1]}{int(head[2])}", values)


FIRMWARES = {
    "marlin2": (marlin_1_0, marlin_1_1, marlin_2, marlin_2_lenient),
    "klipper": (klipper,),
}


@dataclass
class Harm:
    """Follows what a firmware executes, and says what harm it does."""

    nozzle_c: float
    bed_c: float
    bed_mm: float
    height_mm: float
    forbidden: frozenset[str]
    place: dict[str, float] = field(default_factory=dict)
    offset: dict[str, float] = field(default_factory=dict)
    relative: bool = False
    unit_mm: float = 1.0
    hot: bool = False
    found: list[str] = field(default_factory=list)

    def execute(self, command: Executed) -> None:
        """Take one command."""
        name = command.name
        if name in self.forbidden:
            self.found.append(f"{name} is executed")
        limit = {"M104": self.nozzle_c, "M109": self.nozzle_c}.get(name)
        limit = limit or {"M140": self.bed_c, "M190": self.bed_c}.get(name)
        if limit:
            targets = [command.number(key) for key in "SR"]
            high = max((target for target in targets if target is not None), default=0.0)
            if high > limit:
                self.found.append(f"{name} heats to {high}")
            if name in ("M104", "M109") and any(target is not None for target in targets):
                self.hot = high > 0
        self._move(name, command)

    def _move(self, name: str, command: Executed) -> None:
        if name in ("G90", "G91"):
            self.relative = name == "G91"
        elif name in ("G20", "G21"):
            self.unit_mm = 25.4 if name == "G20" else 1.0
        elif name == "G28":
            named = [axis for axis in "XYZ" if axis in command.values] or list("XYZ")
            self.place |= dict.fromkeys(named, 0.0)
            self.offset |= dict.fromkeys(named, 0.0)
        elif name in ("G0", "G1", "G92"):
            for axis in "XYZ":
                value = command.number(axis)
                if value is not None:
                    self._go(name, axis, value * self.unit_mm)

    def _go(self, name: str, axis: str, value: float) -> None:
        if axis not in self.place:
            self.found.append(f"{axis} is moved or named before homing")
            return
        if name == "G92":
            self.offset[axis] = self.place[axis] - value
            return
        self.place[axis] = (self.place[axis] if self.relative else self.offset[axis]) + value
        most = self.height_mm if axis == "Z" else self.bed_mm
        if not -0.11 <= self.place[axis] <= most + 0.01:
            self.found.append(f"{axis} goes to {self.place[axis]}")
