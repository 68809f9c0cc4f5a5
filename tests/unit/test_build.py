"""Pieces of any outline: closed as solids, clean as surfaces, true to the map in their volume."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage, sparse

from printd.core.errors import SettingInvalid
from printd.core.relief_settings import ReliefSize
from printd.geometry import outlines
from printd.geometry.borders import border_edges, border_loops
from printd.geometry.build import build
from printd.geometry.mesh import Mesh, check_closed
from printd.geometry.rtin_mesh import triangles
from printd.geometry.stl import RECORD, write_faces
from tests.rasters import farthest_off

Floats = NDArray[np.float32]
ROUND = 1e-5


def piece(rows: int, cols: int) -> ReliefSize:
    return ReliefSize(80.0, 80.0 * rows / cols, 5.0, 2.0, cols, rows)


def random_map(rows: int, cols: int, sigma: float, seed: int) -> Floats:
    """Return hills or noise, 2 to 7 mm, with plateaus at both ends."""
    noise = np.random.default_rng(seed).normal(size=(rows + 1, cols + 1))
    smooth = ndimage.gaussian_filter(noise, sigma)
    spread = (smooth - smooth.min()) / max(np.ptp(smooth), 1e-9)
    heights: Floats = (2 + 5 * (1.4 * spread - 0.2).clip(0, 1)).astype(np.float32)
    return heights


def parts(mesh: Mesh) -> int:
    starts, ends = mesh.faces.ravel(), np.roll(mesh.faces, 1, axis=1).ravel()
    count = len(mesh.vertices)
    edges = sparse.coo_matrix((np.ones(len(starts)), (starts, ends)), shape=(count, count))
    return int(sparse.csgraph.connected_components(edges, directed=False)[0])


def grid_volume(heights: Floats, size: ReliefSize) -> float:
    """Return the volume under two triangles a cell, diagonals like a chessboard."""
    corners = heights.ravel()[triangles(np.ones(heights.shape, bool), 1)]
    share = size.width_mm * size.height_mm / len(corners)
    return float(corners.mean(axis=1, dtype=np.float64).sum() * share)


def outline_of(kind: str, size: ReliefSize, seed: int) -> Floats | None:
    mask = np.random.default_rng(seed).random((7, 9)).round().astype(np.float32)
    makers: dict[str, Callable[[], Floats | None]] = {
        "rectangle": lambda: None,
        "circle": lambda: outlines.circle(size),
        "ellipse": lambda: outlines.ellipse(size),
        "rounded": lambda: outlines.rounded(size, radius_mm=8),
        "heart": lambda: outlines.heart(size),
        "mask": lambda: outlines.from_mask(mask, size),
    }
    return makers[kind]()


KINDS = ["rectangle", "circle", "ellipse", "rounded", "heart", "mask"]


def check_piece(heights: Floats, size: ReliefSize, options: dict[str, Any]) -> None:
    """Fail unless solid and surface of this piece are what they must be."""
    try:
        solid = build(heights, size, **options)
    except SettingInvalid:
        return  # nothing is left, as a test below has it
    surface = build(heights, size, mode="planar", **options)
    found = check_closed(solid)
    assert found.is_closed, found
    assert parts(solid) == parts(surface)
    assert len(solid.vertices) == found.vertices
    check_surface(surface)
    tolerance_mm = options["tolerance_mm"] if options["triangulation"] == "adaptive" else 0.0
    off = farthest_off(surface, heights, size)
    assert np.nanmax(off) <= tolerance_mm + ROUND
    if options["outline"] is None and options["cutoff_mm"] is None:
        assert not np.isnan(off).any()
    if not np.isnan(off).any():
        border = len(border_edges(surface.faces))
        assert len(solid.faces) - len(surface.faces) <= border + 10
        true = grid_volume(heights, size)
    else:
        true = check_closed(build(heights, size, **options | {"triangulation": "dense"})).volume_mm3
    allowed = max(0.001 * true, tolerance_mm * size.width_mm * size.height_mm)
    if options["triangulation"] == "adaptive":
        assert abs(found.volume_mm3 - true) <= allowed + ROUND


def check_surface(surface: Mesh) -> None:
    """Fail unless each border edge is single, and each outline a loop of its own."""
    found = check_closed(surface)
    edges = border_edges(surface.faces)
    assert (found.doubled_edges, found.degenerate) == (0, 0)
    assert found.open_edges == len(edges)
    assert len(np.unique(edges[:, 0])) == len(edges)  # no outline meets another, not even itself
    euler = len(surface.vertices) - (3 * len(surface.faces) + len(edges)) // 2 + len(surface.faces)
    assert euler == 2 * parts(surface) - len(border_loops(surface.faces))


@dataclass(frozen=True)
class Wish:
    rows: int
    cols: int
    sigma: float
    seed: int
    tolerance_mm: float
    kind: str
    cutoff: float | None
    triangulation: str
    island_mm2: float

    def check(self) -> None:
        size = piece(self.rows, self.cols)
        options = {
            "triangulation": self.triangulation,
            "tolerance_mm": self.tolerance_mm,
            "outline": outline_of(self.kind, size, self.seed),
            "cutoff_mm": None if self.cutoff is None else 2 + 5 * self.cutoff,
            "island_mm2": self.island_mm2,
        }
        check_piece(random_map(self.rows, self.cols, self.sigma, self.seed), size, options)


LENGTHS = st.integers(1, 299) | st.sampled_from([32, 64, 96, 128])
WISHES = st.builds(
    Wish,
    rows=LENGTHS,
    cols=LENGTHS,
    sigma=st.sampled_from([0.0, 1.0, 4.0, 20.0]),
    seed=st.integers(0, 2**32 - 1),
    tolerance_mm=st.sampled_from([0.0, 0.002, 0.02, 0.3, 5.0]),
    kind=st.sampled_from(KINDS),
    cutoff=st.none() | st.floats(0, 0.95),
    triangulation=st.sampled_from(["adaptive", "adaptive", "dense"]),
    island_mm2=st.sampled_from([0.0, 1.0, 100.0]),
)


@settings(max_examples=100, deadline=None)
@given(WISHES)
def test_every_piece_is_clean(wish: Wish) -> None:
    wish.check()


@pytest.mark.full
@pytest.mark.timeout(900)
@settings(max_examples=1000, deadline=None)
@given(WISHES)
def test_a_thousand_pieces_are_clean(wish: Wish) -> None:
    wish.check()


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

    mesh = build(heights, piece(64, 64), cutoff_mm=4.0, mode="planar")

    rim = np.unique(border_edges(mesh.faces))
    inner = rim[
        (mesh.vertices[rim, :2] > 0).all(axis=1) & (mesh.vertices[rim, :2] < 80).all(axis=1)
    ]
    assert len(inner) > 60
    assert mesh.vertices[inner, 2] == pytest.approx(4.0, abs=0.005)


@pytest.mark.parametrize(("kind", "area"), [("circle", np.pi * 30**2), ("ellipse", np.pi * 1200)])
def test_round_pieces_are_round(kind: str, area: float) -> None:
    size = ReliefSize(80, 60, 5, 2, 256, 192)

    mesh = build(np.full((193, 257), 2, np.float32), size, outline=outline_of(kind, size, 1))

    assert check_closed(mesh).volume_mm3 == pytest.approx(2 * area, rel=2e-3)
    low, high = mesh.bounds_mm
    assert (low + high)[:2] == pytest.approx([80, 60], abs=0.01)


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

    low, high = mesh.bounds_mm
    assert (low[1], high[1]) == pytest.approx((0, 60), abs=0.1)
    assert (low + high)[0] == pytest.approx(80, abs=0.01)
    tip = mesh.vertices[mesh.vertices[:, 1].argmin()]
    assert tip[0] == pytest.approx(40, abs=0.5)


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
