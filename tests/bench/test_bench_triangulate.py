"""Adaptive triangles: what they cost, what they save the slicer, and what two libraries do."""

import gc
import importlib
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.core.shipped import shipped
from printd.geometry import outlines
from printd.geometry.build import build
from printd.geometry.filters import gaussian
from printd.geometry.height import on_grid, read_height_map
from printd.geometry.mesh import Mesh
from printd.geometry.meshio import write_stl
from printd.geometry.relief import heights_in_mm, write_relief_stl
from tests.photos import ASTRONAUT
from tests.rasters import farthest_off

Floats = NDArray[np.float32]
TOLERANCE_MM = 0.02
LINE_MM = 0.4  # what a nozzle lays down; finer waves are taken out before meshing
ROUNDS = 5
MEASURE = """
import resource, subprocess, sys

subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def of_size(quality: int) -> ReliefSize:
    return ReliefSize(100, 100, 6, 3, quality, quality)


@pytest.fixture(scope="module")
def photo_map() -> Floats:
    return read_height_map(ASTRONAUT, ReliefSettings(mesh_quality=2048), 2048)


def heights_of(photo_map: Floats, quality: int, *, printable: bool = False) -> Floats:
    heights = on_grid(photo_map, quality, quality)
    if printable:
        heights = gaussian(heights, LINE_MM / 2 * quality / 100)
    return heights_in_mm(heights, of_size(quality))


def cpu_s(work: Callable[[], object]) -> float:
    gc.collect()
    before = time.process_time()
    work()
    return time.process_time() - before


def best_s(work: Callable[[], object]) -> float:
    return min(cpu_s(work) for _ in range(ROUNDS))


def test_building_takes_the_same_time_for_each_cell(photo_map: Floats, tmp_path: Path) -> None:
    per_cell = {}
    print(f"\nadaptive solid of astronaut, {TOLERANCE_MM} mm, 6 mm on 100 mm")
    for quality in (128, 512, 1024, 2048, 4096):
        heights, size = heights_of(photo_map, quality), of_size(quality)
        mesh = build(heights, size, tolerance_mm=TOLERANCE_MM)
        heart = outlines.heart(size)
        built_s = best_s(lambda: build(heights, size, tolerance_mm=TOLERANCE_MM))  # noqa: B023
        cut_s = best_s(lambda: build(heights, size, outline=heart))  # noqa: B023
        written_s = best_s(lambda: write_stl(tmp_path / "a.stl", mesh))  # noqa: B023
        per_cell[quality] = built_s / size.cells
        print(
            f"  Q {quality:4}: {len(mesh.faces):8} of {2 * size.cells:8} triangles;"
            f" built {1000 * built_s:6.1f}, as a heart {1000 * cut_s:6.1f},"
            f" written {1000 * written_s:6.1f} ms CPU"
        )
        if quality == 128:
            assert built_s + written_s < 0.005
    print("  ns a cell: " + ", ".join(f"{q}: {1e9 * s:.0f}" for q, s in per_cell.items()))
    assert per_cell[4096] < 1.5 * per_cell[512]


def test_libraries_beside_ours(photo_map: Floats) -> None:
    quality = 1024
    heights, size = heights_of(photo_map, quality), of_size(quality)
    ours = build(heights, size, tolerance_mm=TOLERANCE_MM, mode="planar")
    ours_s = best_s(lambda: build(heights, size, tolerance_mm=TOLERANCE_MM, mode="planar"))
    rows = [("printd", ours, ours_s)]
    for name, work in (("pydelatin", _delatin), ("pymartini", _martini)):
        try:
            library = importlib.import_module(name)
        except ImportError:
            print(f"{name} is not installed: pip install {name}")
            continue
        rows.append((name, work(library, heights), best_s(lambda: work(library, heights))))  # noqa: B023
    print(f"\nastronaut, Q {quality}, {TOLERANCE_MM} mm asked")
    for name, mesh, seconds in rows:
        worst = np.nanmax(farthest_off(mesh, heights, size))
        print(
            f"  {name:10} {len(mesh.faces):8} triangles, {1000 * seconds:7.1f} ms CPU,"
            f" worst sample {1000 * worst:5.1f} um"
        )
        if name == "pydelatin":
            assert len(ours.faces) <= 1.7 * len(mesh.faces)
    assert farthest_off(ours, heights, size).max() <= TOLERANCE_MM + 1e-5


def _delatin(library: Any, heights: Floats) -> Mesh:
    found = library.Delatin(heights, max_error=TOLERANCE_MM)
    points = np.asarray(found.vertices, np.float32).reshape(-1, 3)
    row = len(heights) - 1 - points[:, 1]  # it counts rows from the near edge
    return _placed(points[:, 0], row, heights, np.asarray(found.triangles))


def _martini(library: Any, heights: Floats) -> Mesh:
    tile = library.Martini(len(heights)).create_tile(heights)
    points, faces = tile.get_mesh(TOLERANCE_MM)
    points = np.asarray(points).reshape(-1, 2)
    return _placed(points[:, 0], points[:, 1], heights, np.asarray(faces))


def _placed(col: NDArray[Any], row: NDArray[Any], heights: Floats, faces: NDArray[Any]) -> Mesh:
    """Return a library's triangles over our piece, seen from above whichever way they turn."""
    cells = len(heights) - 1
    row = row.round().astype(int)
    col = col.round().astype(int)
    z = heights[row, col]
    points = np.stack([col * 100 / cells, 100 - row * 100 / cells, z], axis=1).astype(np.float32)
    triangles: NDArray[np.int32] = faces.reshape(-1, 3).astype(np.int32)
    a, b, c = points[triangles, :2].swapaxes(0, 1)
    turned = (b - a)[:, 0] * (c - a)[:, 1] < (c - a)[:, 0] * (b - a)[:, 1]
    triangles[turned] = triangles[turned][:, ::-1]
    return Mesh(points, triangles)


@pytest.mark.peer("prusa-slicer")
@pytest.mark.timeout(600)
def test_slicing_dense_and_adaptive(photo_map: Floats, tmp_path: Path) -> None:
    quality = 1024
    size = of_size(quality)
    print(f"\nPrusaSlicer, astronaut, Q {quality}, {TOLERANCE_MM} mm")
    ratios = {}
    for words, printable in (("as it is", False), ("without what a nozzle cannot lay", True)):
        heights = heights_of(photo_map, quality, printable=printable)
        with (tmp_path / "dense.stl").open("wb") as out:
            write_relief_stl(out, heights, size)
        write_stl(tmp_path / "adaptive.stl", build(heights, size, tolerance_mm=TOLERANCE_MM))
        dense, adaptive = (sliced(tmp_path / f"{name}.stl") for name in ("dense", "adaptive"))
        print(f"  {words}:")
        for name, found in (("dense", dense), ("adaptive", adaptive)):
            print(
                f"    {name:9} {found['triangles']:8.0f} triangles, {found['cpu_s']:5.1f} s CPU,"
                f" {found['memory_mb']:4.0f} MB, prints {found['print_s']:6.0f} s,"
                f" {found['filament_mm']:8.1f} mm, {found['layers']:.0f} layers"
            )
        ratios[printable] = {key: adaptive[key] / dense[key] for key in dense}
    shown = {key: round(value, 4) for key, value in ratios[True].items()}
    print(f"    adaptive : dense {shown}")
    assert ratios[True]["cpu_s"] <= 0.7
    assert ratios[True]["memory_mb"] <= 0.35
    assert ratios[True]["print_s"] == pytest.approx(1, abs=0.01)
    assert ratios[True]["layers"] == 1
    assert ratios[True]["filament_mm"] == pytest.approx(1, abs=0.001)


def sliced(model: Path) -> dict[str, float]:
    """Slice a model; return what it took and what came out."""
    gcode = model.with_suffix(".gcode")
    profile = shipped("profiles") / "generic" / "prusa.ini"
    words = ["prusa-slicer", "--load", str(profile), "--export-gcode", "--output", str(gcode)]
    # Started from a small program: a child is charged with the memory of who starts it.
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, *words, str(model)],
        check=True,
        capture_output=True,
        text=True,
    )
    cpu_s, memory_kb = measured.stdout.splitlines()[-1].split()
    text = gcode.read_text()
    return {
        "triangles": (model.stat().st_size - 84) / 50,
        "cpu_s": float(cpu_s),
        "memory_mb": int(memory_kb) / 1024,
        "print_s": _seconds(text),
        "filament_mm": float(_said(text, r"filament used \[mm\] = ([\d.]+)")),
        "layers": text.count(";LAYER_CHANGE"),
    }


def _seconds(gcode: str) -> float:
    said = _said(gcode, r"estimated printing time \(normal mode\) = (.+)")
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return float(sum(int(part[:-1]) * units[part[-1]] for part in said.split()))


def _said(gcode: str, pattern: str) -> str:
    found = re.search(pattern, gcode)
    assert found is not None
    return found.group(1)
