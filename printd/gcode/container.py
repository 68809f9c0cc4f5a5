"""``.gcode.3mf``: a zip with the G-code of one plate or several, as Bambu's printers take it.

Strangers' files too: what is in it is looked at by the directory first, within limits, and nothing
is unpacked that a printer could read in another way. Every plate is judged, whichever is printed.
Source: bbs_3mf.cpp of OrcaSlicer 2.3 and Bambu Studio 2.8, and files of Cura 5; read, not measured.
"""

from __future__ import annotations

import errno
import hashlib
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from printd.core.errors import DiskError, GcodeRefused
from printd.core.files import new_file, sha256_of
from printd.core.machine import Machine
from printd.gcode.contents import Bounds, Contents
from printd.gcode.lines import READING
from printd.gcode.verdict import Level, Refusal, Verdict

ENDING: Final = ".gcode.3mf"
MOST_BYTES: Final = 500 * 1000 * 1000  # of all that it holds, unpacked; G-code alone has no more
MOST_ENTRIES: Final = 512
MOST_RATIO: Final = 100  # G-code packs to a fifth; a bomb to a thousandth
SMALL_BYTES: Final = 64 * 1024  # so little may be packed as well as it can be
CHECKSUM_BYTES: Final = 64
CHUNK_BYTES: Final = 1 << 20
EXPORT_AGAIN: Final = "Export the sliced file from the slicer again."

_PLATE: Final = re.compile(r"Metadata/plate_([1-9]\d?)\.gcode").fullmatch
_PACKED: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1
# What Python's zip reader says of bytes that are no zip; it promises no list.
_NO_ZIP: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Plate:
    """The G-code of one plate."""

    number: int
    entry: zipfile.ZipInfo
    checksum: str | None  # MD5 as the container states it, lower case; the printers compare it

    def __str__(self) -> str:
        return f"plate {self.number}"


class PlateStream:
    """The bytes of a plate, as they are unpacked."""

    def __init__(self, stream: IO[bytes], plate: Plate) -> None:
        self._stream = stream
        self._plate = plate
        self._digest = hashlib.md5(usedforsecurity=False)

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; none at the end.

        Raises:
            GcodeRefused: they are damaged.
        """
        with _whole(str(self._plate)):
            chunk = self._stream.read(size)
        self._digest.update(chunk)
        return chunk

    def fault(self, *, needed: bool) -> str:
        """Return what is wrong with the stated checksum; all must have been read.

        Args:
            needed: whether there must be one. Printers take a plate without it.
        """
        stated, found = self._plate.checksum, self._digest.hexdigest()
        if stated == found or (stated is None and not needed):
            return ""
        return f"{self._plate} states the checksum {stated or 'none'}, but its G-code has {found}"


class Container:
    """An open container whose directory has been checked."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        entries = archive.infolist()
        _check(entries)
        self.plates = tuple(self._plates(entries))

    @contextmanager
    def stream(self, plate: Plate) -> Iterator[PlateStream]:
        """Open the G-code of a plate."""
        with _whole(str(plate)):
            stream = self._archive.open(plate.entry)
        with stream:
            yield PlateStream(stream, plate)

    def text(self, name: str) -> str:
        """Return an entry of text, its first megabyte; "": there is none.

        Raises:
            GcodeRefused: it is damaged.
        """
        entry = next((one for one in self._archive.infolist() if one.filename == name), None)
        if entry is None:
            return ""
        with _whole(name), self._archive.open(entry) as stream:
            return stream.read(CHUNK_BYTES).decode("utf-8", "replace")

    def _plates(self, entries: Sequence[zipfile.ZipInfo]) -> Iterator[Plate]:
        names = {entry.filename: entry for entry in entries}
        for name in sorted(names, key=lambda name: (len(name), name)):
            if not name.lower().endswith(".gcode"):
                continue
            match = _PLATE(name)
            if match is None:
                raise GcodeRefused(
                    f"It holds G-code in a place of its own, {name[:80]!r}.", action=EXPORT_AGAIN
                )
            checksum = names.get(f"{name}.md5")
            stated = self._checksum(checksum) if checksum else None
            yield Plate(int(match[1]), names[name], stated)

    def _checksum(self, entry: zipfile.ZipInfo) -> str:
        with self._archive.open(entry) as stream:
            return stream.read(CHECKSUM_BYTES).decode("ascii", "replace").strip().lower()


@contextmanager
def opened(path: Path) -> Iterator[Container]:
    """Open a container.

    Raises:
        GcodeRefused: it is none, is damaged, or holds what it should not.
        DiskError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            with _whole("it"):
                archive = zipfile.ZipFile(file)
                container = Container(archive)
            with archive:
                yield container
    except OSError as error:
        raise DiskError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def judged(path: Path, machine: Machine, level: Level) -> tuple[Verdict, tuple[Contents, ...]]:
    """Judge every plate; return the verdict on the container, and what is in each plate.

    Raises:
        DiskError: it cannot be read.
    """
    from printd.gcode.judge import judge

    found: list[tuple[Verdict, Contents]] = []
    faults: list[Refusal] = []
    try:
        with opened(path) as container:
            for plate in container.plates:
                with container.stream(plate) as stream:
                    verdict, contents = judge(stream, machine, level)
                found.append((_of_plate(verdict, plate), contents))
                if fault := stream.fault(needed=False):
                    faults.append(Refusal(0, READING, fault, EXPORT_AGAIN))
        if not found:
            faults.append(Refusal(0, READING, "it holds no G-code", "Slice it, then export."))
    except GcodeRefused as error:
        faults.append(Refusal(0, READING, error.problem.rstrip("."), error.action))
    whole = _together([verdict for verdict, _ in found], faults, path, machine, level)
    return whole, tuple(contents for _, contents in found)


def unpack(path: Path, out: Path) -> None:
    """Write the G-code of the one plate that a container of our own slicer holds.

    Raises:
        GcodeRefused: it is damaged, holds more than one plate, or its checksum is wrong.
        DiskError: it cannot be read.
    """
    with opened(path) as container:
        if len(container.plates) != 1:
            raise GcodeRefused(
                f"It holds {len(container.plates)} plates of G-code, not one.", action=EXPORT_AGAIN
            )
        with container.stream(container.plates[0]) as stream, new_file(out) as target:
            while chunk := stream.read(CHUNK_BYTES):
                target.write(chunk)
            if fault := stream.fault(needed=True):
                raise GcodeRefused(f"{_sentence(fault)}.", action=EXPORT_AGAIN)


@contextmanager
def _whole(what: str) -> Iterator[None]:
    """Say it in a sentence when bytes are no zip, or damaged."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place that the zip names and the file does not have
            raise
        raise _damaged(what, error) from error
    except _NO_ZIP as error:
        raise _damaged(what, error) from error


def _damaged(what: str, error: Exception) -> GcodeRefused:
    said = " ".join(str(error).split())[:120] or type(error).__name__
    return GcodeRefused(f"{_sentence(what)} is not whole: {said}.", action=EXPORT_AGAIN)


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def _check(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what may be read in two ways, or may never end.

    Raises:
        GcodeRefused: what it is.
    """
    if len(entries) > MOST_ENTRIES:
        raise GcodeRefused(f"It holds more than {MOST_ENTRIES} files.", action=EXPORT_AGAIN)
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise GcodeRefused(
            f"It holds more than {MOST_BYTES // 10**6} MB.", action="Slice it in parts."
        )
    seen = set()
    for entry in entries:
        fault = _fault_of(entry)
        name = entry.filename.casefold()
        if name in seen:
            fault = "is in it twice"
        seen.add(name)
        if fault:
            raise GcodeRefused(f"{entry.filename[:80]!r} {fault}.", action=EXPORT_AGAIN)


def _fault_of(entry: zipfile.ZipInfo) -> str:
    name = entry.filename
    if name != entry.orig_filename or not name.isprintable() or set(name) & set("\\:"):
        return "is no name for a file in it"
    if name.startswith("/") or {"", ".", ".."} & set(name.removesuffix("/").split("/")):
        return "names a place outside it"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link"
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _PACKED:
        return "is packed in a way that printers do not read"
    if entry.file_size > MOST_RATIO * entry.compress_size + SMALL_BYTES:
        return f"is packed more than {MOST_RATIO} times"
    return ""


def _of_plate(verdict: Verdict, plate: Plate) -> Verdict:
    def named(said: tuple[Refusal, ...]) -> tuple[Refusal, ...]:
        return tuple(replace(one, text=f"{plate}: {one.text}") for one in said)

    return replace(verdict, refusals=named(verdict.refusals), warnings=named(verdict.warnings))


def _together(
    verdicts: Sequence[Verdict],
    faults: Sequence[Refusal],
    path: Path,
    machine: Machine,
    level: Level,
) -> Verdict:
    """Return one verdict on the whole file."""
    bounds = [verdict.bounds_mm for verdict in verdicts if verdict.bounds_mm is not None]
    return Verdict(
        level=level,
        refusals=(*faults, *(one for verdict in verdicts for one in verdict.refusals)),
        refused_lines=len(faults) + sum(verdict.refused_lines for verdict in verdicts),
        sha256=sha256_of(path),
        size_bytes=path.stat().st_size,
        limits_hash=machine.limits_hash,
        max_nozzle_c=max((verdict.max_nozzle_c for verdict in verdicts), default=0.0),
        max_bed_c=max((verdict.max_bed_c for verdict in verdicts), default=0.0),
        bounds_mm=_around(bounds) if bounds else None,
        extruded_mm=sum(verdict.extruded_mm for verdict in verdicts),
        layers=sum(verdict.layers for verdict in verdicts),
        warnings=tuple(one for verdict in verdicts for one in verdict.warnings),
    )


def _around(bounds: Sequence[Bounds]) -> Bounds:
    x0, y0, z0 = (min(one[side] for one in bounds) for side in range(3))
    x1, y1, z1 = (max(one[side] for one in bounds) for side in range(3, 6))
    return x0, y0, z0, x1, y1, z1
