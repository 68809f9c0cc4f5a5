"""Bent pieces: round within the tolerance, true in volume, the picture where it is expected."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid
from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.bend import Bend, Side, seamless
from printd.geometry.mesh.borders import border_edges, border_loops
from printd.geometry.mesh.build import Piece, Shape, build, build_piece
from printd.geometry.mesh.mesh import check_closed
from printd.geometry.mesh.pose import standing, top_at_zero
from printd.geometry.shape import outlines

Floats = NDArray[np.float32]
SIZE = ReliefSize(100, 60, 3, 1, 320, 192)
SIDES: list[Side] = ["outer", "inner"]


def waves() -> Floats:
    """Return 1 to 4 mm that repeat across the piece, so that a ring has no seam."""
    y, x = np.meshgrid(np.linspace(0, 1, 193), np.linspace(0, 1, 321), indexing="ij")
    up = (1 + np.cos(6 * np.pi * x)) * (1 + np.sin(5 * y)) / 4
    heights: Floats = (1 + 3 * up).astype(np.float32)
    heights[:, -1] = heights[:, 0]
    return heights


def plate(thick_mm: float = 2.0) -> Floats:
    return np.full((193, 321), thick_mm, np.float32)


def radius_mm(angle_deg: float) -> float:
    return float(SIZE.width_mm / np.radians(angle_deg))


def from_axis(made: Piece, bend: Bend) -> NDArray[np.float64]:
    """Return the places of a ring's or half ring's vertices, (n, 3), with the axis at x = y = 0."""
    points = made.mesh.vertices.astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    outermost = radius_mm(bend.angle_deg) + (2.0 if bend.side == "outer" else 0.0)
    y = outermost if bend.side == "outer" else high[1] - outermost
    places: NDArray[np.float64] = points - [(low[0] + high[0]) / 2, y, 0]
    return places


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("angle_deg", [20.0, 120.0, 300.0, 360.0])
def test_the_volume_is_the_integral_round_the_axis(side: Side, angle_deg: float) -> None:
    heights = waves()
    shape = Shape(bend=Bend(side, angle_deg), tolerance_mm=0.002)

    found = check_closed(build_piece(heights, SIZE, shape).mesh)

    sign = 1 if side == "outer" else -1
    across = (heights + sign * heights**2 / (2 * radius_mm(angle_deg))).astype(np.float64)
    along = np.trapezoid(np.trapezoid(across, axis=1), axis=0)
    assert found.is_closed
    assert found.volume_mm3 == pytest.approx(along * 6000 / (320 * 192), rel=1e-3)


@pytest.mark.parametrize("tolerance_mm", [0.005, 0.02, 0.1])
@pytest.mark.parametrize("side", SIDES)
def test_front_and_back_are_round_within_the_tolerance(side: Side, tolerance_mm: float) -> None:
    bend = Bend(side, 180.0)
    made = build_piece(plate(), SIZE, Shape(bend=bend, tolerance_mm=tolerance_mm))

    places = from_axis(made, bend)
    radii = np.hypot(places[:, 0], places[:, 1])
    back = radius_mm(180.0)
    front = back + 2.0 if side == "outer" else back - 2.0
    corners = places[made.mesh.faces]
    middles = np.concatenate([(corners + np.roll(corners, 1, axis=1)) / 2])
    at_front = np.abs(radii[made.mesh.faces] - front).max(axis=1) < 0.001
    at_back = np.abs(radii[made.mesh.faces] - back).max(axis=1) < 0.001
    assert (at_front | at_back).sum() > 100
    for these, exact in ((at_front, front), (at_back, back)):
        off = np.abs(np.hypot(*middles[these].reshape(-1, 3)[:, :2].T) - exact)
        assert tolerance_mm / 20 < off.max() <= tolerance_mm + 1e-4


@pytest.mark.parametrize(
    ("side", "sides_mm"),
    [
        ("outer", (2 * (100 / np.pi + 2), 100 / np.pi + 2, 60)),
        ("inner", (200 / np.pi, 100 / np.pi, 60)),
    ],
)
def test_the_back_keeps_its_length(side: Side, sides_mm: tuple[float, ...]) -> None:
    low, high = build(plate(), SIZE, bend=Bend(side, 180.0)).bounds_mm

    assert not low.any()
    assert high == pytest.approx(sides_mm, abs=0.01)


@pytest.mark.parametrize("side", SIDES)
def test_the_picture_faces_the_front_and_stands_upright(side: Side) -> None:
    made = build_piece(plate(), SIZE, Shape(bend=Bend(side, 90.0)))

    top = np.unique(made.mesh.faces[: made.top_faces])
    (u, v), (x, y, z) = made.uv[top].T, made.mesh.vertices[top].T
    assert z == pytest.approx(60 * v, abs=1e-4)
    assert (np.diff(x[np.argsort(u, kind="stable")]) >= -1e-4).all()
    nearest = np.abs(u[y == y.min()] - 0.5)
    assert (nearest < 0.01).all() if side == "outer" else (nearest > 0.49).all()
    a, b, c = made.mesh.vertices[made.mesh.faces[: made.top_faces]].swapaxes(0, 1)
    assert (np.cross(b - a, c - a)[:, 1] < 0).all()  # towards the viewer


@pytest.mark.parametrize("side", SIDES)
def test_the_slightest_bend_is_a_standing_plate(side: Side) -> None:
    heights, circle = waves(), outlines.circle(SIZE)

    upright = standing(build(heights, SIZE, outline=circle))
    slight = build(heights, SIZE, outline=circle, bend=Bend(side, 1e-6))

    assert slight.bounds_mm == pytest.approx(upright.bounds_mm, abs=1e-3)
    volume = check_closed(upright).volume_mm3
    assert check_closed(slight).volume_mm3 == pytest.approx(volume, rel=1e-3)


@pytest.mark.parametrize("side", SIDES)
def test_a_whole_turn_is_a_tube_without_a_seam(side: Side) -> None:
    bend = Bend(side, 360.0)
    solid = check_closed(build(plate(), SIZE, bend=bend, tolerance_mm=0.002))
    surface = build(plate(), SIZE, bend=bend, mode="planar")

    back = radius_mm(360.0)
    inner, outer = (back, back + 2) if side == "outer" else (back - 2, back)
    assert solid.is_closed
    assert solid.vertices - solid.triangles // 2 == 0  # a torus
    assert solid.volume_mm3 == pytest.approx(np.pi * (outer**2 - inner**2) * 60, rel=1e-3)
    loops = border_loops(surface.faces)
    assert sorted(np.unique(surface.vertices[loop, 2]).tolist() for loop in loops) == [[0], [60]]


def test_left_and_right_are_led_over_into_one_another() -> None:
    heights = np.linspace(1, 4, 321, dtype=np.float32)[None].repeat(193, axis=0)

    led = seamless(heights)

    assert np.array_equal(led[:, 0], led[:, -1])
    assert np.array_equal(led[:, 20:-20], heights[:, 20:-20])
    assert np.abs(np.diff(led, axis=1)).max() < 0.2
    assert (led.min(), led.max()) >= (heights.min(), 0)
    assert check_closed(build(heights, SIZE, bend=Bend("outer", 360.0))).is_closed


def test_an_island_across_the_seam_is_one() -> None:
    heights = plate()
    field = np.full_like(heights, -1)
    field[80:100, :10] = field[80:100, -10:] = 1
    whole_mm2 = 18 * 19 * 6000 / (320 * 192)

    made = build(
        heights, SIZE, bend=Bend("outer", 360.0), outline=field, island_mm2=0.9 * whole_mm2
    )

    assert check_closed(made).is_closed
    assert check_closed(made).vertices - check_closed(made).triangles // 2 == 2  # one ball
    with pytest.raises(SettingInvalid, match="leave nothing"):
        build(heights, SIZE, bend=Bend("outer", 300.0), outline=field, island_mm2=0.9 * whole_mm2)


@pytest.mark.parametrize("angle_deg", [45.0, 180.0, 360.0])
def test_closing_a_bent_piece_costs_little(angle_deg: float) -> None:
    shape = Shape(bend=Bend("outer", angle_deg))
    solid = build_piece(waves(), SIZE, shape)

    border = len(border_edges(build_piece(waves(), SIZE, replace(shape, mode="planar")).mesh.faces))
    closing = len(solid.mesh.faces) - solid.top_faces
    strips = SIZE.width_mm / (radius_mm(angle_deg) * np.sqrt(8 * 0.02 / (radius_mm(angle_deg) + 4)))
    assert closing <= border + 4 * (2 * strips + 1) + 10


@pytest.mark.parametrize("cols", [1, 2, 5])
def test_a_coarse_grid_is_round_as_well(cols: int) -> None:
    size = ReliefSize(100, 60, 3, 1, cols, 1)

    mesh = build(np.full((2, cols + 1), 2, np.float32), size, bend=Bend("outer", 360.0))

    assert check_closed(mesh).is_closed
    across = 2 * (radius_mm(360.0) + 2)
    assert mesh.bounds_mm[1] == pytest.approx([across, across, 60], abs=0.05)


def test_the_picture_runs_on_across_the_seam() -> None:
    made = build_piece(waves(), SIZE, Shape(bend=Bend("outer", 360.0)))

    u = made.uv[made.uv_faces][..., 0]
    assert np.ptp(u, axis=1).max() < 0.05
    assert (float(u.min()), float(u.max())) == (0, 1)
    assert len(np.unique(made.uv_faces)) > len(np.unique(made.mesh.faces[: made.top_faces]))


def test_the_picture_lies_the_same_on_flat_and_bent_pieces() -> None:
    shape = Shape(outline=outlines.heart(SIZE), triangulation="dense")
    flat = build_piece(waves(), SIZE, shape)
    bent = build_piece(waves(), SIZE, replace(shape, bend=Bend("inner", 120.0)))

    assert np.array_equal(flat.uv[flat.uv_faces], bent.uv[bent.uv_faces])
    assert flat.uv[:, 1].max() == pytest.approx(1, abs=0.01)


def test_a_piece_too_thick_for_its_inside_names_an_angle_that_fits() -> None:
    with pytest.raises(SettingInvalid, match="does not fit in") as refused:
        build(plate(15.5), SIZE, bend=Bend("inner", 360.0))

    angle = float(refused.value.action.split("at most ")[1].split(" ")[0])
    assert 300 < angle < 360
    assert check_closed(build(plate(15.5), SIZE, bend=Bend("inner", angle))).is_closed
    with pytest.raises(SettingInvalid):
        build(plate(15.5), SIZE, bend=Bend("inner", angle + 2))


@pytest.mark.parametrize("angle_deg", [0.0, -20.0, 361.0, float("nan")])
def test_no_such_angle_is_a_sentence(angle_deg: float) -> None:
    with pytest.raises(SettingInvalid, match="degrees is not possible"):
        Bend("outer", angle_deg)


def test_a_piece_stands_with_its_back_to_the_rear() -> None:
    flat = build(waves(), SIZE)

    upright = standing(flat)

    assert not upright.bounds_mm[0].any()
    right, far, high = flat.bounds_mm[1]
    assert upright.bounds_mm[1] == pytest.approx([right, high, far], abs=1e-5)
    assert check_closed(upright).volume_mm3 == pytest.approx(check_closed(flat).volume_mm3)
    at_back = upright.vertices[flat.vertices[:, 2] == 0]
    assert at_back[:, 1] == pytest.approx(high, abs=1e-5)


def test_milling_starts_at_the_highest_point() -> None:
    lying = build(waves(), SIZE, mode="planar")

    low, high = top_at_zero(lying).bounds_mm

    assert (low[2], high[2]) == (pytest.approx(-np.ptp(lying.vertices[:, 2])), 0)
