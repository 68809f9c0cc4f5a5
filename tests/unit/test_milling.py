"""A milled piece: as the tool leaves it, on a grid that keeps the work small."""

import numpy as np
import pytest
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSize
from printd.geometry.shape.milling import MOST_CELLS, MOST_WORK, coarse_enough, milled
from printd.geometry.shape.printable import reached_by_ball
from printd.geometry.shape.surface import Surface

Floats = NDArray[np.float32]
SIZE = ReliefSize(64, 48, 5, 2, 256, 192)  # cells of 0.25 mm


def step(size: ReliefSize = SIZE) -> Floats:
    """Return a plate whose right half is 3 mm higher: one inner edge."""
    heights = np.full((size.rows + 1, size.cols + 1), 2, np.float32)
    heights[:, size.cols // 2 :] += 3
    return heights


@pytest.mark.parametrize("ball_mm", [0.01, 0.5, 3.0, 25.0])
@pytest.mark.parametrize("quality", [64, 1024, 4096])
@pytest.mark.parametrize("sides_mm", [(80, 60), (10, 80), (1000, 1000), (20, 20)])
def test_the_work_is_bounded_whatever_the_radius(
    sides_mm: tuple[float, float], quality: int, ball_mm: float
) -> None:
    width_mm, height_mm = sides_mm
    per_mm = quality / max(sides_mm)
    size = ReliefSize(
        width_mm, height_mm, 5, 2, round(width_mm * per_mm), round(height_mm * per_mm)
    )

    coarse = coarse_enough(size, ball_mm)

    reach = ball_mm * coarse.cols / width_mm
    reached = (coarse.cols + 2 * reach) * (coarse.rows + 2 * reach)
    assert reached * reach**2 < 1.1 * MOST_WORK
    assert max(coarse.cols, coarse.rows) <= min(quality, MOST_CELLS)
    assert coarse.cols / coarse.rows == pytest.approx(width_mm / height_mm, rel=0.1)
    assert (coarse.width_mm, coarse.height_mm) == sides_mm


def test_a_grid_that_is_coarse_enough_stays_as_it_is() -> None:
    tooled = milled(Surface(step(), None, None), SIZE, 2)

    assert tooled.size == SIZE
    assert (tooled.surface.heights_mm == reached_by_ball(step(), 2, 0.25, 0.25)).all()


@pytest.mark.parametrize("quality", [256, 1024])
def test_an_inner_edge_becomes_a_fillet_on_any_grid(quality: int) -> None:
    size = ReliefSize(64, 48, 5, 2, quality, quality * 3 // 4)

    tooled = milled(Surface(step(size), None, None), size, 2)

    # More than 0.1 mm over the ground from where the fillet begins, sqrt(2² - 1.9²) off it.
    assert tooled.unmilled_share * 64 == pytest.approx(2 - np.sqrt(2**2 - 1.9**2), abs=0.3)
    assert milled(Surface(step(size), None, None), size, 0.01).unmilled_share == 0


def test_what_is_cut_away_is_not_counted() -> None:
    heights = step()
    left = np.ones_like(heights)
    left[:, 110:] = -1  # the edge, and all that is near it

    assert milled(Surface(heights, None, None), SIZE, 2).unmilled_share > 0
    assert milled(Surface(heights, left, None), SIZE, 2).unmilled_share == 0
    assert milled(Surface(heights, None, 4.0), SIZE, 2).unmilled_share == 0
    assert milled(Surface(heights, None, 99.0), SIZE, 2).unmilled_share == 0


def test_a_coarser_grid_spans_the_same_piece() -> None:
    fine = ReliefSize(64, 64, 5, 2, 2048, 2048)
    slope = np.linspace(1, 9, 2049, dtype=np.float32)
    keep = np.broadcast_to(slope - 5, (2049, 2049))

    tooled = milled(Surface(np.broadcast_to(slope, (2049, 2049)), keep, 3.0), fine, 0.05)

    assert (tooled.size.cols, tooled.size.rows) == (1024, 1024)
    assert tooled.surface.heights_mm[512] == pytest.approx(np.linspace(1, 9, 1025), abs=0.01)
    assert tooled.surface.keep is not None
    assert tooled.surface.keep[512] == pytest.approx(np.linspace(-4, 4, 1025), abs=1e-5)
    assert tooled.surface.cutoff_mm == 3
