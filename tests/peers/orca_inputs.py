"""What the stand-in for OrcaSlicer is given: settings, a model; and what it refuses of them.

Standard library only: the stand-in is a program of its own.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.peers.orca_presets import KEYS

Triangle = tuple[tuple[float, float, float], ...]
Preset = dict[str, str | list[str]]


class Refused(Exception):
    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def preset(file: str) -> Preset:
    """Read one settings file."""
    if not Path(file).exists():
        raise Refused(-3, f"can not find setting file: {file}")
    try:
        loaded: Preset = json.loads(Path(file).read_text())
    except ValueError:
        raise Refused(-5, f"Can not load config from file {file}") from None
    if loaded.get("from") not in ("system", "User", "user"):
        raise Refused(-5, f"file {file}'s from {loaded.get('from', '')} unsupported")
    if loaded.get("type") not in ("machine", "process", "filament"):
        raise Refused(-5, f"unknown config type {loaded.get('type', '')} of file {file}")
    for key, value in loaded.items():
        if not isinstance(value, str | list):
            raise Refused(-5, f"parse {file} error, invalid json for {key}")
    return loaded


def settings_of(options: Mapping[str, str]) -> dict[str, str]:
    """Return all settings: compiled, of the files, of the command line.

    What the files inherit is not looked up, and unknown keys are passed over without a word.
    """
    presets: dict[str, Preset] = {}
    for one in presets_of(options, "load-settings", ("machine", "process")):
        if str(one["type"]) in presets:
            raise Refused(-2, f"duplicate {one['type']} config file")
        presets[str(one["type"])] = one
    for one in presets_of(options, "load-filaments", ("filament",)):
        presets.setdefault("filament", one)
    _check_compatible(presets)
    settings = {key: compiled for key, (_, compiled) in KEYS.items()}
    for one in presets.values():
        for key in one.keys() & settings.keys():
            value = one[key]
            settings[key] = value if isinstance(value, str) else ",".join(value)
    told = {name.replace("-", "_"): value for name, value in options.items()}
    return {key: told.get(key, value) for key, value in settings.items()}


def presets_of(options: Mapping[str, str], option: str, types: tuple[str, ...]) -> list[Preset]:
    found = [preset(file) for file in options.get(option, "").split(";") if file]
    for one in found:
        if one["type"] not in types:
            raise Refused(-5, f"unknown config type {one['type']} in {option}")
    return found


def _check_compatible(presets: Mapping[str, Preset]) -> None:
    if "machine" not in presets:
        return
    machine = presets["machine"].get("name", "")
    named = presets.get("process", {}).get("compatible_printers", [])
    if "process" in presets and machine not in named:
        raise Refused(-17, "process not compatible with printer.")
    named = presets.get("filament", {}).get("compatible_printers", [])
    if named and machine not in named:
        raise Refused(-5, f"filament preset (slot 1) is not compatible with printer {machine}.")


def mesh_of(files: list[str]) -> list[Triangle]:
    """Read the one model."""
    if not files:
        raise Refused(-3, "No such file: ")
    if len(files) > 1:
        raise Refused(-8, "The stand-in slices one model at a time")
    file = files[0]
    path = Path(file)
    if not path.exists():
        raise Refused(-3, f"No such file: {file}")
    try:
        triangles = obj(path) if path.suffix.lower() == ".obj" else stl(path)
    except (ValueError, IndexError, struct.error):
        raise Refused(-6, f"{file}: Loading of a model file failed.") from None
    if len(triangles) < 4:
        raise Refused(-6, f"Error: file is empty: {file}")
    return triangles


def stl(path: Path) -> list[Triangle]:
    content = path.read_bytes()
    (count,) = struct.unpack_from("<I", content, 80)
    if path.suffix.lower() != ".stl" or len(content) != 84 + 50 * count:
        raise ValueError(path)
    return [(row[3:6], row[6:9], row[9:12]) for row in struct.iter_unpack("<12fH", content[84:])]


def obj(path: Path) -> list[Triangle]:
    vertices: list[tuple[float, float, float]] = []
    triangles: list[Triangle] = []
    for line in path.read_text().splitlines():
        words = line.split()
        if words[:1] == ["v"]:
            vertices.append((float(words[1]), float(words[2]), float(words[3])))
        elif words[:1] == ["f"]:
            triangles.append(tuple(vertices[int(word.split("/")[0]) - 1] for word in words[1:4]))
    return triangles


def placed(triangles: list[Triangle], settings: dict[str, str], arrange: bool) -> list[Triangle]:
    """Put the model onto the bed: lowered always, moved only if it may be arranged."""
    area = [tuple(map(float, point.split("x"))) for point in settings["printable_area"].split(",")]
    low, high = bounds(point for triangle in triangles for point in triangle)
    right, back = max(x for x, _ in area), max(y for _, y in area)
    shift = [0.0, 0.0, -low[2]]
    if arrange:
        shift = [right / 2 - (low[0] + high[0]) / 2, back / 2 - (low[1] + high[1]) / 2, -low[2]]
    low = [a + b for a, b in zip(low, shift, strict=True)]
    high = [a + b for a, b in zip(high, shift, strict=True)]
    inside = low[0] >= 0 and low[1] >= 0 and high[0] <= right and high[1] <= back
    if not inside or high[2] > float(settings["printable_height"]):
        raise Refused(-50, "plate 1: Nothing to be sliced, no object is fully inside the volume")
    return [
        tuple((x + shift[0], y + shift[1], z + shift[2]) for x, y, z in triangle)
        for triangle in triangles
    ]


def bounds(points: Iterable[tuple[float, float, float]]) -> tuple[list[float], list[float]]:
    columns = list(zip(*points, strict=True))
    return [min(column) for column in columns], [max(column) for column in columns]


def validate(settings: dict[str, str]) -> None:
    heights_mm = float(settings["initial_layer_print_height"]), float(settings["layer_height"])
    if max(heights_mm) > float(settings["nozzle_diameter"].split(",")[0]):
        raise Refused(-51, "Layer height cannot exceed nozzle diameter.")
    resets = settings["before_layer_change_gcode"] + settings["layer_change_gcode"]
    if settings["use_relative_e_distances"] == "1" and "G92 E0" not in resets:
        raise Refused(
            -51,
            "Relative extruder addressing requires resetting the extruder position at each layer "
            'to prevent loss of floating point accuracy. Add "G92 E0" to layer_gcode.',
        )
