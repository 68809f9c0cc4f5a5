"""What is said of a surface before it is printed."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.relief import solid
from printd.geometry.shape import outlines
from printd.geometry.shape.furniture import hole
from printd.geometry.shape.measure import measured
from printd.geometry.shape.milling import milled
from printd.geometry.shape.printable import without_unprintable
from printd.geometry.shape.surface import Surface

SIZE = ReliefSize(64, 64, 5, 2, 256, 256)  # cells of 0.25 mm


def level() -> NDArray[np.float32]:
    return np.full((257, 257), 2, np.float32)


@pytest.mark.parametrize("cells", [1, 2, 5, 9])
@pytest.mark.parametrize("up", [1.0, -1.0], ids=["ridge", "groove"])
def test_the_finest_part_is_the_width_of_a_ridge_or_groove(cells: int, up: float) -> None:
    heights = level()
    heights[100 : 100 + cells, 20:200] += up

    assert measured(heights, SIZE, None).smallest_mm == pytest.approx(cells * 0.25)


def test_what_is_lower_than_a_layer_or_a_single_speck_is_no_feature() -> None:
    heights = level()
    heights[100:102, 20:200] += 0.1
    heights[30, 30] += 3

    assert measured(heights, SIZE, None).smallest_mm is None


@pytest.mark.parametrize("cells", [2, 5, 9])
def test_a_ridge_aslant_is_as_wide_as_one_along_the_grid(cells: int) -> None:
    row, col = np.indices((257, 257))
    across = np.abs(row - 0.7 * col - 30) / np.hypot(1, 0.7)
    heights = level() + np.clip(cells / 2 - across + 0.5, 0, 1).astype(np.float32) * 2

    found_mm = measured(heights, SIZE, None).smallest_mm

    assert found_mm == pytest.approx(cells * 0.25, abs=0.2)


@pytest.mark.parametrize("cells", [14, 25, 36])
def test_wide_ridges_are_told_within_a_few_cells_and_corners_are_no_ridges(cells: int) -> None:
    heights = level()
    heights[60:200, 100 : 100 + cells] += 2

    assert measured(heights, SIZE, None).smallest_mm == pytest.approx(cells * 0.25, rel=0.15)
    heights[60:200, 60:200] = 4
    assert measured(heights, SIZE, None).smallest_mm is None


@pytest.mark.parametrize("line_cells", [3, 4, 6, 8])
@pytest.mark.parametrize(("spread", "least"), [(0, 0.85), (1, 0.95), (2, 0.95)])
def test_what_was_filtered_for_a_line_is_about_as_wide(
    line_cells: int, spread: float, least: float
) -> None:
    random = np.random.default_rng(4).random((257, 257), np.float32)
    noise = ndimage.gaussian_filter(random, spread) if spread else random
    heights = (noise - noise.min()) / np.ptp(noise) * 8

    before = measured(heights, SIZE, None).smallest_mm
    after = measured(without_unprintable(heights, line_cells), SIZE, None).smallest_mm

    assert before is not None
    assert after is None or after > max(before, least * line_cells * 0.25)


def test_a_fine_grid_is_looked_at_through_fewer_samples() -> None:
    fine = ReliefSize(64, 64, 5, 2, 2048, 2048)
    heights = np.full((2049, 2049), 2, np.float32)
    heights[:, 1000:1020] += 1
    heights[:, :512] += np.arange(512, dtype=np.float32) / 32

    found = measured(heights, fine, None)

    assert found.sample_mm == pytest.approx(64 / 1024)
    assert found.smallest_mm == pytest.approx(20 / 32, rel=0.05)
    assert found.steepest_deg > 80
    assert measured(level(), SIZE, None).sample_mm == 0.25


def test_no_printed_line_falls_between_the_samples_of_a_large_piece() -> None:
    large = ReliefSize(300, 300, 5, 2, 2048, 2048)

    assert measured(np.ones((2049, 2049), np.float32), large, None).sample_mm < 0.2


def test_what_is_cut_away_is_not_measured() -> None:
    heights = level()
    heights[100:103, 20:200] += 1
    heights[:90] += np.arange(257, dtype=np.float32)[None]
    heights[:90] += np.arange(90, dtype=np.float32)[::-1, None]
    left = np.ones_like(heights)
    left[:120] = -1

    whole, rest = measured(heights, SIZE, None), measured(heights, SIZE, None, keep=left)

    assert whole.smallest_mm == pytest.approx(0.75)
    assert rest.smallest_mm is None
    assert whole.steepest_deg > 70
    assert (rest.steepest_deg, rest.steep_share, rest.overhang_share) == (0, 0, 0)
    upper = measured(heights, SIZE, None, cutoff_mm=3.5)
    assert upper.smallest_mm is None
    assert upper.steep_share == 1
    nothing = measured(heights, SIZE, None, cutoff_mm=999)
    assert (nothing.smallest_mm, nothing.steepest_deg, nothing.overhang_share) == (None, 0, 0)


def test_walls_that_would_hang_over_are_counted() -> None:
    heights, circle = level(), outlines.circle(SIZE)
    disc_mm2 = np.pi * 32**2

    # A quarter of the way round looks down by more than 45 degrees.
    share = measured(heights, SIZE, None, keep=circle).overhang_share
    assert share == pytest.approx(2 * np.pi * 64 / 4 / disc_mm2, rel=0.05)

    drilled = hole(SIZE, None, diameter_mm=10, margin_mm=3)
    share = measured(heights, SIZE, None, keep=drilled).overhang_share
    assert share == pytest.approx(2 * np.pi * 10 / 4 / (64 * 64), rel=0.1)
    assert measured(heights, SIZE, None, keep=np.ones_like(heights)).overhang_share == 0


def test_slopes_are_angles_from_level() -> None:
    heights = level() + np.arange(257, dtype=np.float32)[None] * np.float32(0.25)

    found = measured(heights, SIZE, None)

    assert found.steepest_deg == pytest.approx(45, abs=0.1)
    assert found.steep_share == 0


def test_the_share_that_is_steeper_than_60_degrees() -> None:
    heights = level()
    heights[:, :128] += np.arange(128, dtype=np.float32)[None] * np.float32(0.5)

    assert measured(heights, SIZE, None).steep_share == pytest.approx(0.5, abs=0.01)


def test_what_would_hang_over_if_the_piece_stood() -> None:
    heights = level()
    heights[:64] += 4  # a bar at the top, seen from below

    found = measured(heights, SIZE, None)

    assert found.overhang_share == pytest.approx(1 / 256)
    assert measured(heights[::-1], SIZE, None).overhang_share == 0


def test_a_solid_is_closed_and_its_top_alone_is_not() -> None:
    heights = level()
    heights[50, 50] = 4
    body = solid(heights, SIZE)

    assert measured(heights, SIZE, body).closed
    top = Mesh(body.vertices, body.faces[: 2 * 256 * 256])
    assert measured(heights, SIZE, top).closed is False
    assert measured(heights, SIZE, None).closed is None


def test_a_tool_leaves_what_it_does_not_fit_into() -> None:
    heights = level()
    heights[:, 128:] += 3  # one inner edge, in which a ball of 2 mm leaves a fillet

    found = measured(heights, SIZE, None, ball_mm=2).unmilled_share

    assert found is not None
    assert 1 * 4 < found * 256 < 2 * 4  # columns of the 8 that the ball is wide
    assert measured(level(), SIZE, None, ball_mm=2).unmilled_share == 0
    tooled = milled(Surface(heights, None, None), SIZE, 2)
    assert measured(heights, SIZE, None, ball_mm=2, tooled=tooled).unmilled_share == found
    assert measured(heights, SIZE, None).unmilled_share is None
