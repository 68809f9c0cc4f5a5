"""Writers of mesh files as services and people make them: GLB, OBJ in a ZIP, STL."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from tests.peers.bad_models import stl as stl_of_corners
from tests.peers.mesh_shapes import Body, Faces


class Glb:
    """A GLB file in the making."""

    def __init__(self) -> None:
        self.binary = bytearray()
        self.described: dict[str, Any] = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": []}],
            "nodes": [],
            "meshes": [],
            "accessors": [],
            "bufferViews": [],
        }

    def mesh(self, body: Body, *, seams: bool = False) -> int:
        """Add a mesh; with normals and UV, and split at their seams, if asked for."""
        points, faces = body.points.astype("<f4"), body.faces
        attributes = {}
        if seams:
            points, faces = _split(points, faces)
            length = np.linalg.norm(points, axis=1, keepdims=True)
            attributes["NORMAL"] = self._accessor(points / np.maximum(length, 1e-9), "VEC3")
            attributes["TEXCOORD_0"] = self._accessor(np.abs(points[:, :2]) % 1, "VEC2")
        attributes["POSITION"] = self._accessor(points, "VEC3")
        indices = self._accessor(faces.reshape(-1).astype("<u4"), "SCALAR")
        primitive = {"attributes": attributes, "indices": indices, "material": 0}
        self.described["meshes"].append({"primitives": [primitive]})
        return len(self.described["meshes"]) - 1

    def node(self, *, root: bool = True, **words: Any) -> int:
        self.described["nodes"].append(words)
        number = len(self.described["nodes"]) - 1
        if root:
            self.described["scenes"][0]["nodes"].append(number)
        return number

    def texture(self) -> None:
        """Add a material with a picture."""
        stream = io.BytesIO()
        Image.new("RGB", (8, 8), "orange").save(stream, "PNG")
        view = self._view(stream.getvalue())
        self.described |= {
            "images": [{"bufferView": view, "mimeType": "image/png"}],
            "textures": [{"source": 0}],
            "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
        }

    def _accessor(self, values: np.ndarray[Any, Any], kind: str) -> int:
        values = np.ascontiguousarray(values, "<u4" if kind == "SCALAR" else "<f4")
        self.described["accessors"].append(
            {
                "bufferView": self._view(values.tobytes()),
                "componentType": 5125 if kind == "SCALAR" else 5126,
                "count": len(values),
                "type": kind,
            }
        )
        return len(self.described["accessors"]) - 1

    def _view(self, content: bytes) -> int:
        view = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(content)}
        self.described["bufferViews"].append(view)
        self.binary += content + b"\0" * (-len(content) % 4)
        return len(self.described["bufferViews"]) - 1

    def bytes(self) -> bytes:
        described = self.described | {"buffers": [{"byteLength": len(self.binary)}]}
        return glb_of(described, bytes(self.binary))


def glb_of(described: Mapping[str, Any], binary: bytes = b"") -> bytes:
    """Return a GLB file of any description."""
    text = json.dumps(described).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    if binary:
        chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def glb(body: Body, *, seams: bool = False) -> bytes:
    """Return a GLB file of one body."""
    made = Glb()
    made.texture()
    made.node(mesh=made.mesh(body, seams=seams))
    return made.bytes()


def stl(body: Body) -> bytes:
    return stl_of_corners(body.points[body.faces].astype(np.float32))


def text_stl(body: Body) -> bytes:
    lines = ["solid body"]
    for corners in body.points[body.faces]:
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += [f"vertex {x:.7g} {y:.7g} {z:.7g}" for x, y, z in corners]
        lines += ["endloop", "endfacet"]
    return "\n".join([*lines, "endsolid body", ""]).encode()


def quad_obj(body: Body) -> bytes:
    """Return an OBJ file; two triangles that a grid made of one square are a square again."""
    half = len(body.faces) // 2
    quads = np.column_stack([body.faces[:half], body.faces[half:, 2]]) + 1
    lines = ["# made for tests", "mtllib model.mtl", "o model", "usemtl skin"]
    lines += [f"v {x:.7f} {y:.7f} {z:.7f}" for x, y, z in body.points]
    lines += ["vt 0 0", "vt 1 0", "vt 1 1", "vt 0 1", "vn 0 0 1"]
    lines += [f"f {a}/1/1 {b}/2/1 {c}/3/1 {d}/4/1" for a, b, c, d in quads]
    return "\n".join([*lines, ""]).encode()


def obj_zip(body: Body) -> bytes:
    """Return a ZIP of an OBJ file, its materials and its texture."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "orange").save(picture, "JPEG")
    return zipped(
        {
            "model.obj": quad_obj(body),
            "model.mtl": b"newmtl skin\nmap_Kd texture.jpg\n",
            "texture.jpg": picture.getvalue(),
        }
    )


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, 8)
    return stream.getvalue()


def model_3mf(
    body: Body, *, unit: str = "millimeter", transform: str = "", head: str = ""
) -> bytes:
    """Return a 3MF package of one body."""
    points = "".join(f'<vertex x="{x:.6f}" y="{y:.6f}" z="{z:.6f}"/>' for x, y, z in body.points)
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in body.faces)
    placed = f' transform="{transform}"' if transform else ""
    model = (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<model unit="{unit}" '
        'xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources>'
        f'<object id="1" type="model"><mesh><vertices>{points}</vertices>'
        f"<triangles>{faces}</triangles></mesh></object></resources>"
        f'<build><item objectid="1"{placed}/></build></model>'
    )
    return zipped({"[Content_Types].xml": b"<Types/>", "3D/3dmodel.model": model.encode()})


def _split(points: np.ndarray[Any, Any], faces: Faces) -> tuple[np.ndarray[Any, Any], Faces]:
    """Give each of eight patches vertices of its own, as an unwrapped texture does."""
    middles = points[faces].mean(axis=1)
    patch = (middles - points.mean(axis=0) > 0) @ np.array([1, 2, 4])
    keys = faces * 8 + patch[:, None]
    found, number = np.unique(keys, return_inverse=True)
    return points[found // 8], number.reshape(-1, 3)
