"""Triangles without area are turned away, but not at an open edge nor into the picture."""

import numpy as np
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.build import Shape, build_piece
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.pose import standing
from printd.geometry.mesh.slivers import without_area, without_slivers
from printd.geometry.shape import outlines

SIZE = ReliefSize(80, 60, 3, 1, 96, 72)
# A square whose lower side has a further corner, 4; the sliver between lies on that side.
CORNERS = np.array([[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0], [1, 0, 0]], np.float32)
SLIVER, HALF, OTHER = [0, 4, 1], [0, 1, 2], [0, 2, 3]


def mesh_of(*faces: list[int]) -> Mesh:
    return Mesh(CORNERS, np.array(faces, np.int32))


def rough() -> NDArray[np.float32]:
    return np.random.default_rng(3).uniform(1, 4, (73, 97)).astype(np.float32)


def area(mesh: Mesh) -> float:
    a, b, c = mesh.vertices[mesh.faces].swapaxes(0, 1)
    return float(np.cross(b - a, c - a)[:, 2].sum() / 2)


def test_a_sliver_and_its_neighbour_become_two_others_over_the_same_ground() -> None:
    turned = without_slivers(mesh_of(OTHER, HALF, SLIVER))

    assert not len(without_area(turned.vertices, turned.faces))
    assert area(turned) == 4
    assert turned.faces[0].tolist() == OTHER


def test_a_sliver_at_an_open_edge_stays() -> None:
    # Its longest edge is the border of the mesh: nothing lies beyond.
    outside = mesh_of([1, 4, 0], OTHER)

    assert (without_slivers(outside).faces == outside.faces).all()


def test_faces_before_the_first_stay_as_they_are() -> None:
    before = mesh_of(HALF, OTHER, SLIVER)

    assert (without_slivers(before, first=2).faces == before.faces).all()
    assert (without_slivers(before, first=0).faces != before.faces).any()


def test_the_picture_lies_on_a_standing_piece_as_it_did() -> None:
    for mode in ("solid", "planar"):
        for keep in (None, outlines.circle(SIZE)):
            piece = build_piece(rough(), SIZE, Shape(mode=mode, outline=keep))

            upright = standing(piece.mesh, piece.top_faces)

            top = upright.faces[: piece.top_faces]
            assert (top == piece.uv_faces).all()
            assert not len(without_area(upright.vertices, top))


def test_an_open_mesh_with_a_sliver_stands() -> None:
    upright = standing(mesh_of([1, 4, 0], OTHER, HALF))

    assert upright.bounds_mm[1].tolist() == [2, 0, 2]
