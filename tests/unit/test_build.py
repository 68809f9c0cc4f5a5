"""Pieces of any kind: closed as solids, clean as surfaces, true to the map in their volume."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid
from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.bend import LEAST_SAG_MM, SAG_OF_THINNEST
from printd.geometry.mesh.borders import border_edges, border_loops
from printd.geometry.mesh.build import Piece, Shape, build, build_piece
from printd.geometry.mesh.mesh import Mesh, check_closed
from printd.geometry.mesh.pose import standing
from printd.geometry.mesh.stl import RECORD, write_faces
from printd.geometry.shape import outlines
from tests.pieces import (
    KINDS,
    Wish,
    as_read_back,
    cells_of,
    outline_of,
    parts,
    piece,
    random_map,
    volume_over,
    what_stays,
)
from tests.rasters import farthest_off

Floats = NDArray[np.float32]
ROUND = 1e-5


def check_piece(heights: Floats, size: ReliefSize, shape: Shape) -> None:
    """Fail unless solid and surface of this piece are what they must be."""
    solid = build_piece(heights, size, shape)
    # A bent body may need more columns than its surface alone: only with these they compare.
    finer_mm = min(shape.tolerance_mm, SAG_OF_THINNEST * float(heights.min()))
    tolerance_mm = shape.tolerance_mm if shape.bend is None else finer_mm
    surface = build_piece(heights, size, replace(shape, mode="planar", tolerance_mm=tolerance_mm))
    found = check_closed(solid.mesh)
    assert found.is_closed, found
    read = check_closed(as_read_back(solid.mesh))
    assert read.is_closed, read
    assert len(solid.mesh.vertices) == found.vertices == read.vertices
    assert parts(solid.mesh) == parts(surface.mesh)
    assert not solid.mesh.bounds_mm[0].any()
    check_surface(surface.mesh)
    # A solid has two sides of everything: a hole makes a handle.
    assert found.vertices - found.triangles // 2 == 2 * euler(surface.mesh)
    check_picture(solid)
    if shape.bend is None:
        assert check_closed(standing(solid.mesh)).is_closed
        check_flat(solid, surface, heights, size, shape)
    check_volume(found.volume_mm3, heights, size, shape)


def check_surface(surface: Mesh) -> None:
    """Fail unless each border edge is single, and each outline a loop of its own."""
    found = check_closed(surface)
    edges = border_edges(surface.faces)
    assert (found.doubled_edges, found.degenerate) == (0, 0)
    assert found.open_edges == len(edges)
    assert len(np.unique(edges[:, 0])) == len(edges)  # no outline meets another, not even itself
    assert euler(surface) == 2 * parts(surface) - len(border_loops(surface.faces))


def euler(surface: Mesh) -> int:
    edges = (3 * len(surface.faces) + len(border_edges(surface.faces))) // 2
    return len(surface.vertices) - edges + len(surface.faces)


def check_picture(made: Piece) -> None:
    """Fail unless the picture lies on the top as it lies on paper: once, and not mirrored."""
    assert (made.uv >= 0).all()
    assert (made.uv <= 1).all()
    assert len(made.uv_faces) == made.top_faces
    a, b, c = made.uv[made.uv_faces].astype(np.float64).swapaxes(0, 1)
    areas = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert areas.min() > 0
    assert areas.sum() / 2 <= 1 + ROUND


def check_flat(
    solid: Piece, surface: Piece, heights: Floats, size: ReliefSize, shape: Shape
) -> None:
    """Fail unless the map is kept to within the tolerance, and closing it costs little."""
    where = surface.uv * np.array([size.width_mm, size.height_mm], np.float32)
    in_place = np.column_stack([where, surface.mesh.vertices[:, 2]])
    off = farthest_off(Mesh(in_place, surface.mesh.faces), heights, size)
    tolerance_mm = shape.tolerance_mm if shape.triangulation == "adaptive" else 0.0
    assert np.nanmax(off) <= tolerance_mm + ROUND
    if shape.outline is None and shape.cutoff_mm is None:
        assert not np.isnan(off).any()
    if not np.isnan(off).any():
        border = len(border_edges(surface.mesh.faces))
        assert len(solid.mesh.faces) - surface.top_faces <= border + 10


def check_volume(volume_mm3: float, heights: Floats, size: ReliefSize, shape: Shape) -> None:
    """Fail unless the volume is that of the map, round where it is bent."""
    area_mm2, off_mm = size.width_mm * size.height_mm, shape.tolerance_mm
    if shape.bend is not None:
        highest_mm = float(heights.max())
        area_mm2 *= 1 + highest_mm / shape.bend.radius_mm(size.width_mm, highest_mm)
        off_mm = max(off_mm, LEAST_SAG_MM)
    true = volume_over(top_of(heights, size, shape), shape.bend, size)
    allowed = max(0.001 * true, off_mm * area_mm2)
    assert abs(volume_mm3 - true) <= allowed + ROUND


def top_of(heights: Floats, size: ReliefSize, shape: Shape) -> Mesh:
    """Return two triangles for each cell of what stays, flat."""
    heights, field = what_stays(heights, size, shape)
    if field is None:
        return cells_of(heights, size, alternate=shape.triangulation == "adaptive")
    return build(heights, size, mode="planar", triangulation="dense", outline=field, island_mm2=0.0)


def check(wish: Wish) -> None:
    size = wish.size()
    heights, shape = wish.made(size)
    try:
        build_piece(heights, size, shape)
    except SettingInvalid as refused:
        event(refused.problem.split(":")[0])
        return
    check_piece(heights, size, shape)


LENGTHS = st.integers(1, 64) | st.integers(1, 160) | st.sampled_from([32, 64, 96, 128])
ANGLES = st.just(360.0) | st.floats(0.5, 360)
WISHES = st.builds(
    Wish,
    rows=LENGTHS,
    cols=LENGTHS,
    longest_mm=st.sampled_from([2.0, 300.0]) | st.floats(2, 300),
    base=st.sampled_from([0.0, 0.05]),
    sigma=st.sampled_from([None, 0.0, 1.0, 4.0, 20.0]),
    seed=st.integers(0, 2**32 - 1),
    tolerance_mm=st.sampled_from([0.0, 0.002, 0.02, 0.3, 5.0]),
    kind=st.sampled_from(KINDS),
    cutoff=st.none() | st.floats(0, 0.95),
    triangulation=st.sampled_from(["adaptive", "adaptive", "dense"]),
    islands=st.sampled_from([0.0, 0.001, 0.02]),
    bend=st.none() | st.tuples(st.sampled_from(["outer", "inner"]), ANGLES),
    holes=st.sampled_from([0, 0, 1, 2]),
    has_rim=st.booleans(),
    has_feet=st.sampled_from([False, False, False, True]),
)


# Wedges whose vertices are in line once they are bent, or stood up, and rounded.
COLLAPSING_BENT = Wish(
    rows=2,
    cols=155,
    longest_mm=300.0,
    base=0.0,
    sigma=0.0,
    seed=0,
    tolerance_mm=0.0,
    kind="rectangle",
    cutoff=None,
    triangulation="adaptive",
    islands=0.0,
    bend=("outer", 282.0),
    holes=0,
    has_rim=False,
    has_feet=True,
)
COLLAPSING_UPRIGHT = replace(COLLAPSING_BENT, rows=96, cols=33, base=0.05, sigma=None, bend=None)


@settings(max_examples=100, deadline=None, derandomize=True)
@example(COLLAPSING_BENT)
@example(COLLAPSING_UPRIGHT)
@given(WISHES)
def test_every_piece_is_clean(wish: Wish) -> None:
    check(wish)


@pytest.mark.full
@pytest.mark.timeout(3600)
@settings(max_examples=1000, deadline=None)
@given(WISHES)
def test_a_thousand_pieces_are_clean(wish: Wish) -> None:
    check(wish)


@pytest.mark.parametrize(
    ("corners", "expected"),
    [((1, -1, -1, 1), 1), ((1, -3, -3, 1), 2), ((-1, 1, 1, -1), 1), ((-3, 1, 1, -3), 2)],
)
def test_parts_that_meet_at_a_corner_hang_together_by_a_neck_or_not_at_all(
    corners: tuple[int, int, int, int], expected: int
) -> None:
    field = np.full((4, 4), -5, np.float32)
    field[1:3, 1:3] = np.reshape(corners, (2, 2))

    mesh = build(np.full((4, 4), 3, np.float32), piece(3, 3), outline=field, island_mm2=0)

    assert check_closed(mesh).is_closed
    assert parts(mesh) == expected


def test_small_islands_go_and_large_ones_stay() -> None:
    size = ReliefSize(100, 100, 5, 2, 100, 100)
    heights = np.full((101, 101), 2, np.float32)
    heights[10:40, 10:40] = heights[60:64, 60:64] = heights[80, 80] = 6

    counts = [
        parts(build(heights, size, cutoff_mm=4, island_mm2=least)) for least in (0, 4, 20, 800)
    ]

    assert counts == [3, 2, 1, 1]


def test_nothing_left_is_a_sentence() -> None:
    with pytest.raises(SettingInvalid, match="leave nothing"):
        build(np.full((9, 9), 3, np.float32), piece(8, 8), cutoff_mm=4)


def test_the_cut_runs_where_the_map_reaches_the_height() -> None:
    down, across = np.indices((65, 65))
    heights = (2 + 0.37 + across / 16 + down / 64).astype(np.float32)

    made = build_piece(heights, piece(64, 64), Shape(cutoff_mm=4.0, mode="planar"))

    rim = np.unique(border_edges(made.mesh.faces))
    inner = rim[(made.uv[rim] > 0).all(axis=1) & (made.uv[rim] < 1).all(axis=1)]
    assert len(inner) > 60
    assert made.mesh.vertices[inner, 2] == pytest.approx(4.0, abs=0.005)


@pytest.mark.parametrize(("kind", "area"), [("circle", np.pi * 30**2), ("ellipse", np.pi * 1200)])
def test_round_pieces_are_round(kind: str, area: float) -> None:
    size = ReliefSize(80, 60, 5, 2, 256, 192)

    mesh = build(np.full((193, 257), 2, np.float32), size, outline=outline_of(kind, size, 1))

    assert check_closed(mesh).volume_mm3 == pytest.approx(2 * area, rel=2e-3)
    assert not mesh.bounds_mm[0].any()


def test_a_rounded_rectangle_keeps_its_sides_and_loses_its_corners() -> None:
    size = ReliefSize(80, 60, 5, 2, 256, 192)

    mesh = build(
        np.full((193, 257), 2, np.float32), size, outline=outlines.rounded(size, radius_mm=10)
    )

    assert np.array_equal(mesh.bounds_mm, np.array([[0, 0, 0], [80, 60, 2]], np.float32))
    assert check_closed(mesh).volume_mm3 == pytest.approx(
        2 * (80 * 60 - (4 - np.pi) * 100), rel=1e-3
    )


def test_a_heart_fills_the_piece_and_points_at_the_viewer() -> None:
    size = ReliefSize(80, 60, 5, 2, 256, 192)

    mesh = build(np.full((193, 257), 2, np.float32), size, outline=outlines.heart(size))

    right, far, _ = mesh.bounds_mm[1]
    assert far == pytest.approx(60, abs=0.1)
    tip = mesh.vertices[mesh.vertices[:, 1].argmin()]
    assert tip[0] == pytest.approx(right / 2, abs=0.5)


def test_a_ring_has_two_outlines_and_a_hole() -> None:
    size = piece(64, 64)
    ring = np.minimum(outlines.circle(size), -outlines.circle(size, rim_mm=20))

    surface = build(random_map(64, 64, 4, 1), size, outline=ring, mode="planar")
    solid = check_closed(build(random_map(64, 64, 4, 1), size, outline=ring))

    assert len(border_loops(surface.faces)) == 2
    assert solid.is_closed
    assert solid.vertices - solid.triangles // 2 == 0  # a torus


def test_doubled_sizes_double_every_coordinate() -> None:
    heights, size = random_map(64, 96, 4, 1), piece(64, 96)
    twice = ReliefSize(2 * size.width_mm, 2 * size.height_mm, 10, 4, 96, 64)

    one = build(heights, size, outline=outlines.circle(size), tolerance_mm=0.02)
    two = build(2 * heights, twice, outline=outlines.circle(twice), tolerance_mm=0.04)

    assert np.array_equal(one.faces, two.faces)
    assert two.vertices == pytest.approx(2 * one.vertices, abs=1e-4)


def test_the_file_has_the_mesh_and_true_normals() -> None:
    size = piece(64, 96)
    mesh = build(random_map(64, 96, 4, 1), size, outline=outlines.heart(size))
    out = io.BytesIO()

    write_faces(out, mesh.vertices, mesh.faces)

    body = np.frombuffer(out.getvalue()[84:], RECORD)
    assert np.array_equal(body["corners"], mesh.vertices[mesh.faces])
    a, b, c = body["corners"].astype(np.float64).swapaxes(0, 1)
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    assert body["normal"] == pytest.approx(normal, abs=1e-3)
