"""What is said of a surface before it is printed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.relief import solid
from printd.geometry.shape.measure import measured

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
    assert measured(heights, SIZE, None).unmilled_share is None
