"""PrusaSlicer's own word on pieces of any kind: whole, and of as many parts as were cut out."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from printd.geometry.files.meshio import write_stl
from printd.geometry.mesh.bend import RING_DEG
from printd.geometry.mesh.build import Triangulation, build, build_piece
from tests.pieces import KINDS, Wish, outline_of, parts, piece, random_map, what_stays

pytestmark = pytest.mark.peer("prusa-slicer")


def info(model: Path) -> dict[str, str]:
    """Return what the slicer says of a model."""
    said = subprocess.run(
        ["prusa-slicer", "--info", str(model)], check=True, capture_output=True, text=True
    ).stdout
    pairs = (line.split("=", 1) for line in said.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def wish_of(seed: int) -> Wish:
    rng = np.random.default_rng(seed)
    angle_deg = float(rng.choice([360.0, rng.uniform(1, 360)]))
    return Wish(
        rows=int(rng.integers(20, 200)),
        cols=int(rng.integers(20, 200)),
        longest_mm=float(rng.uniform(2, 300)),
        base=float(rng.choice([0.0, 0.05])),
        sigma=float(rng.choice([1.0, 4.0, 20.0])),
        seed=seed,
        tolerance_mm=float(rng.choice([0.002, 0.02, 0.3])),
        kind=KINDS[seed % len(KINDS)],
        cutoff=None if rng.random() < 0.5 else float(rng.uniform(0, 0.7)),
        triangulation="dense" if rng.random() < 0.2 else "adaptive",
        islands=float(rng.choice([0.0, 0.001])),
        bend=[None, ("outer", angle_deg), ("inner", angle_deg)][seed % 3],  # type: ignore[arg-type]
        holes=int(rng.integers(0, 3)),
        has_rim=bool(rng.random() < 0.5),
        has_feet=bool(rng.random() < 0.25),
    )


def parts_of_mask(wish: Wish) -> tuple[int, int]:
    """Return how many parts stay, if those that touch at a corner hang together, and if not."""
    size = wish.size()
    heights, shape = wish.made(size)
    _, field = what_stays(heights, size, shape)
    if field is None:
        return 1, 1
    inside = np.greater_equal(field, 0)
    return ndimage.label(inside, np.ones((3, 3)))[1], ndimage.label(inside)[1]


def check_whole(wish: Wish, model: Path) -> None:
    size = wish.size()
    heights, shape = wish.made(size)
    made = build_piece(heights, size, shape)
    write_stl(model, made.mesh)

    said = info(model)

    assert said["manifold"] == "yes"
    assert int(said["number_of_facets"]) == len(made.mesh.faces)
    assert int(said["number_of_parts"]) == parts(made.mesh)
    if wish.bend is None or wish.bend[1] < RING_DEG:
        fewest, most = parts_of_mask(wish)
        assert fewest <= int(said["number_of_parts"]) <= most


@pytest.mark.parametrize("seed", range(12))
def test_the_slicer_calls_a_random_piece_whole(tmp_path: Path, seed: int) -> None:
    check_whole(wish_of(seed), tmp_path / "piece.stl")


@pytest.mark.full
@pytest.mark.parametrize("seed", range(12, 50))
def test_the_slicer_calls_many_random_pieces_whole(tmp_path: Path, seed: int) -> None:
    check_whole(wish_of(seed), tmp_path / "piece.stl")


@pytest.mark.parametrize("triangulation", ["adaptive", "dense"])
@pytest.mark.parametrize("cutoff_mm", [None, 4.2])
@pytest.mark.parametrize("kind", KINDS)
def test_the_slicer_calls_every_outline_whole(
    tmp_path: Path, kind: str, cutoff_mm: float | None, triangulation: Triangulation
) -> None:
    size = piece(96, 128)
    mesh = build(
        random_map(96, 128, 4.0, 7),
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
