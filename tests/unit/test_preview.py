"""The shaded picture: what is seen, from where, and in which light."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from printd.core.errors import SettingInvalid
from printd.core.relief_settings import ReliefSettings
from printd.geometry.drawing.camera import FRONT, STANDING, View, natural_view
from printd.geometry.drawing.materials import MATERIALS
from printd.geometry.drawing.preview import in_light, shade, write_preview
from printd.geometry.drawing.sight import look_at
from printd.geometry.files.meshio import write_stl
from printd.geometry.heights.height import height_map_of
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.relief import heights_in_mm, solid
from printd.geometry.shape.finish import finished
from tests.photos import ASTRONAUT

FROM_ABOVE = View(azimuth_deg=0, elevation_deg=90)


def relief(quality: int, **values: float) -> Mesh:
    settings = ReliefSettings.of({"mesh_quality": quality} | values)
    heights = height_map_of(ASTRONAUT, settings, quality).heights
    size = settings.resolve(heights.shape[1] / heights.shape[0])
    return solid(heights_in_mm(finished(heights, settings, size.rows, size.cols), size), size)


def is_paper(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    bluish: NDArray[np.bool_] = picture[..., 2].astype(int) - picture[..., 0] > 5
    return bluish


def test_a_square_plate_seen_from_above_is_a_square() -> None:
    plate = relief(128, depth_intensity=0.0)

    picture = shade(plate, 400, 300, FROM_ABOVE)

    seen = ~is_paper(picture)
    rows, cols = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    assert seen[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1].all()
    assert len(rows) == pytest.approx(270, abs=3)
    assert len(cols) == pytest.approx(270, abs=3)
    assert (cols[0] + cols[-1]) / 2 == pytest.approx(199.5, abs=1)


def test_no_gap_shows_between_neighbours() -> None:
    picture = shade(relief(128), 400, 300, FROM_ABOVE)

    assert not is_paper(picture)[30:270, 80:320].any()


def test_what_is_nearer_hides_what_is_behind() -> None:
    def plate(z: float, tilt: float) -> list[tuple[float, float, float]]:
        return [(0, 0, z), (10, 0, z + tilt), (10, 10, z + tilt), (0, 10, z)]

    corners = np.array(plate(0, 0) + plate(5, -8), np.float32)
    faces = np.array([(0, 1, 2), (0, 2, 3), (4, 5, 6), (4, 6, 7)], np.int32)

    both = shade(Mesh(corners, faces), 300, 300, FROM_ABOVE)
    swapped = shade(Mesh(corners, faces[::-1].copy()), 300, 300, FROM_ABOVE)

    left, right = both[150, 60].astype(int), both[150, 240].astype(int)
    assert np.abs(left - right).max() > 5
    assert (both != swapped).mean() < 0.01  # where both are equally near


def test_a_face_turned_away_is_not_drawn() -> None:
    mesh = relief(128)
    a, b, c = mesh.vertices[mesh.faces].swapaxes(0, 1)
    back = np.cross(b - a, c - a)[:, 2] < 0

    below = shade(Mesh(mesh.vertices, mesh.faces[~back]), 200, 150, View(0, -90))

    assert is_paper(below)[75, 100]


def ridge() -> Mesh:
    """Return a plate with a ridge from the front to the far edge, in the middle."""
    heights = np.zeros((65, 65), np.float32)
    heights[:, 24:41] = 1 - np.abs(np.linspace(-1, 1, 17))
    size = ReliefSettings(mesh_quality=128).resolve(1.0)
    return solid(heights_in_mm(finished(heights, ReliefSettings(), 128, 128), size), size)


@pytest.mark.parametrize("turned_deg", [0, 180])
@pytest.mark.parametrize("material", MATERIALS)
def test_the_light_stands_beside_the_viewer(turned_deg: float, material: str) -> None:
    picture = shade(ridge(), 150, 150, View(turned_deg, 90), material).astype(float)

    left, right = picture[60:90, 64:72].mean(), picture[60:90, 79:87].mean()

    assert left > 1.2 * right


def test_a_hill_turned_is_lit_alike() -> None:
    first, second = (shade(ridge(), 200, 200, View(turned, 90)) for turned in (0, 180))

    assert (np.abs(first.astype(int) - second).max(axis=-1) > 12).mean() < 0.02


def standing(mesh: Mesh) -> Mesh:
    """Return a lying piece on its near edge: up in the picture is up."""
    x, y, z = mesh.vertices.T
    return Mesh(np.ascontiguousarray(np.stack([x, z.max() - z, y], axis=1)), mesh.faces)


def test_a_standing_piece_shows_its_picture() -> None:
    picture = shade(standing(relief(128)), 400, 300, STANDING).astype(int)

    seen = ~is_paper(picture)
    rows, cols = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    assert len(rows) == pytest.approx(270, abs=3)
    assert len(cols) == pytest.approx(270, abs=30)
    assert 110 < picture[seen].mean() < 230


def ball(steps: int) -> Mesh:
    """Return a coarse ball of radius 10, a grid of longitudes and latitudes."""
    around, up = np.meshgrid(np.arange(2 * steps), np.arange(steps + 1))
    a, b = around.ravel() * np.pi / steps, up.ravel() * np.pi / steps - np.pi / 2
    vertices = 10 * np.stack([np.cos(a) * np.cos(b), np.sin(a) * np.cos(b), np.sin(b)], axis=1)
    number = up * 2 * steps + around
    right = np.roll(number, -1, axis=1)
    lower, upper = (number[:-1], right[:-1]), (number[1:], right[1:])
    faces = [(lower[0], lower[1], upper[0]), (upper[0], lower[1], upper[1])]
    corners = np.concatenate([np.stack(three, axis=-1).reshape(-1, 3) for three in faces])
    return Mesh(vertices.astype(np.float32), corners.astype(np.int32))


def test_a_coarse_ball_looks_round() -> None:
    coarse, fine = (shade(ball(steps), 240, 240, View(20, 20)).astype(int) for steps in (16, 90))

    inside = np.hypot(*(np.indices((240, 240)) - 119.5)) < 90
    assert np.abs(coarse - fine)[inside].mean() < 4
    assert np.abs(np.diff(coarse[120, 40:200, 0])).max() < 8


def test_edges_stay_sharp() -> None:
    cube = solid(np.full((3, 3), 10, np.float32), ReliefSettings(width_mm=10).resolve(1.0))

    picture = shade(cube, 240, 240, View(45, 30)).astype(int)

    top, left, right = picture[70, 120, 0], picture[140, 70, 0], picture[140, 170, 0]
    assert len({int(side) // 10 for side in (top, left, right)}) == 3
    assert np.abs(picture[120:160, 60:110, 0] - left).max() < 25


def test_materials_look_different() -> None:
    sight = look_at(relief(128), 160, 120)

    means = [in_light(sight, name).reshape(-1, 3).mean(axis=0) for name in MATERIALS]

    for number, one in enumerate(means):
        for other in means[:number]:
            assert np.abs(one - other).max() > 2


def test_an_unknown_material_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match=r"'jelly' is not known.*white-pla, .*bronze"):
        write_preview(ridge(), tmp_path / "a.png", material="jelly")

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 200), (200, 7), (333, 251)])
def test_any_size_of_picture_is_drawn(width: int, height: int) -> None:
    assert shade(ridge(), width, height).shape == (height, width, 3)


def test_the_same_mesh_gives_the_same_picture(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write_preview(ridge(), tmp_path / name, width_px=200, height_px=150, material="wood")

    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_picture_shows_the_photo() -> None:
    photo = np.asarray(Image.open(ASTRONAUT).convert("L").resize((270, 270)), float)
    picture = shade(relief(256), 300, 300, FROM_ABOVE)[15:285, 15:285, 0].astype(float)

    def edges(grey: NDArray[np.float64]) -> NDArray[np.float64]:
        steepness: NDArray[np.float64] = np.hypot(*np.gradient(grey))
        return steepness[5:-5, 5:-5]

    alike = np.corrcoef(edges(photo).ravel(), edges(picture).ravel())[0, 1]
    upside_down = np.corrcoef(edges(photo).ravel(), edges(picture)[::-1].ravel())[0, 1]

    assert alike > 0.3
    assert alike > upside_down + 0.2


def test_a_file_is_drawn_like_the_mesh_in_it(tmp_path: Path) -> None:
    mesh = relief(128)
    write_stl(tmp_path / "mesh.stl", mesh)

    write_preview(tmp_path / "mesh.stl", tmp_path / "a.png", width_px=320, height_px=240)
    write_preview(mesh, tmp_path / "b.png", width_px=320, height_px=240)

    a, b = (np.asarray(Image.open(tmp_path / name)).astype(int) for name in ("a.png", "b.png"))
    assert a.shape == (240, 320, 3)
    # The middle of the vertices differs by rounding, and with it single pixels.
    assert (np.abs(a - b) > 8).mean() < 0.01
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png", "mesh.stl"]


def test_what_stands_is_seen_from_the_front_and_what_lies_from_above() -> None:
    lying = Mesh(np.array([(0, 0, 0), (80, 60, 12)], np.float32), np.zeros((0, 3), np.int32))
    upright = Mesh(np.array([(0, 0, 0), (80, 12, 60)], np.float32), np.zeros((0, 3), np.int32))

    assert natural_view(lying) == FRONT
    assert natural_view(upright) == STANDING
