"""What a slicer says of its own file in comments: who made it, how long, how much filament.

These are claims. They are shown to people and compared with what the moves say; nothing is
decided by them alone. One table holds the words of every slicer; none of them uses another's
words for another thing.
Source: PrusaSlicer 2.5 and 2.9 as measured; OrcaSlicer 2.x, Bambu Studio 1.x and 2.x, Cura 4 and
5, SuperSlicer 2.5 as in files of theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

MOST_OBJECTS = 1000
LONGEST_READ = 200  # characters of a comment; names and numbers are shorter
LONGEST_LIST = 64 * 1024  # of the list of objects, which is one comment

_DURATION = re.compile(r"(?:(\d+)d)? *(?:(\d+)h)? *(?:(\d+)m)? *(?:(\d+)s)?").fullmatch
_GENERATED = re.compile(r"[Gg]enerated (?:by|with) (\S+) (\S+)").match
_BAMBU = re.compile(r"(BambuStudio) (\d\S*)").fullmatch
_METRES = re.compile(r"(\d+(?:\.\d+)?)m$").match
_KNOWN_AS: Final = {"Cura_SteamEngine": "Cura"}


def seconds_of(text: str) -> float | None:
    """Return the seconds of ``1d 2h 53m 1s``; None: not a duration."""
    match = _DURATION(text.strip())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def begins_layer(comment: bytes) -> bool:
    """Return whether a slicer marks the next layer with this comment."""
    return comment in _LAYERS or comment.startswith(b"LAYER:")


_LAYERS: Final = frozenset({b"LAYER_CHANGE", b" CHANGE_LAYER"})


@dataclass(slots=True)
class Statistics:
    """What was found so far; None or "": not said."""

    slicer: str = ""
    version: str = ""
    time_s: float | None = None
    filament_mm: float | None = None
    filament_g: float | None = None
    filament_cm3: float | None = None
    cost: float | None = None
    price_per_kg: float | None = None  # of every filament; None also if they differ
    layers: int = 0  # marks that were found
    layers_said: int | None = None
    height_mm: float | None = None
    printer_model: str = ""
    printer_profile: str = ""
    print_profile: str = ""
    filament_profile: str = ""
    filament_type: str = ""
    objects: dict[str, None] = field(default_factory=dict)  # their names, in order

    @property
    def worth(self) -> float | None:
        """Return what the filament costs: as it is said, else by its weight and price."""
        if self.cost is not None or self.price_per_kg is None or self.filament_g is None:
            return self.cost
        return self.filament_g * self.price_per_kg / 1000.0

    def take(self, comment: bytes) -> None:
        """Read one comment, without its semicolon."""
        if begins_layer(comment):
            self.layers += 1
            return
        if comment[:1] in b"TWHZ" and comment[:5] != b"TIME:" and comment[:7] != b"TARGET_":
            return  # TYPE, WIDTH, HEIGHT and the like: most comments
        text = comment[:LONGEST_READ].decode("utf-8", "replace").strip()
        if not self.slicer and (made := _GENERATED(text) or _BAMBU(text)):
            self.slicer, self.version = _KNOWN_AS.get(made[1], made[1]), made[2]
            return
        for divider in (" = ", " : ", ": ", ":"):
            key, found, value = text.partition(divider)
            if found and (read := _WORDS.get(key)) is not None:
                read(self, value.strip())
                return
        if text.startswith("printing object "):
            self._object(text.removeprefix("printing object ").rpartition(" id:")[0])
        elif text.startswith("objects_info = "):
            self._objects(comment[:LONGEST_LIST].decode("utf-8", "replace").partition(" = ")[2])

    def add_object(self, name: str) -> None:
        """Take the name of a printed object, once."""
        self._object(name)

    def _object(self, name: str) -> None:
        if name and len(self.objects) < MOST_OBJECTS:
            self.objects[name] = None

    def _objects(self, text: str) -> None:
        try:
            listed: Any = json.loads(text)["objects"]
            names = [str(entry["name"]) for entry in listed[:MOST_OBJECTS]]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        for name in names:
            self._object(name[:LONGEST_READ])


def _number(name: str) -> Callable[[Statistics, str], None]:
    def read(found: Statistics, value: str) -> None:
        setattr(found, name, _total(value))

    return read


def _text(name: str) -> Callable[[Statistics, str], None]:
    def read(found: Statistics, value: str) -> None:
        setattr(found, name, value.strip('"'))

    return read


def _time(found: Statistics, value: str) -> None:
    found.time_s = seconds_of(value)


def _time_of_bambu(found: Statistics, value: str) -> None:
    """Read ``25m 53s; total estimated time: 31m 52s``: the whole is what a person waits for."""
    whole = value.rpartition(":")[2]
    found.time_s = seconds_of(whole)


def _time_of_cura(found: Statistics, value: str) -> None:
    if found.time_s is None:  # the elapsed time of each layer has a word of its own
        found.time_s = _total(value)


def _price(found: Statistics, value: str) -> None:
    prices = {_total(price) for price in value.split(",")}
    found.price_per_kg = prices.pop() if len(prices) == 1 else None


def _layers(found: Statistics, value: str) -> None:
    found.layers_said = int(value) if value.isascii() and value.isdigit() else None


def _metres(found: Statistics, value: str) -> None:
    parts = [_METRES(part.strip()) for part in value.split(",")]
    if all(parts):
        found.filament_mm = sum(1000.0 * float(part[1]) for part in parts if part)


def _mesh(found: Statistics, value: str) -> None:
    if value != "NONMESH":
        found.add_object(value)


_WORDS: Final[dict[str, Callable[[Statistics, str], None]]] = {
    # PrusaSlicer, SuperSlicer, OrcaSlicer
    "estimated printing time (normal mode)": _time,
    "filament used [mm]": _number("filament_mm"),
    "filament used [g]": _number("filament_g"),
    "filament used [cm3]": _number("filament_cm3"),
    "filament cost": _number("cost"),
    "total layers count": _layers,
    "printer_model": _text("printer_model"),
    "printer_settings_id": _text("printer_profile"),
    "print_settings_id": _text("print_profile"),
    "filament_settings_id": _text("filament_profile"),
    "filament_type": _text("filament_type"),
    "filament_cost": _price,
    # OrcaSlicer, Bambu Studio
    "model printing time": _time_of_bambu,
    "total estimated time": _time,
    "total layer number": _layers,
    "total filament length [mm]": _number("filament_mm"),
    "total filament weight [g]": _number("filament_g"),
    "max_z_height": _number("height_mm"),
    # Cura
    "TIME": _time_of_cura,
    "Filament used": _metres,
    "LAYER_COUNT": _layers,
    "MAXZ": _number("height_mm"),
    "TARGET_MACHINE.NAME": _text("printer_model"),
    "MESH": _mesh,
}


def _total(text: str) -> float | None:
    """Add up the values of the extruders: ``"1.5, 0.2"``."""
    try:
        total = sum(float(part) for part in text.split(","))
    except ValueError:
        return None
    return total if 0.0 <= total < 1e12 else None
