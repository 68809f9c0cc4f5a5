"""Model files that no slicer can print, or that it reads otherwise than they say; made here.

Each function writes one file into a folder and returns it.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from printd.geometry.mesh.stl import RECORD
from tests.peers.bodies import CORNERS, QUADS, box

Corners = NDArray[np.float32]
Maker = Callable[[Path], Path]
TRIANGLES = [face for a, b, c, d in QUADS for face in ((a, b, c), (a, c, d))]
CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
RELATION = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"


def corners(width_mm: float = 20, depth_mm: float = 20, height_mm: float = 5) -> Corners:
    """Return the twelve triangles of a box."""
    sides = np.array([width_mm, depth_mm, height_mm], np.float32)
    return np.asarray(CORNERS[TRIANGLES] * sides)


def stl(triangles: Corners, count: int | None = None, header: bytes = b"") -> bytes:
    """Return a binary STL file; its header and its count may say something else."""
    rows = np.zeros(len(triangles), RECORD)
    rows["corners"] = triangles
    number = len(triangles) if count is None else count
    return header.ljust(80, b"\0") + number.to_bytes(4, "little") + rows.tobytes()


def file(content: bytes, name: str = "in.stl") -> Maker:
    """Return what writes these bytes."""

    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def sized(width_mm: float, depth_mm: float, height_mm: float) -> Maker:
    """Return what writes a box."""
    return lambda folder: box(folder / "in.stl", width_mm, depth_mm, height_mm)


def with_number(number: float) -> bytes:
    """Return an STL file in which one coordinate is this number."""
    triangles = corners()
    triangles[0, 0, 0] = number
    return stl(triangles)


def two_boxes() -> bytes:
    """Return two boxes that overlap, in one file."""
    return stl(np.concatenate([corners(), corners() + np.float32(3)]))


def hostile_3mf(folder: Path, command: str) -> Path:
    """Write a 3MF file of a box whose settings ask the slicer to run ``command``."""
    points = "".join(f'<vertex x="{x:g}" y="{y:g}" z="{z:g}"/>' for x, y, z in 20 * CORNERS)
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in TRIANGLES)
    model = (
        f'<?xml version="1.0"?><model unit="millimeter" xmlns="{CORE}"><resources>'
        f'<object id="1" type="model"><mesh><vertices>{points}</vertices>'
        f"<triangles>{faces}</triangles></mesh></object></resources>"
        '<build><item objectid="1" transform="1 0 0 0 1 0 0 0 1 100 100 0"/></build></model>'
    )
    kinds = (
        '<?xml version="1.0"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="model" '
        'ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
    )
    relations = (
        '<?xml version="1.0"?>'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r" Target="/3D/3dmodel.model" Type="{RELATION}"/></Relationships>'
    )
    with zipfile.ZipFile(folder / "in.3mf", "w") as package:
        package.writestr("[Content_Types].xml", kinds)
        package.writestr("_rels/.rels", relations)
        package.writestr("3D/3dmodel.model", model)
        package.writestr("Metadata/Slic3r_PE.config", f"; settings\n; post_process = {command}\n")
    return folder / "in.3mf"


def empty_3mf(folder: Path) -> Path:
    """Write a package without a model."""
    with zipfile.ZipFile(folder / "in.3mf", "w") as package:
        package.writestr("readme.txt", "nothing")
    return folder / "in.3mf"
