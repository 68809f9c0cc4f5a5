"""The shaded picture: what is seen, from where, and in which light."""

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from printd.core.relief_settings import ReliefSettings
from printd.geometry.height import on_grid, read_height_map
from printd.geometry.mesh import Mesh
from printd.geometry.meshio import write_stl
from printd.geometry.preview import PAPER, View, shade, write_preview
from printd.geometry.relief import heights_in_mm, solid
from tests.photos import ASTRONAUT

FROM_ABOVE = View(azimuth_deg=0, elevation_deg=90)


def relief(quality: int, **values: float) -> Mesh:
    settings = ReliefSettings.of({"mesh_quality": quality} | values)
    heights = read_height_map(ASTRONAUT, settings, quality)
    size = settings.resolve(heights.shape[1] / heights.shape[0])
    return solid(heights_in_mm(on_grid(heights, size.rows, size.cols), size), size)


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

    below = shade(Mesh(mesh.vertices, mesh.faces[:-2]), 200, 150, View(0, -90))

    assert is_paper(below)[75, 100]


def test_light_comes_from_the_left() -> None:
    ridge = np.zeros((65, 65), np.float32)
    ridge[:, 24:41] = 1 - np.abs(np.linspace(-1, 1, 17))
    size = ReliefSettings(mesh_quality=128).resolve(1.0)
    mesh = solid(heights_in_mm(on_grid(ridge, 128, 128), size), size)

    picture = shade(mesh, 300, 300, FROM_ABOVE).astype(int)[150, :, 0]

    assert picture[135] > picture[165] + 40


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


def test_a_dense_relief_is_drawn_in_seconds() -> None:
    mesh = relief(512)
    start = time.process_time()

    picture = shade(mesh, 1200, 900)

    assert picture.shape == (900, 1200, 3)
    assert time.process_time() - start < 6  # 1.5 on the machine this was written on
    assert tuple(picture[0, 0]) == pytest.approx(255 * PAPER[0], abs=2)
