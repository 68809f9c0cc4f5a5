"""The check for closed solids must find each fault that it is for."""

import numpy as np
import pytest

from printd.geometry.mesh.mesh import Mesh, check_closed

CORNERS = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], np.float32)
FACES = np.array([(0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)], np.int32)


def test_a_tetrahedron_is_closed() -> None:
    report = check_closed(Mesh(CORNERS, FACES))

    assert report.is_closed
    assert (report.vertices, report.triangles) == (4, 4)
    assert report.volume_mm3 == pytest.approx(1 / 6)


def test_a_missing_triangle_leaves_three_open_edges() -> None:
    report = check_closed(Mesh(CORNERS, FACES[:3]))

    assert (report.open_edges, report.is_closed) == (3, False)


def test_a_turned_triangle_is_found() -> None:
    faces = FACES.copy()
    faces[0] = faces[0, ::-1]

    report = check_closed(Mesh(CORNERS, faces))

    assert report.doubled_edges == 3
    assert not report.is_closed


def test_a_solid_inside_out_is_not_closed() -> None:
    report = check_closed(Mesh(CORNERS, FACES[:, ::-1].copy()))

    assert (report.open_edges, report.is_closed) == (0, False)
    assert report.volume_mm3 < 0


def test_two_solids_that_share_a_corner_are_a_bow_tie() -> None:
    other = 4 - FACES[:, ::-1]  # shares vertex 3 as its own number 1
    corners = np.concatenate([CORNERS, CORNERS[:3] + np.float32(5)])
    second = np.where(FACES == 3, 3, FACES + 4)

    report = check_closed(Mesh(corners, np.concatenate([FACES, second]).astype(np.int32)))

    assert len(other) == 4
    assert (report.open_edges, report.bow_ties, report.is_closed) == (0, 1, False)


def test_two_solids_side_by_side_are_no_bow_tie() -> None:
    corners = np.concatenate([CORNERS, CORNERS + np.float32(5)])

    report = check_closed(Mesh(corners, np.concatenate([FACES, FACES + 4])))

    assert (report.bow_ties, report.is_closed) == (0, True)


def test_a_triangle_without_area_is_found() -> None:
    corners = CORNERS.copy()
    corners[2] = (2, 0, 0)

    report = check_closed(Mesh(corners, FACES))

    assert report.degenerate == 1
    assert not report.is_closed


def test_no_triangles_are_no_solid() -> None:
    assert not check_closed(Mesh(CORNERS, FACES[:0])).is_closed
