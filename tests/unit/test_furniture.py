"""Rims, holes and feet: where they should be, as wide as they should be, or a clear sentence."""

import numpy as np
import pytest
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid
from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.borders import border_edges, border_loops
from printd.geometry.mesh.build import Shape, build, build_piece
from printd.geometry.mesh.mesh import Mesh, check_closed
from printd.geometry.mesh.pose import standing
from printd.geometry.shape import outlines
from printd.geometry.shape.furniture import hole, with_feet, with_rim
from printd.geometry.shape.inset import inside_mm, outline_mm, places_mm

Floats = NDArray[np.float32]
SIZE = ReliefSize(80, 60, 3, 1, 320, 240)  # cells of a quarter of a millimetre
CELL_MM = 0.25


def plate(thick_mm: float = 2.0) -> Floats:
    return np.full((241, 321), thick_mm, np.float32)


def from_sides() -> Floats:
    x_mm, y_mm = places_mm(SIZE)
    return np.minimum(np.minimum(x_mm, 80 - x_mm), np.minimum(y_mm, 60 - y_mm))


@pytest.mark.parametrize(
    "outline", [outlines.circle(SIZE), outlines.rounded(SIZE, 12), outlines.rounded(SIZE, 12, 3)]
)
def test_distances_from_an_outline_are_true(outline: Floats) -> None:
    x_mm, y_mm = places_mm(SIZE)

    inside = inside_mm(x_mm, y_mm, SIZE, outline_mm(outline, SIZE))

    exact = np.minimum(outline, from_sides())
    far_in = exact > 2 * CELL_MM
    assert np.abs(inside - exact)[far_in].max() < 0.1 * CELL_MM


@pytest.mark.parametrize("width_mm", [1.0, 3.1, 10.0])
@pytest.mark.parametrize("kind", ["rectangle", "circle", "rounded"])
def test_a_rim_is_level_and_as_wide_as_asked(kind: str, width_mm: float) -> None:
    outline = {"circle": outlines.circle(SIZE), "rounded": outlines.rounded(SIZE, 12)}.get(kind)
    from_edge = from_sides() if outline is None else np.minimum(outline, from_sides())

    rimmed = with_rim(plate(), SIZE, outline, width_mm, 4.5)

    assert (rimmed[from_edge < width_mm - 1.7 * CELL_MM] == np.float32(4.5)).all()
    assert (rimmed[from_edge > width_mm + 1.7 * CELL_MM] == 2).all()
    # Halfway down it is exactly as wide as asked, everywhere: no stairs.
    slope = (rimmed > 2) & (rimmed < np.float32(4.5))
    expected = 3.25 + 2.5 * (width_mm - from_edge[slope]) / (3 * CELL_MM)
    assert rimmed[slope] == pytest.approx(expected, abs=0.25)


def test_the_edge_of_a_round_rim_is_round() -> None:
    circle = outlines.circle(SIZE)
    rimmed = with_rim(plate(), SIZE, circle, 3, 4)

    picture = build_piece(rimmed, SIZE, Shape(outline=3 - rimmed, mode="planar", island_mm2=99))

    edge = picture.uv[np.unique(border_edges(picture.mesh.faces))] * [80, 60] - [40, 30]
    assert len(edge) > 500
    assert np.abs(np.hypot(*edge.T) - 27).max() < 0.15 * CELL_MM


def test_a_rim_follows_a_mask_and_the_sides_that_cut_it() -> None:
    soft = np.clip((np.linspace(-1, 1, 81) + 0.4)[None] * 4 + 0.5, 0, 1).repeat(61, axis=0)
    outline = outlines.from_mask(soft.astype(np.float32), SIZE)
    edge_mm = float(np.interp(0, outline[120], np.linspace(0, 80, 321)))

    rimmed = with_rim(plate(), SIZE, outline, 3, 4)

    x_mm, y_mm = places_mm(SIZE)
    inside = np.minimum(np.minimum(x_mm - edge_mm, 80 - x_mm), np.minimum(y_mm, 60 - y_mm))
    stays = outline >= 0
    assert (rimmed[stays & (inside < 2.6)] == 4).all()
    assert (rimmed[stays & (inside > 3.4)] == 2).all()
    # What is just outside has the rim's height too: the cut runs over cells of both.
    assert (rimmed[~stays] == 4).all()


def test_a_ring_has_a_rim_at_its_ends_alone() -> None:
    rimmed = with_rim(plate(), SIZE, None, 3, 4, is_ring=True)

    assert (rimmed[:10] == 4).all()
    assert (rimmed[-10:] == 4).all()
    assert (rimmed[14:-14] == 2).all()


@pytest.mark.parametrize(
    ("width_mm", "outline"),
    [(31, outlines.circle(SIZE)), (29.5, outlines.circle(SIZE)), (30, None), (29.9, None)],
)
def test_a_rim_that_covers_the_picture_is_refused(width_mm: float, outline: Floats | None) -> None:
    with pytest.raises(SettingInvalid, match="leaves nothing of the picture"):
        with_rim(plate(), SIZE, outline, width_mm, 4)


@pytest.mark.parametrize("outline", [outlines.circle(SIZE), None])
def test_a_broad_rim_round_a_small_picture_is_not_refused(outline: Floats | None) -> None:
    assert (with_rim(plate(), SIZE, outline, 26, 4) == 2).any()


def test_a_rim_slopes_over_half_a_line_however_fine_the_grid_is() -> None:
    fine = ReliefSize(8, 6, 3, 1, 320, 240)

    rimmed = with_rim(plate(), fine, None, 1, 4)

    assert ((rimmed[120] > 2) & (rimmed[120] < 4)).sum() * 0.025 == pytest.approx(2 * 0.2, abs=0.06)


def test_a_rim_narrower_than_its_slope_is_level_at_the_edge() -> None:
    rimmed = with_rim(plate(), SIZE, outlines.circle(SIZE), 0.1, 4)

    assert (rimmed[[0, -1]] == 4).all()


def test_a_hole_is_round_and_goes_through() -> None:
    field = hole(SIZE, None, diameter_mm=5, margin_mm=3)

    solid, whole = (
        check_closed(build(plate(), SIZE, outline=field)),
        check_closed(build(plate(), SIZE)),
    )

    assert solid.is_closed
    assert solid.vertices - solid.triangles // 2 == 0
    assert whole.volume_mm3 - solid.volume_mm3 == pytest.approx(2 * np.pi * 2.5**2, rel=0.01)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("kind", ["rectangle", "circle", "heart", "rounded", "mask"])
def test_holes_are_high_up_with_their_margin_all_round(kind: str, count: int) -> None:
    mask = np.ones((60, 80), np.float32)
    mask[:20, :30] = mask[:8] = 0
    outline = {
        "circle": outlines.circle(SIZE),
        "heart": outlines.heart(SIZE),
        "rounded": outlines.rounded(SIZE, 12),
        "mask": outlines.from_mask(mask, SIZE),
    }.get(kind)

    field = hole(SIZE, outline, diameter_mm=4, margin_mm=2, count=count)

    line = outline_mm(outline, SIZE)
    x_mm, y_mm = outline_mm(field, SIZE).T
    left = x_mm < x_mm.mean() if count == 2 else x_mm < 99
    margins = inside_mm(x_mm, y_mm, SIZE, line)
    assert margins.min() == pytest.approx(2, abs=0.15)  # not lower than need be
    middles = [(x_mm[side].mean(), y_mm[side].mean()) for side in (left, ~left) if side.any()]
    assert len(middles) == count
    assert len({round(float(y), 1) for _, y in middles}) == 1
    keep = field if outline is None else np.minimum(field, outline)
    surface = build(plate(), SIZE, outline=keep, mode="planar")
    assert len(border_loops(surface.faces)) == 1 + count


def test_one_hole_of_a_heart_is_under_its_cleft() -> None:
    field = hole(SIZE, outlines.heart(SIZE), diameter_mm=4, margin_mm=2)

    x_mm, y_mm = outline_mm(field, SIZE).T
    assert x_mm.mean() == pytest.approx(40, abs=0.05)
    assert 35 < y_mm.mean() < 52


@pytest.mark.parametrize(
    ("diameter_mm", "count", "said"),
    [(0.8, 1, "too small"), (30, 1, "no place"), (12, 2, "no place")],
)
def test_a_hole_that_does_not_fit_is_a_sentence(diameter_mm: float, count: int, said: str) -> None:
    with pytest.raises(SettingInvalid, match=said):
        hole(SIZE, outlines.circle(SIZE), diameter_mm, 16, count)


def feet_of(mesh: Mesh) -> Floats:
    """Return the corners of what touches the bed."""
    down = mesh.vertices[mesh.faces]
    touching: Floats = down[(down[..., 2] == 0).all(axis=1)]
    return touching


@pytest.mark.parametrize("kind", ["rectangle", "rounded"])
def test_a_plate_with_feet_stands(kind: str) -> None:
    outline = outlines.rounded(SIZE, 8) if kind == "rounded" else None
    footed = with_feet(plate(), SIZE, 15, outline)

    mesh = standing(build(footed, SIZE, outline=outline))

    assert check_closed(mesh).is_closed
    assert mesh.bounds_mm[1] == pytest.approx([80, 15, 60], abs=1e-4)
    touching = feet_of(mesh).reshape(-1, 3)
    left, right = touching[touching[:, 1] < 1], touching[touching[:, 1] < 1]
    assert (bool(left[:, 0].min() < 10), bool(right[:, 0].max() > 70)) == (True, True)
    # The middle of its weight is over its feet, not behind its back.
    a, b, c = mesh.vertices[mesh.faces].astype(np.float64).swapaxes(0, 1)
    weights = (a * np.cross(b, c)).sum(axis=1)
    middle = (weights[:, None] * (a + b + c) / 4).sum(axis=0) / weights.sum()
    assert touching[:, 1].max() - middle[1] > 1.2


def test_nothing_of_a_foot_hangs_over() -> None:
    mesh = standing(build(with_feet(plate(), SIZE, 15), SIZE))

    corners = mesh.vertices[mesh.faces].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    over_air = corners[..., 2].max(axis=1) > 0
    assert normal[over_air, 2].min() > -1e-3


def test_feet_have_the_width_and_height_that_are_asked_for() -> None:
    footed = with_feet(plate(), SIZE, 12, width_mm=6, rise_mm=20)

    x_mm, y_mm = places_mm(SIZE)
    on_foot = (footed > 2).any(axis=0)
    assert x_mm[on_foot & (x_mm < 40)].max() == pytest.approx(6, abs=CELL_MM)
    assert y_mm[(footed > 2).any(axis=1)].max() == pytest.approx(20 * (1 - 2 / 12), abs=CELL_MM)


@pytest.mark.parametrize("outline", [outlines.circle(SIZE), outlines.rounded(SIZE, 29)])
def test_a_round_piece_gets_no_feet(outline: Floats) -> None:
    with pytest.raises(SettingInvalid, match="straight lower side"):
        with_feet(plate(), SIZE, 15, outline)
