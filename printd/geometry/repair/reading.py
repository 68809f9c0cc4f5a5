"""Reading a stranger's mesh file: what it is, is told by its bytes and not by its name.

Parsed once, strictly; nothing outside the file is ever opened, whatever it names. Claims are held
against the size of the file before room is made for them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from printd.core.errors import MeshEmpty, MeshTooLarge, MeshUnreadable
from printd.geometry.files.meshio import MeshLimits, triangles_in
from printd.geometry.repair.gltf import read_glb, read_gltf
from printd.geometry.repair.model3mf import is_3mf, read_3mf
from printd.geometry.repair.objtext import read_obj
from printd.geometry.repair.package import Package
from printd.geometry.repair.raw import DEFAULT_LIMITS, Part, RawMesh, ReadLimits, joined

HEAD_BYTES: Final = 4096
MOST_STL_MM: Final = 1e9
WEB_PAGES: Final = (b"<!doctype html", b"<html", b"<head", b"<body")
OTHERS: Final = {
    b"ply": "a PLY file",
    b"Kaydara FBX": "an FBX file",
    b"PXR-USDC": "a USD file",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"BLENDER": "a Blender file",
}
EXPORT: Final = "Export the model as GLB, STL, OBJ or 3MF."
AGAIN: Final = "Fetch or export the file again."
ZIP: Final = b"PK\x03\x04"
ENDINGS: Final = (".glb", ".gltf", ".obj", ".stl")
OBJ_WORDS: Final = frozenset({b"v", b"vn", b"vt", b"f", b"o", b"g", b"mtllib", b"usemtl", b"s"})


def read_foreign(path: Path, limits: ReadLimits = DEFAULT_LIMITS) -> RawMesh:
    """Read a GLB, glTF, OBJ, STL or 3MF file, or a ZIP with one of these in it.

    Raises:
        MeshUnreadable: broken, or of another kind.
        MeshEmpty: there is no triangle in it.
        MeshTooLarge: too many bytes, triangles, parts.
        MeshCompressed: packed in a way that only few programs read.
        OSError: the file cannot be opened.
    """
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise MeshTooLarge(
            f"The mesh file has {size / 1e6:.0f} MB; at most {limits.max_bytes / 1e6:.0f} MB "
            "are read."
        )
    content = path.read_bytes()
    if not content.startswith(ZIP):
        return read_bytes(content, limits)
    with Package.of(content, limits) as package:
        if is_3mf(package):
            return read_3mf(package, limits)
        return read_bytes(package.read(_mesh_in(package)), limits)


def read_bytes(content: bytes, limits: ReadLimits = DEFAULT_LIMITS) -> RawMesh:
    """Read a GLB, glTF, OBJ or STL file; see ``read_foreign``."""
    if not content:
        raise MeshEmpty("The mesh file has no bytes.")
    return _PARSERS[kind_of(content[:HEAD_BYTES], len(content))](content, limits)


def kind_of(head: bytes, size: int) -> str:
    """Return what a file is: "glb", "gltf", "stl" or "obj".

    Args:
        head: its first bytes.
        size: of the whole file.

    Raises:
        MeshUnreadable: it is none of these.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:4] == b"glTF":
        return "glb"
    if text[:32].lower().startswith(WEB_PAGES):
        raise MeshUnreadable("The file is a web page, not a mesh.", action=AGAIN)
    for mark, words in OTHERS.items():
        if head.startswith(mark):
            raise MeshUnreadable(f"The file is {words}, which is not read.", action=EXPORT)
    if size >= 84 and size == 84 + 50 * int.from_bytes(head[80:84], "little"):
        return "stl"
    if text[:1] == b"{":
        return "gltf"
    if text[:5].lower() == b"solid":
        return "stl"
    if _looks_like_obj(head):
        return "obj"
    if len(head) >= 84 and b"\0" in head:
        count = int.from_bytes(head[80:84], "little")
        raise MeshUnreadable(
            f"The file is no mesh, or cut off: it has {size:,} bytes, and an STL file of "
            f"{count:,} triangles has {84 + 50 * count:,}.",
            action=AGAIN,
        )
    raise MeshUnreadable("The file is no mesh of a kind that is read.", action=EXPORT)


def _looks_like_obj(head: bytes) -> bool:
    if b"\0" in head:
        return False
    words = [line.split(None, 1)[0] for line in head.splitlines()[:200] if line.strip()]
    known = sum(word in OBJ_WORDS for word in words)
    marked = sum(word.startswith(b"#") for word in words)
    return known > 0 and known + marked >= len(words) - 1  # the last one may be cut


def _read_stl(content: bytes, limits: ReadLimits) -> RawMesh:
    size = len(content)
    if size == 84 + 50 * int.from_bytes(content[80:84], "little"):
        limits.check_triangles((size - 84) // 50)
    is_text = content.lstrip()[:5].lower() == b"solid"
    if size == 84 or (is_text and size < HEAD_BYTES and b"facet" not in content.lower()):
        raise MeshEmpty("The file holds no triangles.")
    bounds = MeshLimits(limits.max_bytes, limits.max_triangles, MOST_STL_MM)
    points = triangles_in(io.BytesIO(content), size, bounds).reshape(-1, 3)
    faces = np.arange(len(points), dtype=np.int32).reshape(-1, 3)
    return joined([Part(points, faces)], "stl", "z", None)


def _mesh_in(package: Package) -> str:
    """Return the name of the one mesh of a ZIP.

    Raises:
        MeshUnreadable: there is none, or there are several.
    """
    names = [name for name in package.names() if Path(name).suffix.lower() in ENDINGS]
    if len(names) != 1:
        found = ", ".join(sorted(names)[:4]) or "none"
        raise MeshUnreadable(
            f"The ZIP holds {len(names)} meshes ({found}).", action="Put one mesh into it."
        )
    return names[0]


_PARSERS: Final[dict[str, Callable[[bytes, ReadLimits], RawMesh]]] = {
    "glb": read_glb,
    "gltf": read_gltf,
    "obj": read_obj,
    "stl": _read_stl,
}
