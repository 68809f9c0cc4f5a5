"""Detail: shape stays, texture and grain go, and no ground is in the way of a subject."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from printd.geometry.filters import enlarged, noise_sigma, reduced
from printd.geometry.heights.detail import calmed, detail
from printd.geometry.heights.style import STYLES, Style

Floats = NDArray[np.float32]
SIZE = 384


def squares(side_px: int) -> Floats:
    """Return a board of two close tones."""
    y, x = np.indices((SIZE, SIZE)) // side_px
    return np.where((x + y) % 2, 0.55, 0.45).astype(np.float32)


@pytest.mark.parametrize("style", STYLES)
def test_large_edges_stay_sharp_and_small_ones_go(style: str) -> None:
    large, small = (calmed(squares(side), 0.0, STYLES[style]) for side in (64, 1))

    assert float(np.abs(np.diff(large, axis=1)).max()) > 0.03  # of a step of 0.1
    assert float(np.ptp(small[20:-20, 20:-20])) < 0.01


def test_organic_takes_larger_texture_away_than_detailed() -> None:
    left = {
        name: float(np.std(calmed(squares(2), 0.0, style)[20:-20, 20:-20]))
        for name, style in STYLES.items()
    }

    assert left["organic"] < 0.3 * left["detailed"]


@pytest.mark.parametrize("style", STYLES)
def test_grain_goes_and_an_edge_in_it_stays(style: str) -> None:
    edge = np.full((SIZE, SIZE), 0.3, np.float32)
    edge[:, SIZE // 2 :] = 0.7
    grainy = edge + np.random.default_rng(1).normal(0, 0.03, edge.shape).astype(np.float32)

    calm = calmed(grainy, noise_sigma(grainy), STYLES[style])

    assert float(calm[20:-20, 20:100].std()) < 0.012
    assert float(np.abs(np.diff(calm, axis=1)).max()) > 0.1


def test_a_lone_line_counts_for_more_than_one_among_many() -> None:
    x = np.arange(SIZE)
    lone = np.where(np.abs(x - SIZE // 4) < 3, 0.6, 0.5)
    many = np.where((x > SIZE // 2) & (x % 8 < 4), 0.6, lone)
    picture = np.tile(many.astype(np.float32), (SIZE, 1))

    def advantage(style: Style) -> float:
        heights = detail(picture, 0.0, style)[SIZE // 2]
        among_many = np.ptp(heights[SIZE * 5 // 8 : SIZE * 7 // 8])
        return float(np.ptp(heights[SIZE // 4 - 12 : SIZE // 4 + 12]) / among_many)

    style = STYLES["organic"]
    assert advantage(style) > 1.2 * advantage(replace(style, surround=0.0))


def test_detail_on_the_ground_is_faint_and_there_is_none_on_the_outline() -> None:
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[:, SIZE // 2 :] = 1
    edges = squares(16) + 0.3 * mask

    plain = detail(edges, 0.0, STYLES["detailed"])
    heights = detail(edges, 0.0, STYLES["detailed"], mask, 0.1)

    ours, theirs = heights[:, SIZE * 5 // 8 :].std(), heights[:, : SIZE * 3 // 8].std()
    assert theirs == pytest.approx(0.1 * ours, rel=0.25)
    inner, outer = SIZE // 2 + 2, SIZE // 2 - 3
    step, plain_step = ((of[:, inner] - of[:, outer]).mean() for of in (heights, plain))
    assert abs(step) < 0.2 * plain_step


@pytest.mark.parametrize(("rows", "cols", "factor"), [(100, 200, 4), (101, 203, 4), (64, 97, 5)])
def test_what_was_made_smaller_comes_back_in_its_place(rows: int, cols: int, factor: int) -> None:
    ramp = np.add.outer(np.arange(rows), 2 * np.arange(cols)).astype(np.float32)

    back = enlarged(reduced(ramp, factor), rows, cols, factor=factor)

    inner = (slice(2 * factor, -2 * factor),) * 2
    assert back.shape == (rows, cols)
    assert np.abs(back - ramp)[inner].max() < 0.05
