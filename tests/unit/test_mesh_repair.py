"""A stranger's mesh becomes one closed body of the right volume; each defect by itself."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from printd.core.errors import MeshFlat, PrintdError
from printd.core.mend_wishes import Wishes
from printd.geometry.files.meshio import welded
from printd.geometry.mesh.mesh import Mesh, check_closed, volume_mm3
from printd.geometry.repair.columns import Grid, crossings
from printd.geometry.repair.mend import mend
from printd.geometry.repair.mended import Mended
from printd.geometry.repair.raw import Part, RawMesh, joined
from printd.geometry.repair.reading import read_bytes, read_foreign
from printd.geometry.repair.remesh import remeshed, skin_of
from printd.geometry.repair.seams import clustered
from printd.geometry.repair.skin import hollowness
from printd.geometry.repair.walls import walls_of
from tests.peers.bodies import blocks
from tests.peers.figures import of_trimesh, round_body
from tests.peers.mesh_fixtures import TRIANGLES, WALL, WHOLE, fixture, truth_mm3, z_up
from tests.peers.mesh_shapes import (
    Body,
    ball,
    crossing_tube,
    figure,
    grid_box,
    inner_of,
    shell,
    some_flipped,
    together,
    tunnelled,
)

FIGURE = z_up(figure(2500))
TRUTH_MM3 = FIGURE.volume * 1e6


def raw_of(body: Body) -> RawMesh:
    return joined([Part(body.points, body.faces)], "stl", "z", None)


def mesh_of(body: Body, longest_mm: float = 100.0) -> Mesh:
    points = body.points * (longest_mm / body.longest)
    return Mesh(points.astype(np.float32), body.faces.astype(np.int32))


def body_of(mesh: Mesh) -> Body:
    return Body(mesh.vertices.astype(float), mesh.faces.astype(int))


def done(report: Mended) -> set[str]:
    return {one.code for one in report.done}


def warned(report: Mended) -> set[str]:
    return {one.code for one in report.warnings}


def checked(body: Body, wishes: Wishes | None = None) -> tuple[Mesh, Mended]:
    """Mend a body, and check what is promised of every result."""
    mesh, report = mend(raw_of(body), wishes)
    assert check_closed(mesh).is_closed
    assert check_closed(welded(mesh.vertices[mesh.faces])).is_closed  # as an STL file is read
    low, high = mesh.bounds_mm
    assert np.abs(low).max() < 1e-5
    assert report.after.volume_mm3 == pytest.approx(volume_mm3(mesh))
    assert report.after.size_mm == pytest.approx((high - low).tolist())
    return mesh, report


@pytest.mark.parametrize("name", WHOLE)
def test_every_fixture_comes_back_with_the_volume_that_was_meant(name: str, tmp_path: Path) -> None:
    mesh, report = mend(raw_fixture(name, tmp_path))
    assert check_closed(mesh).is_closed
    assert report.after.volume_mm3 == pytest.approx(truth_mm3(name), rel=0.002)
    assert max(report.after.size_mm) == pytest.approx(100, abs=0.01)
    assert report.after.bodies == 1
    assert report.after.triangles <= report.before.triangles
    assert "remeshed" not in done(report)  # the skin is the one that was given


def raw_fixture(name: str, folder: Path) -> RawMesh:
    (folder / "raw.mesh").write_bytes(fixture(name))
    return read_foreign(folder / "raw.mesh")


WHAT_IS_DONE = {
    "F1": set(),
    "F2": {"welded"},
    "F4": {"bits"},
    "F5": {"hollow"},
    "F6": {"hollow", "holes"},
    "F7": {"winding"},
    "F8": {"dropped", "holes"},
}


@pytest.mark.parametrize("name", WHAT_IS_DONE)
def test_the_report_says_what_was_done(name: str) -> None:
    _, report = mend(read_bytes(fixture(name)))
    assert done(report) - {"decimated"} == WHAT_IS_DONE[name]
    assert report.before.triangles == len(read_bytes(fixture(name)).faces)
    facts = report.as_facts()
    assert facts["after"]["volume_mm3"] == report.after.volume_mm3
    assert all(one["words"] for one in facts["done"])


def test_a_figure_stands_upright_as_the_format_says_or_as_asked() -> None:
    raw = read_bytes(fixture("F1"))
    assert mend(raw)[1].after.size_mm[2] == pytest.approx(100, abs=0.01)
    assert mend(raw, Wishes(up="z"))[1].after.size_mm[1] == pytest.approx(100, abs=0.01)


def test_it_is_made_as_large_as_asked_and_not_by_its_bits() -> None:
    _, report = mend(read_bytes(fixture("F4")), Wishes(longest_mm=30))
    assert max(report.after.size_mm) == pytest.approx(30, abs=0.01)
    assert report.after.volume_mm3 == pytest.approx(truth_mm3("F4") * 0.3**3, rel=0.002)


def test_it_may_be_given_a_width() -> None:
    _, report = checked(FIGURE, Wishes(width_mm=20))
    assert report.after.size_mm[0] == pytest.approx(20, abs=0.01)
    assert report.after.size_mm[2] == pytest.approx(20 / 0.666, rel=0.01)


def test_the_same_mesh_gives_the_same_bytes() -> None:
    raw = read_bytes(fixture("F6"))
    one, other = mend(raw)[0], mend(raw)[0]
    assert np.array_equal(one.vertices, other.vertices)
    assert np.array_equal(one.faces, other.faces)


def missing(body: Body, share: float) -> Body:
    kept = np.random.default_rng(2).random(len(body.faces)) > share
    return Body(body.points, body.faces[kept])


def loose(body: Body, by: float) -> Body:
    points = body.points[body.faces].reshape(-1, 3)
    points = points + np.random.default_rng(1).normal(0, by, points.shape)
    return Body(points, np.arange(len(points)).reshape(-1, 3))


def with_membranes(body: Body) -> Body:
    rng = np.random.default_rng(4)
    more = rng.integers(0, len(body.points), (40, 3))
    return Body(body.points, np.concatenate([body.faces, more]))


def with_a_cape(body: Body) -> Body:
    points = np.array([[0, -0.4, 0.1], [0.3, -0.4, 0.1], [0.3, -0.4, 0.8], [0, -0.4, 0.8]])
    return together(body, Body(points, np.array([[0, 1, 2], [0, 2, 3]])))


SAME: dict[str, tuple[Callable[[], Body], str]] = {
    "inside out": (FIGURE.inside_out, "outwards"),
    "twice": (lambda: together(FIGURE, FIGURE), "dropped"),
    "from both sides": (lambda: together(FIGURE, FIGURE.inside_out()), "dropped"),
    "a twentieth missing": (lambda: missing(FIGURE, 0.05), "holes"),
    "not quite meeting": (lambda: loose(FIGURE, 1e-6), "welded"),
    "with membranes inside": (lambda: with_membranes(FIGURE), "cut"),
    "with a sheet beside it": (lambda: with_a_cape(FIGURE), "holes"),
    "a ball within": (lambda: together(FIGURE, ball(300, 0.1, (0, 0, 0.5))), "welded"),
    "a hollow shell with gaps": (lambda: missing(shell(FIGURE, WALL), 0.02), "hollow"),
    "a hollow shell, turned": (lambda: some_flipped(shell(FIGURE, WALL), 0.2), "hollow"),
    "a shell of two outer skins": (
        lambda: together(FIGURE, inner_of(FIGURE, WALL)),
        "welded",
    ),
}


@pytest.mark.parametrize("what", SAME)
def test_the_figure_comes_back_out_of(what: str) -> None:
    make, code = SAME[what]
    _, report = checked(together(make()))
    assert report.after.volume_mm3 == pytest.approx(TRUTH_MM3, rel=0.002)
    assert code in done(report) | {"welded"}
    assert "remeshed" not in done(report)


def test_what_overlaps_is_united() -> None:
    apart = 0.5
    two = together(grid_box(3), grid_box(3).moved(by=np.array([2 * apart, 0.1, 0.2])))
    _, report = checked(two)
    # Two cubes of 2; 1 x 1.9 x 1.8 of them is both; 3 long.
    expected = (8 + 8 - 1 * 1.9 * 1.8) * (100 / 3) ** 3
    assert report.after.volume_mm3 == pytest.approx(expected, rel=1e-4)
    assert report.after.bodies == 1
    assert report.before.bodies == 2


def test_what_runs_through_itself_gets_a_new_skin() -> None:
    tube = crossing_tube()
    given_mm3 = tube.volume * (100 / tube.longest) ** 3
    _, report = checked(tube)
    assert {"overlap", "remeshed"} <= done(report)
    # The crossing was counted twice: the common part of two tubes, which cross at a right angle.
    assert 0.93 < report.after.volume_mm3 / given_mm3 < 0.98


def test_a_new_skin_has_the_volume_of_the_old_one() -> None:
    given = mesh_of(FIGURE)
    skin = remeshed(given)
    assert check_closed(skin).is_closed
    assert volume_mm3(skin) == pytest.approx(volume_mm3(given), rel=0.001)
    assert skin.bounds_mm == pytest.approx(given.bounds_mm, abs=0.3)


def test_the_skin_of_a_ball_of_numbers_is_closed_and_looks_outwards() -> None:
    place = np.stack(np.meshgrid(*[np.arange(24)] * 3, indexing="ij"), axis=-1) - 11.37
    points, faces = skin_of((np.linalg.norm(place, axis=-1) - 8).astype(np.float32))
    mesh = Mesh(points.astype(np.float32), faces.astype(np.int32))
    assert check_closed(mesh).is_closed
    assert volume_mm3(mesh) == pytest.approx(4 / 3 * np.pi * 8**3, rel=0.01)


@pytest.mark.parametrize(
    "body",
    [shell(FIGURE, WALL), z_up(tunnelled(figure(2500), WALL))],
    ids=["two skins", "joined by tunnels"],
)
def test_a_hollow_shell_is_known_by_its_volume_although_it_is_closed(body: Body) -> None:
    mesh = mesh_of(body)
    assert check_closed(mesh).is_closed
    found = hollowness(mesh)
    assert found.is_hollow
    assert found.share < 0.15


def test_what_is_no_shell_is_not_taken_for_one() -> None:
    cup = round_body((0, 0), (20, 0), (20, 50), (18, 50), (18, 2), (0, 2))
    outside = [(0, 0), (20, 0), (24, 20), (8, 40), (8, 50)]
    vase = round_body(*outside, (6, 50), (6, 40), (22, 20), (18, 2), (0, 2))
    ring = of_trimesh(trimesh.creation.torus(30, 8))
    plate = mesh_of(Body(grid_box(6).points * (1, 1, 0.01), grid_box(6).faces))
    for mesh in (mesh_of(FIGURE), cup, vase, ring, plate):
        found = hollowness(mesh)
        assert not found.is_hollow
    assert min(hollowness(mesh).share for mesh in (cup, vase, ring)) > 0.6


def test_a_room_inside_that_is_no_shell_stays() -> None:
    _, report = checked(shell(FIGURE, 0.6))
    assert report.after.volume_mm3 == pytest.approx(TRUTH_MM3 * (1 - 0.4**3), rel=0.002)
    assert not warned(report)


@pytest.mark.parametrize(
    ("cells", "cubes"),
    [
        ([[[1, 0], [0, 1]]], 2),  # two cubes that touch along an edge
        ([[[1, 0], [0, 0]], [[0, 0], [0, 1]]], 2),  # at a corner
        ([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], 4),
    ],
)
def test_bodies_that_touch_keep_their_volume(cells: list[list[list[int]]], cubes: int) -> None:
    mesh = blocks(cells)
    _, report = checked(Body(mesh.vertices.astype(float), mesh.faces.astype(int)))
    assert report.after.volume_mm3 == pytest.approx(cubes * 50**3, rel=0.001)


def test_a_round_body_gets_a_foot() -> None:
    mesh, report = checked(ball(2000, 1.0, (0, 0, 0)))
    assert "foot" in done(report)
    assert report.foot_mm2 > 200
    lowest = mesh.vertices[mesh.faces][:, :, 2].max(axis=1) < 1e-4
    a, b, c = mesh.vertices[mesh.faces[lowest]].astype(float).swapaxes(0, 1)
    assert np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2 == pytest.approx(
        report.foot_mm2, rel=0.01
    )


def test_what_stands_flat_is_not_cut() -> None:
    _, report = checked(grid_box(2))
    assert "foot" not in done(report)
    assert report.foot_mm2 == pytest.approx(10_000, rel=0.001)


def test_walls_are_measured_and_thin_ones_told_of() -> None:
    side = 0.02  # 1 mm of 100
    plate = Body(grid_box(4).points * (1, side / 2, 0.6), grid_box(4).faces)
    _, report = checked(plate)
    assert report.thinnest_mm == pytest.approx(1.0, rel=0.01)
    assert "thin_walls" not in warned(report)
    _, thin = checked(plate, Wishes(longest_mm=30))
    assert thin.thinnest_mm == pytest.approx(0.3, rel=0.01)
    assert "thin_walls" in warned(thin)


def test_a_slanting_wall_is_as_thick_as_it_is() -> None:
    box = grid_box(4)
    points = box.points * (1, 0.02, 0.6)
    turned = Rotation.from_euler("z", 33, degrees=True).apply(points)
    mesh = Mesh((turned * 50).astype(np.float32), box.faces.astype(np.int32))
    assert walls_of(mesh, 0.4).thinnest_mm == pytest.approx(2.0, rel=0.01)


def test_fewer_triangles_within_the_tolerance() -> None:
    fine = z_up(figure(40_000))
    mesh, report = checked(fine, Wishes(tolerance_mm=0.05))
    assert report.after.triangles < 0.6 * report.before.triangles
    few, most = checked(fine, Wishes(most_triangles=4000))
    assert len(few.faces) <= 4000 < len(mesh.faces)
    assert most.after.volume_mm3 == pytest.approx(fine.volume * 1e6, rel=0.01)


def test_far_too_many_triangles_are_joined_before_anything_else() -> None:
    body = z_up(figure(40_000))
    given = Mesh((body.points * 100).astype(np.float32), body.faces.astype(np.int32))
    owners = np.zeros(len(given.vertices), np.int32)
    few, kept = clustered(given, owners, 10_000)
    assert len(few.faces) <= 10_000
    assert len(kept) == len(few.vertices)
    _, report = checked(Body(few.vertices.astype(float), few.faces.astype(int)))
    assert report.after.volume_mm3 == pytest.approx(body.volume * 1e6, rel=0.02)


def test_it_is_turned_when_that_is_asked_for() -> None:
    cells = [[[0, 0, 1]], [[1, 1, 1]], [[0, 0, 1]]]
    shape = blocks(cells)
    body = Body(shape.vertices.astype(float), shape.faces.astype(int))
    _, report = checked(body, Wishes(turn=True))
    assert report.turned_deg > 60
    assert "turned" in done(report)
    assert checked(body)[1].turned_deg == 0


def test_a_part_in_the_air_and_a_large_hole_are_told_of() -> None:
    high = grid_box(2).moved(times=0.3, by=np.array([0, 0, 2]))
    assert "in_the_air" in warned(checked(together(grid_box(2), high))[1])
    beside = grid_box(2).moved(by=np.array([3.0, 0, 0]))
    assert "several_parts" in warned(checked(together(grid_box(2), beside))[1])
    bust = figure(2500)
    middles = bust.points[bust.faces].mean(axis=1)
    open_below = z_up(Body(bust.points, bust.faces[middles[:, 1] > 0.15]))
    assert "large_hole" in warned(checked(open_below)[1])
    assert "sheets" in warned(checked(with_a_cape(FIGURE))[1])


SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
SHEET = Body(SQUARE, np.array([[0, 1, 2], [0, 2, 3]]))


@pytest.mark.parametrize(
    "body",
    [
        SHEET,
        together(SHEET, SHEET.inside_out()),
        SHEET.moved(times=np.array([1, 0, 0])),
        SHEET.moved(times=0.0),
    ],
    ids=["sheet", "from both sides", "line", "point"],
)
def test_what_has_no_inside_is_refused(body: Body) -> None:
    with pytest.raises(MeshFlat):
        mend(raw_of(body))


def test_a_heap_of_triangles_is_refused() -> None:
    rng = np.random.default_rng(1)
    heap = Body(rng.random((900, 3)), np.arange(900).reshape(-1, 3))
    with pytest.raises(PrintdError) as refused:
        mend(raw_of(heap))
    assert refused.value.code in ("mesh_flat", "mesh_beyond_repair")


def test_a_moebius_band_gets_some_skin() -> None:
    t = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    rims = []
    for s in (-0.3, 0.3):
        out = 1 + s * np.cos(t / 2)
        rims.append(np.stack([out * np.cos(t), out * np.sin(t), s * np.sin(t / 2)], axis=1))
    i, j = np.arange(100), (np.arange(100) + 1) % 100
    c, d = np.where(j == 0, j + 100, j), np.where(j == 0, j, j + 100)
    faces = np.concatenate([np.stack([i, c, i + 100], axis=1), np.stack([i + 100, c, d], axis=1)])
    checked(Body(np.concatenate(rims), faces))


def test_lines_meet_a_closed_skin_as_often_inwards_as_outwards() -> None:
    mesh = mesh_of(FIGURE)
    total = 0.0
    for axis in range(3):
        grid = Grid.over(mesh, axis, 0.7)
        met = crossings(mesh, axis, grid)
        assert np.bincount(met.lines, met.signs).any() == 0
        assert set(met.depths().tolist()) == {0, 1}
        total += float((met.heights * met.signs).sum()) * grid.pitch**2
    assert total / 3 == pytest.approx(volume_mm3(mesh), rel=0.005)


def test_lines_through_vertices_and_edges_are_counted_once() -> None:
    cube = Mesh((grid_box(4).points * 2).astype(np.float32), grid_box(4).faces.astype(np.int32))
    grid = Grid(np.array([-2.0, -2.0]), 0.5, (9, 9))  # every line meets a vertex or an edge
    for axis in range(3):
        met = crossings(cube, axis, grid)
        assert np.bincount(met.lines, met.signs).any() == 0
        assert set(met.depths().tolist()) == {0, 1}


def test_the_fixtures_have_the_defects_that_they_are_named_after() -> None:
    body = figure(TRIANGLES)
    assert shell(body, WALL).volume / body.volume == pytest.approx(0.04, abs=0.003)
    for damaged in (shell(body, WALL), tunnelled(body, WALL)):
        assert check_closed(mesh_of(damaged)).is_closed
    for name in ("F2", "F7", "F8"):
        raw = read_bytes(fixture(name))
        assert not check_closed(Mesh(raw.vertices, raw.faces)).is_closed
