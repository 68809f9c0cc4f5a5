"""Bare G-code → ``.gcode.3mf``, as Bambu's printers take it. The same G-code gives the same bytes.

A printer runs the G-code and compares its checksum; displays, the AMS and the maker's own programs
read what lies around it. What the G-code itself must carry is in ``bambu_blocks``. What comes out
has not been judged: ``container.judged`` does that.
Source: bbs_3mf.cpp of OrcaSlicer, BambuLabVariant.py of Cura 5; read, not measured.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

from printd.core.errors import DiskError
from printd.core.files import new_file
from printd.gcode.bambu_blocks import dressed
from printd.gcode.contents import Bounds
from printd.gcode.plate_facts import PlateFacts
from printd.gcode.plate_pictures import plate_pictures

MODEL: Final = "3D/3dmodel.model"
PLATE: Final = "Metadata/plate_1.gcode"
PICTURE: Final = "Metadata/plate_1.png"
SMALL_PICTURE: Final = "Metadata/plate_1_small.png"
PLATE_JSON: Final = "Metadata/plate_1.json"
# Of deflate: 6 takes three times as long as 4 and saves 8 % (measured, three reliefs), which is
# soon earned: cards take 0.1 MB/s.
LEVEL: Final = 6
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
BAMBU: Final = "http://schemas.bambulab.com/package/2021"
THREE_MF: Final = "http://schemas.microsoft.com/3dmanufacturing"
CORE: Final = f"{THREE_MF}/core/2015/02"
LEAST_MM: Final = 0.1
# The triangles of a box, seen from outside against the clock; its corners in the order of
# ``product``: Z changes first, X last.
BOX: Final = (
    *((0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5)),
    *((0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6)),
    *((0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)),
)
TYPES: Final = (
    ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
    ("model", "application/vnd.ms-package.3dmanufacturing-3dmodel+xml"),
    ("png", "image/png"),
    ("gcode", "text/x.gcode"),
)
# A version of the maker's program, whose files this one's are like. Source: Cura writes it too.
LIKE_VERSION: Final = "02.00.01.50"


def packed(gcode: Path, out: Path, facts: PlateFacts) -> None:
    """Write a container of one plate; whole or not at all.

    Args:
        gcode: with or without the maker's blocks of comments, which are added where missing.
        out: the file; an older one is replaced.
        facts: what is said around it.

    Raises:
        DiskError: the G-code cannot be read.
        DiskFull, DiskFailed: the container cannot be written.
    """
    pictures = plate_pictures(facts.picture)
    try:
        source = gcode.open("rb")
    except OSError as error:
        raise DiskError(f"{gcode.name} cannot be read: {error.strerror or error}.") from error
    with (
        source,
        new_file(out) as target,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive,
    ):
        for name, content in _around(facts, has_pictures=pictures is not None):
            _put(archive, name, content)
        if pictures is not None:
            for name, content in zip((PICTURE, SMALL_PICTURE), pictures, strict=True):
                _put(archive, name, content, zipfile.ZIP_STORED)
        _put(archive, f"{PLATE}.md5", _put_gcode(archive, dressed(source, facts)).encode())


def _put_gcode(archive: zipfile.ZipFile, chunks: Iterator[bytes]) -> str:
    """Write the plate; return its MD5 as the maker writes it, in capitals."""
    digest = hashlib.md5(usedforsecurity=False)
    with archive.open(PLATE, "w") as entry:
        for chunk in chunks:
            digest.update(chunk)
            entry.write(chunk)
    return digest.hexdigest().upper()


def _put(
    archive: zipfile.ZipFile, name: str, content: bytes, packing: int = zipfile.ZIP_DEFLATED
) -> None:
    """Write an entry that has no time of its own, so that equal files have equal bytes."""
    info = zipfile.ZipInfo(name)
    info.compress_type = packing
    with archive.open(info, "w") as entry:
        entry.write(content)


def _around(facts: PlateFacts, *, has_pictures: bool) -> Iterator[tuple[str, bytes]]:
    yield "[Content_Types].xml", _content_types()
    yield "_rels/.rels", _package_relations(has_pictures=has_pictures)
    yield MODEL, _model(facts)
    yield "Metadata/model_settings.config", _model_settings(has_pictures=has_pictures)
    relations = [(f"/{PLATE}", f"{BAMBU}/gcode")]
    yield "Metadata/_rels/model_settings.config.rels", _relations(relations)
    yield "Metadata/slice_info.config", _slice_info(facts)
    yield "Metadata/project_settings.config", _json(_project_settings(facts))
    yield PLATE_JSON, _json(_plate(facts))


def _content_types() -> bytes:
    root = Xml.Element("Types", xmlns=f"{PACKAGE}/content-types")
    for extension, kind in TYPES:
        Xml.SubElement(root, "Default", Extension=extension, ContentType=kind)
    return _xml(root)


def _package_relations(*, has_pictures: bool) -> bytes:
    relations = [(f"/{MODEL}", f"{THREE_MF}/2013/01/3dmodel")]
    if has_pictures:
        relations += [
            (f"/{PICTURE}", f"{PACKAGE}/relationships/metadata/thumbnail"),
            (f"/{PICTURE}", f"{BAMBU}/cover-thumbnail-middle"),
            (f"/{SMALL_PICTURE}", f"{BAMBU}/cover-thumbnail-small"),
        ]
    return _relations(relations)


def _relations(relations: Sequence[tuple[str, str]]) -> bytes:
    root = Xml.Element("Relationships", xmlns=f"{PACKAGE}/relationships")
    for number, (target, kind) in enumerate(relations, start=1):
        Xml.SubElement(root, "Relationship", Target=target, Id=f"rel-{number}", Type=kind)
    return _xml(root)


def _model(facts: PlateFacts) -> bytes:
    """Return a box as large as the print: what is printed stands in the G-code.

    Readers of 3MF take a model without a body for a broken one.
    """
    root = Xml.Element("model", {"unit": "millimeter", "xml:lang": "en-US"}, xmlns=CORE)
    Xml.SubElement(root, "metadata", name="Application").text = "printd"
    resources = Xml.SubElement(root, "resources")
    body = Xml.SubElement(resources, "object", id="1", type="model", name="the space it takes")
    mesh = Xml.SubElement(body, "mesh")
    vertices = Xml.SubElement(mesh, "vertices")
    for x, y, z in product(*_sides(facts.bounds_mm)):
        Xml.SubElement(vertices, "vertex", x=f"{x:.3f}", y=f"{y:.3f}", z=f"{z:.3f}")
    triangles = Xml.SubElement(mesh, "triangles")
    for a, b, c in BOX:
        Xml.SubElement(triangles, "triangle", v1=str(a), v2=str(b), v3=str(c))
    Xml.SubElement(Xml.SubElement(root, "build"), "item", objectid="1")
    return _xml(root)


def _sides(bounds: Bounds | None) -> list[tuple[float, float]]:
    """Return from where to where the box goes, in X, Y and Z; never flat."""
    x0, y0, z0, x1, y1, z1 = bounds or (0.0,) * 6
    sides = ((x0, x1), (y0, y1), (z0, z1))
    return [(low, max(high, low + LEAST_MM)) for low, high in sides]


def _model_settings(*, has_pictures: bool) -> bytes:
    root = Xml.Element("config")
    plate = Xml.SubElement(root, "plate")
    _metadata(plate, "plater_id", "1")
    _metadata(plate, "plater_name", "")
    _metadata(plate, "locked", "false")
    _metadata(plate, "filament_map_mode", "Auto For Flush")
    _metadata(plate, "filament_maps", "1")
    _metadata(plate, "gcode_file", PLATE)
    if has_pictures:
        _metadata(plate, "thumbnail_file", PICTURE)
    _metadata(plate, "pattern_bbox_file", PLATE_JSON)
    return _xml(root)


def _slice_info(facts: PlateFacts) -> bytes:
    root = Xml.Element("config")
    header = Xml.SubElement(root, "header")
    Xml.SubElement(header, "header_item", key="X-BBL-Client-Type", value="slicer")
    Xml.SubElement(header, "header_item", key="X-BBL-Client-Version", value=LIKE_VERSION)
    plate = Xml.SubElement(root, "plate")
    _metadata(plate, "index", "1")
    _metadata(plate, "printer_model_id", facts.product_code)
    _metadata(plate, "nozzle_diameters", f"{facts.nozzle_mm:g}")
    _metadata(plate, "prediction", f"{facts.time_s:.0f}")
    _metadata(plate, "weight", f"{facts.filament_g:.2f}")
    _metadata(plate, "outside", "false")
    _metadata(plate, "support_used", "false")
    _metadata(plate, "label_object_enabled", "false")
    _metadata(plate, "filament_maps", "1")
    Xml.SubElement(
        plate,
        "filament",
        id="1",
        tray_info_idx=facts.filament_code,
        type=facts.material,
        color=f"#{facts.colour}",
        used_m=f"{facts.filament_mm / 1000:.2f}",
        used_g=f"{facts.filament_g:.2f}",
    )
    return _xml(root)


def _project_settings(facts: PlateFacts) -> dict[str, object]:
    return {
        "name": "project_settings",
        "from": "project",
        "version": LIKE_VERSION,
        "printer_model": facts.product,
        "nozzle_diameter": [f"{facts.nozzle_mm:g}"],
        "filament_type": [facts.material],
        "filament_colour": [f"#{facts.colour}"],
        "filament_ids": [facts.filament_code],
    }


def _plate(facts: PlateFacts) -> dict[str, object]:
    plate: dict[str, object] = {
        "bed_type": "textured_plate",
        "filament_colors": [f"#{facts.colour}"],
        "filament_ids": [0],
        "first_extruder": 0,
        "is_seq_print": False,
        "nozzle_diameter": facts.nozzle_mm,
        "version": 2,
    }
    if facts.bounds_mm is not None:
        x0, y0, _, x1, y1, _ = facts.bounds_mm
        plate["bbox_all"] = [round(side, 3) for side in (x0, y0, x1, y1)]
    return plate


def _metadata(parent: Xml.Element, key: str, value: str) -> None:
    Xml.SubElement(parent, "metadata", key=key, value=value)


def _json(content: dict[str, object]) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def _xml(root: Xml.Element) -> bytes:
    Xml.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root) + b"\n"
