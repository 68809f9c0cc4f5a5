"""glTF 2.0, as GLB or as text: its meshes, where its scene puts them; no materials, no pictures.

Buffers are the binary part of the file or ``data:`` URIs; anything else that it names is refused
and never opened. Every accessor must lie in its buffer before anything is made of it.

Source: glTF 2.0 specification, 2.0.1; KHR_mesh_quantization.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import MeshCompressed, MeshTooLarge, MeshUnreadable
from printd.geometry.repair.raw import Part, RawMesh, ReadLimits, joined
from printd.geometry.repair.scene import instances

MOST_JSON_BYTES: Final = 16_000_000
METRE_MM: Final = 1000.0
JSON_CHUNK, BIN_CHUNK = 0x4E4F534A, 0x004E4942
TYPES: Final = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS: Final = {"SCALAR": 1, "VEC3": 3}
TRIANGLES, STRIP, FAN = 4, 5, 6
PACKERS: Final = {
    "KHR_draco_mesh_compression": "Draco",
    "EXT_meshopt_compression": "meshopt",
    "KHR_meshopt_compression": "meshopt",
}
HARMLESS: Final = ("KHR_materials_", "KHR_texture_", "EXT_texture_", "KHR_lights_")
KNOWN: Final = frozenset({"KHR_mesh_quantization"})


def read_glb(content: bytes, limits: ReadLimits) -> RawMesh:
    """Read a GLB file.

    Raises:
        MeshUnreadable, MeshEmpty, MeshTooLarge, MeshCompressed: as said.
    """
    if len(content) < 20:
        raise MeshUnreadable("The GLB file is cut off.", action="Fetch or export it again.")
    _, version, length = struct.unpack_from("<4sII", content)
    if version != 2:
        raise MeshUnreadable(f"The GLB file is of version {version}; version 2 is read.")
    if length != len(content):
        raise MeshUnreadable(
            f"The GLB file has {len(content):,} bytes and says that it has {length:,}: it is cut "
            "off or damaged.",
            action="Fetch or export it again.",
        )
    chunks = dict(_chunks(content))
    if JSON_CHUNK not in chunks:
        raise MeshUnreadable("The GLB file has no description of its scene.")
    return _read(chunks[JSON_CHUNK], chunks.get(BIN_CHUNK), "glb", limits)


def read_gltf(content: bytes, limits: ReadLimits) -> RawMesh:
    """Read a glTF file of text, which must hold its buffers itself; errors as ``read_glb``."""
    return _read(content, None, "gltf", limits)


def _chunks(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of the chunks, each kind's first one last."""
    found: list[tuple[int, bytes]] = []
    at = 12
    while at + 8 <= len(content):
        length, kind = struct.unpack_from("<II", content, at)
        at += 8
        if at + length > len(content):
            raise MeshUnreadable("A part of the GLB file reaches beyond its end.")
        found.append((kind, content[at : at + length]))
        at += length
    return reversed(found)


def _read(text: bytes, binary: bytes | None, kind: str, limits: ReadLimits) -> RawMesh:
    if len(text) > MOST_JSON_BYTES and kind == "glb":
        raise MeshTooLarge(f"The description of the scene has {len(text) / 1e6:.0f} MB.")
    try:
        described = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MeshUnreadable("The file is no mesh: its description makes no sense.") from error
    if not isinstance(described, dict) or "asset" not in described:
        raise MeshUnreadable("The file is no mesh; it is some other JSON.")
    _check_extensions(described)
    try:
        parts = list(_Reader(described, binary, limits).parts())
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise MeshUnreadable(f"The glTF file contradicts itself ({error!r}).") from error
    return joined(parts, kind, "y", METRE_MM)


def _check_extensions(described: Mapping[str, Any]) -> None:
    required = described.get("extensionsRequired", [])
    for name in required if isinstance(required, list) else []:
        if name in PACKERS:
            raise MeshCompressed(f"The mesh is compressed with {PACKERS[name]}.")
        if name not in KNOWN and not str(name).startswith(HARMLESS):
            raise MeshUnreadable(f"The mesh needs {str(name)[:60]!r}, which is not known here.")


@dataclass(slots=True)
class _Reader:
    described: Mapping[str, Any]
    binary: bytes | None
    limits: ReadLimits
    decoded: dict[int, bytes] = field(default_factory=dict)

    def parts(self) -> Iterator[Part]:
        """Yield every mesh, as often as the scene shows it, where it shows it."""
        meshes: Sequence[Any] = self.described.get("meshes", [])
        made: dict[int, list[Part]] = {}
        triangles = vertices = 0
        for number, matrix in instances(self.described, self.limits):
            if number not in made:
                made[number] = list(self._mesh(meshes[number]))
            for part in made[number]:
                triangles, vertices = triangles + len(part.faces), vertices + len(part.points)
                self.limits.check_triangles(triangles)
                self.limits.check_vertices(vertices)
                yield _placed(part, matrix)

    def _mesh(self, mesh: Mapping[str, Any]) -> Iterator[Part]:
        for primitive in mesh["primitives"]:
            mode = primitive.get("mode", TRIANGLES)
            if mode not in (TRIANGLES, STRIP, FAN):
                continue  # points and lines
            self._check_packing(primitive)
            points = self._values(primitive["attributes"]["POSITION"], "VEC3")
            if "indices" in primitive:
                numbers = self._values(primitive["indices"], "SCALAR")
                if numbers.dtype.kind != "u":
                    raise MeshUnreadable("The triangles of the glTF file are no whole numbers.")
            else:
                numbers = np.arange(len(points), dtype=np.uint32)
            yield Part(points, _faces(numbers.reshape(-1), mode))

    def _check_packing(self, primitive: Mapping[str, Any]) -> None:
        for name in primitive.get("extensions", {}):
            if name in PACKERS:
                accessor = self.described["accessors"][primitive["attributes"]["POSITION"]]
                if "bufferView" not in accessor:
                    raise MeshCompressed(f"The mesh is compressed with {PACKERS[name]}.")

    def _values(self, number: int, shape: str) -> NDArray[Any]:
        """Return the values of an accessor, (n, width)."""
        accessor = self.described["accessors"][_whole(number)]
        if accessor["type"] != shape:
            raise MeshUnreadable(f"An accessor is {accessor['type']!r} and should be {shape}.")
        if "sparse" in accessor or "bufferView" not in accessor:
            raise MeshUnreadable("The glTF file has sparse or empty accessors, which are not read.")
        kind = np.dtype(TYPES[accessor["componentType"]])
        count, width = _whole(accessor["count"]), WIDTHS[shape]
        self.limits.check_vertices(count if shape == "VEC3" else 0)
        self.limits.check_triangles(count // 3 if shape == "SCALAR" else 0)
        view = self.described["bufferViews"][_whole(accessor["bufferView"])]
        if any(name in PACKERS for name in view.get("extensions", {})):
            raise MeshCompressed("The mesh is compressed with meshopt.")
        content = self._buffer(_whole(view["buffer"]))
        step = _whole(view.get("byteStride", kind.itemsize * width))
        begin = _whole(view.get("byteOffset", 0)) + _whole(accessor.get("byteOffset", 0))
        end = begin + step * max(count - 1, 0) + kind.itemsize * width
        view_end = _whole(view.get("byteOffset", 0)) + _whole(view["byteLength"])
        if count and (end > len(content) or end > view_end or step < kind.itemsize * width):
            raise MeshUnreadable(
                f"The glTF file says that it has {count:,} values where there is no room for them."
            )
        if not count:
            return np.empty((0, width), kind)
        values = np.ndarray((count, width), kind, content, begin, (step, kind.itemsize))
        if accessor.get("normalized") and kind.kind in "iu":
            return np.maximum(values / np.float32(np.iinfo(kind).max), np.float32(-1))
        return values

    def _buffer(self, number: int) -> bytes:
        buffer = self.described["buffers"][number]
        uri = buffer.get("uri")
        if uri is None:
            if self.binary is None or number:
                raise MeshUnreadable("The glTF file has no data.")
            return self.binary
        if not isinstance(uri, str) or not uri.startswith("data:"):
            raise MeshUnreadable(
                "The mesh lies in another file, which the glTF file names; that is never opened.",
                action="Export the model as GLB, which holds everything.",
            )
        if number not in self.decoded:
            try:
                self.decoded[number] = base64.b64decode(uri.partition(",")[2], validate=True)
            except binascii.Error as error:
                raise MeshUnreadable("The data in the glTF file makes no sense.") from error
        return self.decoded[number]


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 40:
        raise MeshUnreadable(f"The glTF file says {str(value)[:40]!r} where a count belongs.")
    return value


def _faces(numbers: NDArray[Any], mode: int) -> NDArray[Any]:
    if mode == TRIANGLES:
        return numbers[: len(numbers) // 3 * 3].reshape(-1, 3)
    if len(numbers) < 3:
        return np.empty((0, 3), numbers.dtype)
    if mode == FAN:
        first = np.broadcast_to(numbers[:1], len(numbers) - 2)
        return np.stack([first, numbers[1:-1], numbers[2:]], axis=1)
    strip = np.stack([numbers[:-2], numbers[1:-1], numbers[2:]], axis=1)
    strip[1::2] = strip[1::2, [1, 0, 2]]
    return strip


def _placed(part: Part, matrix: NDArray[np.float64]) -> Part:
    """Return a part where a node puts it; a mirror turns its triangles inside out."""
    if np.array_equal(matrix, np.eye(4)):
        return part
    with np.errstate(over="ignore", invalid="ignore"):
        points = part.points.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
        is_mirror = np.linalg.det(matrix[:3, :3]) < 0
    return Part(points, part.faces[:, ::-1] if is_mirror else part.faces)
