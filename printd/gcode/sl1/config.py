"""``config.ini``, the page of numbers that a resin printer reads beside the layers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from printd.gcode.contents import Bounds
from printd.gcode.sl1.faults import Fault

MOST_LINES: Final = 1000
LEAST_LAYER_MM: Final = 0.01  # finer than any motor of such a printer steps surely
MOST_LAYER_MM: Final = 0.3  # thicker ones do not harden through
LONGEST_S: Final = 100 * 3600.0  # as for G-code: longer than a print that anybody looks after


@dataclass(frozen=True, slots=True)
class Config:
    """What it says, checked to be numbers that can be meant."""

    job: str  # what the names of the layers begin with
    layer_mm: float
    exposure_s: float
    first_exposure_s: float
    fast_layers: int  # those that expose little and those that expose much: together, all
    slow_layers: int
    time_s: float
    resin_ml: float
    printer_model: str
    slicer: str


@dataclass(frozen=True, slots=True)
class Sl1Contents:
    """What is in a file, as people are shown it; plain values that can cross processes."""

    slicer: str
    printer_model: str
    time_s: float
    resin_ml: float
    layers: int
    layer_mm: float
    height_mm: float
    exposure_s: float
    first_exposure_s: float
    bounds_mm: Bounds | None  # of what the layers that were decoded expose


def read_config(text: str) -> Config:
    """Read it.

    Raises:
        Fault: R4, naming the key that is missing or cannot be meant.
    """
    pairs = pairs_of(text)
    if pairs.get("action") != "print":
        raise Fault("R4", "config.ini does not ask for a print")
    return Config(
        job=_word(pairs, "jobDir"),
        layer_mm=_number(pairs, "layerHeight", LEAST_LAYER_MM, MOST_LAYER_MM),
        exposure_s=_number(pairs, "expTime", 0.0, LONGEST_S),
        first_exposure_s=_number(pairs, "expTimeFirst", 0.0, LONGEST_S),
        fast_layers=_count(pairs, "numFast"),
        slow_layers=_count(pairs, "numSlow"),
        time_s=_number(pairs, "printTime", 1.0, LONGEST_S),
        resin_ml=_number(pairs, "usedMaterial", 0.0, 1e4),
        printer_model=pairs.get("printerModel", ""),
        slicer=pairs.get("prusaSlicerVersion", ""),
    )


def pairs_of(text: str) -> dict[str, str]:
    """Read ``key = value`` lines; a key that stands there twice could be read in two ways.

    Raises:
        Fault: R4.
    """
    pairs: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        key, found, value = line.partition("=")
        key = key.strip()
        if not found or not key or key in pairs or number > MOST_LINES:
            raise Fault("R4", f"line {number} of its numbers is no single `key = value`")
        pairs[key] = value.strip()
    return pairs


def _word(pairs: Mapping[str, str], key: str) -> str:
    if value := pairs.get(key, ""):
        return value
    raise Fault("R4", f"config.ini does not say {key}")


def _number(pairs: Mapping[str, str], key: str, least: float, most: float) -> float:
    value = _word(pairs, key)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise Fault("R4", f"config.ini: {key} = {value[:40]} is not from {least:g} to {most:g}")
    return number


def _count(pairs: Mapping[str, str], key: str) -> int:
    value = _word(pairs, key)
    if value.isascii() and value.isdigit() and len(value) < 9:
        return int(value)
    raise Fault("R4", f"config.ini: {key} = {value[:40]} is no count")
