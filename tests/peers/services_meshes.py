"""The meshes that fake services give: one small closed solid for each picture, in any format.

A solid is about one unit large, Y up, as section 14 has F1; it is a ball whose radius at each
place comes from the hash of the picture, so that other photos give other meshes.
"""

import hashlib
import io
import json
import math
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PIL import Image

RINGS: Final = 5
SEGMENTS: Final = 9
PIECE_BYTES: Final = 1 << 20
TYPES: Final = {
    "glb": "model/gltf-binary",
    "stl": "model/stl",
    "obj": "text/plain",
    "ply": "application/octet-stream",
    "3mf": "model/3mf",
    "png": "image/png",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "mp4": "video/mp4",
}
MESHES: Final = frozenset({"glb", "stl", "obj", "ply", "3mf", "fbx", "usdz", "gltf"})

Point = tuple[float, float, float]
Face = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Solid:
    """Triangles, counter-clockwise from outside."""

    points: list[Point]
    faces: list[Face]


EMPTY: Final = Solid([], [])


def solid_of(sha256: str, *, floaters: int = 0, unoriented: bool = False) -> Solid:
    """Return the solid of a picture.

    Args:
        sha256: of the picture.
        floaters: small islands around it.
        unoriented: each fifth face looks inwards (F7).
    """
    seed = hashlib.sha256(sha256.encode()).digest() * 2
    points: list[Point] = [(0.0, -0.5, 0.0)]
    for ring in range(1, RINGS):
        polar = math.pi * ring / RINGS
        for step in range(SEGMENTS):
            turn = 2 * math.pi * step / SEGMENTS
            radius = 0.3 + 0.2 * seed[(ring * SEGMENTS + step) % len(seed)] / 255
            flat = radius * math.sin(polar)
            points.append((flat * math.cos(turn), -0.5 * math.cos(polar), flat * math.sin(turn)))
    points.append((0.0, 0.5, 0.0))
    faces = _faces()
    for number in range(floaters):
        _add_island(points, faces, 0.7 + 0.05 * number)
    if unoriented:
        faces = [
            (a, c, b) if place % 5 == 0 else (a, b, c) for place, (a, b, c) in enumerate(faces)
        ]
    return Solid(points, faces)


def _faces() -> list[Face]:
    top = (RINGS - 1) * SEGMENTS + 1
    faces: list[Face] = []
    for step in range(SEGMENTS):
        after = (step + 1) % SEGMENTS
        faces.append((0, 1 + step, 1 + after))
        for ring in range(RINGS - 2):
            low, high = 1 + ring * SEGMENTS, 1 + (ring + 1) * SEGMENTS
            faces.append((low + step, high + step, high + after))
            faces.append((low + step, high + after, low + after))
        last = 1 + (RINGS - 2) * SEGMENTS
        faces.append((last + step, top, last + after))
    return faces


def _add_island(points: list[Point], faces: list[Face], where: float) -> None:
    first = len(points)
    points += [
        (where + x, y, z) for x, y, z in ((0, 0, 0), (0.02, 0, 0), (0, 0.02, 0), (0, 0, 0.02))
    ]
    corners = ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))
    faces += [(first + a, first + b, first + c) for a, b, c in corners]


def written(solid: Solid, extension: str) -> bytes:
    """Return a file; of formats that printd never reads only the beginning is right."""
    writer = {"glb": glb, "stl": stl, "obj": obj, "ply": ply, "3mf": three_mf}.get(extension)
    if writer:
        return writer(solid)
    if extension == "fbx":
        return b"Kaydara FBX Binary  \x00\x1a\x00" + bytes(64)
    return b"PK\x05\x06" + bytes(18)


def glb(solid: Solid) -> bytes:
    """Return a GLB; an empty scene when there are no faces."""
    points = b"".join(struct.pack("<3f", *point) for point in solid.points)
    faces = b"".join(struct.pack("<3H", *face) for face in solid.faces)
    faces += bytes(-len(faces) % 4)
    content: dict[str, object] = {"asset": {"version": "2.0"}, "scene": 0}
    if not solid.faces:
        return glb_container(content | {"scenes": [{"nodes": []}]}, b"")
    lows = [min(point[axis] for point in solid.points) for axis in range(3)]
    highs = [max(point[axis] for point in solid.points) for axis in range(3)]
    where = {"bufferView": 0, "componentType": 5126, "count": len(solid.points), "type": "VEC3"}
    content |= {
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            where | {"min": lows, "max": highs},
            {
                "bufferView": 1,
                "componentType": 5123,
                "count": 3 * len(solid.faces),
                "type": "SCALAR",
            },
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(points)},
            {"buffer": 0, "byteOffset": len(points), "byteLength": len(faces)},
        ],
        "buffers": [{"byteLength": len(points) + len(faces)}],
    }
    return glb_container(content, points + faces)


def glb_container(content: dict[str, object], binary: bytes) -> bytes:
    """Return JSON and bytes in the container of GLB."""
    said = json.dumps(content).encode()
    said += b" " * (-len(said) % 4)
    chunks = struct.pack("<I4s", len(said), b"JSON") + said
    if binary:
        chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def stl(solid: Solid) -> bytes:
    """Return a binary STL, on the axes of the GLB: no service documents others."""
    parts = [b"a fake service".ljust(80, b" "), struct.pack("<I", len(solid.faces))]
    for face in solid.faces:
        corners = [value for corner in face for value in solid.points[corner]]
        parts.append(struct.pack("<12fH", 0, 0, 0, *corners, 0))
    return b"".join(parts)


def obj(solid: Solid) -> bytes:
    """Return an OBJ."""
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in solid.points]
    lines += [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in solid.faces]
    return ("\n".join(lines) + "\n").encode()


def ply(solid: Solid) -> bytes:
    """Return a PLY in ASCII."""
    head = (
        f"ply\nformat ascii 1.0\nelement vertex {len(solid.points)}\nproperty float x\n"
        "property float y\nproperty float z\n"
        f"element face {len(solid.faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    lines = [f"{x:.6f} {y:.6f} {z:.6f}" for x, y, z in solid.points]
    lines += [f"3 {a} {b} {c}" for a, b, c in solid.faces]
    return (head + "\n".join(lines) + "\n").encode()


def three_mf(solid: Solid) -> bytes:
    """Return a 3MF."""
    points = "".join(f'<vertex x="{x:.6f}" y="{y:.6f}" z="{z:.6f}"/>' for x, y, z in solid.points)
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in solid.faces)
    core = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
    model = (
        f'<?xml version="1.0"?><model unit="millimeter" xmlns="{core}"><resources>'
        f'<object id="1" type="model"><mesh><vertices>{points}</vertices>'
        f"<triangles>{faces}</triangles></mesh></object></resources>"
        '<build><item objectid="1"/></build></model>'
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = (
        f'<?xml version="1.0"?><Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default '
        'Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>'
        "</Types>"
    )
    links = (
        f'<?xml version="1.0"?><Relationships xmlns="{package}/relationships"><Relationship '
        'Id="r0" Target="/3D/3dmodel.model" '
        'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            ("[Content_Types].xml", kinds),
            ("_rels/.rels", links),
            ("3D/3dmodel.model", model),
        ):
            archive.writestr(zipfile.ZipInfo(name), text)
    return stream.getvalue()


def huge(extension: str, size: int) -> Iterator[bytes]:
    """Yield exactly ``size`` bytes of a file that is well formed as far as its header tells."""
    if extension == "stl":
        size_of_faces = (size - 84) // 50
        head = b"huge".ljust(80, b" ") + struct.pack("<I", size_of_faces)
    else:
        content: dict[str, object] = {"asset": {"version": "2.0"}, "scenes": [{"nodes": []}]}
        said = json.dumps(content).encode()
        said += b" " * (-len(said) % 4)
        rest = size - 12 - 8 - len(said) - 8
        head = struct.pack("<4sIII4s", b"glTF", 2, size, len(said), b"JSON") + said
        head += struct.pack("<I4s", rest, b"BIN\0")
    yield head
    left = size - len(head)
    while left > 0:
        yield bytes(min(left, PIECE_BYTES))
        left -= PIECE_BYTES


def preview(sha256: str, form: str) -> bytes:
    """Return a small picture in the colour of the hash; ``form`` as Pillow names it."""
    seed = bytes.fromhex(sha256[:6] or "808080")
    stream = io.BytesIO()
    Image.new("RGB", (32, 32), (seed[0], seed[1], seed[2])).save(stream, form)
    return stream.getvalue()
