"""The solid: closed on vertex numbers and on the file's own bytes, exact in size and volume."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.geometry.files.meshio import read_stl
from printd.geometry.mesh.mesh import check_closed
from printd.geometry.mesh.relief import heights_in_mm, solid, write_relief_stl
from printd.geometry.mesh.stl import HEADER_BYTES, RECORD

Floats = NDArray[np.float32]


def size_of(rows: int, cols: int, **values: float) -> ReliefSize:
    sizes = {"width_mm": 80.0, "height_mm": 80.0 * rows / cols, "relief_mm": 8.0, "base_mm": 4.0}
    return ReliefSize(rows=rows, cols=cols, **(sizes | values))


def random_heights(rows: int, cols: int, seed: int = 1) -> Floats:
    heights = np.random.default_rng(seed).random((rows + 1, cols + 1), dtype=np.float32)
    heights[rows // 2, cols // 2], heights[0, 0] = 1, 0
    return heights


SHAPES = {
    "noise": random_heights(40, 60),
    "narrow": random_heights(1, 30),
    "ramp": np.tile(np.linspace(0, 1, 61, dtype=np.float32), (41, 1)),
    "checkerboard": (np.indices((41, 61)).sum(axis=0) % 2).astype(np.float32),
    "spike": np.pad(np.ones((1, 1), np.float32), ((20, 20), (30, 30))),
    "spike on the border": np.pad(np.ones((1, 1), np.float32), ((40, 0), (30, 30))),
    "bowl": (np.hypot(*np.indices((41, 61)) - 20.0) / 60).astype(np.float32).clip(0, 1),
    "dome": 1 - (np.hypot(*np.indices((41, 61)) - 20.0) / 60).astype(np.float32).clip(0, 1),
    "level": np.zeros((41, 61), np.float32),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_solid_is_closed(tmp_path: Path, name: str) -> None:
    heights = SHAPES[name]
    size = size_of(heights.shape[0] - 1, heights.shape[1] - 1)
    file = tmp_path / "relief.stl"
    with file.open("wb") as out:
        made = write_relief_stl(out, heights_in_mm(heights, size), size)

    by_number = check_closed(solid(heights_in_mm(heights, size), size))
    by_file = check_closed(read_stl(file))

    for report in (by_number, by_file):
        assert report.is_closed, report
        assert report.vertices - 3 * report.triangles // 2 + report.triangles == 2
        assert report.triangles == made.triangles
        assert report.volume_mm3 == pytest.approx(made.volume_mm3, rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    heights=arrays.arrays(
        np.float32,
        st.tuples(st.integers(2, 12), st.integers(2, 12)),
        # Few values make many equal neighbours; tiny steps try the rounding.
        elements=st.sampled_from([0.0, 1.0, 0.5, 0.25, 1e-7, 0.5 + 1e-7, 0.3333333]),
    )
)
def test_any_height_map_closes(heights: Floats) -> None:
    size = size_of(heights.shape[0] - 1, heights.shape[1] - 1)

    assert check_closed(solid(heights_in_mm(heights, size), size)).is_closed


def test_walls_and_back_cost_one_triangle_a_border_vertex_and_six() -> None:
    heights, size = random_heights(40, 60), size_of(40, 60)

    faces = solid(heights_in_mm(heights, size), size).faces

    assert len(faces) == 2 * 40 * 60 + 2 * (40 + 60) + 6


def test_a_flat_plate_is_a_box_of_twelve_triangles() -> None:
    size = size_of(40, 60)

    made = write_relief_stl(io.BytesIO(), heights_in_mm(SHAPES["level"], size), size)

    assert made.triangles == 12
    assert made.bbox_mm == pytest.approx((80, 80 * 40 / 60, 4))
    assert made.volume_mm3 == pytest.approx(80 * 80 * 40 / 60 * 4)


def test_the_volume_is_that_of_the_prisms_under_the_grid() -> None:
    size = size_of(40, 60)
    ramp = heights_in_mm(SHAPES["ramp"], size)

    made = write_relief_stl(io.BytesIO(), ramp, size)

    assert made.volume_mm3 == pytest.approx(80 * 80 * 40 / 60 * 8, rel=1e-6)


@pytest.mark.parametrize("quality", [128, 512])
@pytest.mark.parametrize("aspect", [1.0, 1.7777, 0.31])
def test_the_piece_has_the_size_that_was_asked(tmp_path: Path, quality: int, aspect: float) -> None:
    size = ReliefSettings(mesh_quality=quality, longest_mm=97.3, relief_mm=3.1).resolve(aspect)
    file = tmp_path / "relief.stl"
    with file.open("wb") as out:
        write_relief_stl(out, heights_in_mm(random_heights(size.rows, size.cols), size), size)

    low, high = read_stl(file).bounds_mm

    expected = (size.width_mm, size.height_mm, size.base_mm + size.relief_mm)
    assert (low == 0).all()
    assert high == pytest.approx(expected, abs=1e-4)
    assert max(high[:2]) == pytest.approx(97.3, abs=1e-5)


def test_the_photo_lies_face_up_and_not_mirrored() -> None:
    heights = np.zeros((5, 5), np.float32)
    heights[0, 4] = 1  # the upper right corner of the picture

    mesh = solid(heights_in_mm(heights, size_of(4, 4)), size_of(4, 4))

    top = mesh.vertices[mesh.vertices[:, 2].argmax()]
    assert tuple(top) == (80, 80, 12)


def test_every_sample_is_a_vertex() -> None:
    heights, size = random_heights(40, 60), size_of(40, 60)

    top = solid(heights_in_mm(heights, size), size).vertices[: heights.size]

    assert np.array_equal(top[:, 2].reshape(heights.shape), heights_in_mm(heights, size))


def test_twice_the_size_is_twice_every_coordinate() -> None:
    heights, size = random_heights(40, 60), size_of(40, 60)
    double = size_of(40, 60, width_mm=160.0, height_mm=320 / 3, relief_mm=16.0, base_mm=8.0)

    small = solid(heights_in_mm(heights, size), size)
    large = solid(heights_in_mm(heights, double), double)

    assert np.allclose(large.vertices, 2 * small.vertices, rtol=1e-6)


def test_a_turned_map_gives_the_turned_solid() -> None:
    heights, size = random_heights(40, 60), size_of(40, 60)
    turned_size = size_of(60, 40, width_mm=size.height_mm, height_mm=size.width_mm)

    upright = solid(heights_in_mm(heights, size), size).vertices
    turned = solid(heights_in_mm(np.rot90(heights).copy(), turned_size), turned_size).vertices
    # A quarter to the left: what was right is up.
    back = np.stack([turned[:, 1], size.height_mm - turned[:, 0], turned[:, 2]], axis=1)

    def ordered(points: Floats) -> Floats:
        rounded = np.round(points, 3)
        return rounded[np.lexsort(rounded.T)]

    assert np.allclose(ordered(back), ordered(upright), atol=2e-3)


def test_normals_are_unit_and_point_where_the_corners_say() -> None:
    out = io.BytesIO()
    heights, size = random_heights(40, 60), size_of(40, 60)
    write_relief_stl(out, heights_in_mm(heights, size), size)

    written = np.frombuffer(out.getvalue(), RECORD, offset=HEADER_BYTES)
    a, b, c = written["corners"].astype(np.float64).swapaxes(0, 1)
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)

    assert np.abs(normal - written["normal"]).max() < 1e-5
    assert not written["extra"].any()


def test_the_file_does_not_begin_like_a_text_file() -> None:
    out = io.BytesIO()
    size = size_of(4, 4)
    made = write_relief_stl(out, heights_in_mm(random_heights(4, 4), size), size)

    assert not out.getvalue().startswith(b"solid")
    assert len(out.getvalue()) == made.bytes == 84 + 50 * made.triangles


def test_strips_leave_no_seam() -> None:
    # More cells than one strip holds, in rows that do not divide evenly.
    size = size_of(501, 211)
    heights = heights_in_mm(random_heights(501, 211), size)
    out = io.BytesIO()
    write_relief_stl(out, heights, size)

    written = np.frombuffer(out.getvalue(), RECORD, offset=HEADER_BYTES)["corners"]
    mesh = solid(heights, size)

    assert np.array_equal(written, mesh.vertices[mesh.faces])
