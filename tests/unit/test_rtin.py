"""Adaptive triangles: the bound holds at every sample, and costs hardly more than no bound."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from printd.core.relief_grid import adaptive_grid
from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.geometry.heights.height import height_map_of
from printd.geometry.mesh.build import build
from printd.geometry.mesh.mesh import Mesh, check_closed
from printd.geometry.mesh.relief import heights_in_mm
from printd.geometry.mesh.rtin import STRIP_SAMPLES, root_square
from printd.geometry.mesh.rtin_mesh import adaptive, triangles, whole
from printd.geometry.shape.finish import finished
from tests.photos import ASTRONAUT
from tests.rasters import farthest_off

Floats = NDArray[np.float32]
ROUND = 1e-5  # mm; vertices are float32


def piece(rows: int, cols: int) -> ReliefSize:
    return ReliefSize(80.0, 80.0 * rows / cols, 5.0, 2.0, cols, rows)


def hills(rows: int, cols: int, seed: int = 1, sigma: float = 3.0) -> Floats:
    noise = np.random.default_rng(seed).normal(size=(rows + 1, cols + 1))
    smooth = ndimage.gaussian_filter(noise, sigma)
    heights: Floats = (2 + 5 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)
    return heights


def astronaut(quality: int) -> Floats:
    settings = ReliefSettings(mesh_quality=quality)
    heights = height_map_of(ASTRONAUT, settings, quality).heights
    corners = finished(heights, settings, quality, quality)
    return heights_in_mm(corners, ReliefSize(100, 100, 6, 3, quality, quality))


def by_midpoints(z: Floats, tolerance_mm: float, root: int) -> NDArray[np.int32]:
    """Triangulate as is usual: only the middle of the longest side is looked at."""
    used = np.zeros(z.shape, bool)
    side = root
    while side > 1:
        half = side // 2
        at = z[::side, ::side]
        rows, cols = at.shape[0] - 1, at.shape[1] - 1
        falling, rising = (at[:-1, :-1] + at[1:, 1:]) / 2, (at[:-1, 1:] + at[1:, :-1]) / 2
        falls = (np.arange(rows)[:, None] + np.arange(cols)) % 2 == 0
        middle = np.where(falls, falling, rising)
        used[half::side, half::side] = abs(z[half::side, half::side] - middle) > tolerance_mm
        lying = (at[:, :-1] + at[:, 1:]) / 2
        used[::side, half::side] = abs(z[::side, half::side] - lying) > tolerance_mm
        upright = (at[:-1] + at[1:]) / 2
        used[half::side, ::side] = abs(z[half::side, ::side] - upright) > tolerance_mm
        side = half
    return triangles(whole(used, root), root)


@pytest.mark.parametrize(
    ("rows", "cols"), [(64, 96), (32, 32), (2, 2), (96, 8), (12, 40), (3, 5), (1, 7), (1, 1)]
)
@pytest.mark.parametrize("tolerance_mm", [0.0, 0.005, 0.1, 1.0, 10.0])
def test_the_tolerance_holds_at_every_sample(rows: int, cols: int, tolerance_mm: float) -> None:
    heights, size = hills(rows, cols), piece(rows, cols)

    mesh = build(heights, size, tolerance_mm=tolerance_mm, mode="planar")

    off = farthest_off(mesh, heights, size)
    assert not np.isnan(off).any()
    assert off.max() <= tolerance_mm + ROUND


@pytest.mark.parametrize("tolerance_mm", [0.01, 0.02, 0.05])
def test_a_photo_keeps_the_tolerance_where_midpoints_break_it_for_hardly_more_triangles(
    tolerance_mm: float,
) -> None:
    heights, size = astronaut(512), ReliefSize(100, 100, 6, 3, 512, 512)

    strict = build(heights, size, tolerance_mm=tolerance_mm, mode="planar")
    usual = by_midpoints(heights, tolerance_mm, 32)

    points = np.indices(heights.shape).reshape(2, -1) * 100 / 512
    usual_mesh = Mesh(
        np.stack([points[1], 100 - points[0], heights.ravel()], axis=1).astype(np.float32), usual
    )
    assert farthest_off(strict, heights, size).max() <= tolerance_mm + ROUND
    assert farthest_off(usual_mesh, heights, size).max() > 1.2 * tolerance_mm
    assert len(strict.faces) <= 1.02 * len(usual)


def test_a_ramp_is_exact_with_the_root_squares_alone() -> None:
    down, across = np.indices((129, 193))
    ramp = (2 + down / 64 + across / 32).astype(np.float32)

    faces = adaptive(ramp, 0.001)
    mesh = build(ramp, piece(128, 192), tolerance_mm=0.001, mode="planar")

    assert len(faces) == 2 * 4 * 6
    assert farthest_off(mesh, ramp, piece(128, 192)).max() <= ROUND


@pytest.mark.parametrize("triangulation", ["adaptive", "dense"])
def test_a_level_piece_has_twelve_triangles(triangulation: str) -> None:
    level = np.full((65, 97), 3, np.float32)

    mesh = build(level, piece(64, 96), triangulation=triangulation)

    assert len(mesh.faces) == 12
    assert check_closed(mesh).is_closed


@pytest.mark.parametrize("place", [(17, 33), (0, 11), (64, 96), (31, 0)])
def test_a_spike_of_one_sample_survives(place: tuple[int, int]) -> None:
    heights = np.full((65, 97), 3, np.float32)
    heights[place] = 4

    mesh = build(heights, piece(64, 96), tolerance_mm=0.02)

    assert mesh.bounds_mm[1][2] == 4
    assert farthest_off(mesh, heights, piece(64, 96)).max() <= 0.02
    assert len(mesh.faces) < 250


def test_a_checkerboard_needs_every_cell() -> None:
    heights = (2 + np.indices((65, 97)).sum(axis=0) % 2).astype(np.float32)

    assert len(adaptive(heights, 0.1)) == 2 * 64 * 96


def test_the_highest_point_is_exact_whatever_the_tolerance() -> None:
    heights = hills(64, 96)

    mesh = build(heights, piece(64, 96), tolerance_mm=1.0)

    assert mesh.bounds_mm[1][2] == heights.max()


def test_mirrored_heights_make_mirrored_surfaces() -> None:
    heights, size = hills(64, 64), piece(64, 64)

    one = build(heights, size, mode="planar")
    other = build(np.ascontiguousarray(heights[::-1, ::-1]), size, mode="planar")

    turned = np.array([80, 80, 0]) - one.vertices * np.array([1, 1, -1])
    assert sorted(map(tuple, turned.round(3).tolist())) == sorted(
        map(tuple, other.vertices.astype(float).round(3).tolist())
    )


def test_a_map_that_is_worked_on_in_strips_keeps_the_tolerance() -> None:
    rows = 3 * STRIP_SAMPLES // 32
    heights, size = hills(rows, 32), piece(rows, 32)

    mesh = build(heights, size, mode="planar", tolerance_mm=0.02)

    assert farthest_off(mesh, heights, size).max() <= 0.02 + 2 * ROUND
    assert check_closed(build(heights, size)).is_closed


@pytest.mark.parametrize(
    ("rows", "cols", "root"), [(64, 96, 32), (128, 128, 32), (48, 32, 16), (3, 64, 1), (6, 10, 2)]
)
def test_the_root_square_tiles_the_grid(rows: int, cols: int, root: int) -> None:
    assert root_square(rows, cols) == root
    assert root_square(rows, cols, 4) == min(4, root)


@pytest.mark.parametrize("quality", [128, 200, 512, 1000, 1024, 2048])
@pytest.mark.parametrize("aspect", [1.0, 1.5, 16 / 9, 3 / 4, 0.1, 1.234])
def test_the_grid_suits_and_its_cells_are_nearly_square(quality: int, aspect: float) -> None:
    found = adaptive_grid(quality, aspect)

    assert found is not None
    cols, rows = found
    assert root_square(rows, cols) >= 2
    assert abs(max(found) - quality) <= max(16, 0.1 * quality)
    assert 1 / 1.0201 <= aspect * rows / cols <= 1.0201


def test_a_ribbon_has_no_grid_of_squares() -> None:
    assert adaptive_grid(128, 300.0) is None
