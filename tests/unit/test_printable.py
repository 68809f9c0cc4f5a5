"""What nozzle, standing print, mould and cutter leave of a height map."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import isotonic_regression

from printd.geometry.shape.printable import (
    reached_by_ball,
    with_draft,
    without_overhangs,
    without_unprintable,
)

Floats = NDArray[np.float32]

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=14)
HEIGHTS = arrays(np.float32, SHAPES, elements=st.floats(0, 6, width=32))
CELLS_MM = st.floats(0.05, 0.5)


def column(*heights: float) -> Floats:
    return np.array(heights, np.float32)[:, None]


def plateau(rows: slice, cols: slice, size: int = 60) -> Floats:
    """Return a flat ground with a box of height 1 on it."""
    heights = np.zeros((size, size), np.float32)
    heights[rows, cols] = 1
    return heights


# The nozzle.


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("slot", [False, True])
def test_ridges_and_slots_narrower_than_a_line_go(width: int, turned: bool, slot: bool) -> None:
    heights = plateau(slice(25, 25 + width), slice(0, None)) * np.float32(0.5)
    heights[:, 40:] = 0.75  # wider faces, which stay
    heights[:, 50:] = 0
    heights = 1 - heights if slot else heights
    ground = float(heights[0, 0])

    made = without_unprintable(heights.T if turned else heights, 4)

    assert (made.T if turned else made)[:, :30] == pytest.approx(ground, abs=1e-5)


@pytest.mark.parametrize("width", [4, 6, 12])
def test_what_is_as_wide_as_a_line_stays_with_its_height(width: int) -> None:
    heights = plateau(slice(20, 20 + width), slice(20, 50))

    made = without_unprintable(heights, 4)

    assert made.max() == 1
    assert made.min() == 0
    half = (made[:, 35] > 0.5).sum()
    assert half == pytest.approx(width, abs=1)
    assert np.abs(made - heights)[40:, 20:50].max() < 0.01


def test_a_step_is_no_wider_than_two_lines_afterwards() -> None:
    made = without_unprintable(plateau(slice(30, None), slice(0, None)), 4)

    rise = made[:, 30]
    assert ((rise > 0.02) & (rise < 0.98)).sum() <= 8
    assert np.diff(rise).max() > 0.2
    assert (np.diff(rise) >= -1e-6).all()


def test_a_disc_of_one_line_stays_and_a_diagonal_ridge_is_no_thinner_for_that() -> None:
    rows, cols = np.indices((60, 60))
    ridge = (np.abs(rows - cols) < 4).astype(np.float32)  # 5 samples wide across
    assert without_unprintable(ridge, 4)[30, 30] > 0.85
    disc = (np.hypot(rows - 30, cols - 30) < 3.2).astype(np.float32)
    disc[0:10] = 1
    assert without_unprintable(disc, 6)[30, 30] > 0.5


def test_noise_goes_and_the_hill_under_it_stays() -> None:
    rows, cols = np.indices((200, 200))
    hill = np.exp(-((rows - 100) ** 2 + (cols - 100) ** 2) / 3000).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, 0.02, hill.shape).astype(np.float32)

    made = without_unprintable(hill + noise, 4)

    # Noise widened the range, so the hill is a little lower in it: found by a straight line.
    scale, offset = np.polyfit(hill.ravel(), made.ravel(), 1)
    left = made - (scale * hill + offset)
    assert scale == pytest.approx(1.07, abs=0.05)
    assert left.std() < 0.35 * noise.std()
    # Slopes are what triangles and seconds are spent on.
    assert np.diff(left, axis=0).std() < 0.05 * np.diff(noise, axis=0).std()


def test_ridges_and_slots_count_alike() -> None:
    heights = np.random.default_rng(1).random((50, 70), dtype=np.float32)

    upright, inverted = without_unprintable(heights, 4), without_unprintable(1 - heights, 4)

    assert np.abs(upright + inverted - (heights.min() + heights.max())).max() < 1e-2


def test_oblong_cells_have_lines_of_their_own_in_each_direction() -> None:
    ridge = plateau(slice(0, None), slice(20, 23))
    ridge[:, 40:] = 1

    assert without_unprintable(ridge, (6, 3))[30, 21] > 0.5
    assert without_unprintable(ridge, (3, 6))[30, 21] < 0.01


@pytest.mark.parametrize("line_px", [0.0, 0.4, 0.99, (0.5, 0.9)])
def test_a_grid_coarser_than_a_line_is_left_alone(line_px: float | tuple[float, float]) -> None:
    heights = np.random.default_rng(1).random((20, 30), dtype=np.float32)
    assert (without_unprintable(heights, line_px) == heights).all()


@given(HEIGHTS, st.floats(1, 9))
def test_lowest_and_highest_stay_whatever_the_map(heights: Floats, line_px: float) -> None:
    made = without_unprintable(heights, line_px)

    assert made.shape == heights.shape
    assert made.dtype == np.float32
    assert made.min() == heights.min()
    assert made.max() == heights.max() or np.ptp(made) == 0


def test_a_chessboard_is_flat_not_rounding_blown_up() -> None:
    board = (np.indices((40, 40)).sum(axis=0) % 2).astype(np.float32)
    assert np.ptp(without_unprintable(board, 4)) == 0


# Standing.


def test_a_ledge_gets_a_slope_of_45_degrees_half_above_its_edge_and_half_below() -> None:
    standing = without_overhangs(column(5, 5, 5, 5, 1, 1, 1, 1), 1)
    assert standing.ravel().tolist() == [5, 5, 4.5, 3.5, 2.5, 1.5, 1, 1]


def test_a_surface_may_fall_back_upwards_as_steeply_as_it_likes() -> None:
    heights = column(0, 5, 5, 9)
    assert (without_overhangs(heights, 0.1) == heights).all()


def test_another_slope_may_be_allowed() -> None:
    standing = without_overhangs(column(5, 5, 5, 1, 1, 1), 0.5, 4.0)
    assert standing.ravel().tolist() == [5, 5, 4, 2, 1, 1]
    assert (without_overhangs(standing, 0.5, 4.0) == standing).all()


@given(HEIGHTS, CELLS_MM)
def test_nothing_hangs_over_and_what_did_not_is_left_alone(heights: Floats, cell_mm: float) -> None:
    standing = without_overhangs(heights, cell_mm)

    assert (standing[:-1] <= standing[1:] + np.float32(cell_mm)).all()
    assert standing.min() >= heights.min()
    assert standing.max() <= heights.max()
    assert np.abs(without_overhangs(standing, cell_mm) - standing).max() < 1e-5
    hangs = (heights[:-1] > heights[1:] + np.float32(0.999 * cell_mm)).any(axis=0)
    assert np.abs(standing - heights)[:, ~hangs].max(initial=0) < 1e-5


def test_it_is_the_nearest_face_that_does_not_hang_over() -> None:
    dice = np.random.default_rng(1)
    heights = ndimage.gaussian_filter(dice.random((120, 40)), 2).astype(np.float32)

    for cell_mm in (0.002, 0.01):
        change = without_overhangs(heights, cell_mm) - heights
        ramp = cell_mm * np.arange(120)
        nearest = np.stack([isotonic_regression(col + ramp).x - ramp for col in heights.T], axis=1)
        assert np.abs(change).mean() < 1.15 * np.abs(nearest - heights).mean()
        assert abs(change.mean()) < 0.2 * np.abs(change).mean()


# Moulds.


def slopes(heights: Floats, dx_mm: float, dy_mm: float) -> float:
    """Return the steepest rise between any two samples."""
    rows, cols = np.indices(heights.shape)
    places = np.stack([rows.ravel() * dy_mm, cols.ravel() * dx_mm])
    apart = np.hypot(*(places[:, :, None] - places[:, None]))
    rise = heights.ravel()[:, None] - heights.ravel()
    return float((rise / np.maximum(apart, 1e-9))[apart > 0].max(initial=0))


def test_a_wall_of_a_hollow_leans_outwards_from_its_foot() -> None:
    heights = np.full((41, 41), 4, np.float32)
    heights[:, :20] = 0

    made = with_draft(heights, 45, 0.5, 0.5)[20]

    slope = 0.5 * math.cos(math.atan(0.5) / 2)  # 45 degrees, less what a cone lacks to be round
    assert made[:20].tolist() == [0] * 20
    assert made[20:24] == pytest.approx([slope, 2 * slope, 3 * slope, 4 * slope], rel=1e-5)
    assert made[-1] == 4


@pytest.mark.parametrize("draft_deg", [3, 20, 45])
@pytest.mark.parametrize(("dx_mm", "dy_mm"), [(0.1, 0.1), (0.1, 0.11)])
def test_round_a_disc_walls_lean_alike_in_all_directions(
    draft_deg: float, dx_mm: float, dy_mm: float
) -> None:
    rows, cols = np.indices((201, 201))
    away_mm = np.hypot((rows - 100) * dy_mm, (cols - 100) * dx_mm)
    deep_mm = 6.0
    heights = np.where(away_mm < 3, 0, deep_mm).astype(np.float32)

    made = with_draft(heights, draft_deg, dx_mm, dy_mm)

    wanted = math.tan(math.radians(90 - draft_deg))
    nearest = ndimage.distance_transform_edt(heights, (dy_mm, dx_mm))
    exact = np.minimum(wanted * nearest, heights)
    wall = (made > 0) & (made < deep_mm)
    assert (made <= exact + 1e-4)[wall].all()
    assert (made >= 0.94 * exact)[wall].all()
    assert (made[heights == 0] == 0).all()


@given(HEIGHTS, st.floats(1, 60), CELLS_MM, st.floats(0.8, 1.25))
def test_no_wall_of_a_mould_is_steeper_than_its_draft(
    heights: Floats, draft_deg: float, dx_mm: float, oblong: float
) -> None:
    dy_mm = dx_mm * oblong
    made = with_draft(heights, draft_deg, dx_mm, dy_mm)

    limit = math.tan(math.radians(90 - draft_deg))
    assert (made <= heights).all()
    assert slopes(made, dx_mm, dy_mm) <= limit * (1 + 1e-4) + 1e-4
    assert made.min() == heights.min()
    assert np.abs(with_draft(made, draft_deg, dx_mm, dy_mm) - made).max() < 1e-4
    if slopes(heights, dx_mm, dy_mm) < 0.9 * limit:
        assert (made == heights).all()


def test_without_draft_a_mould_stays() -> None:
    heights = plateau(slice(20, 30), slice(20, 30))
    assert (with_draft(heights, 0, 0.1, 0.1) == heights).all()


def test_hollows_keep_their_depth_and_narrow_ridges_get_lower() -> None:
    heights = np.full((1, 81), 4, np.float32)
    heights[:, 10:30] = 0
    heights[:, 31:60] = 0

    made = with_draft(heights, 5, 0.1, 0.1)[0]

    assert made[10:30].max() == 0
    assert 1 < made[30] < 1.2


# The cutter.


def closed_with_ball(heights: Floats, radius_mm: float, dx_mm: float, dy_mm: float) -> Floats:
    """Return the same by its definition: where no ball that keeps off the piece gets to."""
    down, across = math.ceil(radius_mm / dy_mm), math.ceil(radius_mm / dx_mm)
    around = np.pad(heights, [(down, down), (across, across)], constant_values=-np.inf)
    rows, cols = np.indices(around.shape)
    left = np.full(heights.shape, np.inf)
    for row, col in zip(rows.ravel(), cols.ravel(), strict=True):
        square = ((rows - row) * dy_mm) ** 2 + ((cols - col) * dx_mm) ** 2
        lies = radius_mm - np.sqrt(np.maximum(radius_mm**2 - square, 0))
        skin = np.where(square < radius_mm**2 - 1e-9, lies, np.inf)
        tip = (around - skin).max()
        if np.isinf(tip):
            continue
        here = (tip + skin)[down : down + len(heights), across : across + heights.shape[1]]
        left = np.minimum(left, here)
    return left.astype(np.float32)


def test_the_surface_left_by_a_ball_agrees_with_its_definition() -> None:
    heights = 3 * np.random.default_rng(1).random((23, 17), dtype=np.float32)

    for radius_mm, dx_mm, dy_mm in ((0.45, 0.1, 0.1), (0.45, 0.1, 0.13), (0.09, 0.1, 0.1)):
        made = reached_by_ball(heights, radius_mm, dx_mm, dy_mm)
        assert made == pytest.approx(closed_with_ball(heights, radius_mm, dx_mm, dy_mm), abs=1e-5)


def test_a_groove_narrower_than_the_ball_stays_nearly_full() -> None:
    heights = np.full((60, 60), 5, np.float32)
    heights[:, 28:33] = 0  # its walls are 0.6 mm apart

    made = reached_by_ball(heights, 1.0, 0.1, 0.1)

    sag_mm = 1 - math.sqrt(1 - 0.3**2)
    assert made[30, 30] == pytest.approx(5 - sag_mm, abs=1e-5)
    assert (made[:, :28] == 5).all()


def test_at_the_foot_of_a_wall_a_fillet_is_left() -> None:
    heights = np.zeros((60, 60), np.float32)
    heights[:, 40:] = 5

    row = reached_by_ball(heights, 1.0, 0.1, 0.1)[30]

    for cells in (1, 3, 6, 9, 10):
        fillet_mm = 1 - math.sqrt(max(0, 1 - (1 - 0.1 * cells) ** 2))
        assert row[40 - cells] == pytest.approx(fillet_mm, abs=1e-5)
    assert (row[:30] == 0).all()


def test_slopes_ridges_and_the_border_are_reached() -> None:
    ramp = np.tile(np.arange(40, dtype=np.float32) * 0.1, (30, 1))
    assert reached_by_ball(ramp, 0.6, 0.1, 0.1) == pytest.approx(ramp, abs=0.01)
    spike = plateau(slice(30, 31), slice(30, 31))
    assert reached_by_ball(spike, 0.6, 0.1, 0.1)[30, 30] == 1
    assert (reached_by_ball(np.ones((1, 1), np.float32), 3, 0.1, 0.1) == 1).all()


@given(HEIGHTS, st.floats(0.01, 1.5), CELLS_MM, CELLS_MM)
def test_a_cutter_leaves_no_less_and_going_over_it_again_changes_nothing(
    heights: Floats, radius_mm: float, dx_mm: float, dy_mm: float
) -> None:
    made = reached_by_ball(heights, radius_mm, dx_mm, dy_mm)

    assert (made >= heights).all()
    assert made.max() == heights.max()
    again = reached_by_ball(made, radius_mm, dx_mm, dy_mm)
    assert np.abs(again - made).max() < 1e-5


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (2, 3)])
def test_tiny_maps_pass_every_limit(shape: tuple[int, int]) -> None:
    heights = np.random.default_rng(1).random(shape, dtype=np.float32)
    for made in (
        without_unprintable(heights, 4),
        without_overhangs(heights, 0.1),
        with_draft(heights, 3, 0.1, 0.1),
        reached_by_ball(heights, 1, 0.1, 0.1),
    ):
        assert made.shape == shape
        assert np.isfinite(made).all()


def test_what_is_handed_in_is_not_altered() -> None:
    heights = np.random.default_rng(1).random((30, 30), dtype=np.float32)
    before = heights.copy()
    without_unprintable(heights, 4)
    without_overhangs(heights, 0.01)
    with_draft(heights, 60, 0.1, 0.1)
    reached_by_ball(heights, 0.5, 0.1, 0.1)
    assert (heights == before).all()
