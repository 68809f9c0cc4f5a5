"""About how much plastic and time a piece takes: more of it takes more, and what is set counts."""

import numpy as np
import pytest

from printd.core.print_estimate import Range, estimate_of, layers_of, skin_mm
from printd.core.relief_settings import ReliefSize
from printd.geometry.shape.plastic import plastic_of

SIZE = ReliefSize(40.0, 20.0, 3.0, 2.0, 80, 40)


def box(height_mm: float) -> dict[str, float]:
    heights = np.full((41, 81), height_mm, np.float32)
    found = plastic_of(heights, None, SIZE, 1.8)
    return {
        "skin_mm3": found.skin_mm3,
        "inner_mm3": found.inner_mm3,
        "walls_mm2": found.walls_mm2,
    }


def test_a_box_is_measured_exactly() -> None:
    found = plastic_of(np.full((41, 81), 5, np.float32), None, SIZE, 1.8)
    assert found.area_mm2 == pytest.approx(800)
    assert found.skin_mm3 == pytest.approx(800 * 1.8)
    assert found.inner_mm3 == pytest.approx(800 * 3.2)
    assert found.walls_mm2 == pytest.approx(2 * (40 + 20) * 5)
    assert found.height_mm == 5


def test_what_goes_is_not_counted_and_a_slope_has_contours() -> None:
    ramp = np.broadcast_to(np.linspace(1, 3, 81, dtype=np.float32), (41, 81))
    keep = np.ones((41, 81), np.float32)
    keep[:, 41:] = -1
    whole, half = (plastic_of(ramp, one, SIZE, 1.8) for one in (None, keep))
    sides = 2 * 40 * 2 + 20 * (1 + 3)  # the walls around the ramp
    assert whole.walls_mm2 == pytest.approx(sides + 20 * 2, rel=1e-3)  # it rises by 2 over 20 mm
    assert half.area_mm2 == pytest.approx(400)
    assert half.height_mm == pytest.approx(2, abs=0.02)


def test_thin_pieces_are_solid_and_thick_ones_are_not() -> None:
    thin, thick = (estimate_of(box(height), {}, "PLA", height_mm=height) for height in (1.8, 18.0))
    assert thin.grams.about == pytest.approx(800 * 1.8e-3 * 1.24)
    assert thick.grams.about < 0.6 * 10 * thin.grams.about
    assert thick.seconds.about > thin.seconds.about
    assert thin.grams == Range.around(thin.grams.about, 0.15)


def test_what_is_set_counts() -> None:
    piece = box(10)
    usual = estimate_of(piece, {}, "", height_mm=10)
    full = estimate_of(piece, {"infill_pct": 100}, "PLA", height_mm=10)
    petg = estimate_of(piece, {}, "petg", height_mm=10)
    fine = estimate_of(piece, {"quality": "fine"}, "", height_mm=10)
    thick = estimate_of(piece, {"layer_mm": 0.3}, "", height_mm=10)
    assert full.grams.about == pytest.approx(800 * 10e-3 * 1.24)
    assert petg.grams.about == pytest.approx(usual.grams.about * 1.27 / 1.24)
    assert fine.seconds.about > usual.seconds.about > thick.seconds.about


def test_layers_and_skins_follow_the_quality() -> None:
    assert layers_of({}, 3.2) == (0.2, 16)
    assert layers_of({"quality": "draft"}, 0.1) == (0.28, 1)
    assert layers_of({"quality": "draft", "layer_mm": 0.1}, 1.0) == (0.1, 10)
    assert skin_mm({}) == pytest.approx(1.8)
    assert skin_mm({"quality": "fine"}) == pytest.approx(1.56)
    assert skin_mm({"quality": "fine"}, stands=True) == pytest.approx(1.8)
