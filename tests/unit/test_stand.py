"""What hangs over, what support that needs, and whether it holds, of shapes with known sizes."""

import numpy as np
import pytest
import trimesh
from hypothesis import example, given, settings
from hypothesis import strategies as st

from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.stand import ON_BED_MM, Skin, Stand
from tests.peers.bodies import body_of
from tests.peers.figures import CHAIR, T_SHAPE, finer_where, of_trimesh, round_body, turned_by

DOWN = np.array([0.0, 0.0, -1.0])


def stand(mesh: Mesh) -> Stand:
    return Skin.of(mesh).stand(DOWN)


def test_a_box_needs_nothing_and_holds() -> None:
    found = stand(body_of(((5, 6, 7), (20, 10, 30))))
    assert (found.overhang_mm2, found.support_mm3) == (0, 0)
    assert found.contact_mm2 == pytest.approx(200)
    assert found.height_mm == pytest.approx(30)
    assert found.hold == pytest.approx(200 * 5 / (2 * 30))


def test_support_goes_down_to_the_bed() -> None:
    found = stand(T_SHAPE)
    assert found.overhang_mm2 == pytest.approx(200)
    assert found.support_mm3 == pytest.approx(200 * 20)
    assert found.contact_mm2 == pytest.approx(100)


def test_support_may_stand_on_the_mesh_itself() -> None:
    bracket = body_of(
        ((0, 0, 0), (40, 40, 10)), ((0, 0, 10), (10, 40, 30)), ((0, 0, 40), (40, 40, 5))
    )
    found = stand(bracket)
    assert found.support_mm3 == pytest.approx(30 * 40 * 30, rel=0.05)


@pytest.mark.parametrize(("degrees", "hangs"), [(44, True), (45, False), (46, False)])
def test_45_degrees_are_printed_in_the_air(degrees: float, hangs: bool) -> None:
    out_mm = 20.0
    up_mm = out_mm * np.tan(np.radians(degrees))
    funnel = round_body((0, 0), (10, 0), (10 + out_mm, up_mm), (0, up_mm))
    assert (stand(funnel).overhang_mm2 > 0) is hangs


def test_of_a_ball_a_cap_lies_on_the_bed_and_a_slice_hangs_over() -> None:
    radius = 20.0
    found = stand(of_trimesh(trimesh.creation.icosphere(6, radius)))
    cap_mm2 = np.pi * (2 * radius - ON_BED_MM) * ON_BED_MM
    assert found.contact_mm2 == pytest.approx(cap_mm2, rel=0.02)
    assert found.overhang_mm2 == pytest.approx(np.pi * radius**2 / 2 - cap_mm2, rel=0.02)
    assert found.hold > 1


def test_its_weight_beside_its_foot_makes_it_fall() -> None:
    hook = body_of(((0, 0, 0), (10, 20, 40)), ((10, 0, 30), (60, 20, 10)))
    assert stand(hook).hold == 0
    counterweight = body_of(
        ((0, 0, 0), (10, 20, 40)), ((10, 0, 30), (60, 20, 10)), ((-60, 0, 0), (60, 20, 10))
    )
    assert stand(counterweight).is_stable


def test_a_needle_comes_off() -> None:
    assert not stand(body_of(((0, 0, 0), (2, 2, 60)))).is_stable
    assert stand(body_of(((0, 0, 0), (8, 8, 60)))).is_stable


@settings(max_examples=30, deadline=None)
@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 1), st.floats(3, 357), st.integers(0, 50))
def test_finer_triangles_change_nothing(
    x: float, y: float, z: float, degrees: float, start: int
) -> None:
    mesh = turned_by(CHAIR, x, y, z, degrees)
    chosen = np.arange(len(mesh.faces)) % 17 == start % 17
    coarse, fine = stand(mesh), stand(finer_where(mesh, chosen, 4))
    assert fine.overhang_mm2 == pytest.approx(coarse.overhang_mm2, rel=1e-3, abs=1)
    assert fine.support_mm3 == pytest.approx(coarse.support_mm3, rel=0.03, abs=100)
    assert fine.contact_mm2 == pytest.approx(coarse.contact_mm2, rel=1e-3, abs=0.1)
    assert fine.hold == pytest.approx(coarse.hold, rel=1e-2, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 1), st.floats(3, 357))
@example(0.0, 2.2250738585e-313, 1.0, 3.0)  # flat but for the last bits
def test_to_look_another_way_is_to_turn_the_mesh(
    x: float, y: float, z: float, degrees: float
) -> None:
    turned = turned_by(CHAIR, x, y, z, degrees)
    axis = np.array([x, y, z]) / np.linalg.norm([x, y, z])
    a = np.radians(degrees)
    way = (
        DOWN * np.cos(a) - np.cross(axis, DOWN) * np.sin(a) + axis * (axis @ DOWN) * (1 - np.cos(a))
    )
    looked, found = Skin.of(CHAIR).stand(way), stand(turned)
    assert looked.overhang_mm2 == pytest.approx(found.overhang_mm2, rel=1e-3, abs=1)
    assert looked.support_mm3 == pytest.approx(found.support_mm3, rel=0.03, abs=100)
    assert looked.contact_mm2 == pytest.approx(found.contact_mm2, rel=1e-2, abs=0.1)
    assert looked.height_mm == pytest.approx(found.height_mm, rel=1e-4)
