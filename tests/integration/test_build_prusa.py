"""PrusaSlicer's own word on pieces of any outline: whole, and of as many parts as were cut out."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from printd.geometry.build import build
from printd.geometry.meshio import write_stl
from tests.pieces import KINDS, outline_of, parts, piece, random_map

pytestmark = pytest.mark.peer("prusa-slicer")


def info(model: Path) -> dict[str, str]:
    """Return what the slicer says of a model."""
    said = subprocess.run(
        ["prusa-slicer", "--info", str(model)], check=True, capture_output=True, text=True
    ).stdout
    pairs = (line.split("=", 1) for line in said.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}


@pytest.mark.parametrize("triangulation", ["adaptive", "dense"])
@pytest.mark.parametrize("cutoff_mm", [None, 4.2])
@pytest.mark.parametrize("kind", KINDS)
def test_the_slicer_calls_every_piece_whole(
    tmp_path: Path, kind: str, cutoff_mm: float | None, triangulation: str
) -> None:
    size = piece(96, 128)
    heights = random_map(96, 128, 4.0, 7)
    mesh = build(
        heights,
        size,
        triangulation=triangulation,
        cutoff_mm=cutoff_mm,
        outline=outline_of(kind, size, 7),
    )
    write_stl(tmp_path / "piece.stl", mesh)

    said = info(tmp_path / "piece.stl")

    assert said["manifold"] == "yes"
    assert int(said["number_of_parts"]) == parts(mesh)
    assert int(said["number_of_facets"]) == len(mesh.faces)


def test_the_slicer_finds_as_many_parts_as_islands_are_large(tmp_path: Path) -> None:
    heights = np.full((129, 129), 2, np.float32)
    for row, col, half in ((20, 20, 10), (20, 90, 12), (90, 60, 20), (120, 120, 1)):
        heights[row - half : row + half, col - half : col + half] = 6

    mesh = build(heights, piece(128, 128), cutoff_mm=4, island_mm2=5)
    write_stl(tmp_path / "islands.stl", mesh)

    said = info(tmp_path / "islands.stl")
    assert (said["manifold"], said["number_of_parts"]) == ("yes", "3")
