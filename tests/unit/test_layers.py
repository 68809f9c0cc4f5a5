"""Layers: arrows between the folders run downwards only, and neighbours do not know each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "printd"

# From the roof to the ground; rooms on one floor do not know each other.
FLOORS: tuple[frozenset[str], ...] = tuple(
    frozenset(floor.split())
    for floor in (
        "__main__",
        "cli",
        "daemon",
        "web",
        "pipeline",
        "meshers slicers printers",
        "depth",
        "services",
        "geometry gcode",
        "core",
    )
)
FLOOR_OF = {room: height for height, floor in enumerate(reversed(FLOORS)) for room in floor}
# Only these may name a concrete adapter of the package.
ADAPTERS = {
    "meshers": {
        "relief",
        "replicate",
        "fal",
        "meshy",
        "tripo",
        "rodin",
        "hunyuan_server",
        "localai",
    },
    "slicers": {"prusa", "orca", "resin"},
    "printers": {"virtual.printer", "folder", "octoprint.printer", "bambu.printer"},
    "depth": {"onnx"},  # the others are always there, without being named
}
# Where things are put together: the daemon, and the commands that do one step by hand.
COMPOSITION = ("daemon/app.py", "cli/relief.py")


def imports_of(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def wrong_arrows(name: str, source: str) -> list[str]:
    """Return one line for each import of ``printd/<name>`` that goes the wrong way."""
    here = name.split("/")[0].removesuffix(".py")
    found = []
    for module, line in imports_of(ast.parse(source)):
        parts = module.split(".")
        if parts[0] != "printd" or len(parts) < 2 or parts[1] not in FLOOR_OF:
            continue
        there = parts[1]
        if there == here:
            continue
        if FLOOR_OF[there] >= FLOOR_OF[here]:
            found.append(f"printd/{name}:{line}: {here} must not import {module}")
        elif is_adapter(there, ".".join(parts[2:])) and name not in COMPOSITION:
            found.append(f"printd/{name}:{line}: only {COMPOSITION} may name {module}")
    return found


def is_adapter(package: str, name: str) -> bool:
    return any(f"{name}.".startswith(f"{of}.") for of in ADAPTERS.get(package, ()))


def modules() -> list[str]:
    return sorted(
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py" or path.parent != PACKAGE
    )


# The rooms of geometry, likewise.
GEOMETRY: tuple[frozenset[str], ...] = tuple(
    frozenset(floor.split())
    for floor in (
        "pictures for_service photo_check shape_sheet",
        "pieces",
        "drawing shape heights repair",
        "files",
        "mesh decode",
        "filters",
    )
)


def test_the_rooms_of_geometry_lie_on_floors_too() -> None:
    floor_of = {room: height for height, floor in enumerate(reversed(GEOMETRY)) for room in floor}
    wrong = []
    for name in modules():
        here = name.split("/")[1].removesuffix(".py") if name.startswith("geometry/") else None
        if here is None or here == "__init__":
            continue
        for module, line in imports_of(ast.parse((PACKAGE / name).read_text())):
            parts = module.split(".")
            if parts[:2] == ["printd", "geometry"] and len(parts) > 2:
                there = parts[2]
                if there != here and floor_of[there] >= floor_of[here]:
                    wrong.append(f"printd/{name}:{line}: {here} must not import {module}")
    assert wrong == []


@pytest.mark.parametrize("name", modules())
def test_imports_run_downwards(name: str) -> None:
    assert wrong_arrows(name, (PACKAGE / name).read_text()) == []


def test_every_room_has_a_floor() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert rooms <= set(FLOOR_OF)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("core/jobs.py", "from printd.pipeline import table"),
        ("core/jobs.py", "def f():\n    import printd.gcode.reader"),
        ("slicers/prusa.py", "from printd.printers.base import Printer"),
        ("geometry/mesh/relief.py", "from printd.gcode import reader"),
        ("pipeline/slicing.py", "from printd.slicers.prusa import PrusaSlicer"),
        ("pipeline/slicing.py", "from printd.slicers import prusa"),
        ("pipeline/starting.py", "from printd.printers.bambu.printer import BambuPrinter"),
        ("pipeline/starting.py", "from printd.printers.bambu import printer"),
        ("depth/base.py", "from printd.meshers import base"),
    ],
)
def test_a_wrong_arrow_is_found(name: str, source: str) -> None:
    assert wrong_arrows(name, source)


def import_graph() -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    names = {
        f"printd.{name[:-3].replace('/', '.')}".removesuffix(".__init__") for name in modules()
    }
    for name in modules():
        module = f"printd.{name[:-3].replace('/', '.')}".removesuffix(".__init__")
        found = {target for target, _ in imports_of(ast.parse((PACKAGE / name).read_text()))}
        graph[module] = (found & names) - {module}
    return graph


def rings(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules that can reach themselves."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        todo = list(graph.get(start, ()))
        while todo:
            module = todo.pop()
            if module not in seen:
                seen.add(module)
                todo.extend(graph.get(module, ()))
        return seen

    return sorted(module for module in graph if module in reach(module))


def test_no_import_ring() -> None:
    assert rings(import_graph()) == []


def test_a_ring_is_found() -> None:
    assert rings({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]
