"""The corpus of the rules for resin: files that must be refused, and near misses that pass.

A display of 64 x 36 dots, one dot a millimetre, upright, as that of an SL1 lies. A pair of files
differs in little more than the thing that matters.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO

from PIL import Image, ImageDraw

from printd.core.machine import Machine
from printd.gcode.sl1 import ResinLimits

MACHINE = Machine(
    name="resin",
    flavour="resin",
    bed_w_mm=64,
    bed_d_mm=36,
    height_mm=5,
    nozzle_mm=0,
    max_nozzle_c=0,
    max_bed_c=0,
    material="resin",
    material_max_c=0,
    margin_mm=2,
    model="SL1",
)
LIMITS = ResinLimits(
    pixels_x=64,
    pixels_y=36,
    portrait=True,
    mirror_x=True,
    mirror_y=False,
    exposure_s=(1, 20),
    first_exposure_s=(1, 60),
)
LIT = (6, 10, 30, 50)  # left, top, right, bottom; the last two included
CONFIG = {
    "action": "print",
    "expTime": "8",
    "expTimeFirst": "35",
    "jobDir": "out",
    "layerHeight": "0.05",
    "numFade": "10",
    "numFast": "20",
    "numSlow": "0",
    "printTime": "598.5",
    "printerModel": "SL1",
    "prusaSlicerVersion": "PrusaSlicer-2.5.0+UNKNOWN",
    "usedMaterial": "0.197",
}
SETTINGS = {
    "display_mirror_x": "1",
    "display_mirror_y": "0",
    "display_orientation": "portrait",
    "display_pixels_x": "64",
    "display_pixels_y": "36",
    "initial_layer_height": "0.05",
    "max_exposure_time": "20",
    "max_initial_exposure_time": "60",
    "min_exposure_time": "1",
    "min_initial_exposure_time": "1",
}
LAYERS = 20
Changes = dict[str, bytes]  # by name of the member, what is in it
GONE = b"gone"  # it is not in it


def text(pairs: Mapping[str, str], **changes: str) -> bytes:
    """Return a page of numbers."""
    return "".join(f"{key} = {value}\n" for key, value in {**pairs, **changes}.items()).encode()


def layer(
    lit: tuple[int, int, int, int] | None = LIT, size: tuple[int, int] = (36, 64), mode: str = "L"
) -> bytes:
    """Return a layer with a rectangle that is exposed."""
    picture = Image.new(mode, size)
    if lit is not None:
        ImageDraw.Draw(picture).rectangle(lit, fill=255 if mode == "L" else (255, 255, 255))
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def number(index: int) -> str:
    """Return the name of a layer."""
    return f"out{index:05d}.png"


def members(changes: Mapping[str, bytes] | None = None, layers: int = LAYERS) -> Changes:
    """Return what is in a whole file, but for changes."""
    whole: Changes = {
        "config.ini": text(CONFIG, numFast=str(layers)),
        "prusaslicer.ini": text(SETTINGS),
    }
    whole |= {number(index): layer() for index in range(layers)}
    whole |= changes or {}
    return {name: content for name, content in whole.items() if content != GONE}


def packed(content: Mapping[str, bytes], alter: Callable[[zipfile.ZipInfo], object] = id) -> bytes:
    """Return the file; ``alter`` is shown each member before it is written."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, each in content.items():
            member = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            alter(member)
            package.writestr(member, each)
    return out.getvalue()


def sl1(changes: Mapping[str, bytes] | None = None, layers: int = LAYERS) -> bytes:
    """Return a whole file, but for changes."""
    return packed(members(changes, layers))


def config(**changes: str) -> bytes:
    """Return a file whose numbers are others."""
    return sl1({"config.ini": text(CONFIG, **changes)})


@dataclass(frozen=True)
class Case:
    """Two files: ``bad`` breaks ``rule`` and no other, ``near`` breaks none."""

    rule: str
    name: str
    bad: bytes
    near: bytes
    machine: Machine = MACHINE


def _named(name: str) -> bytes:
    return sl1({name: layer()})


def _as_link(member: zipfile.ZipInfo) -> None:
    if member.filename == number(3):
        member.external_attr = 0o120777 << 16


def _as_file(member: zipfile.ZipInfo) -> None:
    member.external_attr = 0o100644 << 16


def _by_bzip2(member: zipfile.ZipInfo) -> None:
    member.compress_type = zipfile.ZIP_BZIP2


def _stored(member: zipfile.ZipInfo) -> None:
    member.compress_type = zipfile.ZIP_STORED


def twice(name: str) -> bytes:
    """Return a file in whose list a name stands twice."""
    other = name[:-5] + "X.png"
    return sl1({other: layer()}).replace(other.encode(), name.encode())


def encrypted() -> bytes:
    """Return a file whose first member says that it is encrypted."""
    content = bytearray(sl1())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


def flipped(name: str) -> bytes:
    """Return a file in which one bit of a member's packed content is another."""
    content = bytearray(packed(members(), _stored))
    place = content.index(name.encode()) + len(name) + 70
    content[place] ^= 4
    return bytes(content)


def lying_size(name: str, size: int) -> bytes:
    """Return a file whose list says that a member is of another size."""
    content = bytearray(sl1())
    place = content.index(name.encode(), content.index(b"PK\x01\x02")) - 46
    struct.pack_into("<L", content, place + 24, size)
    return bytes(content)


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of these chunks."""
    out = b"\x89PNG\r\n\x1a\n"
    for kind, content in chunks:
        out += struct.pack(">L", len(content)) + kind + content
        out += struct.pack(">L", zlib.crc32(kind + content))
    return out


HEADER = (b"IHDR", struct.pack(">LL", 36, 64) + b"\x08\x00\x00\x00\x00")
ROWS = b"".join(b"\x00" + bytes(36) for _ in range(64))


def drawn(rows: bytes = ROWS, header: tuple[bytes, bytes] = HEADER) -> bytes:
    """Return a layer of these rows."""
    return png(header, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))


SHORT = replace(MACHINE, height_mm=0.95)
EXACT = replace(MACHINE, height_mm=1.0)
UNNAMED = replace(MACHINE, model="")

CASES = (
    Case("R1", "cut off", sl1()[:-1], sl1()),
    Case("R1", "something behind the end", sl1() + b"\0", sl1()),
    Case("R1", "something before the beginning", b"#!/bin/sh\n" + sl1(), sl1()),
    Case("R1", "no zip", b"G28\n" * 100, sl1()),
    Case("R1", "one bit of a layer", flipped(number(7)), packed(members(), _stored)),
    Case("R1", "a size that lies", lying_size(number(5), 60), sl1()),
    Case("R2", "a path", _named("../out00020.png"), _named("thumbnail/thumbnail400x400.png")),
    Case("R2", "an absolute path", _named("/out00020.png"), _named("thumbnail/t800x480.png")),
    Case("R2", "a program", sl1({"run.sh": b"#!/bin/sh"}), sl1({"config.json": b"{}"})),
    Case("R2", "a folder", sl1({"thumbnail/": b""}), sl1({"thumbnail/t.png": layer()})),
    Case("R2", "a folder in a folder", _named("thumbnail/a/b.png"), _named("thumbnail/b.png")),
    Case("R2", "a link", packed(members(), _as_link), packed(members(), _as_file)),
    Case("R2", "a name twice", twice(number(19)), sl1()),
    Case("R2", "encrypted", encrypted(), sl1()),
    Case("R2", "another way to pack", packed(members(), _by_bzip2), packed(members(), _stored)),
    Case("R3", "a bomb", sl1({number(4): bytes(30 << 20)}), sl1()),
    Case(
        "R3", "too long a text", sl1({"config.json": b"{" * (1 << 21)}), sl1({"config.json": b"{}"})
    ),
    Case("R4", "no numbers", sl1({"config.ini": GONE}), sl1()),
    Case("R4", "no settings", sl1({"prusaslicer.ini": GONE}), sl1()),
    Case("R4", "not for printing", config(action="delete"), config(action="print")),
    Case("R4", "a number that is none", config(expTime="nan"), config(expTime="8.5")),
    Case("R4", "no name of its layers", config(jobDir=""), config(hollow="")),
    Case("R4", "a key twice", sl1({"config.ini": text(CONFIG) + b"expTime = 9\n"}), sl1()),
    Case("R4", "a layer as thick as a finger", config(layerHeight="20"), config(layerHeight="0.1")),
    Case("R4", "no text", sl1({"config.ini": b"\xff\xfe\x00"}), sl1()),
    Case("R5", "a layer is missing", sl1({number(7): GONE}), sl1(layers=19)),
    Case(
        "R5", "a layer more than it counts", config(numFast="19"), config(numFast="19", numSlow="1")
    ),
    Case("R5", "layers of another job", config(jobDir="other"), config(jobDir="out")),
    Case("R5", "no layers", sl1(layers=0), sl1(layers=1)),
    Case("R6", "a dot too wide", sl1({number(7): layer(size=(37, 64))}), sl1({number(7): layer()})),
    Case("R6", "lying on its side", sl1({number(0): layer(size=(64, 36))}), sl1()),
    Case("R6", "in colours", sl1({number(7): layer(mode="RGB")}), sl1()),
    Case(
        "R6", "another kind of file", sl1({number(7): b"BM" + bytes(60)}), sl1({number(7): drawn()})
    ),
    Case("R6", "a PNG without its end", sl1({number(7): layer()[:-12]}), sl1()),
    Case("R6", "something behind its end", sl1({number(7): layer() + b"\0"}), sl1()),
    Case(
        "R6", "rows are missing", sl1({number(19): drawn(ROWS[:-40])}), sl1({number(19): drawn()})
    ),
    Case("R7", "too long", config(expTime="20.5"), config(expTime="20")),
    Case("R7", "too short", config(expTime="0.5"), config(expTime="1")),
    Case("R7", "the first too long", config(expTimeFirst="61"), config(expTimeFirst="60")),
    Case("R8", "a layer too high", sl1(layers=21), sl1(layers=20), EXACT),
    Case("R8", "too thick", config(layerHeight="0.3"), config(layerHeight="0.25")),
    Case("R9", "nothing on the platform", sl1({number(0): drawn()}), sl1({number(19): drawn()})),
    Case(
        "R10",
        "over the left",
        sl1({number(0): layer((0, 10, 30, 50))}),
        sl1({number(0): layer((1, 10, 30, 50))}),
    ),
    Case(
        "R10",
        "over the right",
        sl1({number(19): layer((6, 10, 35, 50))}),
        sl1({number(19): layer((6, 10, 34, 50))}),
    ),
    Case(
        "R10",
        "over the front",
        sl1({number(7): layer((6, 0, 30, 50))}),
        sl1({number(7): layer((6, 1, 30, 50))}),
    ),
    Case(
        "R10",
        "over the back",
        sl1({number(7): layer((6, 10, 30, 63))}),
        sl1({number(7): layer((6, 10, 30, 62))}),
    ),
    Case("R11", "another printer", config(printerModel="SL1S"), config(printerModel="SL1")),
    Case("R11", "another printer, or any", config(printerModel="X"), config(printerModel="")),
)
