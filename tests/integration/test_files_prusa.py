"""PrusaSlicer's own word on the files a relief is written to: the same whole body in each."""

import subprocess
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from printd.core.relief_settings import ReliefSize
from printd.geometry.files.meshio import write_obj, write_stl
from printd.geometry.files.objzip import Texture, write_obj_zip
from printd.geometry.files.threemf import write_3mf
from printd.geometry.mesh.bend import Bend
from printd.geometry.mesh.build import Piece, Shape, build_piece
from printd.geometry.mesh.mesh import Mesh, volume_mm3

pytestmark = pytest.mark.peer("prusa-slicer")

SIZE = ReliefSize(cols=96, rows=64, width_mm=90.0, height_mm=60.0, relief_mm=4.0, base_mm=2.0)
BENDS = [None, Bend("inner", 90), Bend("outer", 360)]


def piece(bend: Bend | None = None) -> Piece:
    x, y = np.meshgrid(np.linspace(0, 12, 97), np.linspace(0, 8, 65))
    heights = (4 + np.sin(x) * np.cos(y) + 0.5 * np.sin(x * y)).astype(np.float32)
    return build_piece(heights, SIZE, Shape(bend=bend))


def info(model: Path) -> dict[str, str]:
    """Return what the slicer says of a model."""
    said = subprocess.run(
        ["prusa-slicer", "--info", str(model)], check=True, capture_output=True, text=True
    ).stdout
    pairs = (line.split("=", 1) for line in said.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def check_same(said: dict[str, str], mesh: Mesh) -> None:
    assert said["manifold"] == "yes"
    assert int(said["number_of_parts"]) == 1
    assert int(said["number_of_facets"]) == len(mesh.faces)
    assert float(said["volume"]) == pytest.approx(volume_mm3(mesh), rel=1e-4)
    sides = [float(said[f"size_{axis}"]) for axis in "xyz"]
    assert sides == pytest.approx(list(np.ptp(mesh.bounds_mm, axis=0)), abs=1e-4)


@pytest.mark.parametrize("bend", BENDS)
def test_3mf_stl_and_obj_are_one_body(tmp_path: Path, bend: Bend | None) -> None:
    mesh = piece(bend).mesh
    write_3mf(tmp_path / "piece.3mf", mesh, title="<a piece> & more")
    write_stl(tmp_path / "piece.stl", mesh)
    write_obj(tmp_path / "piece.obj", mesh)

    for ending in ("3mf", "stl", "obj"):
        check_same(info(tmp_path / f"piece.{ending}"), mesh)


@pytest.mark.parametrize("bend", BENDS)
def test_the_obj_of_a_textured_piece_is_that_body_too(tmp_path: Path, bend: Bend | None) -> None:
    made = piece(bend)
    picture = np.zeros((8, 12, 3), np.uint8)
    texture = Texture(picture, made.uv, made.top_faces, made.uv_faces)
    write_obj_zip(tmp_path / "piece.zip", made.mesh, texture)
    with ZipFile(tmp_path / "piece.zip") as package:
        package.extract("relief.obj", tmp_path)

    check_same(info(tmp_path / "relief.obj"), made.mesh)


def test_the_slicer_finds_each_of_several_bodies(tmp_path: Path) -> None:
    first = piece().mesh
    second = Mesh(first.vertices + np.array([100, 0, 0], np.float32), first.faces)
    write_3mf(tmp_path / "two.3mf", [first, second], title="two")

    said = subprocess.run(
        ["prusa-slicer", "--info", str(tmp_path / "two.3mf")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert said.count("manifold = yes") == 2
    assert said.count(f"number_of_facets = {len(first.faces)}") == 2
