"""A mesh is turned when that saves support, and left alone when it stands well."""

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from printd.core.errors import MeshUnprintable
from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.build import build
from printd.geometry.mesh.mesh import Mesh, check_closed
from printd.geometry.mesh.orient import least_support
from printd.geometry.mesh.pose import standing
from tests.peers.bodies import blocks, body_of
from tests.peers.figures import (
    CHAIR,
    T_SHAPE,
    TABLE,
    finer_where,
    mushroom,
    of_trimesh,
    round_body,
    turned_by,
)
from tests.pieces import random_map

PLATE = body_of(((0, 0, 0), (60, 40, 3)))
RELIEF_SIZE = ReliefSize(80, 60, 4, 3, 80, 60)
RELIEF = build(random_map(60, 80, 3.0, 1, 3.0, 4.0), RELIEF_SIZE)


def test_the_heaps_of_cubes_are_closed() -> None:
    for mesh in (T_SHAPE, TABLE, CHAIR):
        assert check_closed(mesh).is_closed
    assert check_closed(TABLE).volume_mm3 == pytest.approx((8 + 16) * 1000)


def test_a_t_is_turned_onto_its_bar() -> None:
    mesh, turn = least_support(T_SHAPE)
    assert turn.degrees == pytest.approx(90) or turn.degrees == pytest.approx(180)
    assert turn.before.support_mm3 == pytest.approx(2 * 100 * 20)
    assert turn.after.support_mm3 == pytest.approx(0)
    assert mesh.bounds_mm[1][2] <= 30


def test_a_table_is_turned_onto_its_top() -> None:
    mesh, turn = least_support(TABLE)
    assert turn.degrees == pytest.approx(180)
    assert turn.after.support_mm3 == 0
    assert turn.after.contact_mm2 == pytest.approx(1600)
    assert mesh.bounds_mm[1].tolist() == [40, 40, 30]


def test_a_cone_on_its_tip_is_put_on_its_foot() -> None:
    cone = of_trimesh(trimesh.creation.cone(15, 40, sections=64))
    upside_down = turned_by(cone, 1, 0, 0, 180)
    mesh, turn = least_support(upside_down)
    assert turn.degrees == pytest.approx(180, abs=0.5)
    assert not turn.before.is_stable
    assert turn.after.is_stable
    assert turn.after.contact_mm2 == pytest.approx(np.pi * 15**2, rel=0.01)
    assert check_closed(mesh).is_closed


@pytest.mark.parametrize(
    "mesh",
    [
        PLATE,
        body_of(((0, 0, 0), (10, 10, 30))),  # a pillar that needs nothing
        turned_by(T_SHAPE, 1, 0, 0, 180),
        turned_by(TABLE, 1, 0, 0, 180),
        RELIEF,
        standing(RELIEF),
        turned_by(mushroom(), 1, 0, 0, 180),  # on its cap
        of_trimesh(trimesh.creation.icosphere(4, 20)),  # no way up is better than another
    ],
)
def test_what_stands_well_stays_as_it_was_given(mesh: Mesh) -> None:
    same, turn = least_support(mesh)
    assert same is mesh
    assert turn.degrees == 0


@pytest.mark.parametrize("degrees", [180, 176, 120])
def test_a_relief_on_its_face_is_turned_over(degrees: float) -> None:
    mesh, turn = least_support(turned_by(RELIEF, 1, 0.2, 0, degrees))
    assert turn.after.support_mm3 == 0
    assert turn.after.contact_mm2 == pytest.approx(80 * 60, rel=0.01)
    assert mesh.bounds_mm[1] == pytest.approx(RELIEF.bounds_mm[1], abs=0.01)


def test_a_mushroom_does_not_stay_on_its_stem() -> None:
    _, turn = least_support(mushroom())
    assert turn.before.overhang_mm2 == pytest.approx(np.pi * (20**2 - 6**2), rel=0.01)
    assert turn.after.support_mm3 < 0.1 * turn.before.support_mm3
    _, from_askew = least_support(turned_by(mushroom(), 1, 0.3, 0, 60))
    assert from_askew.after.support_mm3 == pytest.approx(turn.after.support_mm3, rel=0.05)


def test_a_chair_is_laid_on_its_back() -> None:
    mesh, turn = least_support(CHAIR)
    assert turn.degrees == pytest.approx(90)
    assert turn.before.support_mm3 == pytest.approx((1600 - 4 * 100) * 30)
    assert turn.after.contact_mm2 == pytest.approx(1600 + 400 + 2 * 300)
    assert mesh.bounds_mm[1][2] == 40


@pytest.mark.parametrize("radius_mm", [0.0, 0.5, 2.0])
def test_a_tip_is_no_foot_although_nothing_hangs_over(radius_mm: float) -> None:
    upside_down = round_body((0, 0), (radius_mm, 0), (15, 40), (0, 40))
    _, turn = least_support(upside_down)
    assert turn.before.overhang_mm2 == pytest.approx(0, abs=0.1)
    assert not turn.before.is_stable
    assert turn.after.contact_mm2 == pytest.approx(np.pi * 15**2, rel=0.01)


def test_what_would_fall_over_is_turned() -> None:
    leaning = body_of(((0, 0, 0), (10, 20, 40)), ((10, 0, 30), (60, 20, 10)))
    _, turn = least_support(leaning)
    assert turn.before.hold == 0
    assert turn.after.is_stable


@pytest.mark.parametrize("axis", [(1, 0, 0), (1, 0.3, 0.2), (0.3, 1, -0.5)])
def test_what_was_askew_lies_along_the_bed(axis: tuple[float, float, float]) -> None:
    plate = body_of(((0, 0, 0), (200, 160, 10)))
    mesh, _ = least_support(turned_by(plate, *axis, 45), [(210.0, 170.0, 250.0)])
    assert mesh.bounds_mm[1] == pytest.approx((200, 160, 10), abs=0.01)


def test_the_choice_does_not_hang_on_how_the_skin_is_cut_into_triangles() -> None:
    askew = turned_by(CHAIR, 1, 0.5, 0.2, 70)
    fine = np.zeros(len(CHAIR.faces), bool)
    fine[:3] = True
    finer = finer_where(askew, fine, 9)
    assert len(finer.faces) > 40_000
    _, turn = least_support(askew)
    _, finer_turn = least_support(finer)
    assert finer_turn.degrees == pytest.approx(turn.degrees, abs=0.01)
    assert finer_turn.after.support_mm3 == pytest.approx(turn.after.support_mm3, rel=0.02)


def test_what_needs_less_room_on_the_bed_is_turned_on_it() -> None:
    askew = turned_by(body_of(((0, 0, 0), (100, 20, 10))), 0, 0, 1, 45)
    mesh, turn = least_support(askew, [(110.0, 30.0, 30.0)])
    assert turn.degrees == pytest.approx(45, abs=0.1)
    assert sorted(mesh.bounds_mm[1]) == pytest.approx((10, 20, 100), abs=0.01)
    same, _ = least_support(askew, [(90.0, 90.0, 30.0)])
    assert same is askew


def test_a_mesh_without_an_inside_is_refused() -> None:
    with pytest.raises(MeshUnprintable, match="flat"):
        least_support(Mesh(PLATE.vertices * np.array([1, 1, 0], np.float32), PLATE.faces))
    lines = np.array([[0, 1, 1]] * 4, np.int32)
    with pytest.raises(MeshUnprintable, match="flat"):
        least_support(Mesh(PLATE.vertices, lines))


def test_a_plate_on_its_edge_that_leans_is_laid_down() -> None:
    mesh, turn = least_support(turned_by(PLATE, 0, 1, 0, 30))
    assert turn.degrees == pytest.approx(30, abs=0.1)
    assert mesh.bounds_mm[1][2] == pytest.approx(3, abs=0.01)


def test_a_way_up_that_fits_the_printer_comes_first() -> None:
    room = (35.0, 35.0, 100.0)  # the table's top does not lie there, but it stands there
    long_table = blocks([[[x in (0, 5), x in (0, 5), 1] for _ in range(2)] for x in range(6)])
    anywhere, _ = least_support(long_table)
    there, _ = least_support(long_table, [room])
    assert anywhere.bounds_mm[1][2] == pytest.approx(20) or anywhere.bounds_mm[1][2] == 30
    assert there.bounds_mm[1][2] == pytest.approx(60)


def test_where_none_fits_the_model_is_left_to_be_refused_with_its_size() -> None:
    same, _ = least_support(T_SHAPE, [(5.0, 5.0, 5.0)])
    assert same is T_SHAPE


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 360), st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 1))
def test_a_turned_model_is_the_same_body_on_the_bed(
    degrees: float, x: float, y: float, z: float
) -> None:
    given_mesh = turned_by(TABLE, x, y, z, degrees)
    mesh, turn = least_support(given_mesh)
    report = check_closed(mesh)
    assert report.is_closed
    assert report.volume_mm3 == pytest.approx(24_000, rel=1e-3)
    assert abs(mesh.bounds_mm[0]).max() < 1e-3
    assert turn.after.support_mm3 <= turn.before.support_mm3 + 0.05 * 24_000
    again, _ = least_support(given_mesh)
    assert np.array_equal(again.vertices, mesh.vertices)
    _, second = least_support(mesh)
    assert second.degrees == 0
