"""What a scripted printer reads from a .gcode.3mf, and how it refuses one."""

import hashlib
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from tests.peers import bambu_errors

PIECE: Final = 1 << 20
BLOCKS: Final = (b"; HEADER_BLOCK_START", b"; EXECUTABLE_BLOCK_START")
TOTAL_TIME: Final = re.compile(rb"total estimated time: *((?:\d+[dhms] *)+)")
LAYERS: Final = re.compile(rb"total layer number: *(\d+)")
PROGRESS: Final = re.compile(rb"^M73 (?:P(\d+)(?: R(\d+))?|L(\d+))")
UNITS_S: Final = {b"d": 86400, b"h": 3600, b"m": 60, b"s": 1}
UNTOLD_S: Final = 60.0  # the time of G-code that does not tell its own


class Unprintable(Exception):
    """The printer refuses a file; ``code`` is its ``print_error``."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{code:08X}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Mark:
    """An ``M73``: what the screen shows from a place of the file on."""

    at: float  # 0..1 of the bytes
    percent: int | None = None
    remaining_min: int | None = None
    layer: int | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """One plate.

    Attributes:
        seconds: how long it prints.
        layers: in all, as its header says; 0 when it does not.
        marks: in their order.
        has_blocks: the comment blocks without which a printer may hang are there.
    """

    seconds: float
    layers: int
    marks: tuple[Mark, ...]
    has_blocks: bool


def read(path: Path, plate: str) -> Program:
    """Read a plate as the firmware does.

    Raises:
        Unprintable: there is no such file, it is no zip, the plate is missing, empty or
            damaged, or its MD5 is another.
    """
    if not path.is_file():
        raise Unprintable(bambu_errors.FILE_GONE)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            digest = hashlib.md5(usedforsecurity=False)
            with archive.open(plate) as stream:
                program = _program(stream, archive.getinfo(plate).file_size, digest)
            sidecar = f"{plate}.md5"
            if sidecar in names:
                said = archive.read(sidecar).decode("ascii", "replace").strip().lower()
                if said != digest.hexdigest():
                    raise Unprintable(bambu_errors.UNREADABLE)
            return program
    except (KeyError, OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Unprintable(bambu_errors.UNREADABLE) from error


def _program(stream: IO[bytes], size: int, digest: "hashlib._Hash") -> Program:
    if size == 0:
        raise Unprintable(bambu_errors.UNREADABLE)
    marks: list[Mark] = []
    seconds, layers, blocks, place = 0.0, 0, set(), 0
    for line in stream:
        digest.update(line)
        if line.startswith(b"M73 "):
            marks.extend(_mark(line, place / size))
        elif line.startswith(b";"):
            blocks |= {block for block in BLOCKS if line.startswith(block)}
            if told := TOTAL_TIME.search(line):
                seconds = _seconds(told[1])
            if told := LAYERS.search(line):
                layers = int(told[1])
        place += len(line)
    return Program(seconds or UNTOLD_S, layers, tuple(marks), len(blocks) == len(BLOCKS))


def _mark(line: bytes, at: float) -> list[Mark]:
    said = PROGRESS.match(line)
    if said is None:
        return []
    percent, remaining, layer = (None if part is None else int(part) for part in said.groups())
    return [Mark(at, percent, remaining, layer)]


def _seconds(words: bytes) -> float:
    parts = re.findall(rb"(\d+)([dhms])", words)
    return float(sum(int(count) * UNITS_S[unit] for count, unit in parts))
