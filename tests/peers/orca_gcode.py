"""G-code of PrusaSlicer in the dress of OrcaSlicer's, for the stand-in: its blocks, its words.

Two layouts. Bambu's machines get settings and statistics before the code and other marks of
layers; all others get statistics and settings at the end, and PrusaSlicer's marks.
Standard library only: the stand-in is a program of its own.
"""

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from tests.peers.orca_presets import KEYS

STATISTICS = (
    "filament used [mm]",
    "filament used [cm3]",
    "filament used [g]",
    "filament cost",
    "total filament used [g]",
    "total filament cost",
    "estimated printing time (normal mode)",
)
BAMBU_MARKS = (
    (";LAYER_CHANGE", "; CHANGE_LAYER"),
    (";Z:", "; Z_HEIGHT: "),
    (";HEIGHT:", "; LAYER_HEIGHT: "),
    (";TYPE:", "; FEATURE: "),
    (";WIDTH:", "; LINE_WIDTH: "),
)
# What PrusaSlicer lacks of the words for templates.
WORDS = (
    ("bed_temperature_initial_layer_single", "first_layer_bed_temperature[0]"),
    ("nozzle_temperature_initial_layer", "first_layer_temperature"),
    ("nozzle_temperature", "temperature"),
    ("initial_no_support_extruder", "initial_extruder"),
)


def ini_of(settings: Mapping[str, str], bed: str) -> str:
    """Return PrusaSlicer's settings for these; ``bed`` is the plate that lies on the machine."""
    lines = {
        "gcode_comments": "0",
        "post_process": "",
        "bed_temperature": settings[f"{bed}_plate_temp"],
        "first_layer_bed_temperature": settings[f"{bed}_plate_temp_initial_layer"],
    }
    for key, (name, _) in KEYS.items():
        if name:
            lines[name] = _translated(name, settings[key], settings["curr_bed_type"])
    if settings["brim_type"] == "no_brim":
        lines["brim_width"] = "0"
    return "".join(f"{name} = {value}\n" for name, value in lines.items())


def _translated(name: str, value: str, sheet: str) -> str:
    if name == "gcode_flavor" and value == "klipper":
        return "marlin2"  # PrusaSlicer 2.5 has no word for it
    if name.endswith("_gcode"):
        value = value.replace("{if curr_bed_type==", f'{{if "{sheet}"==')
        for orca, prusa in WORDS:
            value = re.sub(rf"\[{orca}\]|{{{orca}(?:\[0\])?}}", f"{{{_first(prusa)}}}", value)
        return value.replace("\n", "\\n")
    return value


def _first(word: str) -> str:
    return word if word.endswith("]") or word == "initial_extruder" else f"{word}[0]"


class Sliced:
    """What PrusaSlicer made, taken apart."""

    def __init__(self, gcode: Path) -> None:
        self.code: list[str] = []
        self.statistics: dict[str, str] = {}
        for line in gcode.read_text().splitlines():
            if line == "; prusaslicer_config = begin":
                break
            key, found, value = line.removeprefix("; ").partition(" = ")
            if line.startswith("; ") and found and key in STATISTICS:
                self.statistics[key] = value
            elif not line.startswith("; "):
                self.code.append(line)

    @property
    def layers(self) -> int:
        return self.code.count(";LAYER_CHANGE")

    @property
    def highest_mm(self) -> float:
        return max((float(line[3:]) for line in self.code if line.startswith(";Z:")), default=0.0)


def dressed(sliced: Sliced, settings: Mapping[str, str], bambu: bool, maker: str) -> str:
    """Return the whole file."""
    told = sliced.statistics
    header = [
        f"total layer number: {sliced.layers}",
        f"filament_density: {settings['filament_density']}",
        f"filament_diameter: {settings['filament_diameter']}",
        f"max_z_height: {sliced.highest_mm:.2f}",
    ]
    code = sliced.code
    if bambu:
        time = told["estimated printing time (normal mode)"]
        header = [
            f"model printing time: {time}; total estimated time: {time}",
            header[0],
            f"total filament length [mm] : {told['filament used [mm]']}",
            f"total filament volume [cm^3] : {float(told['filament used [cm3]']) * 1000:.2f}",
            f"total filament weight [g] : {told.get('total filament used [g]', '0.00')}",
            *header[1:],
        ]
        code = [_marked(line) for line in code]
    body = ["; EXECUTABLE_BLOCK_START", *code, "; EXECUTABLE_BLOCK_END", ""]
    end = [] if bambu else [f"; {key} = {value}" for key, value in told.items()]
    block = [
        "; CONFIG_BLOCK_START",
        *(f"; {key} = {_written(key, settings[key])}" for key in sorted(settings)),
        "; CONFIG_BLOCK_END",
        "",
    ]
    top = ["; HEADER_BLOCK_START", f"; {maker}", *(f"; {line}" for line in header)]
    top += ["; HEADER_BLOCK_END", ""]
    parts = [*top, *block, *body] if bambu else [*top, *body, *end, *block]
    return "\n".join(parts).rstrip("\n") + "\n"


def _marked(line: str) -> str:
    for theirs, ours in BAMBU_MARKS:
        if line.startswith(theirs):
            return ours + line.removeprefix(theirs)
    return line


def _written(key: str, value: str) -> str:
    return value.replace("\n", "\\n")


def write_container(path: Path, gcode: str, told: Mapping[str, str], pictures: bool) -> None:
    """Write the ``.gcode.3mf``, first under another name."""
    content = gcode.encode()
    part = path.with_name(f"{path.name}.tmp")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("_rels/.rels", "<Relationships/>")
        archive.writestr("3D/3dmodel.model", "<model/>")
        archive.writestr("Metadata/plate_1.gcode", content)
        checksum = hashlib.md5(content, usedforsecurity=False).hexdigest().upper()
        archive.writestr("Metadata/plate_1.gcode.md5", checksum)
        archive.writestr("Metadata/slice_info.config", _slice_info(told))
        archive.writestr("Metadata/project_settings.config", "{}")
        archive.writestr("Metadata/model_settings.config", "<config/>")
        if pictures:
            archive.writestr("Metadata/plate_1.png", grey_png(512))
            archive.writestr("Metadata/plate_1_small.png", grey_png(128))
    part.replace(path)


def _slice_info(told: Mapping[str, str]) -> str:
    metres = float(told["filament used [mm]"]) / 1000
    grams = told.get("total filament used [g]", "0.00")
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<config>\n <plate>\n"
        '  <metadata key="index" value="1"/>\n'
        f'  <metadata key="weight" value="{grams}"/>\n'
        f'  <filament id="1" type="PLA" used_m="{metres:.2f}" used_g="{grams}"/>\n'
        " </plate>\n</config>\n"
    )


def grey_png(size_px: int) -> bytes:
    """Return a square picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = kind + body
        return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", size_px, size_px, 8, 0, 0, 0, 0)
    rows = (b"\x00" + b"\x80" * size_px) * size_px
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
