"""Triangles into samples: what is nearest, which way it faces, and no gap between neighbours."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from printd.geometry.drawing.normals import normals
from printd.geometry.drawing.raster import draw, unpacked

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


def drawn(points: Floats, faces: Ints, rows: int = 60, cols: int = 80) -> NDArray[np.uint64]:
    """Draw triangles given in samples, y downwards, counter-clockwise seen by the viewer."""
    turned = points * np.array([[1], [-1], [50]], np.float32)
    samples = np.zeros((rows, cols), np.uint64)
    draw(points, faces, *normals(turned, faces), samples)
    return samples


def scattered(seed: int, count: int) -> tuple[Floats, Ints]:
    """Return random triangles that fill a rectangle from 5 to 75 by 5 to 55."""
    dice = np.random.default_rng(seed)
    inner = dice.random((count, 2)) * [70, 50] + 5
    flat = np.concatenate([inner, [(5, 5), (75, 5), (75, 55), (5, 55)]])
    faces = Delaunay(flat).simplices
    a, b, c = flat[faces].swapaxes(0, 1)
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    faces[area > 0] = faces[area > 0][:, ::-1]  # y runs downwards
    points = np.column_stack([flat, dice.random(len(flat))])
    return points.T.astype(np.float32), np.ascontiguousarray(faces.T, np.int32)


@pytest.mark.parametrize("count", [0, 3, 40, 3000])
@pytest.mark.parametrize("seed", range(4))
def test_neighbours_leave_no_gap(seed: int, count: int) -> None:
    samples = drawn(*scattered(seed, count))

    inside = np.zeros(samples.shape, bool)
    inside[5:55, 5:75] = True
    assert np.array_equal(samples > 0, inside)


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_do_not_overlap(seed: int) -> None:
    points, faces = scattered(seed, 300)
    order = np.random.default_rng(seed).permutation(faces.shape[1])

    halves = [drawn(points, np.ascontiguousarray(faces[:, part])) for part in np.split(order, [99])]

    assert not ((halves[0] > 0) & (halves[1] > 0)).any()


@pytest.mark.parametrize("seed", range(4))
def test_nearness_is_that_of_the_triangle_under_each_sample(seed: int) -> None:
    points, faces = scattered(seed, 40)
    y, x = np.indices((50, 70)).reshape(2, -1) + 5.5

    near, _, _ = unpacked(drawn(points, faces)[5:55, 5:75].ravel())

    for triangle in faces.T:
        a, b, c = points[:2, triangle].T
        shares = np.linalg.solve(np.column_stack([b - a, c - a]), np.stack([x, y]) - a[:, None])
        inside = (shares >= 1e-4).all(axis=0) & (shares.sum(axis=0) <= 1 - 1e-4)
        heights = points[2, triangle]
        wanted = heights[0] + (heights[1:] - heights[0]) @ shares[:, inside]
        assert np.abs(near[inside] - wanted).max(initial=0) < 2e-3


def test_the_nearest_is_seen_whatever_the_order() -> None:
    far = np.array([(0, 0, 0.2), (0, 60, 0.2), (80, 60, 0.2), (80, 0, 0.2)], np.float32)
    near = far * np.float32(0.5) + np.array([20, 15, 0.5], np.float32)
    points = np.ascontiguousarray(np.concatenate([far, near]).T)
    faces = np.array([(0, 1, 2), (0, 2, 3), (4, 5, 6), (4, 6, 7)], np.int32).T

    one, other = drawn(points, faces), drawn(points, np.ascontiguousarray(faces[:, ::-1]))

    assert np.array_equal(one, other)
    nearness = unpacked(one)[0]
    assert nearness[30, 40] == pytest.approx(0.6, abs=1e-3)
    assert nearness[2, 2] == pytest.approx(0.2, abs=1e-3)


def test_faces_turned_away_or_edge_on_are_not_drawn() -> None:
    points = np.array([(5, 5, 0), (5, 55, 0), (75, 55, 0), (5, 55, 1)], np.float32).T
    faces = np.array([(0, 2, 1), (0, 1, 3)], np.int32).T

    assert not drawn(np.ascontiguousarray(points), np.ascontiguousarray(faces)).any()


def test_slivers_keep_within_their_corners() -> None:
    dice = np.random.default_rng(3)
    start, end = dice.random((2, 500, 3)) * [80, 60, 1]
    third = start + (end - start) * dice.random((500, 1)) + dice.normal(0, 1e-3, (500, 3))
    points = np.concatenate([start, end, third])
    points[:, :2] = np.clip(points[:, :2], 0, [80, 60])
    points[:, 2] = 0.5
    numbers = np.arange(500)
    faces = np.stack([numbers, numbers + 500, numbers + 1000]).astype(np.int32)

    both = np.concatenate([faces, faces[::-1]], axis=1)
    samples = drawn(np.ascontiguousarray(points.T, np.float32), both)

    near, right, up = unpacked(samples[samples > 0])
    assert np.abs(near - 0.5).max() < 1e-3
    assert np.abs(right).max() < 0.02
    assert np.abs(up).max() < 0.02


def test_smooth_surfaces_face_evenly_and_edges_do_not() -> None:
    roof = np.array([(10, 5, 0), (40, 5, 0.4), (70, 5, 0)], np.float32)
    points = np.concatenate([roof, roof + np.array([0, 50, 0], np.float32)]).T
    faces = np.array([(0, 3, 1), (1, 3, 4), (1, 4, 2), (2, 4, 5)], np.int32).T
    flat = points * np.array([[1], [1], [0.2]], np.float32)

    steep, gentle = (
        unpacked(drawn(np.ascontiguousarray(p), faces)[30, 11:69])[1] for p in (points, flat)
    )

    assert np.abs(np.diff(steep)).max() > 0.5
    assert np.abs(np.diff(gentle)).max() < 0.02
    assert gentle[0] < -0.1
    assert gentle[-1] > 0.1


def test_normals_of_a_divided_box_do_not_depend_on_how_it_is_divided() -> None:
    corners = np.array(
        [(0, 0, 0), (4, 0, 0), (4, 4, 0), (0, 4, 0), (2, 2, 0), (2, 0, 3)], np.float32
    )
    few = np.array([(0, 1, 2), (0, 2, 3), (0, 5, 1)], np.int32).T
    many = np.array([(0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4), (0, 5, 1)], np.int32).T

    at_few, at_many = (
        normals(np.ascontiguousarray(corners.T), np.ascontiguousarray(f))[1] for f in (few, many)
    )

    assert at_few[:, 2] == pytest.approx([0, 0, 1])
    assert at_many[:, 4] == pytest.approx([0, 0, 1])
    assert np.abs(at_few[:, 0] - at_many[:, 0]).max() < 1e-6
