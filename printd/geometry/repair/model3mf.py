"""3MF packages of strangers: the triangles of what is to be built, in millimetres.

Only the model is parsed; thumbnails and the settings of slicers are never looked at.

Source: 3D Manufacturing Format, Core Specification 1.3, Production Extension 1.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import MeshTooLarge, MeshUnreadable
from printd.geometry.repair.package import Package
from printd.geometry.repair.raw import Part, RawMesh, ReadLimits, joined

RELATIONS: Final = "_rels/.rels"
ENDING: Final = ".model"
UNITS_MM: Final = {
    "micron": 0.001,
    "millimeter": 1.0,
    "centimeter": 10.0,
    "inch": 25.4,
    "foot": 304.8,
    "meter": 1000.0,
}
MOST_ITEMS: Final = 1_000  # and components
MOST_DEPTH: Final = 8
PRODUCTION: Final = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
KNOWN: Final = frozenset({"p", "m"})  # by custom: models in several parts; colours
START: Final = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"

Matrix = NDArray[np.float64]
Begin = Callable[[str, dict[str, str]], None]


def is_3mf(package: Package) -> bool:
    """Return whether a ZIP says that it is a 3MF package."""
    names = package.names()
    return "[Content_Types].xml" in names and any(name.endswith(ENDING) for name in names)


def read_3mf(package: Package, limits: ReadLimits) -> RawMesh:
    """Read what a 3MF package builds.

    Raises:
        MeshUnreadable, MeshEmpty, MeshTooLarge: as said.
    """
    start = _start(package)
    builder = _Builder(package, limits, {})
    model = builder.model(start)
    parts = [
        part
        for item in model.items
        for part in builder.parts(item.path or start, item.object_id, item.matrix, 1)
    ]
    return joined(parts, "3mf", "z", model.unit_mm)


def _start(package: Package) -> str:
    """Return the name of the part that says what is built."""
    found: list[str] = []

    def begin(name: str, words: dict[str, str]) -> None:
        if name.endswith("Relationship") and words.get("Type") == START:
            found.append(words.get("Target", "").lstrip("/"))

    if RELATIONS in package.names():
        _parse(package.read(RELATIONS), begin, spaces=False)
    if len(found) > 1:
        raise MeshUnreadable("The 3MF file has several models that it starts with.")
    return found[0] if found else "3D/3dmodel.model"


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """An object, and where it is put."""

    object_id: str
    matrix: Matrix
    path: str


@dataclass(slots=True, eq=False)
class _Object:
    points: list[float] = field(default_factory=list)
    faces: list[int] = field(default_factory=list)
    components: list[_Placed] = field(default_factory=list)

    def part(self, matrix: Matrix) -> Part:
        points = np.array(self.points, np.float64).reshape(-1, 3)
        faces = np.array(self.faces, np.int64).reshape(-1, 3)
        with np.errstate(over="ignore", invalid="ignore"):
            if np.linalg.det(matrix[:3]) < 0:
                faces = faces[:, ::-1]
            return Part(points @ matrix[:3] + matrix[3], faces)


@dataclass(slots=True, eq=False)
class _Model:
    """One model part of a package, as it is parsed."""

    limits: ReadLimits
    unit_mm: float = 1.0
    objects: dict[str, _Object] = field(default_factory=dict)
    items: list[_Placed] = field(default_factory=list)
    current: _Object = field(default_factory=_Object)

    def begin(self, name: str, words: dict[str, str]) -> None:
        """Take an element; called some hundred thousand times."""
        kind = name.rpartition(" ")[2]
        if kind == "vertex":
            self.current.points += (float(words["x"]), float(words["y"]), float(words["z"]))
        elif kind == "triangle":
            self.current.faces += (int(words["v1"]), int(words["v2"]), int(words["v3"]))
        elif kind == "object":
            self.current = self.objects[words["id"]] = _Object()
        elif kind == "component":
            self.current.components.append(_placed(words))
            self._check_count(len(self.current.components))
        elif kind == "item":
            self.items.append(_placed(words))
            self._check_count(len(self.items))
        elif kind == "model":
            self._begin_model(words)

    def end(self, name: str) -> None:
        if name.endswith(" mesh"):
            self.limits.check_triangles(len(self.current.faces) // 3)
            self.limits.check_vertices(len(self.current.points) // 3)

    def _begin_model(self, words: dict[str, str]) -> None:
        unknown = set(words.get("requiredextensions", "").split()) - KNOWN
        if unknown:
            raise MeshUnreadable(f"The 3MF file needs {unknown.pop()[:40]!r}, not known here.")
        unit = words.get("unit", "millimeter")
        if unit not in UNITS_MM:
            raise MeshUnreadable(f"The 3MF file has a unit that is not known: {unit[:40]!r}.")
        self.unit_mm = UNITS_MM[unit]

    def _check_count(self, count: int) -> None:
        if count > MOST_ITEMS:
            raise MeshTooLarge(f"The 3MF file puts more than {MOST_ITEMS:,} things on the plate.")


def _placed(words: dict[str, str]) -> _Placed:
    matrix = np.eye(4)[:, :3]
    if "transform" in words:
        matrix = np.array(words["transform"].split(), np.float64).reshape(4, 3)
    path = words.get(f"{PRODUCTION} path", "").lstrip("/")
    return _Placed(words["objectid"], matrix, path)


@dataclass(slots=True, eq=False)
class _Builder:
    """Follows items and components through the parts of a package."""

    package: Package
    limits: ReadLimits
    models: dict[str, _Model]
    triangles: int = 0
    placed: int = 0

    def model(self, path: str) -> _Model:
        """Return a parsed part."""
        if path not in self.models:
            model = _Model(self.limits)
            try:
                _parse(self.package.read(path), model.begin, model.end)
            except (KeyError, ValueError, OverflowError) as error:
                raise MeshUnreadable(f"The 3MF file makes no sense ({error!r}).") from error
            self.models[path] = model
        return self.models[path]

    def parts(self, path: str, object_id: str, matrix: Matrix, depth: int) -> Iterator[Part]:
        """Yield the triangles of an object and of what it is put together of."""
        self.placed += 1
        if depth > MOST_DEPTH or self.placed > MOST_ITEMS:
            raise MeshTooLarge("The 3MF file is put together of too many parts.")
        found = self.model(path).objects.get(object_id)
        if found is None:
            raise MeshUnreadable("The 3MF file builds an object that is not in it.")
        self.triangles += len(found.faces) // 3
        self.limits.check_triangles(self.triangles)
        yield found.part(matrix)
        for component in found.components:
            inner = np.vstack(
                [component.matrix[:3] @ matrix[:3], component.matrix[3] @ matrix[:3] + matrix[3]]
            )
            yield from self.parts(component.path or path, component.object_id, inner, depth + 1)


def _parse(
    content: bytes, begin: Begin, end: Callable[[str], None] | None = None, *, spaces: bool = True
) -> None:
    """Parse XML without document types, which bombs are made of.

    Raises:
        MeshUnreadable: it is none.
    """
    parser = expat.ParserCreate(namespace_separator=" " if spaces else None)

    def refuse(*_words: object) -> None:
        raise MeshUnreadable("The 3MF file declares a document type; that is not read.")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError as error:
        raise MeshUnreadable(f"The model in the 3MF file is broken ({error}).") from error
