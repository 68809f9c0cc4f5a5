"""What was read of a stranger's mesh file: triangles as they came, nothing mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import MeshEmpty, MeshTooLarge, MeshUnreadable

MOST_METRES: Final = 1e6  # so far from the origin nothing can be told apart in 32 bits


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What a file may be; beyond, it is refused before much of it is read."""

    max_bytes: int = 200_000_000
    max_triangles: int = 10_000_000
    max_vertices: int = 20_000_000
    max_text_bytes: int = 200_000_000  # of OBJ: its words take several times as much
    max_unpacked_bytes: int = 256_000_000  # of a ZIP
    max_nodes: int = 10_000  # of a scene
    max_depth: int = 64
    max_instances: int = 1_000  # of meshes, counted along all paths

    def check_triangles(self, count: int) -> None:
        """Refuse a mesh of so many triangles.

        Raises:
            MeshTooLarge: there are too many.
        """
        if count > self.max_triangles:
            raise MeshTooLarge(
                f"The mesh has {count:,} triangles; at most {self.max_triangles:,} are read."
            )

    def check_vertices(self, count: int) -> None:
        """Refuse a mesh of so many vertices.

        Raises:
            MeshTooLarge: there are too many.
        """
        if count > self.max_vertices:
            raise MeshTooLarge(
                f"The mesh has {count:,} vertices; at most {self.max_vertices:,} are read."
            )


DEFAULT_LIMITS: Final = ReadLimits()


@dataclass(frozen=True, slots=True, eq=False)
class RawMesh:
    """Triangles of a file, in its own unit and its own axes.

    ``vertices`` is (n, 3) float32, finite; ``faces`` is (m, 3) int32, m > 0, in range;
    ``owners`` (n,) int32 says which object of the file a vertex is of.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    kind: str  # "glb", "gltf", "obj", "stl", "3mf"
    up: str  # "y" or "z": as the format says
    unit_mm: float | None  # what 1 is in the file; None: the format does not say
    owners: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some triangles over vertices of their own: ``points`` (n, 3), ``faces`` (m, 3)."""

    points: NDArray[np.floating[Any]]
    faces: NDArray[np.integer[Any]]


def joined(parts: Sequence[Part], kind: str, up: str, unit_mm: float | None) -> RawMesh:
    """Return parts as one mesh, checked.

    Raises:
        MeshEmpty: there are no triangles.
        MeshUnreadable: a coordinate is no number, or a triangle names a vertex that is not there.
    """
    filled = [part for part in parts if len(part.faces)]
    if not filled:
        raise MeshEmpty("The file holds no triangles.")
    for part in filled:
        if part.faces.min() < 0 or part.faces.max() >= len(part.points):
            raise MeshUnreadable("A triangle of the mesh names a vertex that is not there.")
    with np.errstate(over="ignore"):
        vertices = np.concatenate([part.points.astype(np.float32) for part in filled])
    starts = np.cumsum([0, *(len(part.points) for part in filled[:-1])])
    faces = np.concatenate(
        [
            part.faces.astype(np.int32) + np.int32(start)
            for part, start in zip(filled, starts.tolist(), strict=True)
        ]
    )
    check_numbers(vertices)
    owners = np.repeat(np.arange(len(filled), dtype=np.int32), [len(one.points) for one in filled])
    return RawMesh(vertices, faces, kind, up, unit_mm, owners)


def check_numbers(vertices: NDArray[np.float32]) -> None:
    """Refuse coordinates that are no numbers, or beyond all measure.

    Raises:
        MeshUnreadable: there are such.
    """
    if not np.isfinite(vertices).all():
        raise MeshUnreadable("The mesh has coordinates that are not numbers.")
    if np.abs(vertices).max(initial=0.0) > MOST_METRES * 1000:
        raise MeshUnreadable("The mesh has coordinates that are beyond all measure.")
