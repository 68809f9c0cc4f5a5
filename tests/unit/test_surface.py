"""From a height map to a surface: each setting's unit, and its place in the order."""

import numpy as np
import pytest
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid
from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.geometry.shape.surface import Surface, surface_of

Floats = NDArray[np.float32]
CELLS = 128


def surface(
    heights: Floats, mask: Floats | None = None, **values: object
) -> tuple[Surface, ReliefSize]:
    plain: dict[str, object] = {"mesh_quality": CELLS, "width_mm": 64, "line_mm": 0}
    settings = ReliefSettings.of(plain, values)
    size = settings.resolve(heights.shape[1] / heights.shape[0])
    return surface_of(heights, mask, settings, size), size


def ramp() -> Floats:
    """Return a map that rises from the left to the right."""
    return np.tile(np.linspace(0, 1, CELLS + 1, dtype=np.float32), (CELLS + 1, 1))


def block() -> Floats:
    """Return a high square in the middle of low ground, a little left of it."""
    heights = np.zeros((CELLS + 1, CELLS + 1), np.float32)
    heights[40:88, 30:78] = 1
    return heights


def stripes(width_cells: int) -> Floats:
    """Return a low ground with a high half and one high stripe."""
    heights = np.zeros((CELLS + 1, CELLS + 1), np.float32)
    heights[:, 70:] = 1
    heights[:, 30 : 30 + width_cells] = 1
    return heights


def test_heights_are_millimetres_over_the_back() -> None:
    made, _ = surface(ramp(), relief_mm=5, base_mm=2)

    assert (made.heights_mm[:, 0] == 2).all()
    assert (made.heights_mm[:, -1] == 7).all()
    assert (made.keep, made.cutoff_mm) == (None, None)


@pytest.mark.parametrize(("width_mm", "stays"), [(64, False), (256, True)])
def test_what_is_narrower_than_a_line_goes_whatever_it_is_in_cells(
    width_mm: float, *, stays: bool
) -> None:
    # Two cells: 1 mm of a piece of 64 mm, 4 mm of one of 256 mm.
    made, _ = surface(stripes(2), width_mm=width_mm, line_mm=2, relief_mm=5, base_mm=2)

    assert (made.heights_mm[:, 30:32].mean() > 4) == stays
    assert made.heights_mm.max() == 7


def test_the_cut_off_is_a_share_of_the_depth_over_the_base() -> None:
    made, _ = surface(ramp(), relief_mm=5, base_mm=2, depth_cutoff_pct=40)

    assert made.cutoff_mm == pytest.approx(4)


def test_the_cut_off_comes_after_the_inversion() -> None:
    made, _ = surface(ramp(), relief_mm=5, base_mm=2, depth_cutoff_pct=40, invert=True)

    assert made.cutoff_mm is not None
    stays = made.heights_mm[0] >= made.cutoff_mm
    assert stays[0]
    assert not stays[-1]


def test_a_rim_is_level_with_the_highest_point_or_as_high_as_is_said() -> None:
    flush, _ = surface(block(), relief_mm=5, base_mm=2, rim_mm=4)
    low, _ = surface(block(), relief_mm=5, base_mm=2, rim_mm=4, rim_height_mm=3)

    for made, high in ((flush, 7), (low, 3)):
        assert (made.heights_mm[:6] == high).all()
        assert (made.heights_mm[:, -6:] == high).all()
        assert made.heights_mm[20, 20] == 2


def test_a_line_is_taken_out_before_the_rim_is_put_on() -> None:
    made, _ = surface(block(), line_mm=2, relief_mm=5, base_mm=2, rim_mm=1)

    assert (made.heights_mm[0] == 7).all()


def test_walls_lean_also_at_the_rim() -> None:
    made, size = surface(
        block(), relief_mm=5, base_mm=2, rim_mm=4, draft_deg=30, invert=True, mirror=True
    )

    slope = np.abs(np.diff(made.heights_mm, axis=1)) / (size.width_mm / size.cols)
    assert slope.max() <= np.tan(np.radians(60)) * 1.05


def test_a_standing_piece_with_a_frame_hangs_over_nowhere() -> None:
    made, size = surface(block(), relief_mm=5, base_mm=2, rim_mm=4, standing=True)

    forward = made.heights_mm[:-1] - made.heights_mm[1:]
    assert forward.max() <= size.height_mm / size.rows + 1e-4
    lying, _ = surface(block(), relief_mm=5, base_mm=2, rim_mm=4)
    assert (lying.heights_mm[:-1] - lying.heights_mm[1:]).max() > 2


def test_feet_reach_to_the_front_as_far_as_is_said() -> None:
    made, _ = surface(block(), relief_mm=5, base_mm=2, standing=True, feet_mm=15)

    assert made.heights_mm[-1].max() == pytest.approx(15)
    assert made.heights_mm[:60].max() <= 7


def test_the_subjects_outline_is_mirrored_with_it() -> None:
    plain, _ = surface(block(), block(), outline="mask")
    turned, _ = surface(block(), block(), outline="mask", mirror=True)

    assert plain.keep is not None
    assert turned.keep is not None
    assert (plain.keep[64, 34:74] >= 0).all()
    assert np.allclose(turned.keep, plain.keep[:, ::-1], atol=1e-3)


def test_without_a_subject_its_outline_is_a_sentence() -> None:
    with pytest.raises(SettingInvalid, match="outline: mask follows the subject, and none"):
        surface(block(), outline="mask")


def test_holes_go_through_a_piece_of_any_outline() -> None:
    heart, _ = surface(block(), outline="heart")
    holed, _ = surface(block(), outline="heart", holes=1, hole_mm=6)

    assert heart.keep is not None
    assert holed.keep is not None
    gone = (holed.keep < 0) & (heart.keep >= 0)
    cell_mm2 = (64 / CELLS) ** 2
    assert gone.sum() * cell_mm2 == pytest.approx(np.pi * 9, rel=0.1)


@pytest.mark.parametrize("width_mm", [64, 200])
def test_tones_become_thickness_in_millimetres_whatever_the_size(width_mm: float) -> None:
    made, _ = surface(ramp(), surface="lithophane", width_mm=width_mm, absorption_per_mm=1.2)

    thick_mm = made.heights_mm[0]
    assert thick_mm[0] == pytest.approx(3.2)  # black
    assert thick_mm[-1] == pytest.approx(0.8)
    assert (np.diff(thick_mm) < 0).all()


def test_an_inverted_lithophane_is_the_negative() -> None:
    made, _ = surface(ramp(), surface="lithophane", invert=True)

    assert made.heights_mm[0, 0] == pytest.approx(0.8)


@pytest.mark.parametrize("tone", [0.0, 0.42, 1.0])
def test_a_plate_of_one_tone_is_as_thick_as_that_tone_and_without_noise(tone: float) -> None:
    grain = np.random.default_rng(1).normal(0, 1e-4, (CELLS + 1, CELLS + 1))
    heights = np.clip(tone + grain, 0, 1).astype(np.float32)

    made, _ = surface(heights, surface="lithophane", noise_reduction=5, smoothing_px=1)
    exact, _ = surface(ramp(), surface="lithophane")

    place = round(tone * CELLS)
    assert made.heights_mm == pytest.approx(exact.heights_mm[0, place], abs=0.03)
    assert np.ptp(made.heights_mm) < 0.01


def test_a_surface_alone_begins_at_zero() -> None:
    made, size = surface(ramp(), mode="planar", relief_mm=5, base_mm=2)

    assert size.base_mm == 0
    assert (made.heights_mm.min(), made.heights_mm.max()) == (0, 5)
    cut, _ = surface(ramp(), mode="planar", relief_mm=5, depth_cutoff_pct=40)
    assert cut.cutoff_mm == pytest.approx(2)


def test_a_measured_plastic_counts_instead_of_its_absorption() -> None:
    middle = [
        surface(ramp(), surface="lithophane", **values)[0].heights_mm[0, CELLS // 2]
        for values in (
            {"absorption_per_mm": 0.69},
            {"plate_steps": "0.8:58 3.2:11"},
            {"plate_steps": "0.8:58 1.2:20 3.2:11"},
        )
    ]

    assert middle[1] == pytest.approx(middle[0], abs=0.02)
    assert middle[2] < middle[0] - 0.2
