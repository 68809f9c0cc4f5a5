"""A mesh is turned when that saves support, and left alone when it stands well."""

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from printd.geometry.mesh.mesh import Mesh, check_closed
from printd.geometry.mesh.orient import least_support
from tests.peers.bodies import blocks, body_of

T_SHAPE = blocks([[[0, 0, 1]], [[1, 1, 1]], [[0, 0, 1]]])  # stands on its stem
TABLE = blocks(
    [
        [[x in (0, 3) and y in (0, 3), x in (0, 3) and y in (0, 3), 1] for y in range(4)]
        for x in range(4)
    ]
)
PLATE = body_of(((0, 0, 0), (60, 40, 3)))


def turned_by(mesh: Mesh, *axis_and_degrees: float) -> Mesh:
    *axis, degrees = axis_and_degrees
    matrix = Rotation.from_rotvec(np.array(axis) / np.linalg.norm(axis) * np.radians(degrees))
    points = matrix.apply(mesh.vertices.astype(float))
    return Mesh((points - points.min(axis=0)).astype(np.float32), mesh.faces)


def of_trimesh(shape: trimesh.Trimesh) -> Mesh:
    points = shape.vertices - shape.vertices.min(axis=0)
    return Mesh(points.astype(np.float32), shape.faces.astype(np.int32))


def test_the_heaps_of_cubes_are_closed() -> None:
    for mesh in (T_SHAPE, TABLE):
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
    ],
)
def test_what_stands_well_stays_as_it_was_given(mesh: Mesh) -> None:
    same, turn = least_support(mesh)
    assert same is mesh
    assert turn.degrees == 0


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
