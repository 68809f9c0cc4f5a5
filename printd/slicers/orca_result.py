"""What OrcaSlicer and Bambu Studio leave behind: ``result.json``, G-code, its container.

Two layouts of G-code: Bambu's machines get the settings before the code, and statistics in the
header; all others get both at the end. Everything is read in one pass.
Source: their sources, and files of OrcaSlicer 2.3 and Bambu Studio 1.6 to 2.8; read, not measured.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from printd.core.errors import GcodeRefused, SlicerRefused
from printd.gcode.container import unpack
from printd.gcode.statistics import Statistics

CONFIG_START: Final = b"CONFIG_BLOCK_START"
CONFIG_END: Final = b"CONFIG_BLOCK_END"
CODE_END: Final = b"EXECUTABLE_BLOCK_END"


@dataclass(frozen=True, slots=True)
class Notes:
    """``result.json``: how the program says that it ended."""

    return_code: int | None  # None: it does not say
    sentence: str
    warnings: tuple[str, ...]


def notes_of(text: str) -> Notes:
    """Read ``result.json``; half a file says nothing."""
    try:
        loaded: Any = json.loads(text)
    except (ValueError, RecursionError):
        loaded = None
    if not isinstance(loaded, dict):
        return Notes(None, "", ())
    code = loaded.get("return_code")
    plates = loaded.get("sliced_plates")
    told = [plate.get("warning_message") for plate in _dicts(plates)]
    return Notes(
        return_code=code if isinstance(code, int) else None,
        sentence=_text(loaded.get("error_string")),
        warnings=tuple(_text(warning) for warning in told if _text(warning)),
    )


def _dicts(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


@dataclass(slots=True)
class Told:
    """What the G-code says of itself."""

    statistics: Statistics
    settings: dict[str, str]
    ends: set[bytes]  # which blocks are closed

    @property
    def is_whole(self) -> bool:
        """Return whether code and settings are closed."""
        return {CODE_END, CONFIG_END} <= self.ends


def told_by(gcode: Path) -> Told:
    """Read the comments of a G-code file."""
    told = Told(Statistics(), {}, set())
    inside = False
    with gcode.open("rb") as stream:
        for line in stream:
            if not line.startswith(b";"):
                continue
            comment = line[1:].strip()
            if comment == CONFIG_START:
                inside = True
            elif comment in (CONFIG_END, CODE_END):
                inside = False
                told.ends.add(comment)
            elif inside:
                key, _, value = comment.decode("utf-8", "replace").partition(" =")
                told.settings[key] = value.strip()
            else:
                told.statistics.take(line[1:].rstrip(b"\r\n"))
    return told


def unpack_plate(container: Path, out: Path) -> None:
    """Write the G-code of the one plate that a ``.gcode.3mf`` holds.

    Raises:
        SlicerRefused: it is no such file, holds more than one plate, or its checksum is wrong.
    """
    try:
        unpack(container, out)
    except GcodeRefused as error:
        raise SlicerRefused(f"The slicer's container cannot be used. {error.problem}") from error
